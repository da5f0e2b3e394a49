"""*observe*: what every host is and has, asked by `mdc` and by everybody else."""

import subprocess

from . import measure
from .fleet import HERE
from .measure import Tool
from .peers import FEW


AT_ONCE, AT_ONCE_FAR = 16, 128
"""How many hosts the yardsticks ask at once; far away, as many as `mdc` asks there at most."""


def floor(fleet, hosts, question, programs, at_once=AT_ONCE):
    """`mdc`, and the least that a program can do."""
    site = fleet.folder.parent / f"{question}-{hosts}"
    subprocess.run([HERE / "observe" / "site", fleet.folder, site, str(hosts), question], check=True)
    script = HERE / "observe" / f"{question}.sh"
    observe = [programs.mdc, "observe", site / "mdc.toml", "--catalog", site / "catalog", "--json"]
    raw = [programs.raw, fleet.folder, str(hosts), script, str(at_once)]
    return [Tool("mdc", observe, hosts=hosts), Tool("raw-ssh2", raw, hosts=hosts)]


def tools(fleet, hosts, question, programs, peers):
    """Those that are measured at this number of hosts; the slow ones at 100 only, and seldom."""
    script = HERE / "observe" / f"{question}.sh"
    found = floor(fleet, hosts, question, programs)
    if question != "facts":
        return found
    config, addresses = fleet.ssh_config(), fleet.addresses(hosts)
    each = "printf '%s\\n' " + " ".join(addresses)
    each += f" | xargs -P{AT_ONCE} -I@ sh -c 'ssh -F {config} @ sh -s < {script}'"
    found.append(Tool(f"ssh by xargs -P{AT_ONCE}", ["sh", "-c", each]))
    if not peers:
        return found
    asked = script.read_text()
    clush = [peers.bin / "clush", "-S", "-f", str(AT_ONCE), "-o", f"-F {config}", "-w", ",".join(addresses), asked]
    found.append(Tool(f"clush -f{AT_ONCE}", clush))
    raw = peers.pyinfra(fleet, addresses, ["exec", "--", asked])
    found.append(Tool("pyinfra, one command", raw))
    facts = peers.pyinfra(fleet, addresses, [HERE / "peers" / "observe.py"])
    found.append(Tool("pyinfra, its facts", facts))
    if hosts == 100:
        found.append(Tool("Ansible, its facts", **peers.ansible(fleet, hosts, "observe.yml"), rounds=FEW))
    return found


def table(fleet, hosts, question, programs, peers, rounds):
    print(f"### observe, {question}, {hosts} hosts\n", flush=True)
    found = tools(fleet, hosts, question, programs, peers)
    measure.rounds(found, rounds, fleet, fleet.folder)
    measure.table(found, hosts, "raw-ssh2")


def far(fleet, hosts, programs, rounds):
    """Many hosts beside one alone: with enough at once, all take as long as the slowest."""
    found = []
    for size in (1, hosts):
        for tool in floor(fleet, size, "facts", programs, AT_ONCE_FAR):
            tool.name += f", {size}"
            found.append(tool)
    measure.rounds(found, rounds, fleet, fleet.folder)
    measure.table(found, hosts, "mdc, 1")
