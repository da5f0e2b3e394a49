//! Evidence: what a rehearsal came to, kept in a file and signed, so that a plan for another cluster can
//! show that each of its changes was done before: the same component between the same versions, by the
//! same package and the same commands.

mod changes;
mod diagnose;
mod drill;
mod file;
mod judge;
mod of;

pub use changes::{Change, changes};
pub use diagnose::other_rule;
pub use drill::{Back, Drill, Resumed};
pub use file::{EvidenceError, LARGEST, parse};
pub use judge::{Judged, Missing, Refused, Wanted, judge};
pub use of::{Recorded, of, unfinished};

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::ComponentName;
use crate::value::{Digest, Period};

/// The format's name, first in every file of evidence.
pub const FORMAT: &str = "mdc/evidence";
/// The format's version that this `mdc` writes and reads.
pub const VERSION: u32 = 1;

/// What a rehearsal came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Evidence {
    /// Always `mdc/evidence`.
    pub format: String,
    /// The version of this format.
    pub version: u32,
    /// The cluster that it was done on.
    pub cluster: String,
    /// What that cluster is for.
    pub environment: String,
    /// Whether any of its hosts was a simulated one.
    pub simulated: bool,
    /// The release that the plan led to.
    pub release: String,
    /// The seal of the plan that was carried out.
    pub plan: Digest,
    /// The run that carried it out.
    pub run: String,
    /// The version of `mdc` that made the plan.
    pub tool: String,
    /// When the run began (RFC 3339).
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub began: Timestamp,
    /// When something was last recorded of it (RFC 3339).
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub ended: Timestamp,
    /// Why it proves nothing; none when the whole plan was carried out, with nothing left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfinished: Option<String>,
    /// On how many hosts each component was, by component.
    pub topology: BTreeMap<ComponentName, u64>,
    /// Each change that the plan had, with what came of it.
    pub changes: Vec<Outcome>,
    /// What a simulated twin left out, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// What followed when single steps failed, on a simulated twin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drills: Vec<Drill>,
}

/// What came of a change on the hosts that it was done on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Outcome {
    /// What was done.
    pub change: Change,
    /// On how many hosts it was to be done.
    pub hosts: u64,
    /// On how many of them this run has done it. What it found done is not counted: nobody knows how
    /// that was done.
    pub done: u64,
    /// How often it failed on the way there.
    pub failures: u64,
    /// What it took in the middle case; absent of simulated hosts, as what follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took: Option<Period>,
    /// What it took where it took longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slowest: Option<Period>,
}
