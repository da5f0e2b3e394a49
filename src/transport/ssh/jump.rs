//! Going through a host: a channel to the next one (RFC 4254, section 7.2) is pumped through a
//! socket pair, whose other end is the next session's socket.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use ssh2::Channel;

use crate::transport::failure::{Problem, Trouble};
use crate::transport::limit::Limit;
use crate::transport::readiness::poll;

use super::host_key::HostId;
use super::wire::{Snag, Wire};

/// Bytes on their way in one direction. Both directions are bounded, so that a slow side slows
/// the other one down.
const ROOM: usize = 64 * 1024;
/// A pump has no limit of its own: it lives as long as the session that it serves.
const LONG: Duration = Duration::from_hours(1);
/// The pump needs little: libssh2 keeps its buffers on the heap.
const STACK: usize = 256 * 1024;

/// Opens a way from the host that `wire` is logged in to, to `next`; the result is the socket of
/// the next session.
pub(super) fn through(mut wire: Wire, next: &HostId, limit: &Limit) -> Result<OwnedFd, Trouble> {
    let channel = wire
        .settle(limit, |session| session.channel_direct_tcpip(&next.address, next.port, None))
        .map_err(|snag| unreachable(snag, next))?;
    let here = |error: std::io::Error| {
        let problem = Problem::Here(format!("no thread for a jump host can be set up: {error}"));
        Trouble::new("connect", problem, "raise this machine's limits (`ulimit -n -u`)")
    };
    let (ours, theirs) = UnixStream::pair().map_err(here)?;
    ours.set_nonblocking(true).map_err(here)?;
    let pump = Pump { wire, channel, socket: ours };
    std::thread::Builder::new()
        .name("jump".to_owned())
        .stack_size(STACK)
        .spawn(move || pump.run())
        .map_err(here)?;
    Ok(theirs.into())
}

fn unreachable(snag: Snag, next: &HostId) -> Trouble {
    let problem = match snag {
        Snag::Problem(problem) => problem,
        Snag::Refused(error) => Problem::Unreachable(format!(
            "the jump host does not get through to {}: {}",
            next.name(),
            error.message()
        )),
    };
    let hint = "see on the jump host that it may forward (sshd_config, AllowTcpForwarding and \
                PermitOpen) and that the next host answers it";
    Trouble::new("connect", problem, hint)
}

struct Pump {
    wire: Wire,
    channel: Channel,
    socket: UnixStream,
}

/// One direction: bytes that were read and not written yet.
struct Lane {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
    is_over: bool,
}

impl Lane {
    fn new() -> Self {
        Self { bytes: vec![0; ROOM].into(), start: 0, end: 0, is_over: false }
    }

    const fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Moves what can be moved from `source` to `sink`; true when something moved.
    fn run(&mut self, source: &mut impl Read, sink: &mut impl Write) -> std::io::Result<bool> {
        let mut moved = false;
        if self.is_empty() && !self.is_over {
            match source.read(&mut self.bytes) {
                Ok(0) => self.is_over = true,
                Ok(count) => (self.start, self.end, moved) = (0, count, true),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        while let Some(rest) = self.bytes.get(self.start..self.end).filter(|r| !r.is_empty()) {
            match sink.write(rest) {
                Ok(0) => break,
                Ok(count) => (self.start, moved) = (self.start + count, true),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(moved)
    }
}

impl Pump {
    /// Runs until either side closes; both ends are closed with it, and that is all that the next
    /// session can be told.
    fn run(mut self) {
        let _ = self.pump();
        let _ = self.wire.session.disconnect(None, "", None);
    }

    fn pump(&mut self) -> std::io::Result<()> {
        let (mut out, mut back) = (Lane::new(), Lane::new());
        let mut in_vain = false;
        loop {
            let mut moved = back.run(&mut self.channel, &mut self.socket)?;
            moved |= out.run(&mut self.socket, &mut self.channel)?;
            if out.is_over && out.is_empty() {
                return Ok(());
            }
            // libssh2 reads an empty channel as 0 bytes both at its end and between packets.
            back.is_over = self.channel.eof();
            if back.is_over && back.is_empty() {
                return Ok(());
            }
            let is_queued = back.is_empty() && self.channel.read_window().available > 0;
            // What is queued but never read (another stream than the channel's one) wakes nobody.
            if !moved && (!is_queued || in_vain) {
                self.wait(&out, &back, in_vain)?;
            }
            in_vain = !moved;
        }
    }

    fn wait(&mut self, out: &Lane, back: &Lane, in_vain: bool) -> std::io::Result<()> {
        let mut ours = PollFlags::empty();
        ours.set(PollFlags::IN, out.is_empty());
        ours.set(PollFlags::OUT, !back.is_empty());
        let (theirs, breath) = self.wire.wants(in_vain, back.is_empty());
        let until = Instant::now() + breath.unwrap_or(LONG);
        let mut fds = vec![PollFd::from_borrowed_fd(self.wire.fd(), theirs)];
        // A closed socket is always ready: it is only asked for what is of use.
        if !ours.is_empty() {
            fds.push(PollFd::new(&self.socket, ours));
        }
        poll(&mut fds, until).map(drop)
    }
}
