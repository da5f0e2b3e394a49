//! A stand-in that runs, and connections to it.

use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::manifest::{Connection, TlsTrust, WinrmAuth, WinrmConnection, WinrmTimeouts};
use crate::transport::failure::{Problem, Trouble};
use crate::transport::process::{Moved, Process, Shell, Stream};
use crate::transport::{Controller, Target};
use crate::value::SecretReference;

use super::super::place::OwnPlace;
use super::super::shell::WinrmShell;
pub(super) use super::stand_in::{StandIn, file, is_there, made};

/// The user that the stand-in knows.
pub(super) const USER: &str = "alice";
const PASSWORD: &str = "Password01";

#[expect(clippy::disallowed_methods, reason = "how the tests are run is said by the environment")]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Says what is not tested; not by `eprintln!`, whose words the harness keeps to itself while a test goes well.
pub(super) fn skipped(why: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}

/// A stand-in.
pub(super) struct Host {
    stand_in: StandIn,
    pub(super) port: u16,
    pub(super) folder: tempfile::TempDir,
}

impl Host {
    /// Starts one; none where it can't be had.
    pub(super) fn start(arguments: &[&str]) -> Option<Self> {
        Self::start_with(arguments, &[])
    }

    /// The same in an environment with `variables`.
    pub(super) fn start_with(arguments: &[&str], variables: &[(&str, &str)]) -> Option<Self> {
        let python = made("venv/bin/python")?;
        let folder = tempfile::tempdir().unwrap();
        let users = folder.path().join("users");
        std::fs::write(&users, format!("CORP:{USER}:{PASSWORD}\n:{USER}:{PASSWORD}\n")).unwrap();
        let mut command = Command::new(python);
        command.arg(file("host.py")).args(arguments).current_dir(folder.path());
        command.env("NTLM_USER_FILE", users).envs(variables.iter().copied());
        let stand_in = StandIn::start(&mut command);
        Some(Self { port: stand_in.port, stand_in, folder })
    }

    /// Ends it, and gives everything that it told. It has no bugs, and no shell is left.
    pub(super) fn end(mut self) -> Vec<Value> {
        self.stand_in.end();
        let said = self.stand_in.said();
        let bugs = told(&said, "bug");
        assert!(bugs.is_empty(), "{bugs:?}");
        assert_eq!(told(&said, "end").first().map(|it| it["shells"].as_u64()), Some(Some(0)));
        said
    }

    /// A connection over HTTP by `auth`.
    pub(super) fn settings(&self, auth: WinrmAuth) -> WinrmConnection {
        settings(self.port, auth)
    }
}

/// A connection over HTTP to `port` by `auth`.
pub(super) fn settings(port: u16, auth: WinrmAuth) -> WinrmConnection {
    WinrmConnection {
        user: USER.to_owned(),
        password: Some(secret(PASSWORD)),
        auth,
        https: false,
        port: Some(port),
        trust: TlsTrust::Authorities(None),
        realm: None,
        kdc: None,
        keytab: None,
        certificate: None,
        pull: None,
        timeouts: WinrmTimeouts::default(),
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
    with_target(address, settings, |target| OwnPlace::new(&Controller::default(), target, settings))
}

/// What `work` makes of the host at `address`.
pub(super) fn with_target<T>(
    address: &str,
    settings: &WinrmConnection,
    work: impl FnOnce(&Target<'_>) -> T,
) -> T {
    let host = "win-01".parse().unwrap();
    let connection = Connection::Winrm(Box::new(settings.clone()));
    let format = crate::catalog::Format::Msi;
    work(&Target { host: &host, address, format, connection: &connection, folder: "".into() })
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
