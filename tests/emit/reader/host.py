"""What scripts use of PowerShell's commands and of .NET. A command that a script runs is a text for sh here; `received` is
the file that it takes. Paths may have either separator."""

import datetime
import fcntl
import glob
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace as Made

SWITCHES = ("-force", "-nonewline", "-recurse", "-passthru", "-assecurestring")


class Failed(Exception):
    """An error that a script may catch, of a kind."""

    def __init__(self, message, kind="Exception"):
        super().__init__(message)
        self.kind = kind


class Table(dict):
    """Its keys are alike in upper and in lower case, unless it is made so."""

    exact = False

    def key(self, key):
        return key if self.exact or not isinstance(key, str) else key.lower()


def items(value):
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def truth(value):
    if isinstance(value, list):
        return len(value) > 1 or len(value) == 1 and truth(value[0])
    return True if isinstance(value, Table) else bool(value)


def string(value):
    if isinstance(value, list):
        return " ".join(string(it) for it in value)
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return "" if value is None else str(value)


def number(value):
    if isinstance(value, str):
        return float(value) if "." in value else int(value or 0)
    return 0 if value is None else value


def same(left, right, exact):
    if isinstance(left, str):
        right = string(right)
        return left == right if exact else left.lower() == right.lower()
    if isinstance(left, bool):
        return left == truth(right)
    return left == number(right) if isinstance(left, (int, float)) else left is right


def complaint(message):
    return Made(Exception=Made(Message=message), InvocationInfo=Made(PositionMessage="it is not known where"))


def path(text):
    return text.replace("\\", "/")


def member(owner, name):
    if owner is None:
        return None
    if isinstance(owner, Table):
        others = {"count": len(owner), "keys": list(owner)}
        return owner.get(owner.key(name), others.get(name.lower()))
    if name in ("Count", "Length"):
        return len(owner)
    return getattr(owner, name)


# --- commands


class Process:
    Handle = 0
    StartTime = Made(ToFileTimeUtc=lambda: 0)

    def __init__(self, text, received, ends):
        environment = os.environ | {"received": received}
        self.process = subprocess.Popen(["sh", "-c", text], env=environment, start_new_session=True, **ends)
        self.Id = self.process.pid

    @property
    def ExitCode(self):
        return self.process.returncode

    def WaitForExit(self, milliseconds):
        try:
            self.process.wait(milliseconds / 1000)
        except subprocess.TimeoutExpired:
            return False
        return True


def start(options):
    line, received = options["-argumentlist"], ""
    if not options["-filepath"].endswith("cmd.exe"):
        _, _, _, file, _, *rest = line.split('"')
        with open(path(file), newline="") as text:
            line = text.read()
        received = path(rest[0]) if rest and rest[0].strip() else path(rest[1]) if len(rest) > 1 else ""
    names = {"stdin": "input", "stdout": "output", "stderr": "error"}
    modes = {"stdin": "rb"}
    ends = {end: open(path(options[f"-redirectstandard{name}"]), modes.get(end, "wb")) for end, name in names.items()}
    if received:
        # The tests' commands are those for bash, which gives it to them so.
        ends["stdin"] = open(received, "rb")
    return Process(line, received, ends)


def remove(options):
    places = glob.glob(path(options["-path"])) if "-path" in options else [path(it) for it in items(options["-literalpath"])]
    for place in places:
        if os.path.isdir(place):
            shutil.rmtree(place)
        elif os.path.exists(place):
            os.remove(place)


def printed(words, options):
    sys.stdout.write("".join(string(it) for it in words) + ("" if "-nonewline" in options else "\n"))
    sys.stdout.flush()


def made(words):
    kind, *given = words
    if kind == "Collections.Hashtable":
        table = Table()
        table.exact = True
        return table
    if kind == "IO.StreamReader":
        return given[0][0]
    if kind == "byte[]":
        return bytearray(given[0])
    kinds = {"Collections.ArrayList": List, "Text.StringBuilder": Builder, "Text.UTF8Encoding": Utf8,
             "Security.AccessControl.DirectorySecurity": Rights}
    return kinds.get(kind, Made)()


def digest(place):
    with open(path(place), "rb") as file:
        return Made(Hash=hashlib.sha256(file.read()).hexdigest().upper())


def command(name, words, options, flow, out):
    given, each = flow
    if name.endswith("taskkill.exe"):
        os.killpg(words[-1], 9)
        return
    found = {
        "Write-Host": lambda: printed(words, options),
        "Where-Object": lambda: out.extend(it for it in given if truth((each(words[0], it) or [None])[-1])),
        "ForEach-Object": lambda: [out.extend(each(words[0], it)) for it in given],
        "Select-Object": lambda: out.extend(given[:options["-first"]] if "-first" in options else given[-options["-last"]:]),
        "Sort-Object": lambda: out.extend(sorted(given)),
        "Out-Null": lambda: None,
        "New-Object": lambda: out.append(made(words)),
        "Join-Path": lambda: out.append(os.path.join(*words)),
        "Get-FileHash": lambda: out.append(digest(options["-literalpath"])),
        "Copy-Item": lambda: shutil.copy(path(options["-literalpath"]), path(options["-destination"])),
        "Move-Item": lambda: os.replace(path(options["-literalpath"]), path(options["-destination"])),
        "Remove-Item": lambda: remove(options),
        "Start-Process": lambda: out.append(start(options)),
        "Start-Sleep": lambda: time.sleep(options["-milliseconds"] / 1000),
        "Get-Process": lambda: fail("there is no such process"),
    }
    found[name]()


def fail(message):
    raise Failed(message)


# --- .NET


class Console:
    """Ctrl-C is a signal here; it ends nothing while a script reads it as a key. One that comes when the script
    has come to its end says nothing any more."""

    keys = 0

    def take(self, as_input):
        signal.signal(signal.SIGINT, self.pressed if as_input else signal.SIG_IGN)

    def pressed(self, *_):
        self.keys += 1

    def read(self, _):
        self.keys -= 1
        return Made(Key="C", Modifiers=CONTROL)


CONTROL = 4
CONSOLE = Console()


class Rights:
    """Of a folder: those of SYSTEM and administrators, who are its owner here, and others' where its mode has any."""

    def __init__(self, place=None):
        self.place = place

    def SetSecurityDescriptorSddlForm(self, text):
        assert text == "O:BAG:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"

    def GetOwner(self, _):
        return Made(Value="S-1-5-32-544")

    def GetAccessRules(self, *_):
        who = ["S-1-5-18", "S-1-5-32-544"]
        if os.stat(self.place).st_mode & 0o077:
            who.append("S-1-5-32-545")
        return [Made(IdentityReference=Made(Value=it)) for it in who]


def make_folder(place, rights=None):
    os.makedirs(path(place), exist_ok=True)
    if rights:
        os.chmod(path(place), 0o700)


class List(list):
    def Add(self, value):
        self.append(value)


class Builder:
    text = ""

    def Append(self, text):
        self.text += text

    def ToString(self):
        return self.text


class Utf8:
    def GetBytes(self, text):
        return text.encode()

    def GetByteCount(self, text):
        return len(text.encode())


class File:
    def __init__(self, place, mode, *sharing):
        modes = {"Append": "ab", "Create": "wb", "Open": "rb", "OpenOrCreate": "ab"}
        self.file = open(path(place), modes[mode])
        if mode == "OpenOrCreate" and sharing[-1] == "None":
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def Write(self, some, at, count):
        self.file.write(some[at:at + count])

    def Flush(self, _):
        self.file.flush()
        os.fsync(self.file.fileno())

    def Close(self):
        self.file.close()

    def ReadToEnd(self):
        return self.file.read().decode()


class Watch:
    def __init__(self):
        self.begun = time.monotonic()

    @property
    def Elapsed(self):
        return Made(TotalSeconds=time.monotonic() - self.begun)


def read(place):
    with open(path(place), encoding="utf-8", newline="") as file:
        return file.read()


def write(mode):
    def to(place, text, *_):
        with open(path(place), mode, encoding="utf-8", newline="") as file:
            file.write(text)
    return to


def static(kind, name):
    if (kind, name) == ("DateTime", "UtcNow"):
        now = datetime.datetime.now(datetime.timezone.utc)
        return Made(ToString=lambda _: now.strftime("%Y-%m-%dT%H:%M:%S"))
    return {
        ("Console", "IsInputRedirected"): True,
        ("Console", "KeyAvailable"): CONSOLE.keys > 0,
        ("ConsoleModifiers", "Control"): CONTROL,
        ("Console", "Error"): Made(WriteLine=lambda text: print(text, file=sys.stderr, flush=True)),
        ("Environment", "UserName"): "somebody",
        ("Environment", "UserDomainName"): "SITE",
        ("Security.Cryptography.HashAlgorithmName", "SHA256"): "sha256",
    }.get((kind, name), name)


def put_static(kind, name, value):
    assert (kind, name) == ("Console", "TreatControlCAsInput")
    CONSOLE.take(value)


def random(into):
    into[:] = os.urandom(len(into))


CALLS = {
    "IO.File::Exists": lambda place: os.path.isfile(path(place)),
    "IO.File::Open": File,
    "IO.File::ReadAllText": lambda place, *_: read(place),
    "IO.File::ReadAllLines": lambda place, *_: read(place).splitlines(),
    "IO.File::WriteAllText": write("w"),
    "IO.File::AppendAllText": write("a"),
    "IO.File::Delete": lambda place: os.path.exists(path(place)) and os.remove(path(place)),
    "IO.Directory::Exists": lambda place: os.path.isdir(path(place)),
    "IO.Directory::CreateDirectory": make_folder,
    "IO.Directory::GetAccessControl": lambda place: Rights(path(place)),
    "Console::ReadKey": CONSOLE.read,
    "IO.Path::GetDirectoryName": lambda place: os.path.dirname(path(place)),
    "Diagnostics.Stopwatch::StartNew": Watch,
    "Math::Min": min,
    "Math::Max": max,
    "Net.Dns::GetHostName": lambda: subprocess.run(["uname", "-n"], check=True, capture_output=True, text=True).stdout.strip(),
    "Net.NetworkInformation.IPGlobalProperties::GetIPGlobalProperties": lambda: Made(DomainName=""),
    "string::CompareOrdinal": lambda one, other: (one > other) - (one < other),
    "BitConverter::ToString": lambda some: "-".join(f"{it:02X}" for it in some),
    "Security.Cryptography.RandomNumberGenerator::Create": lambda: Made(GetBytes=random),
    "Security.Cryptography.SHA256::Create": lambda: Made(ComputeHash=lambda some: hashlib.sha256(some).digest()),
    "Security.Cryptography.Rfc2898DeriveBytes::new": lambda text, salt, rounds, kind: Made(
        GetBytes=lambda count: hashlib.pbkdf2_hmac(kind, text, salt, rounds, count)),
    "Security.Principal.WindowsIdentity::GetCurrent": lambda: None,
}


def call_static(kind, name, words):
    return CALLS[f"{kind}::{name}"](*words)


def call(owner, name, words):
    if isinstance(owner, Table) and name == "ContainsKey":
        return owner.key(words[0]) in owner
    if isinstance(owner, str):
        return TEXT[name](owner, *words)
    if name == "IsInRole":
        return True
    if name == "GetUnresolvedProviderPathFromPSPath":
        return os.path.abspath(words[0])
    return getattr(owner, name)(*words)


TEXT = {
    "Contains": lambda text, part: part in text,
    "StartsWith": lambda text, part, *_: text.startswith(part),
    "Substring": lambda text, at, count=None: text[at:] if count is None else text[at:at + count],
    "Split": lambda text, at: text.split(at),
    "Trim": lambda text: text.strip(),
    "TrimStart": lambda text, what: text.lstrip(what),
    "PadLeft": lambda text, width, what: text.rjust(width, what),
    "Replace": lambda text, what, by: text.replace(what, by),
    "ToLowerInvariant": lambda text: text.lower(),
}
