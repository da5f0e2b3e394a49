"""Packages that can be installed: nothing in them but bytes that don't compress."""

import hashlib
import os
import platform
import subprocess
import shutil

NAME, VERSION = "mdc-bench", "1.0-1"
ONCE = """format-version = 1
[cluster]
name = "bench"
environment = "bench"
release = "release.toml"
[connections.fleet.ssh]
user = "{user}"
port = {port}
key = "{fleet}/id"
known-hosts = "{fleet}/known_hosts"
agent = false
sudo = "none"
[defaults]
connection = "fleet"
os = "{os}"
[components.bench]
at-once = {at_once}
"""
COMPONENT = """title = "Bench"
kind = "service"
stage = "live"
upgrade-order = 10
install-order = 10
at-once = 1
impact = "nothing"
package = {{ deb = "{name}" }}
unit = {{ deb = "cron" }}
ports = {{ main = 9001 }}
health = {{ command = "true" }}
limits = {{ install = "5m", healthy = "1m", settle = "1s" }}
durations = {{ install = "1s", start = "1s" }}
when-unknown = "block"
"""


def deb(folder, size):
    """A package of so many bytes."""
    path = folder / f"{NAME}_{size}.deb"
    if not path.exists():
        root = folder / "package"
        shutil.rmtree(root, ignore_errors=True)
        (root / "DEBIAN").mkdir(parents=True)
        control = f"Package: {NAME}\nVersion: {VERSION}\nArchitecture: all\nMaintainer: nobody\n"
        (root / "DEBIAN" / "control").write_text(control + "Description: bytes\n")
        with open(root / "bytes", "wb") as out:
            for _ in range(size // 1_000_000):
                out.write(os.urandom(1_000_000))
        subprocess.run(["dpkg-deb", "-Znone", "--root-owner-group", "-b", root, path], check=True,
                       stdout=subprocess.DEVNULL)
    return path


def digest(path, kind="sha256"):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()


def site(fleet, addresses, package, at_once, rehearse=True):
    """A manifest, a release and a catalog that bring `package` to these hosts. `rehearse`: whether each
    host's apt tries the installation once the file is there."""
    folder = fleet.folder.parent / f"site-{len(addresses)}-{package.stem}"
    catalog = folder / "catalog" / "bench"
    catalog.mkdir(parents=True, exist_ok=True)
    told = platform.freedesktop_os_release()
    system = f"{told['ID']}-{told['VERSION_ID']}"
    text = ONCE.format(user=fleet.user, port=fleet.port, fleet=fleet.folder, os=system, at_once=at_once)
    if not rehearse:
        text += "[preflight]\nrehearse = false\n"
    for number, address in enumerate(addresses):
        text += f'[hosts.h-{number:03}]\naddress = "{address}"\ncomponents = ["bench"]\n'
    (folder / "mdc.toml").write_text(text)
    (folder / package.name).unlink(missing_ok=True)
    os.link(package, folder / package.name)
    (catalog / "component.toml").write_text(COMPONENT.format(name=NAME))
    (folder / "release.toml").write_text(
        'format-version = 1\nname = "B"\n[components.bench]\nversion = "1.0"\n'
        f'packages.deb = {{ file = "{package.name}", sha256 = "{digest(package)}" }}\n'
    )
    return folder
