//! The record of runs, in a local directory: `runs/<id>/{plan.json, journal.jsonl}` and a lock.
//! Directories are for their owner alone (0700), files too (0600).

mod journal;
mod lock;
mod outcome;
mod run;

pub use journal::{Entry, Journal, JournalError, Progress};
pub use lock::Lock;
pub use outcome::{StepFailure, StepOutcome};
pub use run::{Run, Runs, StateError};
