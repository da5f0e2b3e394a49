use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command as Program, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use camino::Utf8Path;
use mdc::catalog::Format;
use mdc::manifest::{SshConnection, Sudo};
use mdc::transport::{Connection, End, Problem, Questions};
use mdc::value::SecretReference;

use crate::sshd::{Sshd, is_gone, is_root, root_command, skipped, skips, within};

pub(crate) const NAME: &str = "mdc-test-sudo";
const PASSWORD: &str = "correct horse battery";
/// One user, so one test at a time.
pub(crate) static ONE: Mutex<()> = Mutex::new(());

/// Whether sudo can be tried here.
pub(crate) fn lacks(what: &str) -> bool {
    if skips(what) {
        return true;
    }
    let why = match (is_root(), Utf8Path::new("/usr/bin/sudo").exists()) {
        (false, _) => "only root can add a user with a rule for sudo",
        (_, false) => "there is no /usr/bin/sudo; install sudo",
        _ => return false,
    };
    skipped(what, why);
    true
}

/// A throw-away user with a rule for sudo.
pub(crate) struct User;

impl User {
    pub(crate) fn add(rule: &str) -> Self {
        Self::with(&format!("{NAME} {rule}\nDefaults:{NAME} !syslog\n"))
    }

    /// One with whole rules.
    pub(crate) fn with(rules: &str) -> Self {
        Self::remove();
        let added = Program::new("useradd").args(["-m", "-s", "/bin/bash", NAME]).output().unwrap();
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        let mut chpasswd = Program::new("chpasswd").stdin(Stdio::piped()).spawn().unwrap();
        writeln!(chpasswd.stdin.take().unwrap(), "{NAME}:{PASSWORD}").unwrap();
        assert!(chpasswd.wait().unwrap().success());
        let file = format!("/etc/sudoers.d/{NAME}");
        fs::write(&file, rules).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
        Self
    }

    fn remove() {
        let _ = fs::remove_file(format!("/etc/sudoers.d/{NAME}"));
        let _ = fs::remove_file(format!("/run/sudo/ts/{NAME}"));
        let _ = Program::new("userdel").args(["-rf", NAME]).output();
    }
}

impl Drop for User {
    fn drop(&mut self) {
        Self::remove();
    }
}

pub(crate) fn connect(sshd: &Sshd, sudo: Sudo) -> Box<dyn Connection> {
    sshd.connect(SshConnection { user: Some(NAME.into()), sudo, ..sshd.settings() }).unwrap()
}

fn password(sshd: &Sshd, value: &str) -> Sudo {
    let path = sshd.folder.join("sudo-secret");
    fs::write(&path, value).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    Sudo::Password(SecretReference::File(path))
}

/// The server's folder must be open to the user.
pub(crate) fn server() -> Sshd {
    let sshd = Sshd::start();
    fs::set_permissions(&sshd.folder, fs::Permissions::from_mode(0o755)).unwrap();
    sshd
}

/// What a command that copies its input saw of `input`, as root.
fn echoed(host: &mut dyn Connection, input: &str) -> String {
    let run = root_command("id -un; cat");
    let output = host.run(&run, Some(&mut input.as_bytes())).unwrap();
    assert_eq!(output.end, End::Exit(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn without_a_password() {
    if lacks("sudo -n") {
        return;
    }
    let _one = ONE.lock();
    let _user = User::add("ALL=(ALL) NOPASSWD: ALL");
    let sshd = server();
    let mut host = connect(&sshd, Sudo::Passwordless);
    assert_eq!(echoed(&mut *host, "line\n"), "root\nline\n");
    let output = host.run(&root_command("echo o; echo e >&2; exit 7"), None).unwrap();
    assert_eq!(
        (output.end, output.stdout, output.stderr),
        (End::Exit(7), b"o\n".into(), b"e\n".into())
    );
    // A password that nobody asks for stays here, and out of the command's input.
    let mut host = connect(&sshd, password(&sshd, PASSWORD));
    assert_eq!(echoed(&mut *host, "line\n"), "root\nline\n");
    let mut host = connect(&sshd, password(&sshd, "wrong"));
    assert_eq!(echoed(&mut *host, ""), "root\n");
}

#[test]
fn with_a_password() {
    if lacks("sudo -S") {
        return;
    }
    let _one = ONE.lock();
    let _user = User::add("ALL=(ALL) ALL");
    let sshd = server();
    let mut host = connect(&sshd, password(&sshd, PASSWORD));
    for _ in 0..2 {
        assert_eq!(echoed(&mut *host, "line\n"), "root\nline\n");
    }
    // Bytes of every kind and many of them.
    let content: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let output = host.run(&root_command("cat | wc -c"), Some(&mut content.as_slice())).unwrap();
    assert_eq!(output.stdout, b"3000000\n");
    // Neither the arguments nor the environment of the command or of those that started it hold
    // it, sudo among them.
    let run = "p=$$; while [ $p -gt 1 ]; do cat /proc/$p/cmdline /proc/$p/environ; \
               p=$(sed -n 's/^PPid:\\t//p' /proc/$p/status); done";
    let output = host.run(&root_command(run), None).unwrap();
    let seen = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(seen.contains("sudo\0-S\0-p\0"), "sudo is not among the processes: {seen}");
    assert!(!seen.contains(PASSWORD));
    let script = "id -un\n".to_owned();
    let questions = Questions {
        os: "debian-12".to_owned(),
        format: Format::Deb,
        resources: BTreeMap::default(),
        also: mdc::transport::Also::default(),
        script,
        words: Vec::new(),
    };
    assert_eq!(host.ask(&questions, Duration::from_secs(10)).unwrap(), b"root\n");
}

#[test]
fn with_credentials_that_sudo_remembers() {
    if lacks("sudo's cached credentials") {
        return;
    }
    let _one = ONE.lock();
    let _user = User::add(&format!("ALL=(ALL) ALL\nDefaults:{NAME} timestamp_type=global"));
    let sshd = server();
    let mut host = connect(&sshd, password(&sshd, PASSWORD));
    for input in ["first\n", "second\n"] {
        assert_eq!(echoed(&mut *host, input), format!("root\n{input}"));
    }
    let mut host = connect(&sshd, Sudo::Passwordless);
    assert_eq!(echoed(&mut *host, "third\n"), "root\nthird\n", "sudo forgot");
}

#[test]
fn refusals() {
    if lacks("sudo's refusals") {
        return;
    }
    let _one = ONE.lock();
    let sshd = server();
    {
        let _user = User::add("ALL=(ALL) ALL");
        let wrong = "incorrect donkey";
        let mut host = connect(&sshd, password(&sshd, wrong));
        let mut input = "never seen".as_bytes();
        let failure = host.run(&root_command("cat"), Some(&mut input)).unwrap_err();
        let problem = Problem::Privilege("sudo refuses the password".into());
        assert_eq!(failure.problem, problem);
        assert!(failure.hint.contains("tried once only"), "{}", failure.hint);
        assert!(!format!("{failure:?}").contains(wrong));
        let absent = SecretReference::Env("MDC_NO_SUCH_VARIABLE".into());
        let mut host = connect(&sshd, Sudo::Password(absent));
        for _ in 0..2 {
            let failure = host.run(&root_command("true"), None).unwrap_err();
            assert!(failure.to_string().contains("`MDC_NO_SUCH_VARIABLE` isn't set"), "{failure}");
            assert!(failure.hint.starts_with("nothing was run"), "{}", failure.hint);
        }
        let mut host = connect(&sshd, Sudo::Passwordless);
        let failure = host.run(&root_command("true"), None).unwrap_err();
        assert!(failure.to_string().contains("sudo: a password is required"), "{failure}");
        assert!(failure.hint.contains("NOPASSWD"), "{}", failure.hint);
    }
    let _user = User::add("ALL=(ALL) /bin/nothing");
    let mut host = connect(&sshd, password(&sshd, PASSWORD));
    let failure = host.run(&root_command("true"), None).unwrap_err();
    assert!(failure.to_string().contains("is not allowed to execute"), "{failure}");
}

#[test]
fn a_time_limit_ends_what_root_runs() {
    if lacks("time limit under sudo") {
        return;
    }
    let _one = ONE.lock();
    for (rule, with_password) in [
        ("ALL=(ALL) NOPASSWD: ALL", false),
        ("ALL=(ALL) ALL", true),
        ("ALL=(ALL) NOPASSWD: ALL\nDefaults:mdc-test-sudo !use_pty", false),
    ] {
        let _user = User::add(rule);
        let sshd = server();
        let sudo = if with_password { password(&sshd, PASSWORD) } else { Sudo::Passwordless };
        let mut host = connect(&sshd, sudo);
        let pid = sshd.folder.join("pid");
        let run = root_command(&format!("echo $$ > {pid}; sleep 1000"));
        let failure = host.run(&within(run, Duration::from_secs(1)), None).unwrap_err();
        assert!(matches!(failure.problem, Problem::TimedOut { .. }), "{failure:?}");
        assert!(
            failure.hint.starts_with("its processes on the host were ended"),
            "{}",
            failure.hint
        );
        let pid = fs::read_to_string(pid).unwrap();
        assert!(is_gone(pid.trim()), "{pid} still runs");
        assert_eq!(echoed(&mut *host, "still here"), "root\nstill here");
    }
}
