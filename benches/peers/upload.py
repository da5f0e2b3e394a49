"""One file to each host."""

from pyinfra import host
from pyinfra.operations import files

files.put(src=host.data.get("package"), dest=host.data.get("target"))
