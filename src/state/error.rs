//! Why the record of runs can't be used, and what to do about it.

use std::io;

use thiserror::Error;

use super::{JournalError, LeaseLost};
use crate::plan::FileError;
use crate::value::SecretError;

/// Why the record of runs can't be used.
#[derive(Debug, Error)]
pub enum StateError {
    /// A file or folder can't be read or written.
    #[error("{place}: {error}")]
    Io {
        /// Which.
        place: String,
        /// What the system says.
        error: io::Error,
    },
    /// The database can't be used.
    #[error("{place}: {problem}")]
    Server {
        /// Which, without any secret.
        place: String,
        /// What is wrong, in words.
        problem: String,
        /// What to do next.
        hint: String,
    },
    /// The password of the database can't be had.
    #[error("{place}: {error}")]
    Secret {
        /// The database.
        place: String,
        /// Why.
        error: SecretError,
    },
    /// The tables are of a newer `mdc`.
    #[error("{place} has the schema {found}; this mdc knows schemas up to {known}")]
    NewerSchema {
        /// The database.
        place: String,
        /// Its schema's number.
        found: i32,
        /// The newest one that is known here.
        known: i32,
    },
    /// A journal can't be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A run's plan can't be used.
    #[error("{place}: {error}")]
    Plan {
        /// The plan.
        place: String,
        /// What is wrong with it.
        error: FileError,
    },
    /// The file that says who is at work can't be used.
    #[error("{place}: {problem}")]
    Holder {
        /// The file.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Somebody else is at work, or may still be.
    #[error("another mdc is at work on this cluster: {holder}")]
    Locked {
        /// Who, since when, and its last sign of life.
        holder: String,
    },
    /// The runs are recorded elsewhere now.
    #[error("the runs of {place} were taken over by {to}")]
    Moved {
        /// The folder.
        place: String,
        /// Where they are now.
        to: String,
    },
    /// The lease was lost.
    #[error(transparent)]
    Lost(#[from] LeaseLost),
    /// Nobody is at work, so that nobody can be asked for anything.
    #[error("no mdc is at work on this cluster ({place})")]
    NobodyThere {
        /// The store.
        place: String,
    },
    /// There is no such run.
    #[error("{place} has no run {run}")]
    NoSuchRun {
        /// The store.
        place: String,
        /// The run that was asked for.
        run: String,
    },
}

impl StateError {
    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Io { .. } => "see rights and free space of the folder that records runs".into(),
            Self::Server { hint, .. } => hint.clone(),
            Self::Secret { .. } => "mend the reference under `state` in the manifest".into(),
            Self::NewerSchema { .. } => {
                "use the newest mdc that works on this database, on every controller".into()
            }
            Self::Plan { .. } => KEEP.into(),
            Self::Holder { .. } => {
                "make sure that nobody is at work on this cluster, then remove the file".into()
            }
            Self::Locked { .. } => {
                "wait for it to end, or ask it to end with `mdc stop`; only if it can't go on, take \
                 over with --take-over REASON"
                    .into()
            }
            Self::Moved { .. } => "name the new place under `state` in the manifest".into(),
            Self::Lost(_) => LOST.into(),
            Self::NobodyThere { .. } => "see `mdc history` for what was done last".into(),
            Self::NoSuchRun { .. } => "see `mdc history` for the runs that there are".into(),
            Self::Journal(error) => error.hint().into(),
        }
    }
}

impl JournalError {
    /// What to do next.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Io { .. } | Self::TooLarge { .. } => {
                "see rights and free space of the folder that records runs"
            }
            Self::Server { .. } => "see that the database can be reached and has room",
            Self::Damaged { .. } => KEEP,
            Self::OtherFormat { .. } => "use the mdc that wrote it, or a newer one",
            Self::LostLease { .. } => LOST,
        }
    }
}

const KEEP: &str = "nothing was changed; keep the record for the inquiry, see with `mdc status` where \
                    the cluster stands, and move the record away to begin anew";
const LOST: &str = "let whoever has taken over finish; `mdc history` tells who, and what they do";
