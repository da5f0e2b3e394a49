//! The parts that a plan falls into for its reader: the copies, which touch nothing that runs, and
//! the two stages.

use std::sync::Arc;
use std::time::Duration;

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

/// A part: its title, what its reader should know of it, and which steps belong to it.
type Kind = (&'static str, &'static str, fn(&Step) -> bool);

const FINALISE: Kind = (
    "Finalise",
    "What was kept for the way back is dropped. Nothing that runs is touched; afterwards there is no return.",
    |step| step.action == Action::Finalise,
);

const BEFORE: [Kind; 3] = [
    (
        "Logs",
        "Before anything is changed, it is noted where logs end; nothing is changed by it.",
        |step| step.action == Action::MarkLogs,
    ),
    (
        "Test scan",
        "Before anything is changed, files are scanned through the API Gateway, and timed.",
        |step| step.action == Action::ScanBefore,
    ),
    (
        "Copies",
        "Each package is there before the step that installs it; copying changes nothing that runs.",
        |step| step.action.only_copies(),
    ),
];

const LIVE: Kind = (words::stage(Stage::Live), words::stage_means(Stage::Live), |step| {
    step.stage == Stage::Live && is_of_stage(step)
});

const GATES: [Kind; 3] = [
    (
        "Before stage 2",
        "What has to be so before stage 2 begins, seen on the hosts; nothing is changed by it.",
        |step| {
            step.action.precedes_critical() && step.action != Action::StillIdle && !sees_taken(step)
        },
    ),
    ("Backups", "Each is taken, then read back; nothing that runs is changed by it.", |step| {
        step.action == Action::BackUp || sees_taken(step)
    }),
    (
        "Right before stage 2",
        "All that can tell how much is left to do are asked once more, together; nothing is changed by it.",
        |step| step.action == Action::StillIdle,
    ),
];

const CRITICAL: Kind =
    (words::stage(Stage::Critical), words::stage_means(Stage::Critical), |step| {
        step.stage == Stage::Critical && is_of_stage(step)
    });

/// What goes back: nobody waits for the window, or looks whether the cluster is at rest.
const BACK: [Kind; 2] = [
    (words::stage_back(Stage::Critical), words::stage_back_means(Stage::Critical), CRITICAL.2),
    (words::stage_back(Stage::Live), words::stage_back_means(Stage::Live), LIVE.2),
];

const AFTER: [Kind; 3] = [
    (
        "Afterwards",
        "What has to be so at the end, seen on the hosts; nothing is changed by it.",
        |step| step.action == Action::Verify,
    ),
    (
        "Test scan again",
        "After the last change, the same files are scanned, and compared.",
        |step| step.action == Action::ScanAfter,
    ),
    (
        "Logs again",
        "At the very end, what came to the logs of what was changed is read for errors.",
        |step| step.action == Action::ReadLogs,
    ),
];

/// The parts that have steps, in the order in which they run: what goes back, goes back first where
/// the way there ended.
pub(super) fn parts(plan: &Plan) -> Vec<Part<'_>> {
    let middle = match plan.purpose {
        Purpose::Release | Purpose::BackUp | Purpose::FailOver => {
            vec![LIVE, GATES[0], GATES[1], GATES[2], CRITICAL]
        }
        Purpose::Finalise => vec![FINALISE],
        Purpose::RollBack(_) => vec![GATES[0], GATES[1], GATES[2], BACK[0], BACK[1]],
    };
    let kinds = BEFORE.into_iter().chain(middle).chain(AFTER);
    let parts = kinds.map(|(title, means, belongs)| Part {
        title,
        means,
        steps: plan.steps.iter().filter(|step| belongs(step)).collect(),
    });
    parts.filter(|part| !part.steps.is_empty()).collect()
}

/// The title of each part, how long it takes, and in how many waves.
pub(in crate::view) fn times(plan: &Plan) -> Vec<(&'static str, Duration, usize)> {
    let of = |part: &Part<'_>| (part.title, elapsed(&part.steps), part.waves());
    parts(plan).iter().map(of).collect()
}

/// Whether it is shown under its stage.
fn is_of_stage(step: &Step) -> bool {
    let looks = step.action.is_gate()
        && !matches!(step.action, Action::KeepHealthy | Action::Reach | Action::Yield);
    !looks && !step.action.only_copies() && step.action != Action::BackUp
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
