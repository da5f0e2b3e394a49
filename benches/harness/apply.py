"""*apply*: a package of 5 MB to forty hosts, verified, installed and checked, in four rolling waves: one
host alone, then thirteen at once. Really installed: each host has a root of its own, new for each run."""

import shutil
import sys

from . import measure, package
from .fleet import HERE
from .measure import Tool
from .peers import FEW

HOSTS, AT_ONCE = 40, 13


def tools(fleet, folder, programs, peers):
    deb = package.deb(folder, 5_000_000)
    addresses = fleet.addresses(HOSTS)
    site = package.site(fleet, addresses, deb, AT_ONCE)

    def anew():
        fleet.call("down")
        fleet.call("apart", str(fleet.hosts))
        shutil.rmtree(site / ".mdc", ignore_errors=True)

    command = [programs.mdc, "apply", "--yes", site / "mdc.toml", "--catalog", site / "catalog"]
    found = [Tool("mdc", command, before=anew)]
    if not peers:
        return found
    values = {"package": str(deb), "sha256": package.digest(deb), "wanted": package.VERSION}
    found.append(Tool("pyinfra", pyinfra(fleet, addresses, peers, values), before=anew))
    values["sha1"] = package.digest(deb, "sha1")
    ansible = peers.ansible(fleet, HOSTS, "apply.yml", **values)
    sockets = ansible.pop("before")

    def both():
        anew()
        sockets()

    found.append(Tool("Ansible", **ansible, before=both, rounds=FEW))
    return found


def pyinfra(fleet, addresses, peers, values):
    """It knows no waves: one call each, as people do it."""
    first, rest = addresses[:1], addresses[1:]
    waves = [first] + [rest[place : place + AT_ONCE] for place in range(0, len(rest), AT_ONCE)]
    calls = [
        peers.pyinfra(fleet, wave, [HERE / "peers" / "apply.py"], **values) for wave in waves
    ]
    quoted = [" ".join(f"'{word}'" for word in call) for call in calls]
    return ["sh", "-ec", "\n".join(quoted)]


def table(fleet, folder, programs, peers, rounds):
    print(f"### apply, 5 MB to {HOSTS} hosts, four waves\n", flush=True)
    found = tools(fleet, folder, programs, peers)
    measure.rounds(found, rounds, fleet, fleet.folder)
    measure.table(found, HOSTS, "mdc")
    print(file=sys.stderr)
