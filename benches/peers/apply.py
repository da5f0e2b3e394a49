"""One wave: upload, verify, install, check."""

from pyinfra import host
from pyinfra.operations import files, server

package, sha256, wanted = (host.data.get(name) for name in ("package", "sha256", "wanted"))
files.put(src=package, dest="/var/cache/bench.deb")
server.shell(commands=[
    f"echo {sha256}  /var/cache/bench.deb | sha256sum -c",
    "apt-get install -y --no-remove /var/cache/bench.deb",
    f"[ \"$(dpkg-query -W -f '${{Version}}' mdc-bench)\" = {wanted} ]",
    "systemctl is-active cron",
])
