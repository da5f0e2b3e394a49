//! This machine itself as a host.

use std::ffi::OsString;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};

use crate::manifest::LocalConnection;

use super::connected::Connected;
use super::dialogue::Ending;
use super::end::signal_name;
use super::failure::Problem;
use super::process::{Moved, Process, Shell, Stream};
use super::readiness::poll;
use super::{Connection, Target};

/// How often a child's end is looked for once its output is at its end.
const REAP: Duration = Duration::from_millis(2);

/// Connects to this machine.
pub(super) fn connect(target: &Target<'_>, settings: &LocalConnection) -> Box<dyn Connection> {
    Box::new(Connected::new(target, settings.sudo.clone(), LocalShell))
}

/// Starts processes of this machine.
pub(super) struct LocalShell;

impl Shell for LocalShell {
    /// Every command leads a process group of its own, as under sshd.
    fn start(&mut self, text: &str, _: Instant) -> Result<Box<dyn Process>, Problem> {
        let mut child = std::process::Command::new("sh")
            .args(["-c", text])
            .env_clear()
            .envs(login_environment())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Problem::Here(format!("`sh` can't be started: {error}")))?;
        let process = LocalProcess {
            stdin: child.stdin.take(),
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            child,
            is_full: false,
        };
        process.unblock().map_err(|error| broken(&error))?;
        Ok(Box::new(process))
    }

    /// Nothing to give up: the next command is a process of its own.
    fn give_up(&mut self, _: String) {}
}

/// What a login would have given the command. mdc's own environment may hold secrets
/// (`{ env = "…" }`), which no command on a host needs.
pub fn login_environment() -> impl Iterator<Item = (OsString, OsString)> {
    let of_login = |name: &str| {
        ["HOME", "USER", "LOGNAME", "SHELL", "PATH", "LANG", "TZ"].contains(&name)
            || name.starts_with("LC_")
    };
    std::env::vars_os().filter(move |(name, _)| name.to_str().is_some_and(of_login))
}

/// A child process; a stream that is at its end is `None`.
struct LocalProcess {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    /// Whether the last write found no room.
    is_full: bool,
}

impl LocalProcess {
    fn unblock(&self) -> io::Result<()> {
        let streams = [
            self.stdin.as_ref().map(AsFd::as_fd),
            self.stdout.as_ref().map(AsFd::as_fd),
            self.stderr.as_ref().map(AsFd::as_fd),
        ];
        for stream in streams.into_iter().flatten() {
            rustix::io::ioctl_fionbio(stream, true)?;
        }
        Ok(())
    }
}

impl Process for LocalProcess {
    fn read(&mut self, stream: Stream, buffer: &mut [u8]) -> Result<Moved, Problem> {
        match stream {
            Stream::Stdout => read_from(&mut self.stdout, buffer),
            Stream::Stderr => read_from(&mut self.stderr, buffer),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<Moved, Problem> {
        let Some(stdin) = self.stdin.as_mut() else { return Ok(Moved::Closed) };
        let written = stdin.write(bytes);
        self.is_full = written.as_ref().is_err_and(is_for_later);
        match written {
            Ok(count) => Ok(Moved::Bytes(count)),
            Err(error) if is_for_later(&error) => Ok(Moved::Nothing),
            // The command has ended or reads no more; how it ended tells whether that is right.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Moved::Closed),
            Err(error) => Err(broken(&error)),
        }
    }

    fn end_input(&mut self) -> Result<bool, Problem> {
        self.stdin = None;
        Ok(true)
    }

    fn ended(&mut self) -> Result<Option<Ending>, Problem> {
        if self.stdout.is_some() || self.stderr.is_some() {
            return Ok(None);
        }
        let status = self.child.try_wait().map_err(|error| broken(&error))?;
        Ok(status.map(|status| Ending {
            status: status.code().map_or(0, i64::from),
            signal: status.signal().map(|number| {
                signal_name(number.into()).map_or_else(|| number.to_string(), str::to_owned)
            }),
        }))
    }

    fn wait(&mut self, until: Instant, _: bool) -> Result<(), Problem> {
        let readable =
            [self.stdout.as_ref().map(AsFd::as_fd), self.stderr.as_ref().map(AsFd::as_fd)];
        let mut fds: Vec<PollFd<'_>> = readable
            .iter()
            .flatten()
            .map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN))
            .collect();
        let until = if fds.is_empty() { until.min(Instant::now() + REAP) } else { until };
        if let Some(stdin) = self.stdin.as_ref().filter(|_| self.is_full) {
            fds.push(PollFd::new(stdin, PollFlags::OUT));
        }
        poll(&mut fds, until).map(drop).map_err(|error| broken(&error))
    }
}

fn read_from(source: &mut Option<impl Read>, buffer: &mut [u8]) -> Result<Moved, Problem> {
    let Some(open) = source.as_mut() else { return Ok(Moved::Closed) };
    match open.read(buffer) {
        Ok(0) => {
            *source = None;
            Ok(Moved::Closed)
        }
        Ok(count) => Ok(Moved::Bytes(count)),
        Err(error) if is_for_later(&error) => Ok(Moved::Nothing),
        Err(error) => Err(broken(&error)),
    }
}

fn is_for_later(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

fn broken(error: &io::Error) -> Problem {
    Problem::Lost(format!("a pipe to the command broke: {error}"))
}
