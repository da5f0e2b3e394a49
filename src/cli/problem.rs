//! Why a command failed, for people.

use std::fmt::Display;

use camino::Utf8Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::form::{Answer, json};
use crate::diagnostic::{Code, Diagnostic, Found};
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
        /// Which kind of problem.
        code: Code,
        /// What happened, where and why.
        what: String,
        /// What to do next.
        hint: String,
    },
}

/// Why a command failed, for programs.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Problems {
    /// Each problem, with its code.
    problems: Vec<Found>,
}

impl Problem {
    /// What programs are told instead of an answer.
    pub(super) fn answer(&self) -> Result<String, Self> {
        let problems = match self {
            Self::Diagnostics(found) => found.iter().map(Found::from).collect(),
            Self::Told { code, what, hint } => {
                vec![Found::from(&Diagnostic::new(*code, what.clone()).help(hint.clone()))]
            }
        };
        json(&Answer::of("problems", Problems { problems }))
    }

    pub(super) fn new(code: Code, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Told { code, what: what.into(), hint: hint.into() }
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
        Self::new(Code::FileUnusable, format!("{path}: {error}"), hint)
    }

    /// The same as a problem of another kind.
    pub(super) fn coded(self, code: Code) -> Self {
        match self {
            Self::Told { what, hint, .. } => Self::Told { code, what, hint },
            found @ Self::Diagnostics(_) => found,
        }
    }
}

impl From<StateError> for Problem {
    fn from(error: StateError) -> Self {
        let code = match error {
            StateError::Locked { .. } | StateError::Lost(_) => Code::RunLocked,
            StateError::NobodyThere { .. } | StateError::NoSuchRun { .. } => Code::RunMissing,
            StateError::Moved { .. } => Code::RunElsewhere,
            _ => Code::RecordUnusable,
        };
        let hint = error.hint();
        Self::new(code, error.to_string(), hint)
    }
}

impl From<rehearsal::Error> for Problem {
    fn from(error: rehearsal::Error) -> Self {
        Self::new(Code::TwinUnusable, error.to_string(), error.hint())
    }
}

impl From<Cycle> for Problem {
    fn from(cycle: Cycle) -> Self {
        Self::new(
            Code::NoOrder,
            format!("the catalog has no order for this: {cycle}"),
            "see their `needs`, `upgrade-order` and `install-order` in the catalog and in the \
             manifest's overrides",
        )
    }
}
