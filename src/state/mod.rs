//! The record of runs, and who may add to it.
//!
//! ```text
//! Claim ── Store::acquire ──► Lease ── Store::begin / open ──► Run { plan, progress, journal }
//!                               │ beat: sign of life                        │ append: line, kept for good
//!                               └── Asked, by another terminal              └── Entry ── Progress
//! ```
//!
//! A [`Store`] keeps the plans and journals of one cluster and one [`Lease`]; [`Local`] does so in a
//! folder, [`Postgres`] in a database. Whoever lost the lease can't write to a journal any more, and learns it at the next
//! line or beat.

mod adopted;
mod chain;
mod entry;
mod error;
mod journal;
mod lease;
mod local;
mod logs;
mod outcome;
mod postgres;
mod process;
mod progress;
mod reader;
mod run;
mod store;
mod token;

pub use entry::{Asked, Entry, FORMAT, Record, Request, VERSION};
pub use error::StateError;
pub use journal::{Copies, Journal, JournalError};
pub use lease::{ALIVE, Claim, Forced, Holder, Lease, LeaseLost, Tenant};
pub use local::Local;
pub use logs::{LogFound, LogsRead};
pub use outcome::{FailureKind, Kept, StepFailure, StepOutcome};
pub use postgres::Postgres;
pub use process::Process;
pub use progress::{BEGUN, Noted, Progress, RunKind, given_work, kept_from_work};
pub use reader::Reader;
pub use run::{NotPlanned, Run, RunEnding, Summary, Without};
pub use store::{Checked, Store};

use token::token;

use crate::manifest::{self, Manifest};

/// The store that `manifest` names. Nothing is opened yet.
#[must_use]
pub fn of(manifest: &Manifest) -> Box<dyn Store> {
    match &manifest.cluster.state {
        manifest::State::Folder(folder) => Box::new(Local::new(manifest.path(folder))),
        manifest::State::Postgres(setting) => {
            Box::new(Postgres::new(setting.as_ref().clone(), manifest.folder.clone()))
        }
    }
}
