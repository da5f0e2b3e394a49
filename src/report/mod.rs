//! What happened in a run, against what the plan promised.

pub mod change;
mod durations;
mod history;
mod logs;
mod mixed;
mod of;
mod parts;
mod past;
mod scans;
mod staged;
mod standby;
pub mod status;
mod validation;

pub use change::ChangeRecord;
pub use durations::add as add_durations;
pub use history::History;
pub use logs::LogReview;
pub use of::{Ways, of};
pub use parts::PartReport;
pub use past::{Past, moved_data, past};
pub use scans::{ScanResult, TestScan};
pub use staged::{StagedFile, StagedFiles, staged_files};
pub use standby::{Readiness, readiness};
pub use status::Status;
pub use validation::Validation;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::HostName;
use crate::notice::Told;
use crate::plan::Purpose;
use crate::scan::load::LoadAccount;
use crate::state::StepOutcome;
use crate::value::Period;

/// The account of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Report {
    /// The run's id; empty when nothing was to be done.
    pub run: String,
    /// The cluster's name.
    pub cluster: String,
    /// The release that the plan leads to.
    pub release: String,
    /// What the plan is for.
    #[serde(default)]
    pub purpose: Purpose,
    /// Every step of the plan, in its order.
    pub steps: Vec<StepReport>,
    /// What each part of the plan took, against its forecast.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartReport>,
    /// What test scans came to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scans: Vec<TestScan>,
    /// What came to logs meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<LogReview>,
    /// Who was told of what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Told>,
    /// What came of the load that was submitted meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<LoadAccount>,
    /// Why the run stopped before its end, when nobody's step failed: `interrupted (Ctrl-C)`.
    pub stopped: Option<String>,
    /// The hosts that could not be read when the plan was made, so that it changes nothing there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<HostName>,
    /// How many changes the plan withholds for that.
    #[serde(default, skip_serializing_if = "is_none")]
    pub withheld: usize,
    /// What a run that takes another back leaves as it is, with the reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreturned: Vec<String>,
    /// Components that are now in more than one version, with the versions by host, in words.
    pub mixed: Vec<String>,
    /// What is kept for the way back, and how it goes, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<String>,
    /// Where the run is recorded.
    pub recorded: String,
    /// The command that goes on from here; empty when nothing is left.
    pub next: String,
    /// The command that takes the run back; empty when there is nothing to take back.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub back: String,
    /// The account of what was taken back at once, because the plan says so of what failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_back: Option<Box<Report>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference to the field")]
const fn is_none(number: &usize) -> bool {
    *number == 0
}

/// One step's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StepReport {
    /// The step's id in the plan.
    pub step: String,
    /// How it ended; none when it was not started.
    pub outcome: Option<StepOutcome>,
    /// Why it was not started, in words (`waits for core-01/md-core/upgrade, which failed`).
    pub waits: Option<String>,
    /// What it took.
    pub took: Period,
    /// What the plan said it should take.
    pub forecast: Period,
}
