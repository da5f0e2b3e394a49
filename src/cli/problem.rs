//! Why a command failed, for people.

use std::fmt::Display;

use camino::Utf8Path;

use crate::diagnostic::Diagnostic;
use crate::graph::Cycle;
use crate::rehearsal;
use crate::state::StateError;

/// Why a command failed.
#[derive(Debug)]
pub(super) enum Problem {
    /// What people wrote can't be used, or the hosts forbid a plan.
    Diagnostics(Vec<Diagnostic>),
    /// Something else.
    Told {
        /// What happened, where and why.
        what: String,
        /// What to do next.
        hint: String,
    },
}

impl Problem {
    pub(super) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Told { what: what.into(), hint: hint.into() }
    }

    /// What happened, in one line.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Told { what, .. } => what.clone(),
            Self::Diagnostics(found) => {
                let messages: Vec<&str> = found.iter().map(|it| it.message.as_str()).collect();
                messages.join("; ")
            }
        }
    }

    /// A file of the user's that can't be read or written.
    pub(super) fn file(path: &Utf8Path, error: &dyn Display, hint: &str) -> Self {
        Self::new(format!("{path}: {error}"), hint)
    }
}

impl From<StateError> for Problem {
    fn from(error: StateError) -> Self {
        let hint = error.hint();
        Self::new(error.to_string(), hint)
    }
}

impl From<rehearsal::Error> for Problem {
    fn from(error: rehearsal::Error) -> Self {
        Self::new(error.to_string(), error.hint())
    }
}

impl From<Cycle> for Problem {
    fn from(cycle: Cycle) -> Self {
        Self::new(
            format!("the catalog has no order for this: {cycle}"),
            "see their `needs`, `upgrade-order` and `install-order` in the catalog and in the \
             manifest's overrides",
        )
    }
}
