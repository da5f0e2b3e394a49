//! The word that cuts waits short.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Said once, heard by everything that waits on this machine: pauses before another try, and
/// copies. What runs on hosts is ended there (see [`super::cancel`]).
#[derive(Debug, Default)]
pub(super) struct Halt {
    said: Mutex<bool>,
    heard: Condvar,
}

impl Halt {
    pub(super) fn say(&self) {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.heard.notify_all();
    }

    pub(super) fn is_said(&self) -> bool {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for `time`, or until it is said. Returns whether it is.
    pub(super) fn wait(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        while !*said {
            let Some(left) = until.checked_duration_since(Instant::now()) else { break };
            said = self.heard.wait_timeout(said, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *said
    }
}
