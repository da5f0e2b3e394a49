//! Sleeping until a file descriptor is ready.

use std::io;
use std::time::Instant;

use rustix::event::{PollFd, Timespec};

/// Sleeps until one of `fds` is ready, at most until `until`; tells whether one is.
pub(super) fn poll(fds: &mut [PollFd<'_>], until: Instant) -> io::Result<bool> {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let limit = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        match rustix::event::poll(fds, Some(&limit)) {
            Ok(count) => return Ok(count > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
