//! Moves the bytes of a running command: input, both outputs, all at once, so that no full pipe
//! can stop the others, in bounded memory.

use std::io::Read;
use std::time::Instant;

use zeroize::Zeroizing;

use crate::value::Secret;

use super::dialogue::{Ending, Talk, Turn};
use super::failure::Problem;
use super::process::{Moved, Process, Stream};

/// How much input is read at once at most: a stream of such pieces runs at the speed of `scp`. A
/// small input needs little memory: the pieces begin small and double.
const CHUNK: usize = 1024 * 1024;
const FIRST_CHUNK: usize = 16 * 1024;
/// How much is read of one stream before the others have their turn.
const TURN: usize = 512 * 1024;
/// How much is read in one call.
const READ: usize = 64 * 1024;

/// Gives the password when sudo asks for it.
pub(super) type Password<'a> = dyn Fn() -> Result<Secret, Problem> + 'a;

/// Why the pump stopped before the command's end was seen.
#[derive(Debug)]
pub(super) enum Halt {
    /// The time is up.
    OutOfTime,
    /// We can't go on (an input that can't be read, no password); the command may still run.
    Here(Problem),
    /// The way to the host broke.
    Broken(Problem),
}

/// Bytes on their way to the command's standard input.
pub(super) struct Feed<'s, 'p> {
    source: Option<&'s mut dyn Read>,
    password: &'p Password<'p>,
    pending: Zeroizing<Vec<u8>>,
    sent: usize,
    chunk: usize,
    open: bool,
}

impl<'s, 'p> Feed<'s, 'p> {
    pub(super) fn new(source: Option<&'s mut dyn Read>, password: &'p Password<'p>) -> Self {
        Self {
            source,
            password,
            pending: Zeroizing::new(Vec::new()),
            sent: 0,
            chunk: FIRST_CHUNK,
            open: true,
        }
    }

    /// Writes what can be written; true when something moved.
    fn feed(&mut self, process: &mut dyn Process, dialogue: &mut dyn Talk) -> Result<bool, Halt> {
        let mut moved = false;
        let mut room = 2 * CHUNK;
        while self.open && room > 0 {
            if self.sent < self.pending.len() || self.refill(dialogue)? {
                let rest = self.pending.get(self.sent..).unwrap_or_default();
                match process.write(rest).map_err(Halt::Broken)? {
                    Moved::Bytes(count) => {
                        self.sent += count;
                        room = room.saturating_sub(count);
                    }
                    Moved::Nothing => return Ok(moved),
                    Moved::Closed => self.open = false,
                }
            } else if dialogue.turn() == Turn::Wait || !process.end_input().map_err(Halt::Broken)? {
                return Ok(moved);
            } else {
                self.open = false;
            }
            moved = true;
        }
        Ok(moved)
    }

    /// Finishes a packet that is half sent, so that another command can be started.
    pub(super) fn finish_write(
        &mut self,
        process: &mut dyn Process,
        until: Instant,
    ) -> Result<(), Halt> {
        let mut waited = false;
        while process.is_half_sent() {
            let rest = self.pending.get(self.sent..).unwrap_or_default();
            if let Moved::Bytes(count) = process.write(rest).map_err(Halt::Broken)? {
                self.sent += count;
            } else if Instant::now() >= until {
                return Err(Halt::OutOfTime);
            } else if process.is_half_sent() {
                process.wait(until, waited).map_err(Halt::Broken)?;
                waited = true;
            }
        }
        Ok(())
    }

    /// Gets the next bytes to write; false when there are none now.
    fn refill(&mut self, dialogue: &mut dyn Talk) -> Result<bool, Halt> {
        self.sent = 0;
        self.pending.clear();
        match dialogue.turn() {
            Turn::Wait | Turn::GiveUp => Ok(false),
            Turn::Password => {
                let secret = (self.password)().map_err(Halt::Here)?;
                self.pending.extend_from_slice(secret.expose().as_bytes());
                self.pending.push(b'\n');
                dialogue.answered();
                Ok(true)
            }
            Turn::Input => self.read_source(),
        }
    }

    fn read_source(&mut self) -> Result<bool, Halt> {
        let Some(source) = self.source.as_mut() else { return Ok(false) };
        self.pending.resize(self.chunk, 0);
        let count = source.read(&mut self.pending).map_err(|error| {
            Halt::Here(Problem::Here(format!("the command's input can't be read: {error}")))
        })?;
        self.pending.truncate(count);
        match count {
            0 => self.source = None,
            _ if count == self.chunk => self.chunk = (2 * self.chunk).min(CHUNK),
            _ => {}
        }
        Ok(count > 0)
    }
}

/// Runs the dialogue until the command's end, at most until `until`.
pub(super) fn pump(
    process: &mut dyn Process,
    dialogue: &mut dyn Talk,
    feed: &mut Feed<'_, '_>,
    until: Instant,
) -> Result<Ending, Halt> {
    let mut buffer = vec![0; READ];
    let mut waited = false;
    loop {
        let mut moved = drain(process, Stream::Stdout, &mut buffer, |b| dialogue.hear_stdout(b))?;
        moved |= drain(process, Stream::Stderr, &mut buffer, |b| dialogue.hear_stderr(b))?;
        moved |= feed.feed(process, dialogue)?;
        if !moved && let Some(ending) = process.ended().map_err(Halt::Broken)? {
            return Ok(ending);
        }
        if Instant::now() >= until {
            return Err(Halt::OutOfTime);
        }
        if !moved {
            process.wait(until, waited).map_err(Halt::Broken)?;
        }
        waited = !moved;
    }
}

/// The command's process id; waits for its start, at most until `until`.
pub(super) fn await_start(
    process: &mut dyn Process,
    dialogue: &mut dyn Talk,
    until: Instant,
) -> Option<u32> {
    let mut buffer = vec![0; READ];
    let mut waited = false;
    while dialogue.pid().is_none() && Instant::now() < until {
        let mut moved =
            drain(process, Stream::Stdout, &mut buffer, |b| dialogue.hear_stdout(b)).ok()?;
        moved |= drain(process, Stream::Stderr, &mut buffer, |b| dialogue.hear_stderr(b)).ok()?;
        if !moved {
            if !matches!(process.ended(), Ok(None)) {
                break;
            }
            process.wait(until, waited).ok()?;
        }
        waited = !moved;
    }
    dialogue.pid()
}

/// Lets go of everything that comes, until the command's end or until `until`.
pub(super) fn drop_rest(process: &mut dyn Process, until: Instant) -> Result<(), Halt> {
    let mut buffer = vec![0; READ];
    let mut waited = false;
    while Instant::now() < until {
        let mut moved = drain(process, Stream::Stdout, &mut buffer, |_| ())?;
        moved |= drain(process, Stream::Stderr, &mut buffer, |_| ())?;
        if !moved {
            if process.ended().map_err(Halt::Broken)?.is_some() {
                return Ok(());
            }
            process.wait(until, waited).map_err(Halt::Broken)?;
        }
        waited = !moved;
    }
    Err(Halt::OutOfTime)
}

/// Reads what is there of one stream; true when there was something.
fn drain(
    process: &mut dyn Process,
    stream: Stream,
    buffer: &mut [u8],
    mut hear: impl FnMut(&[u8]),
) -> Result<bool, Halt> {
    let mut total = 0;
    while total < TURN {
        match process.read(stream, buffer).map_err(Halt::Broken)? {
            Moved::Bytes(count) => {
                hear(buffer.get(..count).unwrap_or_default());
                total += count;
            }
            Moved::Nothing | Moved::Closed => break,
        }
    }
    Ok(total > 0)
}

#[cfg(test)]
mod tests;
