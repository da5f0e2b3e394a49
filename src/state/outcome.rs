//! How a step ended, as it is recorded and reported.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepOutcome {
    /// Its commands ran and its checks passed.
    Done,
    /// There was nothing left to do: its checks passed before it began.
    FoundDone,
    /// A command failed, or its end was not seen.
    Failed(StepFailure),
}

impl StepOutcome {
    /// Whether what the step promised holds now.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Done | Self::FoundDone)
    }
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StepFailure {
    /// What was being done, in words: `install the package`.
    pub during: String,
    /// The exact text that failed; empty when no command had begun.
    pub command: String,
    /// How it ended, in words: `exit status 100`, `the connection broke`.
    pub ended: String,
    /// The telling lines of what it printed, control characters made harmless.
    pub output: Vec<String>,
    /// What to do next.
    pub hint: String,
}
