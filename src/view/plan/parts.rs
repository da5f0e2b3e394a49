//! The parts that a plan falls into for its reader: the copies, which touch nothing that runs, and
//! the two stages.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::catalog::Stage;
use crate::diff::Action;
use crate::plan::{Plan, Step};
use crate::view::words;

pub(super) struct Part<'a> {
    pub(super) title: &'static str,
    /// What its reader should know of it, in one sentence.
    pub(super) means: &'static str,
    pub(super) steps: Vec<&'a Step>,
}

/// The parts that have steps, in the order in which they run.
pub(super) fn parts(plan: &Plan) -> Vec<Part<'_>> {
    let copies = Part {
        title: "Copies",
        means: "Each file is there before the step that installs it; copying changes nothing that runs.",
        steps: plan.steps.iter().filter(|step| step.action == Action::Copy).collect(),
    };
    let stage = |stage: Stage| Part {
        title: words::stage(stage),
        means: words::stage_means(stage),
        steps: plan
            .steps
            .iter()
            .filter(|step| step.stage == stage && step.action != Action::Copy)
            .collect(),
    };
    let parts = [copies, stage(Stage::Live), stage(Stage::Critical)];
    parts.into_iter().filter(|part| !part.steps.is_empty()).collect()
}

impl Part<'_> {
    pub(super) fn hosts(&self) -> usize {
        distinct(self.steps.iter().map(|step| &step.host))
    }

    pub(super) fn waves(&self) -> usize {
        distinct(self.steps.iter().map(|step| step.wave))
    }
}

/// How many different ones there are.
pub(super) fn distinct<T: Ord>(all: impl Iterator<Item = T>) -> usize {
    let mut all: Vec<T> = all.collect();
    all.sort_unstable();
    all.dedup();
    all.len()
}

/// The time that steps take: in a wave as long as its longest step, and one wave after the other.
pub(super) fn elapsed(steps: &[&Step]) -> Duration {
    let mut waves: BTreeMap<u32, Duration> = BTreeMap::new();
    for step in steps {
        let longest = waves.entry(step.wave).or_default();
        *longest = step.forecast.duration().max(*longest);
    }
    waves.into_values().fold(Duration::ZERO, Duration::saturating_add)
}
