//! The quickstart's own commands on a throw-away copy of this machine: real dpkg and apt, package files from
//! the emitted folder. Only systemctl and curl are stand-ins.

use std::fs;
use std::path::Path;
use std::process::Command;

use mdc::emit::{Templates, emit};

use crate::bench::{Ran, quickstart, skipped};

/// Mounts a layer over this machine's files and becomes a machine of its own there.
const THROW_AWAY: &str = r#"
set -e
mount --make-rprivate /
mount -t tmpfs layer "$1/layer"
mkdir "$1/layer/upper" "$1/layer/work"
mount -t overlay root -o "lowerdir=/,upperdir=$1/layer/upper,workdir=$1/layer/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount --bind /dev "$1/root/dev"
mkdir -p "$1/root/tmp/carried"
cp -r "$1/carried/." "$1/root/tmp/carried"
printf '#!/bin/sh\ncase $1 in is-failed) exit 1 ;; esac\nexit 0\n' >"$1/root/usr/local/bin/systemctl"
printf '#!/bin/sh\nexit 0\n' >"$1/root/usr/local/bin/curl"
chmod +x "$1/root/usr/local/bin/systemctl" "$1/root/usr/local/bin/curl"
exec chroot "$1/root" bash /tmp/carried/night.sh
"#;

/// What somebody does at night on identity-01. Each line of output that begins with `==` is looked for.
const NIGHT: &str = r#"
cd /tmp/carried
package=md-cluster-identity-service
version() { dpkg-query -W -f='${db:Status-Status} ${Version}' $package 2>/dev/null || echo none; }
does() { bash identity-01.sh "$@" --this-is identity-01; echo "== $* -> $?, $(version)"; }
apt-get install -y -q ./packages/${package}_2.8.0-1_amd64.deb >/dev/null 2>&1
echo "== before: $(version)"
does run --wave 4 --confirmed 4
does run --wave 1
cp packages/${package}_2.9.0-1_amd64.deb good
echo broken >>packages/${package}_2.9.0-1_amd64.deb
does run --wave 3 --confirmed 3
cp good packages/${package}_2.9.0-1_amd64.deb
does run --wave 3
# The package manager is busy: the step fails, and goes on when it is not.
mv /usr/bin/apt-get /usr/bin/apt-get.away
does run --wave 4 --confirmed 4
mv /usr/bin/apt-get.away /usr/bin/apt-get
does run --wave 4
does run --wave 4
does verify
does back 4 --confirm identity-01/identity-service/upgrade
does run --wave 4
cat /var/lib/mdc-by-hand/*/state
"#;

#[test]
fn the_quickstarts_own_commands_install_with_real_package_tools() {
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if !root || !Path::new("/etc/debian_version").exists() {
        skipped(
            "real package tools: only root on Debian can make a throw-away copy of this machine",
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["layer", "root", "carried/packages"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    let carried = folder.path().join("carried");
    let emitted = emit(&quickstart(), &Templates::built_in()).unwrap();
    let script = &emitted.texts[camino::Utf8Path::new("hosts/identity-01/identity-01.sh")];
    fs::write(carried.join("identity-01.sh"), script).unwrap();
    fs::write(carried.join("night.sh"), NIGHT).unwrap();
    let release = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    for file in &emitted.packages {
        if file.to.starts_with("hosts/identity-01") {
            let to = carried.join("packages").join(file.to.file_name().unwrap());
            fs::copy(release.join(&file.from), to).unwrap();
        }
    }
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", THROW_AWAY, "sh"]).arg(folder.path());
    let ran = Ran::of(&command.output().unwrap());
    if ran.said.contains("ermission denied") || ran.said.contains("not permitted") {
        skipped(&format!("real package tools: nothing can be mounted here: {}", ran.said));
        return;
    }
    ran.ends(0).tells(&[
        "== before: installed 2.8.0-1",
        "== run --wave 4 --confirmed 4 -> 1, installed 2.8.0-1",
        "can't be done yet",
        "== run --wave 1 -> 0",
        "is not what was reviewed: its SHA-256 is",
        "== run --wave 3 --confirmed 3 -> 1, installed 2.8.0-1",
        "== run --wave 3 -> 0, installed 2.8.0-1",
        "can't install md-cluster-identity-service 2.9.0",
        "== run --wave 4 --confirmed 4 -> 1, installed 2.8.0-1",
        "did not come to its end",
        "== run --wave 4 -> 0, installed 2.9.0-1",
        "It is done already, since",
        "identity-01/identity-service/upgrade: as promised",
        "== verify -> 0, installed 2.9.0-1",
        "== back 4 --confirm identity-01/identity-service/upgrade -> 0, installed 2.8.0-1",
        "done 4 identity-01/identity-service/upgrade",
        "back 4 identity-01/identity-service/upgrade",
    ]);
}
