//! What each part of a plan took, against its forecast.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::{Part, Plan, Step, elapsed, parts, slowest, spent};
use crate::value::Period;

/// What a part of the plan took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PartReport {
    /// The part.
    pub part: String,
    /// How many steps it has.
    pub steps: usize,
    /// Of these, how many ended: what follows is of them alone.
    pub ended: usize,
    /// What they should take together.
    pub forecast: Period,
    /// What they take in a slow case.
    pub slow: Period,
    /// What they took: in a wave as long as its longest step, and one wave after the other.
    pub took: Period,
}

/// What the parts of `plan` took of which a step has ended. `took`: what it took, by step.
pub(super) fn of(plan: &Plan, took: &BTreeMap<&str, Period>) -> Vec<PartReport> {
    let of = |part: Part<'_>| {
        let ended = |step: &&Step| took.contains_key(&*step.id);
        let ended: Vec<&Step> = part.steps.iter().copied().filter(ended).collect();
        let took = |step: &Step| took.get(&*step.id).copied().unwrap_or_default().duration();
        PartReport {
            part: part.title.to_owned(),
            steps: part.steps.len(),
            ended: ended.len(),
            forecast: period(elapsed(&ended)),
            slow: period(slowest(&ended)),
            took: period(spent(&ended, took)),
        }
    };
    parts(plan).into_iter().map(of).filter(|part| part.ended > 0).collect()
}

fn period(time: Duration) -> Period {
    Period::millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
