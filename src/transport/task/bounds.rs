//! Within which bounds something is so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::manifest::FailOn;
use crate::value::Period;

/// In how many rounds many are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rounds {
    /// How many are asked.
    pub of: usize,
    /// How many rounds in a row.
    pub samples: u32,
    /// How long after one another.
    pub every: Period,
    /// When it is given up.
    pub give_up: Period,
}

/// How much longer than before a scan may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScanBounds {
    /// At most so many times as long …
    pub slower_than: u32,
    /// … but this much longer is always allowed.
    pub grace: Period,
}

/// What a route counts, and how often in a row that has to be nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Counted {
    /// What is asked for.
    pub url: String,
    /// Where in the answer the number is, or the list that is counted (RFC 6901).
    pub pointer: String,
    /// How many times in a row.
    pub samples: u32,
    /// How long after one another.
    pub every: Period,
    /// When it is given up.
    pub give_up: Period,
}

/// Which logs are read, since when, and what in them fails the step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LogsSince {
    /// The component.
    pub component: String,
    /// How many.
    pub of: usize,
    /// The step that has noted where they ended.
    pub since: String,
    /// What fails the step.
    pub fail_on: FailOn,
}
