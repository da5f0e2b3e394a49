//! What the engine tells while it runs. Views turn events into lines and bars.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::address::HostName;
use crate::notice::Told;
use crate::state::StepOutcome;
use crate::value::Period;

/// Something happened. Steps are named by their id in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
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
    /// Something that is waited for was asked again.
    Watched {
        /// The step.
        step: String,
        /// What was seen.
        seen: String,
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
        #[serde(serialize_with = "period")]
        #[schemars(with = "Period")]
        took: Duration,
    },
    /// The way to a host is cut; it is tried again.
    HostLost {
        /// The step that needs it.
        step: String,
        /// The host.
        host: HostName,
        /// What is wrong.
        problem: String,
        /// For how long it is still tried.
        #[serde(serialize_with = "period")]
        #[schemars(with = "Period")]
        left: Duration,
    },
    /// The way to a host is there again.
    HostBack {
        /// The step that needs it.
        step: String,
        /// The host.
        host: HostName,
    },
    /// A step failed for something that may pass, and is tried again.
    Retrying {
        /// The step.
        step: String,
        /// How.
        outcome: StepOutcome,
        /// The number of the attempt that comes.
        attempt: u32,
        /// When it comes.
        #[serde(serialize_with = "period")]
        #[schemars(with = "Period")]
        after: Duration,
    },
    /// Nothing new is started until somebody lets the run go on.
    Paused {
        /// Who asked for it, and why.
        by: String,
        /// The steps that still run.
        running: Vec<String>,
    },
    /// The pause is over.
    GoesOn {
        /// Who asked for it, and why.
        by: String,
    },
    /// Running steps are ended on their hosts.
    Cancelling {
        /// Who asked for it, and why.
        by: String,
        /// The steps.
        running: Vec<String>,
    },
    /// The files that the run left on a host could not be removed.
    LeftBehind {
        /// The host.
        host: HostName,
        /// Why.
        why: String,
    },
    /// A file came to a host otherwise than it was wished.
    SentOtherwise {
        /// The step.
        step: String,
        /// How, and why.
        why: String,
    },
    /// The key by which a host could read one file on a relay was not taken from there. It ends by itself.
    KeyStays {
        /// The step.
        step: String,
        /// The relay.
        relay: HostName,
        /// Why.
        why: String,
    },
    /// The record of the run could not be copied to a host; it is tried again.
    NotCopied {
        /// The host.
        host: HostName,
        /// Why.
        why: String,
    },
    /// Nothing new is started; running steps are waited for.
    Stopping {
        /// Why.
        reason: String,
        /// The steps that still run.
        running: Vec<String>,
    },
    /// People were told how the attempt ended, or could not be.
    Told {
        /// Who, and what came of it.
        told: Told,
    },
    /// The run ended.
    RunFinished,
}

fn period<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    Period::millis(millis).serialize(serializer)
}
