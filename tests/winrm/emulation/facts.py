"""What `src/observe/fact/windows/facts.ps1` prints. Services are the model's, and whoever has a running one is
healthy; the rest of what a host is (its system, memory, boot) is made up."""

import base64
import os
import socket
import time

import wine


def tell(say, questions):
    def line(text):
        say("@mdc " + " ".join(text.split()))

    def of(key):
        return [one[1:] for one in questions if one[0] == key]

    line(f"clock {int(time.time())} {time.monotonic():.2f}")
    line("os ID=windows")
    line("os VERSION_ID=2022")
    line("architecture x86_64")
    room = os.statvfs(wine.PREFIX)
    line(f"disk C: 0 0 {room.f_bavail * room.f_frsize // 1024} 0% C:\\")
    line("memory 4194304")
    cache = wine.here(r"C:\ProgramData\mdc\cache")
    for folder in os.listdir(cache) if os.path.isdir(cache) else []:
        for name in os.listdir(os.path.join(cache, folder)):
            size = os.path.getsize(os.path.join(cache, folder, name))
            line(rf"staged {size} C:\ProgramData\mdc\cache\{folder}\{name}")
    booted = f"{int(wine.boot()):016x}"
    line(f"boot 00000000-0000-4000-{booted[:4]}-{booted[4:]}")
    line("reboot no")
    every, there = wine.products(), {}
    for (name,) in of("package"):
        for shown, version, _ in every:
            if shown.lower() in (name.lower(), f"{name} {version}".lower()):
                told = name.replace("%", "%25").replace(" ", "%20")
                there[f"{told} installed {''.join(version.split())}"] = name
    line("packages 0")
    for one in sorted(there):
        line(f"package {one}")
    services = wine.services()
    running = {}
    for (name,) in of("unit"):
        known = services.get(name)
        if not known or not any(it[0].startswith(known["product"]) for it in every):
            line("unit LoadState=not-found")
            line("unit ActiveState=inactive")
            continue
        running[known["product"]] = known["running"]
        line("unit LoadState=loaded")
        line(f"unit ActiveState={'active' if known['running'] else 'inactive'}")
    for component, package, way, _ in of("health"):
        if package in there.values():
            well = running.get(package)
            said = ("0 200" if well else "7 000") if way == "http" else ("0" if well else "1")
            line(f"health {component} {'curl' if way == 'http' else 'command'} {said}")
    for key, path, record, secret in of("file"):
        files(line, key, path, record, secret)
    for address, port in of("reach"):
        line(f"reach {address} {port} {reached(address, int(port))}")
    for (place, _) in of("pem"):
        line(f"pem {place} unreadable")
    line(f"end {time.monotonic():.2f}")


def reached(address, port):
    try:
        socket.create_connection((address, port), 5).close()
        return "0 "
    except ConnectionRefusedError:
        return "1 refused"
    except TimeoutError:
        return "137 "
    except OSError as error:
        return f"1 {error}"


def stamp(path):
    """What identifies the content of a file without reading it."""
    known = os.stat(path)
    return f"{int(known.st_ctime_ns)} {known.st_size} {known.st_mtime_ns}"


def files(line, key, path, record, secret):
    path, record = wine.here(path), wine.here(record)
    written = open(record, "rb").read() if os.path.exists(record) else None
    if os.path.exists(path):
        line(f"file {key} - - {stamp(path)}")
        if os.path.exists(os.path.join(os.path.dirname(record), "changed")):
            line(f"file-due {key}")
        if not secret:
            line(f"file-text {key} {base64.b64encode(open(path, 'rb').read()).decode()}")
    if written is not None:
        line(f"file-record {key} {base64.b64encode(written).decode()}")
