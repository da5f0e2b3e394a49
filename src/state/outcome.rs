//! How a step ended, as it is recorded and reported.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::notice::Told;
use crate::scan::Scanned;

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepOutcome {
    /// Its commands ran and its checks passed.
    Done,
    /// There was nothing left to do: its checks passed before it began.
    FoundDone,
    /// A gate is passed: what was seen, line by line, control characters made harmless.
    Seen(Box<[String]>),
    /// The test files were scanned as they have to be: what came of each.
    Scanned(Box<[Scanned]>),
    /// People were told, or could not be and nothing waits for it.
    Told(Box<Told>),
    /// A command failed, or its end was not seen.
    Failed(StepFailure),
}

impl StepOutcome {
    /// Whether what the step promised holds now.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        !matches!(self, Self::Failed(_))
    }

    /// Whether what was begun on the host may still be going on, or have ended well.
    #[must_use]
    pub const fn leaves_it_going(&self) -> bool {
        matches!(self, Self::Failed(StepFailure { kind: FailureKind::Way, .. }))
    }
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StepFailure {
    /// Of what kind it is.
    #[serde(default)]
    pub kind: FailureKind,
    /// What was being done, in words: `install the package`.
    pub during: String,
    /// The exact text that failed; empty when no command had begun.
    pub command: String,
    /// How it ended, in words: `exit status 100`, `the connection broke`.
    pub ended: String,
    /// The telling lines of what it printed, control characters made harmless.
    pub output: Box<[String]>,
    /// What to do next.
    pub hint: String,
}

/// Kinds of failures, by what can be done about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The command says so, and would say so again.
    #[default]
    Command,
    /// The command failed for something that passes by itself: a lock that another program holds, a
    /// server that did not answer.
    Passing,
    /// Its end is not known: it was killed together with what watched it, or the host rebooted.
    Gone,
    /// Its time was up.
    Late,
    /// It was cancelled.
    Cancelled,
    /// There was no way to the host for longer than the run is patient.
    Way,
    /// Another controller has taken the cluster over.
    Fenced,
    /// Somebody has to do or to confirm something first.
    Waits,
    /// Something is wrong on the controller.
    Here,
}

impl FailureKind {
    /// Whether the same step may succeed when it is tried again, without anybody's help.
    #[must_use]
    pub const fn may_pass(self) -> bool {
        matches!(self, Self::Passing | Self::Gone)
    }
}
