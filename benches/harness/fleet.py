"""sshd instances of this machine, and the way to them."""

import os
import subprocess
from pathlib import Path

from .measure import TICK

HERE = Path(__file__).resolve().parent.parent


class Fleet:
    """Hosts on loopback addresses. `apart`: each with a root of its own, for what changes hosts."""

    def __init__(self, folder, hosts, port, apart=False):
        self.folder, self.hosts, self.port, self.apart = Path(folder), hosts, port, apart

    def __enter__(self):
        self.call("apart" if self.apart else "up", str(self.hosts))
        return self

    def __exit__(self, *_):
        self.call("down")

    def call(self, verb, *more):
        env = {**os.environ, "PORT": str(self.port)}
        subprocess.run([HERE / "fleet", verb, self.folder, *more], check=True, env=env)

    @property
    def user(self):
        return (self.folder / "user").read_text().strip()

    def addresses(self, hosts):
        lines = (self.folder / "hosts").read_text().split()[:hosts]
        return [line.rsplit(":", 1)[0] for line in lines]

    def busy(self):
        """Seconds of processor time of all sshd and of what they ran and have seen end."""
        total = 0
        for file in (self.folder / "pids").iterdir():
            stat = Path(f"/proc/{file.read_text().strip()}/stat")
            if stat.exists():
                total += sum(map(int, stat.read_text().rsplit(")", 1)[1].split()[11:15]))
        return total / TICK

    def ssh_config(self):
        """OpenSSH's options for these hosts: the same keys and the same strictness as everybody's."""
        path = self.folder / "ssh_config"
        path.write_text(
            f"Host 127.*\n  User {self.user}\n  Port {self.port}\n  IdentityFile {self.folder}/id\n"
            f"  IdentitiesOnly yes\n  UserKnownHostsFile {self.folder}/known_hosts\n"
            "  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n"
        )
        return path
