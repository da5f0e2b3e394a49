"""The tools that people would otherwise use: installed at pinned versions, and told of a fleet."""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from .fleet import HERE

FEW = 2
"""Rounds of what takes minutes."""


class Peers:
    """A virtual environment below `target/`; made once."""

    def __init__(self, target):
        self.bin = Path(target) / "peers" / "venv" / "bin"
        wanted = HERE / "peers" / "requirements.txt"
        installed = self.bin.parent / "requirements.txt"
        if not installed.exists() or installed.read_text() != wanted.read_text():
            subprocess.run(["python3", "-m", "venv", self.bin.parent], check=True)
            subprocess.run([self.bin / "pip", "install", "--quiet", "-r", wanted], check=True)
            shutil.copy(wanted, installed)

    def versions(self):
        told = subprocess.run(
            [self.bin / "pip", "freeze"], check=True, capture_output=True, text=True
        )
        named = ("ansible-core", "pyinfra", "ClusterShell")
        openssh = subprocess.run(["ssh", "-V"], capture_output=True, text=True).stderr.strip()
        return [line for line in told.stdout.split() if line.startswith(named)] + [openssh]

    def ansible(self, fleet, hosts, playbook, forks=32, **values):
        """Command, environment and what comes before each run: a new folder of control sockets, so that
        no run finds the connections of the one before."""
        inventory = fleet.folder / f"ansible-{hosts}.ini"
        inventory.write_text(
            "\n".join(fleet.addresses(hosts))
            + "\n[all:vars]\nansible_python_interpreter=/usr/bin/python3\n"
        )
        env = {
            "ANSIBLE_PIPELINING": "True",
            "ANSIBLE_FORKS": str(forks),
            "ANSIBLE_HOST_KEY_CHECKING": "True",
            "ANSIBLE_SSH_ARGS": f"-F {fleet.ssh_config()} -o ControlMaster=auto -o ControlPersist=30s",
            "ANSIBLE_LOCALHOST_WARNING": "False",
        }
        values = [part for name, value in values.items() for part in ("-e", f"{name}={value}")]

        def before():
            env["ANSIBLE_SSH_CONTROL_PATH_DIR"] = tempfile.mkdtemp(prefix="cp")

        def after():
            for control in Path(env["ANSIBLE_SSH_CONTROL_PATH_DIR"]).iterdir():
                leave = ["ssh", "-F", fleet.ssh_config(), "-o", f"ControlPath={control}", "-O", "exit", "any"]
                subprocess.run(leave, stderr=subprocess.DEVNULL)
            time.sleep(0.5)  # until sshd has seen its sessions end

        command = [self.bin / "ansible-playbook", "-i", inventory, *values, HERE / "peers" / playbook]
        return {"command": command, "env": env, "before": before, "after": after}

    def pyinfra(self, fleet, addresses, operations, **values):
        """`operations`: words of pyinfra's command line. `values` are data of all hosts."""
        inventory = fleet.folder / f"pyinfra-{len(addresses)}-{addresses[0]}.py"
        data = {
            "ssh_user": fleet.user, "ssh_port": fleet.port, "ssh_key": f"{fleet.folder}/id",
            "ssh_known_hosts_file": f"{fleet.folder}/known_hosts",
            "ssh_strict_host_key_checking": "yes",
            "ssh_config_file": "/dev/null", **values,
        }
        inventory.write_text(f"all = ({addresses!r}, {data!r})\n")
        return [self.bin / "pyinfra", "-y", "--parallel", "16", inventory, *operations]
