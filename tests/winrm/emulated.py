"""Acts for PowerShell, which can't run here: does for the exact scripts of mdc, known by the SHA-256 of their
texts, what they say that they do, on a prefix of wine and a model of what wine doesn't have.

SEMANTICS ARE NOT VERIFIED by this: it was written after the scripts, by people, and no PowerShell has read
them. What it shows is that the two sides of mdc agree with one another: letters, answers, verdicts,
the order of things, what is left behind. A script that has changed is refused until somebody has looked
whether this still does the same, and has changed its digest below.

Started in the place of powershell.exe, with the prefix in WINEPREFIX; `knows` prints the digests.
"""

import base64
import hashlib
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "emulation"))

KNOWN = {
    "bootstrap": "d275dd8328b268bf4737e0889631bd3c2287e5819e13f1b6dedee00040d9c111",
    "command": "08dba407649caf128b146b1a85ba9eb6d21b799ce8258dd64298ae97f4e8cf6e",
    "stop": "7633e7c4f6fcafbeb04c11cba31d916a2415f0a188849f84f6e5ceb998a0356d",
    "length": "aca0fbf87de23e74c5c3bcbe72a99d4f3a2663d6c6d336891e081a1905f58619",
    "pull": "4453c886699082cdefed4e84d5672ac9e4ffbb19ee594b676caab4b4b3359c67",
    "examine": "f7f1d03bf9f97929a4bb3d656e47d637e464ed35a262d0b58000c6254683ed36",
    "host": "d9325f8b90e2b90e941bf9a13d5e018ecc1f07146e8d7943c852a47e9c47fecc",
    "facts": "1f6e10bc2c1d35410665b8993d3eedc593f170718478dcd8346e569917ce634c",
}


def raw(some):
    sys.stdout.buffer.write(some)
    sys.stdout.buffer.flush()


def say(text):
    raw(text.encode() + b"\n")


def complain(text):
    sys.stderr.buffer.write(text.encode() + b"\n")
    sys.stderr.buffer.flush()


def command(text, received="", stays=""):
    import texts
    try:
        return texts.perform(text, received, sys.stdout.buffer, sys.stderr.buffer)
    finally:
        if received and not stays:
            import wine
            try:
                os.remove(wine.here(received))
            except FileNotFoundError:
                pass


def stop(pid):
    import wine
    wine.end(int(pid))
    return 0


def length(path):
    import wine
    there = os.path.isfile(wine.here(path))
    say(str(os.path.getsize(wine.here(path)) if there else 0))
    return 0


def pull(address, port, word, pin, path, size):
    """Over real TLS, from what mdc really serves."""
    import socket
    import ssl
    import wine
    size, place = int(size), wine.here(path)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place, "ab") as file:
        if file.tell() > size:
            file.truncate(0)
            file.seek(0)
        if file.tell() == size:
            return 0
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection((address, int(port)), 10) as way, context.wrap_socket(way) as tls:
            shown = hashlib.sha256(tls.getpeercert(binary_form=True)).hexdigest()
            if shown != pin:
                raise ValueError(f"{address}:{port} has another certificate than the one that was told: {shown}")
            tls.sendall(f"GET /{word} HTTP/1.1\r\nHost: mdc\r\nRange: bytes={file.tell()}-\r\n"
                        "Connection: close\r\n\r\n".encode())
            answer = tls.makefile("rb")
            first = answer.readline().decode().strip()
            if not first.startswith("HTTP/1.1 206 "):
                raise ValueError(f"{address}:{port} answered: {first}")
            while answer.readline().strip():
                pass
            while piece := answer.read(min(1 << 20, size - file.tell())):
                file.write(piece)
        if file.tell() != size:
            raise ValueError(f"{address}:{port} broke off at {file.tell()} of {size} bytes")
        with open(os.path.join(wine.MODEL, "pulled"), "a") as pulled:
            pulled.write(f"{path}\n")
    return 0


def examine(*_):
    say("0")
    say(str(int(time.time())))
    return 0


def host(*words):
    import job
    job.order(say, raw, *words)
    return 0


def facts(*words):
    import facts as known
    known.tell(say, [word.split("\x1f") for word in words if word])
    return 0


SCRIPTS = {"command": command, "stop": stop, "length": length, "pull": pull, "examine": examine, "host": host,
           "facts": facts}


def opened(path, start):
    """The file at `path`, from `start` on."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    file = open(path, "ab")
    if file.tell() < start:
        raise ValueError(f"{path} is shorter than {start}")
    file.truncate(start)
    return file


def letter():
    """Takes what comes over standard input as `bootstrap.ps1` does; the token and the exit status."""
    import wine
    head, whole, file, broken = [], False, None, ""
    for line in sys.stdin.buffer:
        line = line.strip()
        if broken:
            continue
        if line == b".":
            whole = True
        elif len(head) < 4:
            head.append(line[1:])
            if len(head) == 4:
                say(f"{head[0].decode()} begin {os.getpid()}")
                start, _, path = base64.b64decode(head[3]).decode().partition(" ")
                if path:
                    path = wine.here(path)
                    try:
                        file = opened(path, int(start))
                    except (OSError, ValueError) as error:
                        broken = str(error)
        else:
            try:
                file.write(base64.b64decode(line))
            except OSError as error:
                broken = str(error)
    if file:
        try:
            file.close()
        except OSError as error:
            broken = str(error)
    if broken or not whole:
        if file and not path.endswith(".part"):
            os.remove(path)
        if not broken:
            complain("the input was cut off, and nothing was run")
            return 70
        complain(f"nothing was run: {broken}")
        say(f"\n{head[0].decode()} end 1")
        return 1
    script, words = (base64.b64decode(it) for it in head[1:3])
    digest = hashlib.sha256(script).hexdigest()
    name = next((name for name, known in KNOWN.items() if known == digest), None)
    try:
        if name not in SCRIPTS:
            raise ValueError(f"the emulation does not know the script {digest}")
        status = SCRIPTS[name](*words.decode().split("\0"))
    except Exception as error:
        complain(str(error))
        status = 1
    say(f"\n{head[0].decode()} end {status}")
    return status & 255


def main():
    if sys.argv[1:] == ["knows"]:
        print(json.dumps(KNOWN))
    elif sys.argv[1:2] == ["runner"]:
        import job
        job.runner(*sys.argv[2:])
    else:
        sys.exit(letter())


if __name__ == "__main__":
    main()
