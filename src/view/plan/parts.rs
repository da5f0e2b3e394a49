//! The parts that a plan falls into for its reader: the copies, which touch nothing that runs, and
//! the two stages.

use std::sync::Arc;

use crate::catalog::Stage;
use crate::diff::Action;
pub(super) use crate::plan::elapsed;
use crate::plan::{Plan, Purpose, Step, waves};
use crate::view::words;

pub(super) struct Part<'a> {
    pub(super) title: &'static str,
    /// What its reader should know of it, in one sentence.
    pub(super) means: &'static str,
    pub(super) steps: Vec<&'a Step>,
}

/// The parts that have steps, in the order in which they run: what goes back, goes back first where
/// the way there ended.
pub(super) fn parts(plan: &Plan) -> Vec<Part<'_>> {
    let copies = Part {
        title: "Copies",
        means: "Each file is there before the step that installs it; copying changes nothing that runs.",
        steps: plan.steps.iter().filter(|step| step.action.only_copies()).collect(),
    };
    let stage = |stage: Stage| Part {
        title: words::stage(stage),
        means: words::stage_means(stage),
        steps: plan
            .steps
            .iter()
            .filter(|step| step.stage == stage)
            .filter(|step| !step.action.only_copies() && step.action != Action::BackUp)
            .filter(|step| !step.action.is_gate() || step.action == Action::KeepHealthy)
            .collect(),
    };
    let gates = Part {
        title: "Before stage 2",
        means: "What has to be so before stage 2 begins, seen on the hosts; nothing is changed by it.",
        steps: plan
            .steps
            .iter()
            .filter(|step| step.action.is_gate() && !step.action.scans() && !step.action.tells())
            .filter(|step| !matches!(step.action, Action::KeepHealthy | Action::Verify))
            .filter(|step| !sees_taken(step))
            .collect(),
    };
    let backups = Part {
        title: "Backups",
        means: "Each is taken, then read back; nothing that runs is changed by it.",
        steps: plan
            .steps
            .iter()
            .filter(|step| step.action == Action::BackUp || sees_taken(step))
            .collect(),
    };
    let verify = Part {
        title: "Afterwards",
        means: "What has to be so at the end, seen on the hosts; nothing is changed by it.",
        steps: plan.steps.iter().filter(|step| step.action == Action::Verify).collect(),
    };
    let scans = |title, means, action: Action| Part {
        title,
        means,
        steps: plan.steps.iter().filter(|step| step.action == action).collect(),
    };
    let before = scans(
        "Test scan",
        "Before anything is changed, files are scanned through the API Gateway, and timed.",
        Action::ScanBefore,
    );
    let after = scans(
        "Test scan again",
        "After the last change, the same files are scanned, and compared.",
        Action::ScanAfter,
    );
    let parts = match plan.purpose {
        Purpose::Release | Purpose::BackUp => {
            vec![
                before,
                copies,
                stage(Stage::Live),
                gates,
                backups,
                stage(Stage::Critical),
                verify,
                after,
            ]
        }
        Purpose::RollBack(_) => {
            vec![
                before,
                copies,
                gates,
                backups,
                stage(Stage::Critical),
                stage(Stage::Live),
                verify,
                after,
            ]
        }
    };
    parts.into_iter().filter(|part| !part.steps.is_empty()).collect()
}

/// Whether it sees a backup that the plan itself takes.
fn sees_taken(step: &Step) -> bool {
    let takes = |id: &Arc<str>| id.ends_with("/back-up");
    step.action == Action::ProveBackup && step.after.iter().any(takes)
}

impl Part<'_> {
    pub(super) fn waves(&self) -> usize {
        waves(&self.steps).len()
    }
}

/// How many hosts the steps are on.
pub(super) fn hosts<'a>(steps: impl IntoIterator<Item = &'a Step>) -> usize {
    let mut names: Vec<&str> = steps.into_iter().map(|step| step.host.as_str()).collect();
    // Steps on one host mostly share its name; places in memory are sorted faster than texts.
    names.sort_unstable_by_key(|name| name.as_ptr());
    names.dedup_by_key(|name| name.as_ptr());
    names.sort_unstable();
    names.dedup();
    names.len()
}
