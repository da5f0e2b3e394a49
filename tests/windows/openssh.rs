//! A Windows host over SSH, as far as that goes without one: a real sshd, its channels, its statuses and its way of
//! ending, in front of the same host of wine. The user's shell is a POSIX one, `powershell.exe` is a program that
//! sees that it was called with the bootstrap and then acts for it (SEMANTICS NOT VERIFIED).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use mdc::value::Digest;

use crate::sshd::{self, Sshd};
use crate::stand_in::{file, made};
use crate::wine_host::{WineHost, package};

/// Whatever else it were called with, it would do nothing.
const POWERSHELL: &str = r#"#!/bin/sh
[ "$1 $2 $3 $4 $5" = "-NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand" ] || exit 64
sum=$(printf %s "$6" | base64 -d | iconv -f UTF-16LE -t UTF-8 | sha256sum)
[ "${sum%% *}" = BOOTSTRAP ] || exit 65
[ -z "$SSH_TTY" ] || exit 66
exec PYTHON EMULATED
"#;

/// Puts the program into `folder`, and gives the lines of `sshd_config` by which it is found.
fn powershell(folder: &Path, prefix: &Path) -> String {
    let [(_, bootstrap), ..] = mdc::transport::windows_scripts();
    let text = POWERSHELL
        .replace("BOOTSTRAP", &Digest::of(bootstrap.as_bytes()).to_string())
        .replace("PYTHON", made("venv/bin/python").unwrap().to_str().unwrap())
        .replace("EMULATED", file("emulated.py").to_str().unwrap());
    let path = folder.join("powershell.exe");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    format!(
        "SetEnv PATH={}:/usr/local/bin:/usr/bin:/bin WINEPREFIX={} WINEDEBUG=-all \
         WINEDLLOVERRIDES=mscoree=;mshtml= DISPLAY=",
        folder.display(),
        prefix.display()
    )
}

/// What `mdc` says in `folder`, as one line; it has to end with `status`.
fn mdc(folder: &Path, arguments: &[&str], status: i32) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mdc"));
    let output = command.args(arguments).current_dir(folder).output().unwrap();
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_worker_goes_from_a_to_b_and_back_over_ssh() {
    if sshd::skips("Windows hosts over SSH") {
        return;
    }
    let Some(host) = WineHost::start("127.0.0.1") else { return };
    let folder = tempfile::tempdir().unwrap();
    let sshd = Sshd::with(&powershell(folder.path(), &host.drive("..").canonicalize().unwrap()));
    for version in ["2.8.0", "2.9.0"] {
        let package = package(folder.path(), version);
        let text = format!(
            "format-version = 1\nname = \"{version}\"\n[components.worker]\nversion = \"{version}\"\n\
             [components.worker.packages.msi]\nfile = \"worker-{version}.msi\"\nsha256 = \"{}\"\n",
            Digest::of(&fs::read(&package).unwrap())
        );
        fs::write(folder.path().join(format!("{version}.toml")), text).unwrap();
    }
    host.install(&folder.path().join("worker-2.8.0.msi"));
    let manifest = format!(
        "format-version = 1\n[cluster]\nname = \"c\"\nenvironment = \"staging\"\nrelease = \"2.9.0.toml\"\n\
         previous-release = \"2.8.0.toml\"\n\
         [connections.fleet.ssh]\nuser = \"{}\"\nport = {}\nkey = \"{}\"\nagent = false\n\
         known-hosts = \"{}/known_hosts\"\n\
         [hosts.win-01]\naddress = \"127.0.0.1\"\nos = \"windows-2022\"\nconnection = \"fleet\"\n\
         components = [\"worker\"]\n\
         [components.control-center]\noptional = true\n\
         [components.worker]\nlimits = {{ settle = \"1s\" }}\n",
        sshd::me(),
        sshd.port,
        sshd::keys().join("user"),
        sshd.folder,
    );
    fs::write(folder.path().join("mdc.toml"), manifest).unwrap();

    mdc(folder.path(), &["plan", "--detailed-exitcode"], 2);
    let said = mdc(folder.path(), &["apply", "--yes"], 0);
    assert!(said.contains("upgrade worker on win-01"), "{said}");
    assert_eq!(host.versions(), ["2.9.0"]);
    let said = mdc(folder.path(), &["plan", "--detailed-exitcode"], 0);
    assert!(said.contains("Nothing to do"), "{said}");
    mdc(folder.path(), &["rollback", "--yes"], 0);
    assert_eq!(host.versions(), ["2.8.0"]);
    assert_eq!(host.count(|it| it["event"] == "shell"), 0, "WinRM has no part in it");
    assert_eq!(host.tasks(), [""; 0]);
}
