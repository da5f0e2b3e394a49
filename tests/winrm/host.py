"""A stand-in for the WinRM service of a Windows host.

Logins are judged by code that others wrote: pyspnego (NTLM, SPNEGO, CredSSP), MIT Kerberos by GSSAPI,
gss-ntlmssp, Python's ssl. Commands are run by `sh` (or wine's cmd with --wine). What happens is told on
standard output, one JSON object a line, the first of which names the port.

It is no Windows: what Windows does beyond the documents is not known here.
"""

import argparse
import base64
import hashlib
import json
import os
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time
import traceback
from email.utils import formatdate

import spnego
from spnego.channel_bindings import GssChannelBindings

from commands import Shells
import soap

BOUNDARY = b"--Encrypted Boundary"
TELL = threading.Lock()


def tell(**what):
    with TELL:
        print(json.dumps(what), flush=True)


class Gone(Exception):
    """The connection is to be closed without another word."""


class Mechglue:
    """NTLM as gss-ntlmssp judges it, through MIT's GSSAPI."""

    negotiated_protocol = "gss-ntlmssp"

    def __init__(self):
        import gssapi

        ntlm = gssapi.OID.from_int_seq("1.3.6.1.4.1.311.2.2.10")
        self.context = gssapi.SecurityContext(
            creds=gssapi.Credentials(usage="accept", mechs=[ntlm]), usage="accept")

    @property
    def complete(self):
        return self.context.complete

    @property
    def client_principal(self):
        return self.context.initiator_name

    def step(self, token):
        return self.context.step(token)

    def wrap_winrm(self, data):
        wrapped = self.context.wrap(data, True).message
        return spnego._context.WinRMWrapResult(header=wrapped[:16], data=wrapped[16:], padding_length=0)

    def unwrap_winrm(self, header, data):
        return self.context.unwrap(header + data).message


class Connection(socketserver.BaseRequestHandler):
    """One connection: a login holds for it alone."""

    def setup(self):
        self.options = self.server.options
        self.context = None
        self.scheme = None
        self.user = None
        self.file = None

    def handle(self):
        try:
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.options.tls:
                self.request = self.server.tls.wrap_socket(self.request, server_side=True)
                certificate = self.request.getpeercert()
                if certificate and "certificate" in self.options.auth:
                    self.certified = certificate
            tell(event="connection")
            self.file = self.request.makefile("rb", buffering=1 << 16)
            while self.one():
                pass
        except Gone:
            pass
        except (ConnectionError, ssl.SSLError, TimeoutError) as error:
            tell(event="broken", why=str(error))
        except Exception:
            tell(event="bug", why=traceback.format_exc())
        finally:
            try:
                self.request.close()
            except OSError:
                pass

    def one(self):
        """Answers one request; false at the connection's end."""
        line = self.file.readline()
        if not line:
            return False
        words = line.decode("latin-1").split(" ", 2)
        if len(words) != 3 or not words[2].startswith("HTTP/"):
            raise Gone  # someone who speaks TLS, whose random bytes may well have spaces and a line's end
        path = words[1]
        headers = {}
        while line := self.whole_line():
            name, value = line.split(":", 1)
            headers[name.strip().lower()] = value.strip()
        length = int(headers.get("content-length", "0"))
        body = self.file.read(length)
        if len(body) < length:
            raise Gone
        if path != "/wsman":
            return self.answer(404, b"")
        if authorization := headers.get("authorization"):
            scheme, _, rest = authorization.partition(" ")
            if scheme.lower() in ("negotiate", "kerberos", "credssp"):
                return self.login(scheme, base64.b64decode(rest), body, headers)
            if scheme == "Basic" and "basic" in self.options.auth:
                return self.basic(rest, body, headers)
            if "/https/mutual" in scheme and getattr(self, "certified", None):
                self.user = "certificate"
                return self.soap(body, headers)
        if self.user is None:
            tell(event="unauthorized")
            return self.answer(401, b"", self.offers())
        return self.soap(body, headers)

    def whole_line(self):
        """A line without its end. A client that goes away in the middle of one, as one whose time is over does, is
        no defect of this server."""
        line = self.file.readline()
        if not line.endswith(b"\n"):
            raise Gone
        return line.decode("latin-1").strip()

    def offers(self):
        names = {"negotiate": "Negotiate", "ntlm": "Negotiate", "kerberos": "Negotiate",
                 "credssp": "CredSSP", "basic": 'Basic realm="WSMAN"'}
        return [("WWW-Authenticate", names[it]) for it in self.options.auth if it in names]

    def basic(self, rest, body, headers):
        user, _, password = base64.b64decode(rest).decode().partition(":")
        tell(event="attempt", scheme="Basic")
        if (user, password) != (self.options.user, self.options.password):
            return self.answer(401, b"", self.offers())
        self.user = user
        return self.soap(body, headers)

    def login(self, scheme, token, body, headers):
        is_new = self.context is None or self.context.complete
        if is_new:
            self.user, self.scheme = None, scheme
            try:
                self.context = self.acceptor(scheme, token)
            except Exception as error:
                tell(event="refused", why=f"{type(error).__name__}: {error}"[:500])
                return self.answer(401, b"", self.offers())
        last = token[:7] == b"NTLMSSP" and token[8] == 3 or b"NTLMSSP\0\x03" in token
        if last or (scheme == "CredSSP" and is_new) or not b"NTLMSSP" in token:
            tell(event="attempt", scheme=scheme, kind="last" if last else "token")
        try:
            out = self.context.step(token) or b""
        except Exception as error:
            tell(event="refused", why=f"{type(error).__name__}: {error}"[:500])
            self.context = None
            return self.answer(401, b"", self.offers())
        header = [("WWW-Authenticate", f"{scheme} {base64.b64encode(out).decode()}".strip())]
        if not self.context.complete:
            return self.answer(401, b"", header)
        self.user = str(self.context.client_principal)
        tell(event="login", scheme=scheme, user=self.user,
             mechanism=self.context.negotiated_protocol)
        if body:
            return self.soap(body, headers, header)
        return self.answer(200, b"", header)

    def acceptor(self, scheme, token):
        binding = None
        if self.options.tls and self.options.cbt:
            digest = hashlib.sha256(self.server.certificate).digest()
            binding = GssChannelBindings(application_data=b"tls-server-end-point:" + digest)
        protocol = "credssp" if scheme == "CredSSP" else "negotiate"
        if token[:7] == b"NTLMSSP":
            protocol = "ntlm"
        if self.options.gssapi:
            return Mechglue()
        return spnego.server(hostname="localhost", service="HTTP", channel_bindings=binding,
                             protocol=protocol)

    # Messages.

    def soap(self, body, headers, extra=()):
        sealed = headers.get("content-type", "").startswith("multipart/")
        if sealed:
            text = self.unseal(body)
            if text is None:
                return self.answer(400, b"")
        elif self.options.tls or self.options.plain_ok:
            text = body
        else:
            tell(event="plaintext")
            return self.answer(500, b"")
        request = soap.Request(text)
        tell(event="request", action=request.name, bytes=len(text))
        if self.options.record:
            with open(self.options.record, "ab") as file:
                file.write(text + b"\n")
        odd = self.server.odd(request)
        if odd == "cut":
            raise Gone
        if odd == "silent":
            # Until whoever asked has had enough.
            self.file.read(1)
            raise Gone
        if odd == "401":
            return self.answer(401, b"", self.offers())
        if odd in ("403", "503"):
            return self.answer(int(odd), b"")
        if odd == "413" or len(text) > self.options.envelope * 1024:
            return self.answer(413, b"")
        status, reply = self.server.shells.answer(request, odd)
        reply = reply.encode()
        if odd == "plain":
            return self.answer(status, reply, extra, "application/soap+xml;charset=UTF-8")
        if not sealed:
            return self.answer(status, reply, extra, "application/soap+xml;charset=UTF-8")
        body, kind = self.seal(reply)
        if odd == "tamper":
            at = len(body) - 60
            body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]
        return self.answer(status, body, extra, kind, slow=odd == "slow", close=odd == "close")

    def unseal(self, body):
        parts = [part for part in body.split(BOUNDARY) if part]
        # No line end may stand between the data and the last boundary: Windows refuses it.
        data = body[body.index(b"octet-stream\r\n") + 14:]
        if not data.endswith(BOUNDARY + b"--\r\n") or len(parts) < 3:
            tell(event="bad frame")
            return None
        data = data[: -len(BOUNDARY) - 4]
        length = struct.unpack("<I", data[:4])[0]
        try:
            text = self.context.unwrap_winrm(data[4:4 + length], data[4 + length:])
        except Exception as error:
            tell(event="bad seal", why=str(error))
            return None
        expected = int(parts[0].split(b"Length=")[1].split(b"\r\n")[0])
        return text if len(text) == expected else None

    def seal(self, text):
        result = self.context.wrap_winrm(text)
        kind = "SPNEGO" if self.scheme != "CredSSP" else "CredSSP"
        name = f"application/HTTP-{kind}-session-encrypted"
        body = (BOUNDARY + b"\r\n\tContent-Type: " + name.encode()
                + b"\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length="
                + str(len(text) + result.padding_length).encode() + b"\r\n" + BOUNDARY
                + b"\r\n\tContent-Type: application/octet-stream\r\n"
                + struct.pack("<I", len(result.header)) + result.header + result.data
                + BOUNDARY + b"--\r\n")
        return body, f'multipart/encrypted;protocol="{name}";boundary="Encrypted Boundary"'

    def answer(self, status, body, headers=(), kind=None, slow=False, close=False):
        date = formatdate(time.time() + self.options.skew, usegmt=True)
        head = (f"HTTP/1.1 {status} \r\nServer: Microsoft-HTTPAPI/2.0\r\nDate: {date}\r\n"
                f"Content-Length: {len(body)}\r\n")
        if kind:
            head += f"Content-Type: {kind}\r\n"
        for name, value in headers:
            head += f"{name}: {value}\r\n"
        whole = head.encode() + b"\r\n" + body
        if close:
            # So that the end of the connection comes with the answer, not some time after it.
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        if slow:
            for at in range(0, len(whole), 7):
                self.request.sendall(whole[at:at + 7])
        else:
            self.request.sendall(whole)
        if close:
            self.request.shutdown(socket.SHUT_WR)
            return False
        return True


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, options):
        super().__init__((options.address, options.port), Connection)
        self.options = options
        self.counts = {}
        self.lock = threading.Lock()
        self.shells = Shells(options, tell)
        if options.tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(options.tls[0], options.tls[1])
            if options.client_ca:
                self.tls.load_verify_locations(options.client_ca)
                self.tls.verify_mode = ssl.CERT_OPTIONAL
            with open(options.tls[0]) as file:
                self.certificate = ssl.PEM_cert_to_DER_cert(file.read())

    def odd(self, request):
        """What is to go wrong with this request: `--odd WHAT:ACTION[:FROM[:TO]]`, counted from 1."""
        with self.lock:
            count = self.counts[request.name] = self.counts.get(request.name, 0) + 1
        if request.name == "Receive" and self.options.cut and os.path.exists(self.options.cut):
            return "cut"
        for odd in self.options.odd:
            what, action, *bounds = odd.split(":")
            first = int(bounds[0]) if bounds else 1
            last = int(bounds[1]) if len(bounds) > 1 else (first if bounds else 1 << 30)
            if action == request.name and first <= count <= last:
                return what
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--user", default="alice")
    parser.add_argument("--password", default="Password01")
    parser.add_argument("--auth", action="append", default=[])
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--client-ca")
    parser.add_argument("--cbt", action="store_true", help="ask for the channel's binding")
    parser.add_argument("--gssapi", action="store_true", help="NTLM by gss-ntlmssp")
    parser.add_argument("--plain-ok", action="store_true")
    parser.add_argument("--envelope", type=int, default=500, help="kB")
    parser.add_argument("--shells", type=int, default=30)
    parser.add_argument("--idle", type=float, default=7200, help="seconds that an idle shell lives at most")
    parser.add_argument("--odd", action="append", default=[])
    parser.add_argument("--cut", metavar="FILE", help="while it is there, who asks for output is cut off")
    parser.add_argument("--wine", metavar="FOLDER", help="run commands by wine's cmd; scratch in FOLDER")
    parser.add_argument("--scripts", help="known PowerShell scripts: SHA-256 of the text to a command")
    parser.add_argument("--skew", type=int, default=0, help="seconds that the clock is ahead")
    parser.add_argument("--record", help="append the text of every request to this file")
    options = parser.parse_args()
    options.auth = options.auth or ["negotiate"]
    server = Server(options)
    tell(port=server.server_address[1])
    # The harness holds our standard input open: at its end, so is everything.
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=server.shells.watch, daemon=True).start()
    sys.stdin.buffer.read()
    server.shells.close()
    tell(event="end", shells=server.shells.open_count())


if __name__ == "__main__":
    main()
