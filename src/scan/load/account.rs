//! What came of a load, as it is recorded and reported.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::{Period, Size};

/// What came of the files that were submitted while a plan ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LoadAccount {
    /// How large each file was.
    pub size: Size,
    /// How many were to be submitted together.
    pub at_once: u32,
    /// How long after one another.
    pub every: Period,
    /// What counted as slow.
    pub slow_after: Period,
    /// What counted as lost.
    pub lost_after: Period,
    /// How many may be lost, if that was limited.
    pub may_lose: Option<u32>,
    /// Why nothing was submitted, when nothing could be.
    pub problem: Option<String>,
    /// All of it.
    pub whole: Tally,
    /// By step: what was submitted, worked on or refused while the step ran, so that a file counts with
    /// every step of its life. Steps during which there was nothing are left out, and of very many those
    /// during which least went wrong.
    pub steps: Vec<StepLoad>,
    /// How many steps are left out since there are very many.
    #[serde(default)]
    pub more_steps: u64,
}

/// A step and the load while it ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StepLoad {
    /// Its id in the plan.
    pub step: String,
    /// What came of the load.
    pub tally: Tally,
}

/// Files, counted by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Tally {
    /// Sent to the gateway. The sum of what follows, but for `slow`, which is a part of `finished`.
    pub submitted: u64,
    /// Scanned to their end.
    pub finished: u64,
    /// Of these, slower than they should be.
    pub slow: u64,
    /// Accepted, and ended without having been scanned.
    pub failed: u64,
    /// Not accepted: the gateway was away, or said no. Clients would submit them again.
    pub refused: u64,
    /// Accepted, and not finished within the bound.
    pub lost: u64,
    /// Accepted, and still at work when the run was stopped and nobody waited any more.
    pub open: u64,
    /// Not even sent in time, since earlier files were still being sent.
    pub held_up: u64,
    /// The longest time in which no file was accepted.
    pub longest_gap: Period,
    /// The slowest finished scan.
    pub slowest: Period,
}

impl Tally {
    /// What went wrong, the worst first.
    #[must_use]
    pub const fn troubles(&self) -> [u64; 4] {
        [self.lost, self.failed, self.refused, self.slow]
    }
}

impl LoadAccount {
    /// Whether more files were lost than may be, or it can't be told since none was submitted.
    #[must_use]
    pub fn loses_too_many(&self) -> bool {
        let lost = |most: u32| self.whole.lost > u64::from(most) || self.problem.is_some();
        self.may_lose.is_some_and(lost)
    }
}
