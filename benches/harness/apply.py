"""*apply*: a package of 5 MB to forty hosts, verified, installed and checked, in four rolling waves: one
host alone, then thirteen at once. Really installed: each host has a root of its own, new for each run."""

import re
import shutil
import statistics
import subprocess
import sys

from . import measure, package
from .fleet import HERE
from .measure import Tool
from .peers import FEW

HOSTS, AT_ONCE = 40, 13


class Beyond:
    """By how much each run took longer than its critical path, in percent (`benches/overhead`)."""

    def __init__(self, site):
        self.site, self.said = site, []

    def note(self):
        for journal in (self.site / ".mdc" / "runs").glob("*/journal.jsonl"):
            command = [HERE / "overhead", journal.parent]
            said = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
            self.said.append(float(re.search(r"([\d.]+) % over it", said)[1]))

    def table(self):
        """The first run only warmed up."""
        said = self.said[1:]
        print(f"mdc over its critical path, between steps: {statistics.median(said):.1f} % "
              f"({min(said):.1f} to {max(said):.1f})\n", flush=True)


def tools(fleet, folder, programs, peers):
    deb = package.deb(folder, 5_000_000)
    addresses = fleet.addresses(HOSTS)
    site = package.site(fleet, addresses, deb, AT_ONCE)

    def anew():
        fleet.call("down")
        fleet.call("apart", str(fleet.hosts))
        shutil.rmtree(site / ".mdc", ignore_errors=True)

    command = [programs.mdc, "apply", "--yes", site / "mdc.toml", "--catalog", site / "catalog"]
    beyond = Beyond(site)
    found = [Tool("mdc", command, before=anew, after=beyond.note)]
    if not peers:
        return found, beyond
    values = {"package": str(deb), "sha256": package.digest(deb), "wanted": package.VERSION}
    found.append(Tool("pyinfra", pyinfra(fleet, addresses, peers, values), before=anew))
    values["sha1"] = package.digest(deb, "sha1")
    ansible = peers.ansible(fleet, HOSTS, "apply.yml", **values)
    sockets = ansible.pop("before")

    def both():
        anew()
        sockets()

    found.append(Tool("Ansible", **ansible, before=both, rounds=FEW))
    return found, beyond


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
    found, beyond = tools(fleet, folder, programs, peers)
    measure.rounds(found, rounds, fleet, fleet.folder)
    measure.table(found, HOSTS, "mdc")
    beyond.table()
    print(file=sys.stderr)
