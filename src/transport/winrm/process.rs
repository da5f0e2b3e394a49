//! A command in a shell: its output is fetched, its input sent, by one request after another.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::transport::dialogue::Ending;
use crate::transport::failure::Problem;
use crate::transport::process::{Moved, Process, Stream};

use super::client::Refusal;
use super::envelope::Wish;
use super::reply::Done;
use super::shell::{ENDING, Line, lock};

/// How much of an envelope is not input.
const FRAME: usize = 4096;
/// While input goes in, output is looked for so often.
const LOOK: Duration = Duration::from_secs(5);
/// The shortest time that hosts wait for output (DSP0226 leaves it to them; Windows takes half a second).
const SHORTEST: Duration = Duration::from_millis(500);

/// A command that runs on the host.
pub(super) struct WinrmProcess {
    line: Arc<Mutex<Line>>,
    shell: String,
    command: String,
    stdout: VecDeque<u8>,
    stderr: VecDeque<u8>,
    end: Option<Done>,
    /// Whether the host takes no more input.
    is_closed: bool,
    looked: Instant,
    /// Whether the connection broke: nothing more can be asked of this command.
    is_lost: bool,
}

impl WinrmProcess {
    pub(super) fn new(line: Arc<Mutex<Line>>, shell: String, command: String) -> Self {
        Self {
            line,
            shell,
            command,
            stdout: VecDeque::new(),
            stderr: VecDeque::new(),
            end: None,
            is_closed: false,
            looked: Instant::now(),
            is_lost: false,
        }
    }

    fn receive(&mut self, within: Duration) -> Result<(), Problem> {
        if self.end.is_some() {
            return Ok(());
        }
        self.looked = Instant::now();
        let wish = Wish::Receive { shell: &self.shell, command: &self.command };
        let answer = lock(&self.line).client.ask(&wish, within);
        let reply = match answer {
            Ok(reply) => reply,
            // Nothing has come yet.
            Err(Refusal::Fault(fault)) if fault.is_timeout() => return Ok(()),
            Err(refusal) => return Err(self.lost(refusal)),
        };
        match reply.received(&self.command) {
            Ok(received) => {
                self.stdout.extend(received.stdout);
                self.stderr.extend(received.stderr);
                self.end = received.end;
                Ok(())
            }
            Err(why) => {
                self.is_lost = true;
                Err(Problem::Lost(format!("the command's output can't be read: {why}")))
            }
        }
    }

    fn send(&mut self, bytes: &[u8], is_last: bool) -> Result<bool, Problem> {
        let (shell, command) = (&self.shell, &self.command);
        let wish = Wish::Send { shell, command, bytes, is_last };
        let mut line = lock(&self.line);
        let within = line.client.operation();
        let answer = line.client.ask(&wish, within);
        drop(line);
        match answer {
            Ok(_) => Ok(true),
            Err(Refusal::Fault(fault)) if fault.is_closed_input() => {
                self.is_closed = true;
                Ok(false)
            }
            // A host under load takes the input and is late to say so. It is never sent again: what the command
            // does tells whether it came.
            Err(Refusal::Fault(fault)) if fault.is_timeout() => {
                self.receive(SHORTEST)?;
                Ok(true)
            }
            Err(refusal) => Err(self.lost(refusal)),
        }
    }

    /// What a running command's broken request means: how it ends is not known, also when a new connection is
    /// refused or the host has no time.
    fn lost(&mut self, refusal: Refusal) -> Problem {
        self.is_lost = true;
        match lock(&self.line).advised(refusal) {
            lost @ Problem::Lost(_) => lost,
            other => Problem::Lost(other.to_string()),
        }
    }

    /// How many bytes of input one request carries: base64 makes four of three.
    fn most(&self) -> usize {
        let room = lock(&self.line).client.largest().saturating_sub(FRAME);
        (room / 4 * 3).max(1)
    }
}

impl Process for WinrmProcess {
    fn read(&mut self, stream: Stream, buffer: &mut [u8]) -> Result<Moved, Problem> {
        let source = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        match source.read(buffer) {
            Ok(0) if self.end.is_some() => Ok(Moved::Closed),
            Ok(0) | Err(_) => Ok(Moved::Nothing),
            Ok(count) => Ok(Moved::Bytes(count)),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<Moved, Problem> {
        if self.is_closed || self.end.is_some() {
            return Ok(Moved::Closed);
        }
        // A command whose output nobody takes would stop to take its input.
        if self.looked.elapsed() > LOOK {
            self.receive(SHORTEST)?;
        }
        let piece = bytes.get(..self.most().min(bytes.len())).unwrap_or_default();
        Ok(if self.send(piece, false)? { Moved::Bytes(piece.len()) } else { Moved::Closed })
    }

    fn end_input(&mut self) -> Result<bool, Problem> {
        if !self.is_closed && self.end.is_none() {
            self.send(&[], true)?;
            self.is_closed = true;
        }
        Ok(true)
    }

    /// A command that ended without a status ended nobody knows how.
    fn ended(&mut self) -> Result<Option<Ending>, Problem> {
        match self.end {
            _ if !self.stdout.is_empty() || !self.stderr.is_empty() => Ok(None),
            None => Ok(None),
            Some(Done { status: Some(status) }) => Ok(Some(Ending { status, signal: None })),
            Some(Done { status: None }) => Err(Problem::Lost(
                "the host says that the command is done, but not with which status".to_owned(),
            )),
        }
    }

    fn wait(&mut self, until: Instant, _: bool) -> Result<(), Problem> {
        let left = until.saturating_duration_since(Instant::now());
        let operation = lock(&self.line).client.operation();
        self.receive(left.clamp(SHORTEST, operation.max(SHORTEST)))
    }
}

impl Drop for WinrmProcess {
    /// Tells the host to end the command, or, where it has ended, to forget it.
    fn drop(&mut self) {
        let mut line = lock(&self.line);
        if self.is_lost || !line.client.is_connected() {
            // Closing the shell ends it; a signal over a new connection would only take longer.
            return;
        }
        let wish = Wish::Terminate { shell: &self.shell, command: &self.command };
        let _ = line.client.ask_at_last(&wish, ENDING);
    }
}
