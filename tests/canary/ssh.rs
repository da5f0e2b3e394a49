//! A host of one's own by SSH: a key with a passphrase, a password, a password for sudo. Only what reads
//! the host is asked for: it is this machine.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};

use crate::commands::Asked;
use crate::scene::{Scene, secret, value};
use crate::sshd::{Sshd, is_root, keygen, skipped, skips};

const PASSPHRASE: &str = "SshConnection.passphrase";
const PASSWORD: &str = "SshConnection.password";
const SUDO: &str = "Sudo.password";
const NAME: &str = "mdc-test-canary";

/// A throw-away user with a password, who may do everything with it; one at a time.
struct User(#[allow(dead_code, reason = "it is held")] MutexGuard<'static, ()>);

impl User {
    fn add(password: &str) -> Self {
        static ONE: Mutex<()> = Mutex::new(());
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        Self::remove();
        let added = Command::new("useradd").args(["-m", "-s", "/bin/bash", NAME]).output().unwrap();
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        let mut chpasswd = Command::new("chpasswd").stdin(Stdio::piped()).spawn().unwrap();
        writeln!(chpasswd.stdin.take().unwrap(), "{NAME}:{password}").unwrap();
        assert!(chpasswd.wait().unwrap().success());
        let file = format!("/etc/sudoers.d/{NAME}");
        fs::write(&file, format!("{NAME} ALL=(ALL) ALL\nDefaults:{NAME} !syslog\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
        Self(one)
    }

    fn remove() {
        let _ = fs::remove_file(format!("/etc/sudoers.d/{NAME}"));
        let _ = fs::remove_file(format!("/run/sudo/ts/{NAME}"));
        let _ = Command::new("userdel").args(["-rf", NAME]).output();
    }
}

impl Drop for User {
    fn drop(&mut self) {
        Self::remove();
    }
}

/// A key with the passphrase, made once: while it is made, ssh-keygen is called by it.
fn locked() -> &'static Utf8Path {
    static KEY: OnceLock<Utf8PathBuf> = OnceLock::new();
    KEY.get_or_init(|| {
        let path = Utf8PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("canary-key");
        let _ = fs::remove_file(&path);
        let passphrase = value(PASSPHRASE);
        keygen(&["-t", "ed25519", "-N", &passphrase, "-C", "locked", "-f", path.as_str()]);
        path
    })
}

/// A server whose user has `password`, and a manifest that reaches it by `connection`.
fn host(lines: &str, (password, connection): (&str, &str)) -> Option<Scene> {
    if skips("canaries over SSH") {
        return None;
    }
    if !is_root() || !Utf8Path::new("/usr/bin/sudo").exists() {
        skipped("canaries over SSH", "they need root, who adds a user, and sudo");
        return None;
    }
    let user = User::add(password);
    let sshd = Sshd::with(lines);
    fs::set_permissions(&sshd.folder, fs::Permissions::from_mode(0o755)).unwrap();
    fs::copy(format!("{}.pub", locked()), sshd.folder.join("authorized")).unwrap();
    let own = tempfile::tempdir().unwrap();
    let known = sshd.folder.join("known_hosts");
    let manifest = format!(
        "format-version = 1\n[cluster]\nname = \"c\"\nenvironment = \"test\"\nrelease = \"r.toml\"\n\
         [connections.c.ssh]\nuser = \"{NAME}\"\nport = {}\nagent = false\n\
         known-hosts = [\"{known}\"]\n{connection}\n[hosts.web-1]\naddress = \"127.0.0.1\"\n\
         os = \"debian-12\"\nconnection = \"c\"\ncomponents = [\"redis\"]\n",
        sshd.port
    );
    fs::write(own.path().join("mdc.toml"), manifest).unwrap();
    let release = "format-version = 1\nname = \"A\"\n[components.redis]\nversion = \"7.2.10\"\n\
                   packages.deb = { repository = \"redis-server\" }\n";
    fs::write(own.path().join("r.toml"), release).unwrap();
    let folder = own.path().to_owned();
    Some(Scene::at(&folder, vec![Box::new(sshd), Box::new(own), Box::new(user)]))
}

pub(crate) fn by_key() -> Option<Scene> {
    let (passphrase, sudo) = (secret(PASSPHRASE), secret(SUDO));
    let key = locked();
    let connection =
        format!("keys = [\"{key}\"]\npassphrase = {passphrase}\nsudo = {{ password = {sudo} }}");
    Some(host("", (&value(SUDO), &connection))?.with(PASSPHRASE).with(SUDO))
}

pub(crate) fn by_password() -> Option<Scene> {
    let connection = format!("keys = []\npassword = {}\nsudo = \"none\"", secret(PASSWORD));
    let lines = "PasswordAuthentication yes\nPubkeyAuthentication no\n";
    Some(host(lines, (&value(PASSWORD), &connection))?.with(PASSWORD))
}

/// What the hosts are read by comes to the same whether this machine can be read or not.
const ASKED: [Asked; 5] = [
    (&["validate", "--format", "json"], 0),
    (&["plan", "--format", "json"], 0),
    (&["plan", "-o", "plan.json"], 0),
    (&["show", "plan.json", "--format", "html"], 0),
    (&["history"], 0),
];

#[test]
fn what_opens_a_host_by_ssh_is_seen_nowhere() {
    if let Some(scene) = by_key() {
        scene.leaks_nothing(&ASKED);
        let said = scene.says(&["doctor", "web-1"], 0);
        assert!(said.contains("✓ rights"), "{said}");
    }
    if let Some(scene) = by_password() {
        scene.leaks_nothing(&ASKED);
        // Without sudo the user lacks rights.
        let said = scene.says(&["doctor", "web-1"], 1);
        assert!(said.contains("✓ login"), "{said}");
    }
}
