"""Runs commands in turn and tells what each cost."""

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    wall: float
    """Seconds from the start of the program to its end."""
    cpu: float
    """Seconds of the program, its threads and the children that it waited for."""
    peak: int
    """Bytes of the largest of its processes."""
    server: float
    """Seconds of the fleet's sshd and all that they ran."""


@dataclass
class Tool:
    name: str
    command: list
    env: dict = field(default_factory=dict)
    rounds: int = 99
    """In how many rounds it takes part; what is slow takes part in the first ones only."""
    before: object = None
    """Called before each run: what has to be undone so that each begins alike."""
    after: object = None
    """Called after each run: ends what it left running, so that the hosts' part in it can be told."""
    ends: int = 0
    """The exit status of a run that did what it should."""
    says: str = ""
    """What its output has then."""
    hosts: int = 0
    """Of how many hosts; 0: of as many as the table's others."""
    fails: str = ""
    """Why it fell out, when it did."""
    costs: list = field(default_factory=list)
    """By round; the round that warms up is not among them."""


def run(tool, fleet, log):
    """One run. Its output goes into a file, which is shown when it fails."""
    if tool.before:
        tool.before()
    busy = fleet.busy() if fleet else 0.0
    with open(log, "w") as out:
        start = time.monotonic()
        # GNU time is small: what this interpreter has in memory would count as the program's.
        process = subprocess.Popen(
            ["/usr/bin/time", "-q", "-f", "%M", "-o", f"{log}.peak", *tool.command], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            env={**os.environ, **tool.env},
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    as_it_should = process.returncode == tool.ends and tool.says in Path(log).read_text(errors="replace")
    if not as_it_should:
        tool.fails = f"ended with {process.returncode}: {last_line(log)}"
        print(f"{tool.name} {tool.fails} ({log})", file=sys.stderr)
    if tool.after:
        tool.after()
    server = fleet.busy() - busy if fleet else 0.0
    peak = int(Path(f"{log}.peak").read_text().split()[-1]) * 1024
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak, server)


def last_line(log):
    lines = Path(log).read_text(errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else "no word"


def rounds(tools, number, fleet, folder):
    """All tools in turn, `number` times after one round that only warms up."""
    for place in range(number + 1):
        for tool in tools:
            if tool.fails or place > tool.rounds:
                continue
            cost = run(tool, fleet, folder / f"{tool.name.split()[0]}.log")
            if place and not tool.fails:
                tool.costs.append((place, cost))
            print(f"  round {place} {tool.name}: {cost.wall:.2f} s", file=sys.stderr)


def median(tool, what):
    return statistics.median(getattr(cost, what) for _, cost in tool.costs)


def ratio(tool, yardstick):
    """The median of the rounds' own ratios of wall time, and their quartiles."""
    of = dict(yardstick.costs)
    ratios = sorted(cost.wall / of[place].wall for place, cost in tool.costs if place in of)
    if not ratios:
        return "-"
    middle = f"{statistics.median(ratios):.2f}"
    if len(ratios) < 4:
        return middle
    low, _, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return f"{middle} ({low:.2f}-{high:.2f})"


def table(tools, hosts, of):
    """One row a tool; wall times against those of the tool `of`, processor time by host."""
    yardstick = next(tool for tool in tools if tool.name == of)
    print(f"| tool | rounds | wall s | × {of} (quartiles) | client CPU ms a host | peak MB | server CPU ms a host |")
    print("|---|---|---|---|---|---|---|")
    for tool in tools:
        if not tool.costs:
            print(f"| {tool.name} | 0 | {tool.fails or 'left out'} | | | | |")
            continue
        print(
            f"| {tool.name} | {len(tool.costs)} | {median(tool, 'wall'):.2f} | {ratio(tool, yardstick)} "
            f"| {median(tool, 'cpu') * 1e3 / (tool.hosts or hosts):.1f} | {median(tool, 'peak') / 1e6:.1f} "
            f"| {median(tool, 'server') * 1e3 / (tool.hosts or hosts):.0f} |"
        )
    print(flush=True)
