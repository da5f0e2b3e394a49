//! The runs of a cluster, one line each.

use schemars::JsonSchema;
use serde::Serialize;

use crate::state::Summary;

/// The runs of a cluster, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct History {
    /// Always `mdc/history`.
    pub format: String,
    /// The version of this format.
    pub version: u32,
    /// Where the runs are recorded.
    pub place: String,
    /// The runs, newest first.
    pub runs: Vec<Summary>,
}

impl History {
    /// The history that `place` records.
    #[must_use]
    pub fn new(place: String, runs: Vec<Summary>) -> Self {
        Self { format: "mdc/history".to_owned(), version: 1, place, runs }
    }
}
