//! What the engine tells while it runs. Views turn events into lines and bars.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something happened. Steps are named by their id in the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The run begins, or continues.
    RunStarted {
        /// The run's id.
        run: String,
        /// Steps in the plan.
        steps: usize,
        /// Of these, finished by an earlier attempt.
        finished: usize,
    },
    /// A step begins.
    StepStarted {
        /// The step.
        step: String,
    },
    /// A command of a step begins.
    CommandStarted {
        /// The step.
        step: String,
        /// Its place in the step's commands.
        index: usize,
    },
    /// Bytes of a package have left for the host.
    Copied {
        /// The step.
        step: String,
        /// So far.
        sent: u64,
        /// In all.
        total: u64,
    },
    /// A step ended.
    StepFinished {
        /// The step.
        step: String,
        /// How.
        outcome: StepOutcome,
        /// What it took.
        took: Duration,
    },
    /// Nothing new is started; running steps are waited for.
    Stopping {
        /// Why.
        reason: String,
        /// The steps that still run.
        running: Vec<String>,
    },
    /// The run ended.
    RunFinished,
}

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
