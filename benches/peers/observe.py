"""What pyinfra's own facts tell of a host, its packages and services."""

from pyinfra import host
from pyinfra.facts.deb import DebPackages
from pyinfra.facts.server import Command, Kernel, KernelVersion, LinuxDistribution

host.get_fact(LinuxDistribution)
host.get_fact(Kernel)
host.get_fact(KernelVersion)
host.get_fact(Command, command="cat /proc/uptime; df -Pk /")
host.get_fact(DebPackages)
host.get_fact(Command, command="systemctl is-active cron ssh rsyslog")
