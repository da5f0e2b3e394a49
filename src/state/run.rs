//! A run: one carrying out of one plan, from its beginning to its end, however many attempts that
//! takes.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Entry, Journal, JournalError, Lease, Progress, Record, RunKind};
use crate::plan::{Plan, Purpose};
use crate::value::Digest;

/// One run, open for going on.
#[derive(Debug)]
pub struct Run {
    /// Its id: when it began, and the beginning of its plan's seal.
    pub id: String,
    /// Where it is recorded, in words.
    pub place: String,
    /// The plan that it carries out.
    pub plan: Plan,
    /// Its journal.
    pub journal: Journal,
    /// What was already done.
    pub progress: Progress,
    /// The fencing number under which it goes on.
    pub fence: u64,
    /// Who works on it, from where.
    pub controller: String,
}

impl Run {
    /// Records that what is left of the run is never done, and why.
    ///
    /// # Errors
    /// When it can't be recorded.
    pub fn give_up(&mut self, reason: &str) -> Result<(), JournalError> {
        self.record(Entry::GivenUp { reason: reason.to_owned() })
    }

    /// Appends `entry` to the journal and takes it into the progress.
    ///
    /// # Errors
    /// When it can't be recorded.
    pub fn record(&mut self, entry: Entry) -> Result<(), JournalError> {
        let recorded = entry.clone();
        self.journal.append(entry)?;
        self.progress.take(&recorded);
        Ok(())
    }

    /// Records that the lease was taken by force, when it was.
    pub(super) fn record_force(&mut self, lease: &Lease) -> Result<(), JournalError> {
        let Some(forced) = lease.holder().forced.clone() else { return Ok(()) };
        let (from, by, reason) = (forced.from, self.controller.clone(), forced.reason);
        self.record(Entry::TakenOver { from, by, reason })
    }
}

/// The id of a run of the plan with `seal` that begins at `at`. Ids sort by time; one that begins after
/// `newest` comes after it also when the clock was set back meanwhile.
pub(super) fn id(at: Timestamp, seal: &Digest, newest: Option<&String>) -> String {
    let after = newest.and_then(|id| time_of(id)).map(|time| time + Duration::from_millis(1));
    let at = after.map_or(at, |after| at.max(after));
    format!("{}-{}", at.strftime("%Y%m%dT%H%M%S%3fZ"), seal.short())
}

/// The time in the id of a run.
fn time_of(id: &str) -> Option<Timestamp> {
    let (seconds, rest) = id.split_at_checked("20261121T053616".len())?;
    let (millis, _) = rest.split_once('Z')?;
    format!("{seconds}.{millis}Z").parse().ok()
}

/// The first entries of the journal of a run of `plan`: that it begins, and by what right. They are put
/// there together, so that no run is without its right.
pub(super) fn opening(id: &str, plan: &Plan, right: &[Entry]) -> Vec<Entry> {
    let opened = Entry::Opened {
        format: super::FORMAT.to_owned(),
        version: super::VERSION,
        run: id.to_owned(),
        seal: plan.seal,
        release: plan.goal(),
        steps: plan.steps.len() as u64,
        backs_up: plan.purpose == Purpose::BackUp,
        not_planned: NotPlanned {
            unknown: plan.unknown.len() as u64,
            withheld: plan.withheld.len() as u64,
        },
        stages: plan.purpose == Purpose::Stage,
    };
    std::iter::once(opened).chain(right.iter().cloned()).collect()
}

/// What a plan had to leave out, since hosts could not be read: a run of it can't bring the cluster to what
/// is desired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NotPlanned {
    /// Hosts that could not be read.
    pub unknown: u64,
    /// Changes on other hosts that were left out for their sake.
    pub withheld: u64,
}

impl NotPlanned {
    /// Whether nothing was left out.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.unknown == 0 && self.withheld == 0
    }
}

/// What there is to say about a run in one line, from its journal alone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Summary {
    /// The run's id.
    pub run: String,
    /// What it is for.
    #[serde(skip)]
    pub kind: RunKind,
    /// The release that its plan leads to.
    pub release: String,
    /// The seal of its plan.
    pub seal: Option<Digest>,
    /// When it began.
    #[schemars(with = "Option<String>")]
    pub began: Option<Timestamp>,
    /// When something was last recorded.
    #[schemars(with = "Option<String>")]
    pub last: Option<Timestamp>,
    /// Who worked on it, from where; each once, first to last.
    pub controllers: Vec<String>,
    /// Steps of the plan.
    pub steps: u64,
    /// Of these, done.
    pub done: u64,
    /// Of these, ended in a failure.
    pub failed: u64,
    /// Of these, begun without a recorded end.
    pub interrupted: u64,
    /// Of these, left out by the user and still owed: step and reason.
    pub debts: BTreeMap<String, String>,
    /// How it ended.
    pub ending: RunEnding,
    /// What its plan had to leave out.
    #[serde(default, skip_serializing_if = "NotPlanned::is_nothing")]
    pub not_planned: NotPlanned,
    /// What was asked for and missing when it began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<Without>,
    /// Why its journal can't be trusted, in words.
    pub damage: Option<String>,
}

/// What somebody has begun a run without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Without {
    /// `approvals` or `rehearsals`.
    pub what: String,
    /// By whom, from where.
    pub by: String,
    /// Why, in their words.
    pub reason: String,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunEnding {
    /// It didn't: no end is recorded since it last went on.
    #[default]
    Open,
    /// Nothing is left but debts.
    Complete,
    /// The last attempt ended early, for this reason.
    Stopped(String),
    /// It was given up, for this reason.
    GivenUp(String),
}

impl Summary {
    /// Nothing yet of the run `id`.
    pub(super) fn of(id: &str) -> Self {
        Self { run: id.to_owned(), ..Self::default() }
    }

    /// Takes in what a record tells.
    pub(super) fn take(&mut self, record: &Record) {
        self.began = self.began.or(Some(record.at));
        self.last = Some(record.at);
        match &record.entry {
            Entry::Opened { seal, release, steps, not_planned, .. } => {
                self.not_planned = *not_planned;
                self.seal = Some(*seal);
                self.release.clone_from(release);
                self.steps = *steps;
            }
            Entry::Started { controller, .. } => {
                if !self.controllers.contains(controller) {
                    self.controllers.push(controller.clone());
                }
                self.ending = RunEnding::Open;
            }
            Entry::Ended { stopped } => {
                self.ending = stopped.clone().map_or(RunEnding::Complete, RunEnding::Stopped);
            }
            Entry::GivenUp { reason } => self.ending = RunEnding::GivenUp(reason.clone()),
            Entry::Unapproved { by, reason } => self.begun_without("approvals", (by, reason)),
            Entry::Unrehearsed { by, reason, .. } => self.begun_without("rehearsals", (by, reason)),
            _ => {}
        }
    }

    fn begun_without(&mut self, what: &str, (by, reason): (&str, &str)) {
        let (what, by, reason) = (what.to_owned(), by.to_owned(), reason.to_owned());
        self.without.push(Without { what, by, reason });
    }

    /// With what all its records come to.
    pub(super) fn closed(mut self, progress: &Progress, damage: Option<&JournalError>) -> Self {
        self.kind = progress.kind;
        self.done = progress.done.len() as u64;
        self.failed = progress.failed.len() as u64;
        self.interrupted = progress.interrupted.len() as u64;
        self.debts.clone_from(&progress.skipped);
        self.damage = damage.map(ToString::to_string);
        self
    }

    /// Steps that are neither done nor owed.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.steps.saturating_sub(self.done).saturating_sub(self.debts.len() as u64)
    }

    /// Whether nothing is left to do but debts, or nothing is to be done any more.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.ending, RunEnding::Complete | RunEnding::GivenUp(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_their_beginning_also_when_the_clock_is_set_back() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let seal = Digest::of(b"plan");
        let first = id(at("2026-11-21T05:36:16.181Z"), &seal, None);
        assert!(first.starts_with("20261121T053616181Z-"), "{first}");
        let later = id(at("2026-11-22T00:00:00Z"), &seal, Some(&first));
        assert!(later.starts_with("20261122T000000000Z-"), "{later}");
        let back = id(at("2026-11-21T05:00:00Z"), &seal, Some(&later));
        assert!(back > later && back.starts_with("20261122T000000001Z-"), "{back}");
        let odd = id(at("2026-11-21T05:00:00Z"), &seal, Some(&"not an id".to_owned()));
        assert!(odd.starts_with("20261121T050000000Z-"), "{odd}");
    }
}
