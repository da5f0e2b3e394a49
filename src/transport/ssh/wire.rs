//! One SSH session over one socket. Nothing here blocks without a limit: libssh2 runs
//! non-blocking, and every pause is a `poll` of the socket.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use ssh2::{BlockDirections, ErrorCode, Session};

use crate::manifest::SshTimeouts;
use crate::transport::failure::Problem;
use crate::transport::limit::Limit;
use crate::transport::readiness::poll;

/// libssh2's "would block" (`LIBSSH2_ERROR_EAGAIN`).
const AGAIN: ErrorCode = ErrorCode::Session(-37);
/// libssh2 sends at most one probe in two seconds: a shorter limit of silence than this would take
/// a quiet host for a dead one.
const LEAST_SILENCE: Duration = Duration::from_secs(5);
/// Whoever wakes so much later than asked for did not run meanwhile.
const OVERSLEPT: Duration = Duration::from_millis(500);
/// How long reading is left alone when only writing can help.
const BREATH: Duration = Duration::from_millis(20);

/// Why a step of the protocol did not come to its end.
#[derive(Debug)]
pub(super) enum Snag {
    /// libssh2 or the host refused it.
    Refused(ssh2::Error),
    /// It took too long, or the connection broke.
    Problem(Problem),
}

/// A session. Clones share it; each has its own sense of when the host was last heard.
#[derive(Clone)]
pub(super) struct Wire {
    pub(super) session: Session,
    socket: Arc<OwnedFd>,
    keepalive: Duration,
    silence: Duration,
    /// When the host was last heard, and when it is to be probed; nothing before the login, during
    /// which a host may not be probed.
    watch: Option<Watch>,
}

#[derive(Debug, Clone, Copy)]
struct Watch {
    heard: Instant,
    probe: Instant,
}

impl Wire {
    /// A session that is yet to begin, over `socket`.
    pub(super) fn new(socket: OwnedFd, timeouts: &SshTimeouts) -> Result<Self, ssh2::Error> {
        let mut session = Session::new()?;
        let socket = Arc::new(socket);
        session.set_blocking(false);
        session.set_tcp_stream(Arc::clone(&socket));
        let keepalive = timeouts.keepalive.duration();
        let silence = timeouts.silence.duration().max(LEAST_SILENCE);
        // How often a probe is sent is decided here; libssh2 only must not forbid it.
        session.set_keepalive(true, 1);
        Ok(Self { session, socket, keepalive, silence, watch: None })
    }

    /// Begins to listen for silence (anew).
    pub(super) fn watch(&mut self) {
        let heard = Instant::now();
        self.watch = Some(Watch { heard, probe: heard + self.keepalive });
    }

    /// Repeats `step` until it comes to its end, at most as long as `limit` allows.
    pub(super) fn settle<T>(
        &mut self,
        limit: &Limit,
        mut step: impl FnMut(&mut Session) -> Result<T, ssh2::Error>,
    ) -> Result<T, Snag> {
        loop {
            match step(&mut self.session) {
                Err(error) if error.code() == AGAIN => {}
                done => return done.map_err(Snag::Refused),
            }
            if Instant::now() >= limit.until {
                return Err(Snag::Problem(limit.passed()));
            }
            self.wait(limit.until, false).map_err(Snag::Problem)?;
        }
    }

    /// Sleeps until the socket can move what libssh2 wants to move. Probes a silent host, and
    /// gives it up after the limit of silence.
    ///
    /// `in_vain`: the last sleep ended early and still nothing could be done. That is so when
    /// half a packet waits to be sent and libssh2 therefore won't read: then only room to write
    /// is waited for, or this would spin.
    pub(super) fn wait(&mut self, until: Instant, in_vain: bool) -> Result<(), Problem> {
        let (flags, breath) = self.wants(in_vain, true);
        let until = breath.map_or(until, |breath| until.min(Instant::now() + breath));
        self.acknowledge();
        let until = self
            .watch
            .map_or(until, |watch| until.min(watch.heard + self.silence).min(watch.probe));
        let mut fds = [PollFd::from_borrowed_fd(self.socket.as_fd(), flags)];
        if poll(&mut fds, until).map_err(|error| Problem::Lost(error.to_string()))? {
            if self.watch.is_some() {
                self.watch();
            }
            return Ok(());
        }
        self.overslept(until);
        self.mind_silence()
    }

    /// The time in which this machine did not run (a paused virtual machine, a laptop that slept, one that is
    /// too busy) says nothing about the host: it doesn't count as silence.
    fn overslept(&mut self, until: Instant) {
        let late = Instant::now().saturating_duration_since(until);
        if let Some(watch) = self.watch.as_mut().filter(|_| late > OVERSLEPT) {
            watch.heard += late;
        }
    }

    /// What to poll the socket for (`IN` only if `may_read`), and how long at most.
    pub(super) fn wants(&self, in_vain: bool, may_read: bool) -> (PollFlags, Option<Duration>) {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::OUT, self.is_full());
        flags.set(PollFlags::IN, may_read);
        if self.is_full() && in_vain { (PollFlags::OUT, Some(BREATH)) } else { (flags, None) }
    }

    /// The socket.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Whether bytes wait for room in the socket.
    pub(super) fn is_full(&self) -> bool {
        matches!(self.session.block_directions(), BlockDirections::Outbound | BlockDirections::Both)
    }

    fn mind_silence(&mut self) -> Result<(), Problem> {
        let is_full = self.is_full();
        let Some(watch) = &mut self.watch else { return Ok(()) };
        let now = Instant::now();
        if now >= watch.heard + self.silence {
            let seconds = self.silence.as_secs_f64();
            let silent = format!("nothing was heard from the host for {seconds} s");
            return Err(Problem::Lost(silent));
        }
        if now >= watch.probe {
            watch.probe = now + self.keepalive;
            if !is_full {
                self.session.keepalive_send().map_err(|error| lost(&error))?;
            }
        }
        Ok(())
    }

    /// Asks for TCP's acknowledgements at once (tcp(7), `TCP_QUICKACK`; it doesn't last). sshd
    /// sends several small packets in a row with Nagle's algorithm on, so that each waits for the
    /// acknowledgement of the one before: a delayed one costs 40 ms.
    fn acknowledge(&self) {
        #[cfg(target_os = "linux")]
        let _ = rustix::net::sockopt::set_tcp_quickack(&self.socket, true);
    }
}

/// Whether libssh2 would have blocked.
pub(super) fn is_for_later(error: &ssh2::Error) -> bool {
    error.code() == AGAIN
}

/// Whether the connection itself is gone (`SOCKET_SEND`, `SOCKET_DISCONNECT`, `SOCKET_RECV`).
pub(super) fn is_broken(error: &ssh2::Error) -> bool {
    matches!(error.code(), ErrorCode::Session(-7 | -13 | -43))
}

/// The connection broke with `error`.
pub(super) fn lost(error: &ssh2::Error) -> Problem {
    Problem::Lost(error.message().to_owned())
}
