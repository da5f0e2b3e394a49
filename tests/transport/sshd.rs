//! A server of one's own, keys for it, and what a manifest says of it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, Command as Program, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use mdc::manifest::{self, SshConnection, SshTimeouts, Sudo};
use mdc::transport::{
    Account, Command, Connection, Controller, Dialer, End, Failure, Output, Target, Task,
};
use mdc::value::Period;

const SSHD: &str = "/usr/sbin/sshd";

/// Says that the test `what` can't run here; true when there is no sshd.
pub(crate) fn skips(what: &str) -> bool {
    let absent = !Utf8Path::new(SSHD).exists();
    if absent {
        skipped(what, "there is no /usr/sbin/sshd; install openssh-server");
    }
    absent
}

/// Shows past the test harness what is not tested.
pub(crate) fn skipped(what: &str, why: &str) {
    writeln!(std::io::stderr(), "SKIPPED {what}: {why}").unwrap();
}

/// Keys that are made once for all tests.
pub(crate) fn keys() -> &'static Utf8Path {
    static KEYS: OnceLock<Utf8PathBuf> = OnceLock::new();
    KEYS.get_or_init(|| {
        let folder = Utf8PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("transport-keys");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        for (name, kind, passphrase) in [
            ("host", "ed25519", ""),
            ("host2", "ed25519", ""),
            ("host-ecdsa", "ecdsa", ""),
            ("ca", "ed25519", ""),
            ("user", "ed25519", ""),
            ("other", "ed25519", ""),
            ("ecdsa", "ecdsa", ""),
            ("rsa", "rsa", ""),
            ("locked", "ed25519", "open sesame"),
        ] {
            keygen(&["-t", kind, "-N", passphrase, "-C", name, "-f", folder.join(name).as_str()]);
        }
        folder
    })
}

/// Runs ssh-keygen.
pub(crate) fn keygen(arguments: &[&str]) {
    let output = Program::new("ssh-keygen").arg("-q").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The public half of a key: type and blob.
pub(crate) fn public(name: &str) -> String {
    let line = fs::read_to_string(keys().join(format!("{name}.pub"))).unwrap();
    line.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// The fingerprint, as ssh-keygen tells it.
pub(crate) fn fingerprint(name: &str) -> String {
    let output = Program::new("ssh-keygen").arg("-lf").arg(keys().join(name)).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').nth(1).unwrap().to_owned()
}

/// The user who runs the tests.
pub(crate) fn me() -> String {
    let output = Program::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Whether root runs the tests.
pub(crate) fn is_root() -> bool {
    me() == "root"
}

/// A running server. Its folder is also the manifest's.
pub(crate) struct Sshd {
    pub(crate) child: Child,
    pub(crate) port: u16,
    pub(crate) folder: Utf8PathBuf,
    _dirs: Vec<tempfile::TempDir>,
}

impl Sshd {
    /// A server with the host key `host`, which lets the keys in and is known.
    pub(crate) fn start() -> Self {
        Self::with("")
    }

    /// One with more lines of configuration; a line given first wins (`sshd_config(5)`).
    pub(crate) fn with(lines: &str) -> Self {
        Self::with_files(lines, None)
    }

    /// One that needs the files of a folder: sshd reads its keys again for every connection.
    pub(crate) fn with_files(lines: &str, files: Option<tempfile::TempDir>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = Utf8PathBuf::from_path_buf(dir.path().to_owned()).unwrap();
        let names = ["user", "ecdsa", "rsa", "locked"];
        let authorized: Vec<String> = names.map(public).into();
        fs::write(folder.join("authorized"), authorized.join("\n")).unwrap();
        if is_root() {
            // The server's own empty folder (sshd(8), FILES); packages make it at boot.
            fs::create_dir_all("/run/sshd").unwrap();
        }
        let (child, port) = Self::listen(&folder, lines);
        let sshd = Self { child, port, folder, _dirs: files.into_iter().chain([dir]).collect() };
        sshd.know(&format!("[127.0.0.1]:{port} {}\n", public("host")));
        sshd
    }

    /// Starts the server on a free port and reads its log until it listens.
    fn listen(folder: &Utf8Path, lines: &str) -> (Child, u16) {
        loop {
            let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let config = folder.join("sshd_config");
            let host_key = if lines.contains("HostKey ") {
                String::new()
            } else {
                format!("HostKey {}\n", keys().join("host"))
            };
            let text = format!(
                "{lines}\nListenAddress 127.0.0.1:{free}\n{host_key}PidFile none\n\
                 AuthorizedKeysFile {folder}/authorized\nStrictModes no\nUsePAM no\n\
                 PasswordAuthentication no\nKbdInteractiveAuthentication no\n\
                 PermitRootLogin yes\nLogLevel VERBOSE\nMaxStartups 100:30:200\n"
            );
            fs::write(&config, text).unwrap();
            let mut child = Program::new(SSHD)
                .args(["-D", "-e", "-f", config.as_str()])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut log = BufReader::new(child.stderr.take().unwrap());
            let mut seen = String::new();
            while log.read_line(&mut seen).unwrap() > 0 {
                if seen.contains("Server listening on") {
                    // Its log must have a reader as long as it lives.
                    let copy = folder.join("log");
                    std::thread::spawn(move || {
                        let mut file = fs::File::create(copy).unwrap();
                        std::io::copy(&mut log, &mut file)
                    });
                    return (child, free);
                }
            }
            child.wait().unwrap();
            assert!(seen.contains("already in use"), "sshd does not start: {seen}");
        }
    }

    /// Writes the `known_hosts` file.
    pub(crate) fn know(&self, text: &str) {
        fs::write(self.folder.join("known_hosts"), text).unwrap();
    }

    /// How to reach it: by the key `user`, with short limits.
    pub(crate) fn settings(&self) -> SshConnection {
        SshConnection {
            user: Some(me()),
            port: Some(self.port),
            keys: vec![keys().join("user")],
            agent: Some(false),
            known_hosts: vec![self.folder.join("known_hosts")],
            sudo: Sudo::None,
            timeouts: SshTimeouts {
                connect: Period::seconds(10),
                login: Period::seconds(20),
                keepalive: Period::seconds(1),
                silence: Period::seconds(20),
            },
            ..SshConnection::default()
        }
    }

    /// Connects with `settings`.
    pub(crate) fn connect(&self, settings: SshConnection) -> Result<Box<dyn Connection>, Failure> {
        self.dial(&Dialer::of(Controller::default()), "127.0.0.1", settings)
    }

    /// Connects to `address` with a dialer of one's own.
    pub(crate) fn dial(
        &self,
        dialer: &Dialer,
        address: &str,
        settings: SshConnection,
    ) -> Result<Box<dyn Connection>, Failure> {
        let host = "web-1".parse().unwrap();
        let connection = manifest::Connection::Ssh(Box::new(settings));
        dialer.connect(&Target {
            host: &host,
            address,
            format: mdc::catalog::Format::Deb,
            connection: &connection,
            folder: &self.folder,
        })
    }

    /// A connection with the usual settings.
    pub(crate) fn open(&self) -> Box<dyn Connection> {
        self.connect(self.settings()).unwrap()
    }

    /// The failure of connecting with `settings`.
    pub(crate) fn refusal(&self, settings: SshConnection) -> Failure {
        let Err(failure) = self.connect(settings) else { panic!("it connected") };
        failure
    }

    /// The process ids of the server's own children.
    pub(crate) fn children(&self) -> Vec<i32> {
        children_of(self.child.id())
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The process ids of a process' children (proc(5)).
pub(crate) fn children_of(pid: u32) -> Vec<i32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

/// Whether the process has ended; one that its parent has not looked at yet has (proc(5), Z).
pub(crate) fn is_gone(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .map_or(true, |stat| stat.rsplit(')').next().unwrap().trim_start().starts_with('Z'))
}

/// A command of the login user with a limit of 30 s.
pub(crate) fn command(run: &str) -> Command {
    Command {
        run: run.to_owned(),
        account: Account::Login,
        within: Period::seconds(30),
        task: Task::CheckUnit { unit: "test".to_owned() },
    }
}

/// The same as root.
pub(crate) fn root_command(run: &str) -> Command {
    Command { account: Account::Root, ..command(run) }
}

/// The same with a limit.
pub(crate) fn within(command: Command, limit: Duration) -> Command {
    let millis = u64::try_from(limit.as_millis()).unwrap();
    Command { within: Period::millis(millis), ..command }
}

/// Runs and gives standard output, after success.
pub(crate) fn stdout(connection: &mut dyn Connection, run: &str) -> String {
    let Output { end, stdout, stderr } = connection.run(&command(run), None).unwrap();
    assert_eq!(end, End::Exit(0), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// Tests that use up the machine's processors run one after another.
pub(crate) static HEAVY: Mutex<()> = Mutex::new(());
