//! How an attempt at a run ended.

use std::collections::{BTreeMap, BTreeSet};

use crate::notice::Told;
use crate::plan::{Plan, Step};
use crate::scan::Scanned;
use crate::state::{Kept, LogsRead, Progress, StepOutcome};
use crate::value::Period;

/// How an attempt at a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ending {
    /// How each step that was begun ended, and what it took.
    pub outcomes: BTreeMap<String, (StepOutcome, Period)>,
    /// What test scans came to, by step, of this attempt or of an earlier one.
    pub scanned: BTreeMap<String, Box<[Scanned]>>,
    /// What was compared with what was before, by step, of this attempt or of an earlier one.
    pub kept: BTreeMap<String, Box<[Kept]>>,
    /// What came to logs, by step, of this attempt or of an earlier one.
    pub logs: BTreeMap<String, LogsRead>,
    /// The steps that were over before this attempt.
    pub done_before: BTreeSet<String>,
    /// The steps that the user left out, with the reason.
    pub skipped: BTreeMap<String, String>,
    /// Steps that were not begun since an earlier one of the same resource failed and that was
    /// tolerated.
    pub tolerated: BTreeSet<String>,
    /// Who was told how this attempt ended.
    pub told: Vec<Told>,
    /// Why it was stopped from outside, when it was.
    pub stopped: Option<String>,
}

impl Ending {
    /// What earlier attempts have left.
    pub(super) fn so_far(progress: &Progress) -> Self {
        Self {
            done_before: progress.done.clone(),
            skipped: progress.skipped.clone(),
            scanned: progress.scanned.clone(),
            kept: progress.kept.clone(),
            logs: progress.logs.clone(),
            ..Self::default()
        }
    }

    /// Whether a step is done.
    #[must_use]
    pub fn is_done(&self, step: &str) -> bool {
        self.done_before.contains(step)
            || self.outcomes.get(step).is_some_and(|(outcome, _)| outcome.is_done())
    }

    /// Whether a step was begun in this attempt and failed.
    #[must_use]
    pub fn has_failed(&self, step: &str) -> bool {
        matches!(self.outcomes.get(step), Some((StepOutcome::Failed(_), _)))
    }

    /// Whether all that `plan` changes is changed, but for what was left out.
    #[must_use]
    pub fn has_changed_all(&self, plan: &Plan) -> bool {
        let over = |step: &Step| self.is_done(&step.id) || self.skipped.contains_key(&*step.id);
        plan.steps.iter().filter(|step| step.is_change()).all(over)
    }

    /// The steps of `plan` that are neither done nor left out.
    #[must_use]
    pub fn left(&self, plan: &Plan) -> usize {
        let open = |step: &&Step| !self.is_done(&step.id) && !self.skipped.contains_key(&*step.id);
        plan.steps.iter().filter(open).count()
    }
}
