//! The parts that a plan falls into for its reader: the copies, which touch nothing that runs, and
//! the two stages.

use std::sync::Arc;

use super::{Plan, Purpose, Step, waves};
use crate::catalog::Stage;
use crate::diff::Action;

/// A part of a plan.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// Its title.
    pub title: &'static str,
    /// What its reader should know of it, in one sentence.
    pub means: &'static str,
    /// Its steps, in the order of the plan.
    pub steps: Vec<&'a Step>,
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

const LIVE: Kind = (Stage::Live.title(), Stage::Live.means(), |step| {
    step.stage == Stage::Live && is_of_stage(step)
});

const BACKED_UP: Kind = (
    "Before stage 1",
    "What has to be so before anything is changed, seen on the hosts; nothing is changed by it.",
    |step| step.action.precedes_critical() && step.stage == Stage::Live,
);

const GATES: [Kind; 3] = [
    (
        "Before stage 2",
        "What has to be so before stage 2 begins, seen on the hosts; nothing is changed by it.",
        |step| {
            step.action.precedes_critical()
                && step.stage == Stage::Critical
                && step.action != Action::StillIdle
                && !sees_taken(step)
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

const CRITICAL: Kind = (Stage::Critical.title(), Stage::Critical.means(), |step| {
    step.stage == Stage::Critical && is_of_stage(step)
});

/// What goes back: nobody waits for the window, or looks whether the cluster is at rest.
const BACK: [Kind; 2] = [
    (Stage::Critical.title_back(), Stage::Critical.means_back(), CRITICAL.2),
    (Stage::Live.title_back(), Stage::Live.means_back(), LIVE.2),
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
#[must_use]
pub fn parts(plan: &Plan) -> Vec<Part<'_>> {
    let middle = match plan.purpose {
        Purpose::Release | Purpose::BackUp | Purpose::FailOver | Purpose::Stage => {
            vec![BACKED_UP, LIVE, GATES[0], GATES[1], GATES[2], CRITICAL]
        }
        Purpose::Finalise => vec![FINALISE],
        Purpose::RollBack(_) => vec![GATES[0], GATES[1], GATES[2], BACK[0], BACK[1]],
    };
    let kinds = BEFORE.into_iter().chain(middle).chain(AFTER);
    let parts = kinds.map(|(title, means, belongs)| {
        let steps: Vec<&Step> = plan.steps.iter().filter(|step| belongs(step)).collect();
        let means = match title {
            _ if title == LIVE.0 && steps.iter().any(|step| step.stops_scans()) => {
                Stage::LIVE_WITH_OUTAGE
            }
            _ if means == CRITICAL.1 => plan.means(Stage::Critical),
            _ => means,
        };
        Part { title, means, steps }
    });
    parts.filter(|part| !part.steps.is_empty()).collect()
}

impl Plan {
    /// What a stage means in this plan, in one sentence.
    #[must_use]
    pub const fn means(&self, stage: Stage) -> &'static str {
        match (stage, &self.window) {
            (Stage::Critical, None) => Stage::CRITICAL_AT_ANY_HOUR,
            _ => stage.means(),
        }
    }
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
    /// How many waves it has.
    #[must_use]
    pub fn waves(&self) -> usize {
        waves(&self.steps).len()
    }
}
