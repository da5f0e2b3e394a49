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
    "bootstrap": "c6410089da49e37e9da7f8ba505b33651f7dff8b6f903bf866cccdf76cab041c",
    "command": "b9c87de47b6a4bffc20b70e7faf546004a65e995bb2695b9ab9a778bdd18c165",
    "stop": "7633e7c4f6fcafbeb04c11cba31d916a2415f0a188849f84f6e5ceb998a0356d",
    "length": "aca0fbf87de23e74c5c3bcbe72a99d4f3a2663d6c6d336891e081a1905f58619",
    "examine": "f7f1d03bf9f97929a4bb3d656e47d637e464ed35a262d0b58000c6254683ed36",
    "host": "09175d47e209a0f62697e700b204d0824ed669066247b250a1726195ae519226",
    "facts": "41d9e76751ef1b4ddce68dd19a7fd0866020f0dd2af833dd551cc37874d16bd3",
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


SCRIPTS = {"command": command, "stop": stop, "length": length, "examine": examine, "host": host,
           "facts": facts}


def letter():
    """Takes what comes over standard input as `bootstrap.ps1` does; the token and the exit status."""
    import wine
    head, whole, file = [], False, None
    for line in sys.stdin.buffer:
        line = line.strip()
        if line == b".":
            whole = True
        elif len(head) < 4:
            head.append(line[1:])
            if len(head) == 4:
                say(f"{head[0].decode()} begin {os.getpid()}")
                start, _, path = base64.b64decode(head[3]).decode().partition(" ")
                if path:
                    path = wine.here(path)
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    file = open(path, "ab")
                    if file.tell() < int(start):
                        raise ValueError(f"{path} is shorter than {start}")
                    file.truncate(int(start))
        else:
            file.write(base64.b64decode(line))
    if file:
        file.close()
    if not whole:
        complain("the input was cut off, and nothing was run")
        return 70
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
