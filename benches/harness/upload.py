"""*upload*: one large file to a host that doesn't have it yet; of `mdc` the copy step of a plan, with all
that goes around it (reading the package, hosts, planning, the journal), and by itself, as its journal tells."""

import json
import shutil
import statistics
import subprocess
from datetime import datetime

from . import measure, package
from .fleet import HERE
from .measure import Tool
from .peers import FEW

TARGET = "/var/cache/bench-upload"


class Copying:
    """How long the copies alone took: of each run from the first intent to the last result of them."""

    def __init__(self, site):
        self.site, self.seconds = site, []

    def note(self):
        moments = []
        for journal in (self.site / ".mdc" / "runs").glob("*/journal.jsonl"):
            for line in map(json.loads, journal.read_text().splitlines()):
                entry = line["entry"]
                of = next((entry[key] for key in ("intent", "result") if key in entry), None)
                if of and of["step"].endswith("/copy"):
                    moments.append(datetime.fromisoformat(line["at"][:26].rstrip("Z")))
        self.seconds.append((max(moments) - min(moments)).total_seconds() if moments else float("nan"))

    def table(self, scp):
        """Beside the whole of `scp`, round by round; the first run only warmed up."""
        ratios = [cost.wall / self.seconds[place] for place, cost in scp.costs]
        print(f"The copies alone, checked at both ends: {statistics.median(self.seconds[1:]):.2f} s, "
              f"{statistics.median(ratios):.2f} × as fast as scp\n", flush=True)


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
    copying = Copying(site)
    found = [
        # The installation is left out, and owed: 1.
        Tool("mdc", command, before=anew, after=copying.note, ends=1, says="steps done, 0 failed"),
        Tool("scp", ["sh", "-c", scp], before=anew),
        Tool("ssh cat", ["sh", "-c", cat], before=anew),
    ]
    if not peers:
        return found, copying
    values = {"package": str(deb), "target": TARGET}
    pyinfra = peers.pyinfra(fleet, addresses, [HERE / "peers" / "upload.py"], **values)
    found.append(Tool("pyinfra", pyinfra, before=anew))
    ansible = peers.ansible(fleet, hosts, "upload.yml", **values)
    sockets = ansible.pop("before")

    def both():
        anew()
        sockets()

    found.append(Tool("Ansible", **ansible, before=both, rounds=FEW))
    return found, copying


def table(fleet, folder, size, hosts, programs, peers, rounds):
    print(f"### upload, {size // 1_000_000} MB to {hosts} hosts\n", flush=True)
    found, copying = tools(fleet, folder, size, hosts, programs, peers)
    measure.rounds(found, rounds, fleet, fleet.folder)
    measure.table(found, hosts, "scp")
    copying.table(next(tool for tool in found if tool.name == "scp"))
