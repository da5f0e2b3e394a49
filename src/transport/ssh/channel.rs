//! A command in a channel of a session (RFC 4254, section 6.5).

use std::io::{ErrorKind, Read, Write};
use std::time::Instant;

use ssh2::{Channel, ErrorCode};

use crate::transport::dialogue::Ending;
use crate::transport::excerpt::excerpt;
use crate::transport::failure::Problem;
use crate::transport::limit::Limit;
use crate::transport::process::{Moved, Process, Stream};

use super::wire::{Snag, Wire, is_broken, is_for_later, lost};

/// A command that runs on the host.
pub(super) struct RemoteProcess {
    wire: Wire,
    channel: Channel,
    /// Whether the host has closed the channel.
    is_closed: bool,
    is_half_sent: bool,
}

impl RemoteProcess {
    /// Opens a channel and hands `text` to the login shell.
    pub(super) fn start(mut wire: Wire, text: &str, until: Instant) -> Result<Self, Problem> {
        wire.watch();
        let limit = Limit::ending("starting the command", until);
        let mut channel = wire
            .settle(&limit, |session| session.channel_session())
            .map_err(|snag| problem(snag, "no channel can be opened"))?;
        wire.settle(&limit, |_| channel.exec(text))
            .map_err(|snag| problem(snag, "the host starts no command"))?;
        Ok(Self { wire, channel, is_closed: false, is_half_sent: false })
    }
}

fn problem(snag: Snag, what: &str) -> Problem {
    match snag {
        Snag::Problem(problem) => problem,
        Snag::Refused(error) if is_broken(&error) => lost(&error),
        Snag::Refused(error) => Problem::Answer(format!("{what}: {}", error.message())),
    }
}

impl Process for RemoteProcess {
    fn read(&mut self, stream: Stream, buffer: &mut [u8]) -> Result<Moved, Problem> {
        let id = match stream {
            Stream::Stdout => 0,
            Stream::Stderr => ssh2::EXTENDED_DATA_STDERR,
        };
        moved(self.channel.stream(id).read(buffer))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<Moved, Problem> {
        let moved = moved(self.channel.write(bytes));
        self.is_half_sent = matches!(moved, Ok(Moved::Nothing)) && self.wire.is_full();
        moved
    }

    fn is_half_sent(&self) -> bool {
        self.is_half_sent
    }

    fn end_input(&mut self) -> Result<bool, Problem> {
        match self.channel.send_eof() {
            Ok(()) => Ok(true),
            Err(error) if is_for_later(&error) => Ok(false),
            // `CHANNEL_CLOSED`, `CHANNEL_EOF_SENT`: the command has ended before its input.
            Err(error) if matches!(error.code(), ErrorCode::Session(-26 | -27)) => Ok(true),
            Err(error) => Err(lost(&error)),
        }
    }

    fn ended(&mut self) -> Result<Option<Ending>, Problem> {
        if !self.channel.eof() {
            return Ok(None);
        }
        if !self.is_closed {
            match self.channel.wait_close() {
                Ok(()) => self.is_closed = true,
                Err(error) if is_for_later(&error) => return Ok(None),
                Err(error) => return Err(lost(&error)),
            }
        }
        match self.channel.close() {
            Err(error) if is_for_later(&error) => return Ok(None),
            // The host's own close was seen: whether ours arrives changes nothing.
            Ok(()) | Err(_) => {}
        }
        let signal = self.channel.exit_signal().map_err(|error| lost(&error))?.exit_signal;
        let signal = signal.map(|name| excerpt(name.as_bytes(), "without a name"));
        let status = self.channel.exit_status().map_err(|error| lost(&error))?;
        Ok(Some(Ending { status: status.into(), signal }))
    }

    fn wait(&mut self, until: Instant, in_vain: bool) -> Result<(), Problem> {
        // Reading one stream takes everything off the socket, the other stream's bytes as well:
        // what was queued after that stream was read would not wake a poll.
        let is_queued = self.channel.read_window().available > 0;
        if is_queued && !in_vain { Ok(()) } else { self.wire.wait(until, in_vain) }
    }
}

/// An end of file says nothing by itself: libssh2 gives it too while a stream has nothing to say.
fn moved(result: std::io::Result<usize>) -> Result<Moved, Problem> {
    match result {
        Ok(0) => Ok(Moved::Nothing),
        Ok(count) => Ok(Moved::Bytes(count)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Moved::Nothing),
        Err(error) => Err(Problem::Lost(error.to_string())),
    }
}
