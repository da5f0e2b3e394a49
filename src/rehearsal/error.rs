//! Why a rehearsal could not be made. That a step fails on the twin is none of these.

use std::io;

use thiserror::Error;

use crate::address::HostName;
use crate::state::{JournalError, StateError};
use crate::transport::Failure;

/// Why a rehearsal could not be made.
#[derive(Debug, Error)]
pub enum Error {
    /// The twin's folder can't be used.
    #[error("the folder of the simulated twin, {place}, can't be used: {error}")]
    Folder {
        /// Where it is, or should be.
        place: String,
        /// What the system says.
        error: io::Error,
    },
    /// A simulated host can't be made.
    #[error("a host of the simulated twin can't be made: {0}")]
    Host(#[from] Failure),
    /// A simulated MD Core instance can't be made.
    #[error("MD Core on {host} of the simulated twin can't be made: {why}")]
    Instance {
        /// Where.
        host: HostName,
        /// Why.
        why: String,
    },
    /// The twin's run can't be recorded in its folder.
    #[error("the rehearsal can't be recorded in the twin's folder: {0}")]
    State(#[from] StateError),
    /// The twin's journal can't be written.
    #[error("the rehearsal can't be recorded in the twin's folder: {0}")]
    Journal(#[from] JournalError),
}

impl Error {
    /// What to do next.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        "no host was touched; make room in the folder for temporary files, or name another in TMPDIR, \
         then rehearse again"
    }
}
