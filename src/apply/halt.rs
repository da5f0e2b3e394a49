//! The words that cut waits short.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What is said to those who wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Word {
    /// Nothing.
    #[default]
    Silence,
    /// The run stops: what changes something goes on to its end, what only looks ends now.
    Stop,
    /// What runs is cancelled.
    Cancel,
}

/// Heard by everything that waits on this machine: pauses before another try, looks, and copies. What runs
/// on hosts is ended there (see [`super::cancel`]).
#[derive(Debug, Default)]
pub(super) struct Halt {
    said: Mutex<Word>,
    heard: Condvar,
}

impl Halt {
    /// Says a word; one that was said before is not taken back by a weaker one.
    pub(super) fn say(&self, word: Word) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        *said = word.max(*said);
        self.heard.notify_all();
    }

    /// Whether what runs is cancelled.
    pub(super) fn is_said(&self) -> bool {
        self.has_said(Word::Cancel)
    }

    /// Whether `word` or a stronger one was said.
    pub(super) fn has_said(&self, word: Word) -> bool {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) >= word
    }

    /// Waits for `time`, or until what runs is cancelled. Returns whether it is.
    pub(super) fn wait(&self, time: Duration) -> bool {
        self.wait_for(Word::Cancel, time)
    }

    /// Waits for `time`, or until `word` or a stronger one is said. Returns whether it is.
    pub(super) fn wait_for(&self, word: Word, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        while *said < word {
            let Some(left) = until.checked_duration_since(Instant::now()) else { break };
            said = self.heard.wait_timeout(said, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *said >= word
    }
}
