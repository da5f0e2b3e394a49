"""The host that the emulation acts on: a prefix of wine, and a model of what wine doesn't have.

Real: cmd, the registry, Windows Installer, files. Modelled, in `model` beside the drive: services and
scheduled tasks. A service is there when its product is installed; installing that stops it.
"""

import json
import os
import re
import signal
import subprocess
import tempfile

PREFIX = os.environ["WINEPREFIX"]
MODEL = os.path.join(PREFIX, "model")
UNINSTALL = [r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall",
             r"HKLM\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall"]


def here(path):
    """Where this machine has a file of drive C."""
    if path[:3].upper() != "C:\\":
        raise ValueError(f"{path}: there is drive C alone")
    return os.path.join(PREFIX, "drive_c", *path[3:].split("\\"))


def in_wine(path):
    return "Z:" + path.replace("/", "\\")


def run(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, began=lambda child: None, within=None):
    """Runs a line for cmd: its status, which has more bits than one of this machine, and its output."""
    # In a script a mark of replacement is written twice.
    line = line.replace("%", "%%")
    with tempfile.TemporaryDirectory(dir=MODEL) as folder:
        inner, outer, status = (os.path.join(folder, it) for it in ("line.cmd", "run.cmd", "status"))
        with open(inner, "w", newline="") as file:
            file.write(f"@echo off\r\n{line}\r\n")
        with open(outer, "w", newline="") as file:
            file.write(f"@cmd /c {in_wine(inner)}\r\n@echo %errorlevel%>{in_wine(status)}\r\n")
        child = subprocess.Popen(["wine", "cmd", "/c", in_wine(outer)], stdin=subprocess.DEVNULL,
                                 stdout=stdout, stderr=stderr)
        began(child)
        try:
            out, err = child.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            end(child.pid)
            child.communicate()
            return None, b"", b""
        try:
            with open(status) as file:
                return int(file.read()), out or b"", err or b""
        except (OSError, ValueError):
            return child.returncode, out or b"", err or b""


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(it) for it in file.read().split()]
    except OSError:
        return []


def end(pid):
    """Ends a process and what it has started, as far as this machine knows that: what wine starts belongs
    to nobody. False when there is no such process."""
    for child in children(pid):
        end(child)
    try:
        os.kill(pid, signal.SIGKILL)
        return True
    except ProcessLookupError:
        return False


def products():
    """What is installed, by both views of the registry: name, version and code of each."""
    found = []
    _, out, _ = run("\r\n".join(f"reg query {key} /s" for key in UNINSTALL))
    code, values = "", {}
    for line in out.decode("utf-8", "replace").splitlines() + ["HKEY_"]:
        if line.startswith("HKEY_"):
            if "DisplayName" in values and "DisplayVersion" in values:
                found.append((values["DisplayName"], values["DisplayVersion"], code))
            code, values = line.rsplit("\\", 1)[-1].strip(), {}
        elif match := re.fullmatch(r"\s+(\S+)\s+REG_\w+\s+(.*?)\s*", line):
            values[match[1]] = match[2]
    return found


def installed(names):
    """Those of them that one of `names` means, which may end with the version."""
    return [it for it in products()
            if any(it[0].lower() in (name.lower(), f"{name} {it[1]}".lower()) for name in names)]


def boot():
    """When this boot began, as wininit would tell it."""
    try:
        with open(os.path.join(MODEL, "boot")) as file:
            return file.read()
    except FileNotFoundError:
        return "133700000000000000"


def reboot():
    """Another boot. What runs goes on: all of it starts by itself."""
    later = str(int(boot()) + 10_000_000)
    with open(os.path.join(MODEL, "boot"), "w") as file:
        file.write(later)


def services():
    with open(os.path.join(MODEL, "services.json")) as file:
        return json.load(file)


def service(name):
    """The service, when it is there."""
    found = services().get(name)
    return found if found and installed([found["product"]]) else None


def set_service(name, **what):
    every = services()
    every[name].update(what)
    path = os.path.join(MODEL, "services.json")
    with open(path + ".new", "w") as file:
        json.dump(every, file)
    os.replace(path + ".new", path)


def task(name):
    """The file that stands for a scheduled task."""
    return os.path.join(MODEL, "tasks", name)


def delete_task(name):
    try:
        os.remove(task(name))
    except FileNotFoundError:
        pass
