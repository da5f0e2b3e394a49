use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command as Program, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use mdc::manifest::SshConnection;
use mdc::transport::{Controller, Dialer, Problem};
use mdc::value::SecretReference;

use crate::sshd::{Sshd, fingerprint, is_root, keygen, keys, me, public, skipped, skips, stdout};

/// A secret in a file of ours.
fn secret(folder: &Utf8Path, value: &str) -> SecretReference {
    let path = folder.join(format!("secret-{}", value.len()));
    fs::write(&path, format!("{value}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    SecretReference::File(path)
}

fn gets_in(sshd: &Sshd, settings: SshConnection) {
    let mut host = sshd.connect(settings).unwrap();
    assert_eq!(stdout(&mut *host, "echo in"), "in\n");
}

#[test]
fn by_key_files_of_every_kind() {
    if skips("key files") {
        return;
    }
    let sshd = Sshd::start();
    for name in ["user", "ecdsa", "rsa"] {
        gets_in(&sshd, SshConnection { keys: vec![keys().join(name)], ..sshd.settings() });
    }
    // PEM, as older versions of ssh-keygen wrote it.
    let pem = sshd.folder.join("pem");
    fs::copy(keys().join("rsa"), &pem).unwrap();
    fs::set_permissions(&pem, fs::Permissions::from_mode(0o600)).unwrap();
    keygen(&["-p", "-m", "PEM", "-P", "", "-N", "", "-f", pem.as_str()]);
    assert!(fs::read_to_string(&pem).unwrap().contains("BEGIN RSA PRIVATE KEY"));
    gets_in(&sshd, SshConnection { keys: vec![pem], ..sshd.settings() });
    // A refused key does not end the search.
    let both = vec![keys().join("other"), keys().join("user")];
    gets_in(&sshd, SshConnection { keys: both, ..sshd.settings() });
}

#[test]
fn default_keys_come_from_the_home_folder() {
    if skips("default keys") {
        return;
    }
    let sshd = Sshd::start();
    fs::create_dir(sshd.folder.join(".ssh")).unwrap();
    fs::copy(keys().join("user"), sshd.folder.join(".ssh/id_ed25519")).unwrap();
    fs::copy(sshd.folder.join("known_hosts"), sshd.folder.join(".ssh/known_hosts")).unwrap();
    let home = Some(sshd.folder.clone());
    let dialer = Dialer::of(Controller { user: Some(me()), home, agent: None });
    let settings = SshConnection { port: Some(sshd.port), ..SshConnection::default() };
    let mut host = sshd.dial(&dialer, "127.0.0.1", settings).unwrap();
    assert_eq!(stdout(&mut *host, "echo in"), "in\n");
}

#[test]
fn refusals_name_what_was_offered_and_what_is_accepted() {
    if skips("refused keys") {
        return;
    }
    let sshd = Sshd::start();
    let missing = sshd.folder.join("missing");
    let not_a_key = sshd.folder.join("known_hosts");
    let settings = SshConnection {
        keys: vec![keys().join("other"), missing, not_a_key, keys().join("locked")],
        ..sshd.settings()
    };
    let failure = sshd.refusal(settings);
    assert!(matches!(failure.problem, Problem::Login(_)), "{failure:?}");
    let text = failure.to_string();
    for part in [
        format!("could not log in: {}@[127.0.0.1]:{} was refused", me(), sshd.port),
        "the host accepts publickey;".to_owned(),
        format!("other (ED25519 {}): refused by the host", fingerprint("other")),
        "missing can't be read: No such file".to_owned(),
        "known_hosts is no private key".to_owned(),
        format!(
            "locked (ED25519 {}): it needs a passphrase, and none is named",
            fingerprint("locked")
        ),
    ] {
        assert!(text.contains(&part), "{part}\n{text}");
    }
    assert!(failure.hint.contains("authorized_keys"));
}

#[test]
fn by_a_key_with_a_passphrase() {
    if skips("passphrases") {
        return;
    }
    let sshd = Sshd::start();
    let locked = || vec![keys().join("locked")];
    let right = Some(secret(&sshd.folder, "open sesame"));
    gets_in(&sshd, SshConnection { keys: locked(), passphrase: right, ..sshd.settings() });
    let wrong = Some(secret(&sshd.folder, "open barley"));
    let failure =
        sshd.refusal(SshConnection { keys: locked(), passphrase: wrong, ..sshd.settings() });
    let text = failure.to_string();
    assert!(text.contains("the passphrase is wrong"), "{text}");
    assert!(!text.contains("barley") && !failure.hint.contains("barley"));
    let none = Some(SecretReference::Env("MDC_NO_SUCH_VARIABLE".into()));
    let failure =
        sshd.refusal(SshConnection { keys: locked(), passphrase: none, ..sshd.settings() });
    assert!(matches!(failure.problem, Problem::Secret(_)), "{failure:?}");
}

#[test]
fn by_a_certificate() {
    if skips("user certificates") {
        return;
    }
    let sshd = Sshd::with(&format!("TrustedUserCAKeys {}\n", keys().join("ca.pub")));
    let ca = keys().join("ca");
    for name in ["other", "rsa"] {
        let key = sshd.folder.join(name);
        for ending in ["", ".pub"] {
            fs::copy(format!("{}{ending}", keys().join(name)), format!("{key}{ending}")).unwrap();
        }
        keygen(&[
            "-s",
            ca.as_str(),
            "-I",
            "me",
            "-n",
            &me(),
            "-V",
            "-1h:+1h",
            &format!("{key}.pub"),
        ]);
        // Only the certificate opens this door.
        fs::write(sshd.folder.join("authorized"), "").unwrap();
        gets_in(&sshd, SshConnection { keys: vec![key.clone()], ..sshd.settings() });
        let elsewhere = sshd.folder.join("elsewhere.pub");
        fs::rename(format!("{key}-cert.pub"), &elsewhere).unwrap();
        let failure = sshd.refusal(SshConnection { keys: vec![key.clone()], ..sshd.settings() });
        assert!(failure.to_string().contains("refused by the host"), "{failure}");
        let certificate = Some(elsewhere);
        gets_in(&sshd, SshConnection { keys: vec![key], certificate, ..sshd.settings() });
    }
}

/// An agent of our own.
struct Agent {
    child: Child,
    socket: Utf8PathBuf,
}

impl Agent {
    fn start(folder: &Utf8Path, names: &[&str]) -> Self {
        let socket = folder.join("agent");
        let child = Program::new("ssh-agent")
            .args(["-D", "-a", socket.as_str()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while !socket.exists() {
            std::thread::yield_now();
        }
        for name in names {
            let path = Utf8Path::new(name);
            let path = if path.is_absolute() { path.to_owned() } else { keys().join(name) };
            let added = Program::new("ssh-add").arg(path).env("SSH_AUTH_SOCK", &socket).output();
            let added = added.unwrap();
            assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        }
        Self { child, socket }
    }

    fn dialer(&self) -> Dialer {
        Dialer::of(Controller { agent: Some(self.socket.clone()), ..Controller::default() })
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn by_the_agent() {
    if skips("the agent") {
        return;
    }
    let sshd = Sshd::start();
    for name in ["user", "ecdsa", "rsa"] {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        fs::create_dir_all(&folder).unwrap();
        let agent = Agent::start(&folder, &["other", name]);
        let settings = SshConnection { keys: Vec::new(), agent: None, ..sshd.settings() };
        let mut host = sshd.dial(&agent.dialer(), "127.0.0.1", settings).unwrap();
        assert_eq!(stdout(&mut *host, "echo in"), "in\n", "{name}");
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn the_agent_refusals_are_named() {
    if skips("the agent's refusals") {
        return;
    }
    let sshd = Sshd::start();
    let agent = Agent::start(&sshd.folder, &["other"]);
    let settings = || SshConnection { keys: Vec::new(), agent: Some(true), ..sshd.settings() };
    let failure = sshd.dial(&agent.dialer(), "127.0.0.1", settings()).err().unwrap().to_string();
    let expected = format!("agent's key ED25519 {} `other`: refused", fingerprint("other"));
    assert!(failure.contains(&expected), "{failure}");
    drop(agent);
    let nobody = Controller { agent: Some(sshd.folder.join("agent")), ..Controller::default() };
    let failure =
        sshd.dial(&Dialer::of(nobody), "127.0.0.1", settings()).err().unwrap().to_string();
    assert!(failure.contains("does not answer"), "{failure}");
}

#[test]
fn only_the_named_of_the_agents_keys() {
    if skips("IdentitiesOnly") {
        return;
    }
    let sshd = Sshd::with("MaxAuthTries 1\n");
    let agent = Agent::start(&sshd.folder, &["other", "ecdsa", "user"]);
    let config = sshd.folder.join("config");
    fs::write(&config, format!("IdentityFile {}\nIdentitiesOnly yes\n", keys().join("user")))
        .unwrap();
    let settings = |ssh_config| SshConnection {
        keys: Vec::new(),
        agent: Some(true),
        ssh_config,
        ..sshd.settings()
    };
    // All three keys are more than the server lets us try.
    let failure = sshd.dial(&agent.dialer(), "127.0.0.1", settings(None)).err().unwrap();
    assert!(failure.to_string().contains("closed the connection while"), "{failure}");
    assert!(failure.hint.contains("MaxAuthTries"), "{}", failure.hint);
    let mut host = sshd.dial(&agent.dialer(), "127.0.0.1", settings(Some(config))).unwrap();
    assert_eq!(stdout(&mut *host, "echo in"), "in\n");
}

#[test]
fn an_agent_that_hangs_is_left_out() {
    if skips("an agent that hangs") {
        return;
    }
    let sshd = Sshd::start();
    let socket = sshd.folder.join("stuck");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let dialer = Dialer::of(Controller { agent: Some(socket), ..Controller::default() });
    let settings = SshConnection { agent: Some(true), ..sshd.settings() };
    let mut host = sshd.dial(&dialer, "127.0.0.1", settings).unwrap();
    assert_eq!(stdout(&mut *host, "echo in"), "in\n");
}

/// A throw-away user with a password; gone when dropped.
struct User(&'static str);

impl User {
    fn add(name: &'static str, password: &str) -> Self {
        let user = Self(name);
        let added = Program::new("useradd").args(["-m", "-s", "/bin/sh", name]).output().unwrap();
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        let mut chpasswd = Program::new("chpasswd").stdin(Stdio::piped()).spawn().unwrap();
        writeln!(chpasswd.stdin.take().unwrap(), "{name}:{password}").unwrap();
        assert!(chpasswd.wait().unwrap().success());
        user
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let _ = Program::new("userdel").args(["-rf", self.0]).output();
    }
}

#[test]
fn by_password() {
    if skips("passwords") {
        return;
    }
    if !is_root() {
        return skipped("passwords", "only root can add a user with a password");
    }
    let name = "mdc-test-password";
    let _user = User::add(name, "correct horse");
    for lines in ["PasswordAuthentication yes\n", "UsePAM yes\nKbdInteractiveAuthentication yes\n"]
    {
        let sshd = Sshd::with(lines);
        let settings = |password: &str| SshConnection {
            user: Some(name.to_owned()),
            keys: vec![keys().join("other")],
            password: Some(secret(&sshd.folder, password)),
            ..sshd.settings()
        };
        let mut host = sshd.connect(settings("correct horse")).unwrap();
        assert_eq!(stdout(&mut *host, "id -un"), format!("{name}\n"));
        let failure = sshd.refusal(settings("battery staple"));
        let text = failure.to_string();
        assert!(text.contains("the password"), "{text}");
        assert!(text.contains(": refused by the host"), "{text}");
        assert!(!text.contains("staple"), "{text}");
        let log = fs::read_to_string(sshd.folder.join("log")).unwrap();
        assert_eq!(
            log.matches("Failed ").count() - log.matches("Failed publickey").count(),
            1,
            "{log}"
        );
    }
    // Where the server asks for a key only, the password stays here.
    let sshd = Sshd::start();
    let settings = SshConnection {
        keys: vec![keys().join("other")],
        password: Some(secret(&sshd.folder, "correct horse")),
        ..sshd.settings()
    };
    let text = sshd.refusal(settings).to_string();
    assert!(text.contains("the password was not sent"), "{text}");
    assert!(public("other").starts_with("ssh-ed25519 "));
}
