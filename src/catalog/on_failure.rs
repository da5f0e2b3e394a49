//! What follows when a step fails.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::Share;

/// What follows when a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct OnFailure {
    /// How many times more it is tried, when the failure is of a kind that may pass by itself and
    /// doing the step twice comes to the same as doing it once.
    #[schemars(range(min = 0, max = 10))]
    pub retries: u32,
    /// How many of the component's hosts may fail, of those that a plan changes, before what comes
    /// after them is stopped.
    pub tolerate: Share,
    /// What is done about what failed.
    pub then: Then,
}

impl Default for OnFailure {
    fn default() -> Self {
        Self { retries: 2, tolerate: Share::default(), then: Then::default() }
    }
}

/// What is done about a step that failed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// Nothing: it stays as it is until somebody has looked.
    #[default]
    Stop,
    /// The component goes back to the version before on the host where it failed.
    RollbackHost,
    /// And on the hosts that changed in the same wave.
    RollbackWave,
}
