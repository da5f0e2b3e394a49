//! Evidence out of the record of a run.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Change, Evidence, FORMAT, Outcome, VERSION, changes};
use crate::address::ComponentName;
use crate::desired::Desired;
use crate::plan::{Plan, Step};
use crate::state::{Entry, Record, RunEnding, StepOutcome, Summary};
use crate::value::Period;

/// A rehearsal, as it is recorded.
pub struct Recorded<'r> {
    /// The plan that was carried out.
    pub plan: &'r Plan,
    /// What it was to lead to.
    pub desired: &'r Desired,
    /// Whether any of the hosts was a simulated one.
    pub simulated: bool,
    /// The run's id.
    pub run: &'r str,
    /// Why it proves nothing, if it doesn't.
    pub unfinished: Option<String>,
    /// Its journal, first to last.
    pub records: &'r [Record],
}

/// What the rehearsal came to.
#[must_use]
pub fn of(recorded: &Recorded<'_>) -> Evidence {
    let Recorded { plan, desired, simulated, run, ref unfinished, records } = *recorded;
    let time = |record: Option<&Record>| record.map_or(Timestamp::UNIX_EPOCH, |record| record.at);
    let mut story = Story::default();
    for record in records {
        story.take(record);
    }
    // What a simulated host takes is made up.
    if simulated {
        story.took.clear();
    }
    let outcomes = changes(plan, desired).into_iter();
    Evidence {
        format: FORMAT.to_owned(),
        version: VERSION,
        cluster: plan.cluster.clone(),
        environment: plan.environment.clone(),
        simulated,
        release: plan.release.clone(),
        plan: plan.seal,
        run: run.to_owned(),
        tool: plan.basis.tool.clone(),
        began: time(records.first()),
        ended: time(records.last()),
        unfinished: unfinished.clone(),
        topology: topology(desired),
        left_out: Vec::new(),
        drills: Vec::new(),
        changes: outcomes.map(|(change, steps)| story.outcome(change, &steps)).collect(),
    }
}

/// Why a run of `plan` proves nothing, as its journal comes to; none when it does.
#[must_use]
pub fn unfinished(plan: &Plan, summary: &Summary, records: &[Record]) -> Option<String> {
    if let Some(damage) = &summary.damage {
        return Some(format!("its journal can't be trusted: {damage}"));
    }
    if let Some(unknown) = plan.unknown.first() {
        return Some(format!("{} could not be read and was left out of the plan", unknown.host));
    }
    if let Some((step, reason)) = summary.debts.iter().next() {
        return Some(format!("{step} was left out: {reason}"));
    }
    if records.iter().any(|record| loses_too_many(&record.entry)) {
        return Some(
            "more of the files that were submitted meanwhile were lost than may be".to_owned(),
        );
    }
    match &summary.ending {
        RunEnding::Complete => None,
        RunEnding::Open => Some("it did not come to its end".to_owned()),
        RunEnding::Stopped(why) => Some(format!("it stopped before its end: {why}")),
        RunEnding::GivenUp(why) => Some(format!("it was given up: {why}")),
    }
}

fn loses_too_many(entry: &Entry) -> bool {
    matches!(entry, Entry::Loaded { load } if load.loses_too_many())
}

/// On how many hosts each component is.
pub(super) fn topology(desired: &Desired) -> BTreeMap<ComponentName, u64> {
    let mut hosts = BTreeMap::new();
    for address in desired.resources.keys() {
        *hosts.entry(address.component.clone()).or_default() += 1;
    }
    hosts
}

/// What the journal has told so far.
#[derive(Default)]
struct Story {
    /// Steps that were done by this run; what was found done may have been done by anybody.
    done: BTreeSet<String>,
    failures: BTreeMap<String, u64>,
    took: BTreeMap<String, Period>,
}

impl Story {
    fn take(&mut self, record: &Record) {
        let Entry::Result { step, outcome, took } = &record.entry else { return };
        match outcome {
            StepOutcome::Done | StepOutcome::Kept(_) => {
                self.done.insert(step.clone());
                self.took.insert(step.clone(), *took);
            }
            StepOutcome::Failed(_) => *self.failures.entry(step.clone()).or_default() += 1,
            _ => {}
        }
    }

    fn outcome(&self, change: Change, steps: &[&Step]) -> Outcome {
        let hosts: BTreeSet<_> = steps.iter().map(|step| &step.host).collect();
        let is_done = |step: &&&Step| self.done.contains(&*step.id);
        let mut took: Vec<Period> =
            steps.iter().filter_map(|step| self.took.get(&*step.id)).copied().collect();
        took.sort_unstable();
        Outcome {
            change,
            hosts: hosts.len() as u64,
            done: steps.iter().filter(is_done).count() as u64,
            failures: steps.iter().filter_map(|step| self.failures.get(&*step.id)).sum(),
            took: took.get(took.len() / 2).copied(),
            slowest: took.last().copied(),
        }
    }
}
