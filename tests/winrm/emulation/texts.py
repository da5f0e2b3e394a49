"""What the texts of steps do. A line for cmd is run by wine's, but for two that wine has no programs for. Any other
text has to be one of those in `known` to the last character, but for words in single quotes («name») and
numbers («name#»); semantics are not verified."""

import hashlib
import os
import re
import time

import wine

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "known")
CERTUTIL = re.compile(r'cmd\.exe /d /s /c "certutil\.exe -hashfile "([^"]+)" SHA256 \| findstr\.exe /i /x (\w{64})"')


REBOOT = re.compile(r'cmd\.exe /d /v:on /s /c "shutdown\.exe /r /t 10 /d p:4:2&.*')


class Failed(Exception):
    """PowerShell's `throw`."""


def pattern(text):
    parts = re.split(r"«([a-z]+)(#?)»", text.rstrip("\n"))
    out, seen = re.escape(parts[0]), set()
    for name, number, rest in zip(parts[1::3], parts[2::3], parts[3::3]):
        if name in seen:
            out += f"(?P={name})"
        else:
            out += f"(?P<{name}>[0-9]+)" if number else f"(?P<{name}>'(?:[^']|'')*')"
        seen.add(name)
        out += re.escape(rest)
    return re.compile(out)


def known(text):
    """Which of the known texts it is, and its words."""
    for file in sorted(os.listdir(FOLDER)):
        with open(os.path.join(FOLDER, file), encoding="utf-8") as source:
            found = pattern(source.read()).fullmatch(text)
        if found:
            words = {name: word[1:-1].replace("''", "'") if word[0] == "'" else int(word)
                     for name, word in found.groupdict().items()}
            return file.removesuffix(".ps1").replace("-", "_"), words
    return None, {}


def perform(text, received, out, err, within=None, began=lambda child: None):
    """Does it; its status, none when its time was up."""
    def say(line):
        out.write(line.encode() + b"\n")
        out.flush()

    if text.startswith("cmd.exe "):
        return line(text, say, out, err, within, began)
    name, words = known(text)
    if name is None:
        err.write(b"the emulation does not know this text of PowerShell: " + text[:300].encode() + b"\n")
        err.flush()
        return 201
    try:
        globals()[name](say, received, **words)
        return 0
    except Failed as failed:
        err.write(str(failed).encode() + b"\n")
        err.flush()
        return 1


def line(text, say, out, err, within, began):
    if found := CERTUTIL.fullmatch(text):
        path = wine.here(found[1])
        if not os.path.exists(path) or digest(path) != found[2].lower():
            return 1
        say(found[2].lower())
        return 0
    if REBOOT.fullmatch(text):
        wine.reboot()
        return 0
    before = wine.products() if "msiexec.exe" in text else None
    status, said, complained = wine.run(text, began=began, within=within)
    out.write(said)
    out.flush()
    err.write(complained)
    err.flush()
    if before is not None:
        changed(before)
    return status


def changed(before):
    """Installing and removing stops the services of what it changes."""
    there = {name for name, *_ in set(wine.products()) ^ set(before)}
    for name, known in wine.services().items():
        if known["product"] in there:
            wine.set_service(name, running=False)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def receive(say, received, digest, path):
    part = wine.here(received)
    if globals()["digest"](part) != digest:
        os.remove(part)
        raise Failed("what came is not the file that was reviewed; it is removed")
    os.replace(part, wine.here(path))


def start(say, _, unit):
    if not wine.service(unit):
        raise Failed(f"Cannot find any service with service name '{unit}'.")
    wine.set_service(unit, running=True)


def check_service(say, _, unit, lacks):
    known = wine.service(unit)
    if not known:
        raise Failed(f"Cannot find any service with service name '{unit}'.")
    say(f"{unit}: {'Running' if known['running'] else 'Stopped'}")
    if not known["running"]:
        raise Failed(lacks)


def check_version(say, _, name, version, lacks):
    found = wine.installed([name])
    for shown, there, _ in found:
        say(f"{shown} {there}")
    if {there for _, there, _ in found} != {version}:
        raise Failed(lacks)


def await_health(say, _, url, samples, seconds, unit, pattern, lacks):
    """Whoever runs is healthy: nothing listens at the URL."""
    until = time.monotonic() + seconds
    while not (known := wine.service(unit)) or not known["running"]:
        if time.monotonic() > until:
            say(f"{unit}: Stopped")
            raise Failed(lacks)
        time.sleep(0.5)


def boot(say, _):
    say(wine.boot())


def mark_log(say, _):
    say(f"since {int(time.time())}")


def read_log(say, received, unit):
    """There is no event log: nothing was logged."""
    with open(wine.here(received)) as file:
        marks = dict(line.split(" ")[:2] for line in file)
    if "since" not in marks:
        raise Failed("it is not known where the log ended")
    if time.time() < int(marks["since"]):
        raise Failed("the clock was set back meanwhile")
    say("bytes 0 67108864\nfailed-migrations 0\nerrors 0")


def msiexec(line, good):
    before = wine.products()
    status, *_ = wine.run(f"msiexec.exe {line}")
    changed(before)
    if status not in good:
        raise Failed(f"msiexec ended with status {status}")


def install_older(say, _, name, installs, log):
    for _, _, code in wine.installed([name]):
        msiexec(f"/x {code} /qn /norestart REBOOT=ReallySuppress", (0, 1605, 1614, 3010, 1641))
    msiexec(installs, (0, 3010, 1641))
