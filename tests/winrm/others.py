"""Clients that others wrote, against the stand-in: what they can use is no invention of ours.

    others.py PORT [CERTIFICATE-OF-THE-AUTHORITY]
"""

import sys

from pypsrp.shell import Process, WinRS
from pypsrp.wsman import WSMan
from winrm.protocol import Protocol

USER, PASSWORD = "alice", "Password01"
port = int(sys.argv[1])
ca = sys.argv[2] if len(sys.argv) > 2 else None


def pypsrp(auth):
    with WSMan("localhost", port=port, username=USER, password=PASSWORD, ssl=ca is not None, auth=auth,
               cert_validation=ca or True, encryption="auto") as wsman:
        wsman.update_max_payload_size()
        with WinRS(wsman) as shell:
            process = Process(shell, "cat; echo err >&2; exit 7")
            process.begin_invoke()
            process.send(b"x" * 300_000, end=True)
            process.end_invoke()
            process.signal("terminate")
            assert (process.rc, len(process.stdout), process.stderr) == (7, 300_000, b"err\n"), process.rc


def pywinrm(transport):
    scheme = "https" if ca else "http"
    protocol = Protocol(f"{scheme}://localhost:{port}/wsman", transport=transport, username=USER,
                        password=PASSWORD, ca_trust_path=ca or "legacy_requests")
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "echo out; exit 3")
    stdout, _, status = protocol.get_command_output(shell, command)
    protocol.cleanup_command(shell, command)
    protocol.close_shell(shell)
    assert (stdout, status) == (b"out\n", 3), (stdout, status)


for auth in ["ntlm", "negotiate"] + (["credssp", "basic"] if ca else []):
    pypsrp(auth)
    print("pypsrp", auth)
for transport in ["ntlm"] + (["credssp", "basic"] if ca else []):
    pywinrm(transport)
    print("pywinrm", transport)
