//! A running command as a transport sees it: three streams that never block, and an end.

use std::net::IpAddr;
use std::time::Instant;

use super::dialogue::Ending;
use super::failure::Problem;

/// One of the two streams that a command prints to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Stdout,
    Stderr,
}

/// What one try to read or write came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moved {
    /// This many bytes, at least one.
    Bytes(usize),
    /// Nothing now.
    Nothing,
    /// Nothing, now or later.
    Closed,
}

/// A running command.
pub(super) trait Process {
    /// Reads what is there.
    fn read(&mut self, stream: Stream, buffer: &mut [u8]) -> Result<Moved, Problem>;

    /// Writes as much of `bytes` as there is room for. After [`Moved::Nothing`], the same bytes
    /// are to be given again at the same place in memory (libssh2 may hold half of a packet).
    fn write(&mut self, bytes: &[u8]) -> Result<Moved, Problem>;

    /// Whether the last write left half a packet behind, which nothing else can be sent before.
    fn is_half_sent(&self) -> bool {
        false
    }

    /// Ends the command's standard input; false when that is to be tried again.
    fn end_input(&mut self) -> Result<bool, Problem>;

    /// How the command ended, once both streams are at their end.
    fn ended(&mut self) -> Result<Option<Ending>, Problem>;

    /// Sleeps until something can move again, at most until `until`. `in_vain` tells that nothing
    /// moved since the last sleep, although it ended early.
    fn wait(&mut self, until: Instant, in_vain: bool) -> Result<(), Problem>;
}

/// What starts commands on a host.
pub(super) trait Shell {
    /// Hands `text` to the login shell.
    fn start(&mut self, text: &str, until: Instant) -> Result<Box<dyn Process>, Problem>;

    /// Starts nothing any more, because of `reason`.
    fn give_up(&mut self, reason: String);

    /// The key that the host has shown and is trusted by, in the form of `known_hosts`.
    fn host_key(&self) -> Option<String> {
        None
    }

    /// What to do about what went wrong last, where more is known of it than its problem tells.
    fn advice(&self) -> Option<String> {
        None
    }

    /// The address of this machine that the host sees, where that is known.
    fn own_address(&self) -> Option<IpAddr> {
        None
    }
}
