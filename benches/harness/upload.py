"""*upload*: one large file to a host that doesn't have it yet; of `mdc` the copy step of a plan, with all
that goes around it."""

import shutil
import subprocess

from . import measure, package
from .fleet import HERE
from .measure import Tool
from .peers import FEW

TARGET = "/var/cache/bench-upload"


def tools(fleet, folder, size, hosts, programs, peers):
    deb = package.deb(folder, size)
    addresses = fleet.addresses(hosts)
    site = package.site(fleet, addresses, deb, hosts, rehearse=False)
    config = fleet.ssh_config()
    each = "printf '%s\\n' " + " ".join(addresses) + f" | xargs -P{hosts} -I@ "

    def anew():
        shutil.rmtree(site / ".mdc", ignore_errors=True)
        clean = f"ssh -F {config} @ 'rm -rf /var/cache/mdc /var/lib/mdc {TARGET}'"
        subprocess.run(["sh", "-c", each + clean], check=True)

    copies = [f"h-{number:03}/bench/copy" for number in range(hosts)]
    command = [programs.mdc, "apply", "--yes", site / "mdc.toml", "--catalog", site / "catalog"]
    command += ["--only", ",".join(copies)]
    scp = each + f"scp -q -F {config} {deb} @:{TARGET}"
    cat = each + f"sh -c \"ssh -F {config} @ 'cat > {TARGET}' < {deb}\""
    found = [
        # The installation is left out, and owed: 1.
        Tool("mdc", command, before=anew, ends=1, says="steps done, 0 failed"),
        Tool("scp", ["sh", "-c", scp], before=anew),
        Tool("ssh cat", ["sh", "-c", cat], before=anew),
    ]
    if not peers:
        return found
    values = {"package": str(deb), "target": TARGET}
    pyinfra = peers.pyinfra(fleet, addresses, [HERE / "peers" / "upload.py"], **values)
    found.append(Tool("pyinfra", pyinfra, before=anew))
    ansible = peers.ansible(fleet, hosts, "upload.yml", **values)
    sockets = ansible.pop("before")

    def both():
        anew()
        sockets()

    found.append(Tool("Ansible", **ansible, before=both, rounds=FEW))
    return found


def table(fleet, folder, size, hosts, programs, peers, rounds):
    print(f"### upload, {size // 1_000_000} MB to {hosts} hosts\n", flush=True)
    found = tools(fleet, folder, size, hosts, programs, peers)
    measure.rounds(found, rounds, fleet, fleet.folder)
    measure.table(found, hosts, "scp")
