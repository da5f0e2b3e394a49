//! How far a run is, as its journal tells it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, Kept, LogsRead, StepOutcome};
use crate::scan::Scanned;

/// What was seen before a step changed anything: by what it is, the lines of the answer.
pub type Noted = BTreeMap<String, Box<[String]>>;

/// What it is noted as that a step of stage 2 has begun to change something. No question is called so.
pub const BEGUN: &str = "(the change is begun)";

/// What it is noted as that an attempt could not give an instance its work back.
#[must_use]
pub fn kept_from_work(attempt: u32) -> String {
    format!("(still kept from new work after attempt {attempt})")
}

/// What it is noted as that an instance was given its work back, when nobody went on with an attempt.
#[must_use]
pub fn given_work(attempt: u32) -> String {
    format!("(given work again after attempt {attempt})")
}

/// What the journal of a run tells about its steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Steps that ended well.
    pub done: BTreeSet<String>,
    /// Steps that began and whose end is not known: it is not recorded, or the way to the host was
    /// lost, where what was begun goes on.
    pub interrupted: BTreeSet<String>,
    /// Steps that ended in a failure.
    pub failed: BTreeSet<String>,
    /// Debts: steps that the user left out and that were not done since, with the reason.
    pub skipped: BTreeMap<String, String>,
    /// How often each step was begun.
    pub attempts: BTreeMap<String, u32>,
    /// What test scans came to, by step, as they were passed last.
    pub scanned: BTreeMap<String, Box<[Scanned]>>,
    /// What was seen before steps changed anything, by step; what was seen first counts.
    pub noted: BTreeMap<String, Noted>,
    /// What was compared, by step, as it ended well last.
    pub kept: BTreeMap<String, Box<[Kept]>>,
    /// What came to logs, by step, as they were read last.
    pub logs: BTreeMap<String, LogsRead>,
    /// The highest fencing number that the run went on under.
    pub fence: u64,
    /// Whether it is recorded who had approved the plan, or why it was begun without.
    pub has_right: bool,
    /// What the run is for.
    pub kind: RunKind,
    /// Whether nothing is left to do but debts, or nothing is to be done any more.
    pub over: bool,
}

impl Progress {
    /// Whether a step was never begun.
    #[must_use]
    pub fn is_untouched(&self, step: &str) -> bool {
        ![&self.done, &self.interrupted, &self.failed].iter().any(|steps| steps.contains(step))
    }

    /// Whether a step failed or was cut off when it may have changed something.
    #[must_use]
    pub fn is_half_way(&self, step: &str) -> bool {
        let has_begun = self.noted.get(step).is_some_and(|noted| noted.contains_key(BEGUN));
        has_begun && (self.failed.contains(step) || self.interrupted.contains(step))
    }

    /// Whether a step that keeps an instance from new work may have left it so.
    #[must_use]
    pub fn may_lack_work(&self, step: &str) -> bool {
        let attempt = self.attempts.get(step).copied().unwrap_or_default();
        let kept = kept_from_work(attempt);
        let is_noted = self.noted.get(step).is_some_and(|noted| noted.contains_key(&kept));
        let is_kept = self.failed.contains(step) && is_noted;
        (self.interrupted.contains(step) || is_kept) && !self.is_given_work(step, attempt)
    }

    /// Whether an instance was given its work back when nobody went on with that attempt at a step: of this run,
    /// or of the one that it takes back.
    #[must_use]
    pub fn is_given_work(&self, step: &str, attempt: u32) -> bool {
        self.noted.get(step).is_some_and(|noted| noted.contains_key(&given_work(attempt)))
    }

    /// The number of the attempt at a step that comes now, from 1. One that was cut off is gone on
    /// with: its jobs are found again by it.
    #[must_use]
    pub fn attempt(&self, step: &str) -> u32 {
        let last = self.attempts.get(step).copied().unwrap_or_default();
        if self.interrupted.contains(step) { last.max(1) } else { last.saturating_add(1) }
    }

    /// Takes in what an entry tells.
    pub fn take(&mut self, entry: &Entry) {
        match entry {
            Entry::Opened { backs_up, stages, .. } => {
                self.kind = RunKind::of(*backs_up, *stages);
            }
            Entry::Approved { .. } | Entry::Unapproved { .. } => self.has_right = true,
            Entry::Again { .. }
            | Entry::Rehearsed { .. }
            | Entry::Unrehearsed { .. }
            | Entry::TakenOver { .. }
            | Entry::Asked { .. }
            | Entry::Loaded { .. }
            | Entry::Told { .. } => {}
            Entry::Started { fence, .. } => {
                self.fence = self.fence.max(*fence);
                self.over = false;
            }
            Entry::Intent { step, attempt } => {
                self.failed.remove(step);
                self.interrupted.insert(step.clone());
                self.attempts.insert(step.clone(), *attempt);
            }
            Entry::Noted { step, what, said } => {
                let noted = self.noted.entry(step.clone()).or_default();
                noted.entry(what.clone()).or_insert_with(|| said.clone());
            }
            Entry::Result { step, outcome, .. } => {
                if outcome.leaves_it_going() {
                    return;
                }
                self.interrupted.remove(step);
                if let StepOutcome::Scanned(scans) = outcome {
                    self.scanned.insert(step.clone(), scans.clone());
                }
                if let StepOutcome::LogsRead(read) = outcome {
                    self.logs.insert(step.clone(), (**read).clone());
                }
                if let StepOutcome::Kept(kept) = outcome {
                    self.kept.insert(step.clone(), kept.clone());
                }
                if outcome.is_done() {
                    self.skipped.remove(step);
                    self.done.insert(step.clone());
                } else if *outcome != StepOutcome::NotBegun {
                    self.failed.insert(step.clone());
                }
            }
            Entry::Skipped { step, reason } => {
                self.skipped.insert(step.clone(), reason.clone());
            }
            Entry::Ended { stopped } => self.over = stopped.is_none(),
            Entry::GivenUp { .. } => {
                self.over = true;
                self.skipped.clear();
            }
        }
    }
}

/// What a run is for. Those of one kind follow one another; those of different kinds stand beside each
/// other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RunKind {
    /// To change the cluster.
    #[default]
    Change,
    /// To take backups.
    BackUp,
    /// To bring packages to hosts.
    Stage,
}

impl RunKind {
    const fn of(backs_up: bool, stages: bool) -> Self {
        match (backs_up, stages) {
            (true, _) => Self::BackUp,
            (_, true) => Self::Stage,
            _ => Self::Change,
        }
    }
}
