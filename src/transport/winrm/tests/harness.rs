//! A stand-in that runs, and connections to it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::manifest::{TlsTrust, WinrmAuth, WinrmConnection, WinrmTimeouts};
use crate::transport::failure::{Problem, Trouble};
use crate::transport::process::{Moved, Process, Shell, Stream};
use crate::transport::{Controller, Target};
use crate::value::SecretReference;

use super::super::place::OwnPlace;
use super::super::shell::WinrmShell;

/// The user that the stand-in knows.
pub(super) const USER: &str = "alice";
const PASSWORD: &str = "Password01";

/// A file of the tests of WinRM.
pub(super) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/winrm").join(name)
}

/// Where `tests/winrm/up` has put what it made.
pub(super) fn made(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/winrm").join(name)
}

#[expect(clippy::disallowed_methods, reason = "how the tests are run is said by the environment")]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Whether `what` is there; says so loudly when it isn't.
pub(super) fn is_there(what: &Path) -> bool {
    if what.exists() {
        return true;
    }
    let required = variable("MDC_WINRM").is_some_and(|value| value == "require");
    assert!(!required, "{} is not there: run tests/winrm/up", what.display());
    eprintln!("SKIPPED: {} is not there; tests/winrm/up makes it", what.display());
    false
}

/// A stand-in.
pub(super) struct Host {
    child: Child,
    stdin: Option<ChildStdin>,
    said: Arc<Mutex<Vec<Value>>>,
    pub(super) port: u16,
    pub(super) folder: tempfile::TempDir,
    listener: Option<std::thread::JoinHandle<()>>,
}

impl Host {
    /// Starts one; none where it can't be had.
    pub(super) fn start(arguments: &[&str]) -> Option<Self> {
        Self::start_with(arguments, &[])
    }

    /// The same in an environment with `variables`.
    pub(super) fn start_with(arguments: &[&str], variables: &[(&str, &str)]) -> Option<Self> {
        let python = made("venv/bin/python");
        if !is_there(&python) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let users = folder.path().join("users");
        std::fs::write(&users, format!("CORP:{USER}:{PASSWORD}\n:{USER}:{PASSWORD}\n")).unwrap();
        let mut child = Command::new(python)
            .arg(file("host.py"))
            .args(arguments)
            .current_dir(folder.path())
            .env("NTLM_USER_FILE", users)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        lines.read_line(&mut first).unwrap();
        let first: Value = serde_json::from_str(&first).unwrap();
        let port = u16::try_from(first["port"].as_u64().unwrap()).unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&said);
        let listener = std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                heard.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Some(Self { child, stdin, said, port, folder, listener: Some(listener) })
    }

    /// Ends it, and gives everything that it told. It has no bugs, and no shell is left.
    pub(super) fn end(mut self) -> Vec<Value> {
        drop(self.stdin.take());
        self.child.wait().unwrap();
        self.listener.take().unwrap().join().unwrap();
        let said = std::mem::take(&mut *self.said.lock().unwrap());
        let bugs = told(&said, "bug");
        assert!(bugs.is_empty(), "{bugs:?}");
        assert_eq!(told(&said, "end").first().map(|it| it["shells"].as_u64()), Some(Some(0)));
        said
    }

    /// A connection over HTTP by `auth`.
    pub(super) fn settings(&self, auth: WinrmAuth) -> WinrmConnection {
        WinrmConnection {
            user: USER.to_owned(),
            password: Some(secret(PASSWORD)),
            auth,
            https: false,
            port: Some(self.port),
            trust: TlsTrust::Authorities(None),
            realm: None,
            kdc: None,
            keytab: None,
            certificate: None,
            timeouts: WinrmTimeouts::default(),
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Opens a shell on a stand-in.
pub(super) fn open(settings: &WinrmConnection) -> Result<WinrmShell, Trouble> {
    WinrmShell::open(place("localhost", settings))
}

/// A reference to a secret whose value is `text`.
pub(super) fn secret(text: &str) -> SecretReference {
    SecretReference::Command(vec!["printf".to_owned(), "%s".to_owned(), text.to_owned()])
}

/// The host at `address`.
pub(super) fn place(address: &str, settings: &WinrmConnection) -> OwnPlace {
    let host = "win-01".parse().unwrap();
    let connection =
        crate::manifest::Connection::Local(crate::manifest::LocalConnection::default());
    let target = Target {
        host: &host,
        address,
        format: crate::catalog::Format::Msi,
        connection: &connection,
        folder: "".into(),
    };
    OwnPlace::new(&Controller::default(), &target, settings)
}

/// What was told of `event`.
pub(super) fn told<'a>(said: &'a [Value], event: &str) -> Vec<&'a Value> {
    said.iter().filter(|it| it["event"] == event).collect()
}

/// How many requests there were for `action`.
pub(super) fn requests(said: &[Value], action: &str) -> usize {
    told(said, "request").iter().filter(|it| it["action"] == action).count()
}

/// What a command left.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) status: i64,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Runs `line` to its end with `input`.
pub(super) fn run(shell: &mut WinrmShell, line: &str, mut input: &[u8]) -> Result<Left, Problem> {
    run_with(shell, line, &mut input)
}

/// The same with input from anywhere.
pub(super) fn run_with(
    shell: &mut WinrmShell,
    line: &str,
    input: &mut dyn Read,
) -> Result<Left, Problem> {
    let until = Instant::now() + Duration::from_mins(1);
    let mut process = shell.start(line, until)?;
    let mut piece = vec![0; 1 << 20];
    'input: loop {
        let count = input.read(&mut piece).unwrap();
        let mut rest = &piece[..count];
        if rest.is_empty() {
            break;
        }
        while !rest.is_empty() {
            match process.write(rest)? {
                Moved::Bytes(count) => rest = &rest[count..],
                Moved::Nothing => process.wait(until, false)?,
                Moved::Closed => break 'input,
            }
        }
    }
    while !process.end_input()? {}
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    loop {
        drain(process.as_mut(), Stream::Stdout, &mut stdout)?;
        drain(process.as_mut(), Stream::Stderr, &mut stderr)?;
        if let Some(ending) = process.ended()? {
            let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
            return Ok(Left { status: ending.status, stdout: text(stdout), stderr: text(stderr) });
        }
        assert!(Instant::now() < until, "the command does not end");
        process.wait(until, false)?;
    }
}

fn drain(process: &mut dyn Process, stream: Stream, into: &mut Vec<u8>) -> Result<(), Problem> {
    let mut buffer = [0; 4096];
    while let Moved::Bytes(count) = process.read(stream, &mut buffer)? {
        into.extend_from_slice(&buffer[..count]);
    }
    Ok(())
}

/// A certificate for `localhost` by its own authority, and one for a client, made anew in `folder`.
pub(super) fn certificates(folder: &Path) {
    let script = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key \
        -out ca.pem -addext basicConstraints=critical,CA:TRUE && for n in host client; do openssl req \
        -newkey rsa:2048 -nodes -subj /CN=$n -keyout $n.key -out $n.csr && printf \
        'subjectAltName=DNS:localhost\\nbasicConstraints=CA:FALSE\\n' > ext && openssl x509 -req -in $n.csr \
        -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -sha256 -extfile ext -out $n.pem; done";
    let made = Command::new("sh").args(["-c", script]).current_dir(folder).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
