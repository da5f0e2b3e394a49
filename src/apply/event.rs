//! What the engine tells while it runs. Views turn events into lines and bars.

use std::time::Duration;

use crate::state::StepOutcome;

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
