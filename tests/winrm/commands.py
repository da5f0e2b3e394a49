"""Shells and the commands in them."""

import base64
import json
import os
import re
import subprocess
import tempfile
import threading
import time
import uuid

import soap
from soap import R, SHELL

DONE = SHELL + "/CommandState/Done"
RUNNING = SHELL + "/CommandState/Running"


def in_wine(path):
    """A path of this machine as wine has it."""
    return "Z:" + path.replace("/", "\\")


class Command:
    """A command that runs, and what of its output nobody has fetched yet."""

    def __init__(self, words, status=None):
        self.status = status
        self.news = threading.Condition()
        self.streams = {"stdout": bytearray(), "stderr": bytearray()}
        self.open = 2
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, start_new_session=True)
        for name in self.streams:
            threading.Thread(target=self.pump, args=(name,), daemon=True).start()

    def pump(self, name):
        source = getattr(self.process, name)
        while (some := os.read(source.fileno(), 1 << 16)):
            with self.news:
                self.news.wait_for(lambda: len(self.streams[name]) < 1 << 20)
                self.streams[name] += some
                self.news.notify_all()
        with self.news:
            self.open -= 1
            if self.open == 0:
                self.process.wait()
            self.news.notify_all()

    def take(self, within, most):
        """What has come, waiting for something; and the status, when that is all."""
        with self.news:
            self.news.wait_for(lambda: any(self.streams.values()) or self.open == 0, within)
            taken = {}
            for name, held in self.streams.items():
                taken[name] = bytes(held[:most])
                del held[:most]
            self.news.notify_all()
            done = self.open == 0 and not any(self.streams.values())
            return taken, self.ended() if done else None

    def ended(self):
        """The status; a process of this machine has eight bits of it, so that cmd writes its own down."""
        if self.status is None:
            return self.process.returncode
        try:
            with open(self.status) as file:
                return int(file.read())
        except (OSError, ValueError):
            return self.process.returncode

    def kill(self):
        try:
            os.killpg(self.process.pid, 9)
        except ProcessLookupError:
            pass


class Shells:
    def __init__(self, options, tell):
        self.options, self.tell = options, tell
        self.lock = threading.Lock()
        self.shells = {}
        # When a shell that nothing is asked of is closed: its time, and the seconds that it has each time.
        self.idle = {}
        self.scripts = {}
        if options.scripts:
            with open(options.scripts) as file:
                self.scripts = json.load(file)

    def open_count(self):
        return len(self.shells)

    def close(self):
        for commands in self.shells.values():
            for command in commands.values():
                command.kill()

    def watch(self):
        """Closes shells that nothing was asked of for as long as they were made for (IdleTimeOut)."""
        while True:
            time.sleep(0.2)
            with self.lock:
                late = [it for it, (until, _) in self.idle.items() if until < time.monotonic()]
                gone = [self.idle.pop(it) and self.shells.pop(it, {}) for it in late]
                for commands in gone:
                    self.tell(event="shell", open=len(self.shells), idle=True)
            for commands in gone:
                for command in commands.values():
                    command.kill()

    def touch(self, shell, more=0):
        with self.lock:
            if shell in self.idle:
                _, seconds = self.idle[shell]
                self.idle[shell] = (time.monotonic() + seconds + more, seconds)

    def answer(self, request, odd):
        # One that is being waited on is not idle.
        self.touch(request.shell, request.timeout)
        answer = self.respond(request, odd)
        self.touch(request.shell)
        return answer

    def respond(self, request, odd):
        if odd == "quota":
            return soap.fault(request, 2150859173, "QuotaLimit", "This user is allowed a maximum number of "
                              "30 concurrent shells, which has been exceeded.")
        if odd == "denied":
            return soap.fault(request, 5, "AccessDenied", "Access is denied.")
        if odd == "late":
            self.respond(request, None)
        if odd in ("timeout", "late"):
            return soap.fault(request, 2150858793, "TimedOut", "The WS-Management service cannot complete "
                              "the operation within the time specified in OperationTimeout.")
        if odd == "gone":
            with self.lock:
                self.shells.pop(request.shell, None)
        handler = getattr(self, "on_" + request.name.lower())
        if request.shell is not None and request.shell not in self.shells:
            return soap.fault(request, 2150858843, "InvalidSelectors", "The shell was not found.")
        return handler(request, odd)

    def on_get(self, request, odd):
        config = "http://schemas.microsoft.com/wbem/wsman/1/config"
        return 200, soap.reply(request, f'<cfg:Config xmlns:cfg="{config}"><cfg:MaxEnvelopeSizekb>'
                               f"{self.options.envelope}</cfg:MaxEnvelopeSizekb><cfg:MaxTimeoutms>60000"
                               "</cfg:MaxTimeoutms><cfg:Service><cfg:AllowUnencrypted>false"
                               "</cfg:AllowUnencrypted><cfg:Auth><cfg:CbtHardeningLevel>Relaxed"
                               "</cfg:CbtHardeningLevel></cfg:Auth></cfg:Service><cfg:Winrs>"
                               f"<cfg:MaxShellsPerUser>{self.options.shells}</cfg:MaxShellsPerUser>"
                               "<cfg:MaxMemoryPerShellMB>1024</cfg:MaxMemoryPerShellMB>"
                               "</cfg:Winrs><cfg:Client><cfg:TrustedHosts>dc-01.corp.example,10.9.8.7"
                               "</cfg:TrustedHosts></cfg:Client></cfg:Config>")

    def on_create(self, request, odd):
        shell = str(uuid.uuid4()).upper()
        with self.lock:
            if len(self.shells) >= self.options.shells:
                return soap.fault(request, 2150859173, "QuotaLimit", "too many shells")
            self.shells[shell] = {}
            asked = soap.seconds(request.body.findtext(f"{R}Shell/{R}IdleTimeOut") or "PT7200S")
            idle = min(asked, self.options.idle)
            self.idle[shell] = (time.monotonic() + idle, idle)
            self.tell(event="shell", open=len(self.shells))
        return 200, soap.reply(
            request,
            f"<x:ResourceCreated><a:Address>http://stand-in/wsman</a:Address><a:ReferenceParameters>"
            f"<w:ResourceURI>{request.resource}</w:ResourceURI><w:SelectorSet><w:Selector Name=\"ShellId\">"
            f"{shell}</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>"
            f"<rsp:Shell><rsp:ShellId>{shell}</rsp:ShellId></rsp:Shell>")

    def on_command(self, request, odd):
        line = request.body.findtext(f"{R}CommandLine/{R}Command")
        arguments = [it.text or "" for it in request.body.iter(f"{R}Arguments")]
        line = " ".join([line, *arguments])
        if len(line) > 8191:
            return soap.fault(request, 2147942606, "InternalError", "The filename or extension is too long.")
        self.tell(event="command", line=line[:200])
        command = self.start(line)
        name = str(uuid.uuid4()).upper()
        self.shells[request.shell][name] = command
        return 200, soap.reply(request, f"<rsp:CommandResponse><rsp:CommandId>{name}</rsp:CommandId>"
                               "</rsp:CommandResponse>")

    def words(self, line):
        """How the line is run. PowerShell is only known by the exact text of a script: what it would do
        is done by the command in the table (semantics not verified)."""
        found = re.match(r"(?i)^powershell(?:\.exe)?\s.*-EncodedCommand\s+(\S+)", line)
        if found:
            import hashlib
            text = base64.b64decode(found[1]).decode("utf-16-le")
            digest = hashlib.sha256(text.encode()).hexdigest()
            known = self.scripts.get(digest)
            self.tell(event="powershell", sha256=digest, known=known is not None)
            return known or ["sh", "-c", "echo 'this PowerShell script is not known' >&2; exit 201"]
        return ["sh", "-c", line]

    def start(self, line):
        if not self.options.wine or re.match(r"(?i)^powershell", line):
            return Command(self.words(line))
        folder = tempfile.mkdtemp(dir=self.options.wine)
        inner, outer, status = (os.path.join(folder, it) for it in ("line.cmd", "run.cmd", "status"))
        with open(inner, "w", newline="") as file:
            file.write(f"@echo off\r\n{line}\r\n")
        with open(outer, "w", newline="") as file:
            file.write(f"@cmd /c {in_wine(inner)}\r\n@echo %errorlevel%>{in_wine(status)}\r\n")
        return Command(["wine", "cmd", "/c", in_wine(outer)], status)

    def command(self, request):
        for element in request.body.iter():
            if (name := element.get("CommandId")) is not None:
                return name, element, self.shells[request.shell].get(name)
        return None, None, None

    def missing(self, request):
        return soap.fault(request, 2150858843, "InvalidSelectors", "The Windows Remote Shell received a request "
                          "to perform an operation on a command identifier that does not exist.")

    def on_send(self, request, odd):
        _, stream, command = self.command(request)
        if command is None:
            return self.missing(request)
        try:
            if stream.text:
                command.process.stdin.write(base64.b64decode(stream.text))
                command.process.stdin.flush()
            if (stream.get("End") or "").lower() == "true":
                command.process.stdin.close()
        except (OSError, ValueError):
            return soap.fault(request, 2147942632, "InternalError", "The pipe is being closed.")
        return 200, soap.reply(request, "<rsp:SendResponse/>")

    def on_receive(self, request, odd):
        name, _, command = self.command(request)
        if command is None:
            return self.missing(request)
        taken, status = command.take(request.timeout, request.largest // 4)
        if status is None and not any(taken.values()):
            return soap.fault(request, 2150858793, "TimedOut", "The WS-Management service cannot complete "
                              "the operation within the time specified in OperationTimeout.")
        body = ""
        for stream, some in taken.items():
            if some:
                text = base64.b64encode(some).decode()
                body += f'<rsp:Stream Name="{stream}" CommandId="{name}">{text}</rsp:Stream>'
        if status is None:
            body += f'<rsp:CommandState CommandId="{name}" State="{RUNNING}"/>'
        else:
            for stream in taken:
                body += f'<rsp:Stream Name="{stream}" CommandId="{name}" End="true"></rsp:Stream>'
            code = "" if odd == "no-status" else f"<rsp:ExitCode>{status}</rsp:ExitCode>"
            body += f'<rsp:CommandState CommandId="{name}" State="{DONE}">{code}</rsp:CommandState>'
        return 200, soap.reply(request, f"<rsp:ReceiveResponse>{body}</rsp:ReceiveResponse>")

    def on_signal(self, request, odd):
        name, _, command = self.command(request)
        if command is None:
            return self.missing(request)
        command.kill()
        del self.shells[request.shell][name]
        return 200, soap.reply(request, "<rsp:SignalResponse/>", SHELL + "/SignalResponse")

    def on_delete(self, request, odd):
        with self.lock:
            commands = self.shells.pop(request.shell, {})
            self.idle.pop(request.shell, None)
            self.tell(event="shell", open=len(self.shells))
        for command in commands.values():
            command.kill()
        return 200, soap.reply(request, "")
