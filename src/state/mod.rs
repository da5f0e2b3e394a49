//! The record of runs, in a local directory: `runs/<id>/{plan.json, journal.jsonl}` and a lock.
//! Directories are for their owner alone (0700), files too (0600).

mod entry;
mod journal;
mod lock;
mod outcome;
mod progress;
mod run;

pub use entry::{Asked, Entry, FORMAT, Record, Request, VERSION};
pub use journal::{Journal, JournalError};
pub use lock::Lock;
pub use outcome::{FailureKind, StepFailure, StepOutcome};
pub use progress::Progress;
pub use run::{Run, Runs, StateError};
