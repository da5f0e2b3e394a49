//! A run of the fleet's plan with all that can happen in one, as its journal tells it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a run that is not whole is a broken test"
)]

use jiff::Timestamp;
use mdc::plan::Plan;
use mdc::report::{ChangeRecord, History, change};
use mdc::state::{
    Asked, Checked, Entry, JournalError, NotPlanned, Record, Request, RunEnding, RunKind,
    StepOutcome, Summary,
};
use mdc::value::{Digest, Period};

use super::fleet;

const RUN: &str = "20261118T220400000Z-0123456789ab";
const PLACE: &str = "PostgreSQL db:5432/mdc, site scan-eu/production";
const FIRST: &str = "ops (uid 1000) on laptop-7, process 4242";
const SECOND: &str = "duty (uid 1001) on desk-2, process 17";

/// Entries with their times.
struct Told {
    at: Timestamp,
    records: Vec<Record>,
}

impl Told {
    fn add(&mut self, seconds: u64, entry: Entry) {
        self.at += std::time::Duration::from_secs(seconds);
        let number = self.records.len() as u64 + 1;
        self.records.push(Record { number, at: self.at, entry });
    }

    fn start(&mut self, plan: &Plan, fence: u64, controller: &str) {
        let (tool, controller) = ("0.1.0".to_owned(), controller.to_owned());
        self.add(1, Entry::Started { seal: plan.seal, tool, fence, controller });
    }

    fn step(&mut self, step: &str, attempt: u32, (outcome, took): (StepOutcome, Period)) {
        let step = step.to_owned();
        self.add(0, Entry::Intent { step: step.clone(), attempt });
        self.add(took.whole_seconds(), Entry::Result { step, outcome, took });
    }

    fn ask(&mut self, what: Request, reason: &str) {
        let (by, reason) = (SECOND.to_owned(), reason.to_owned());
        self.add(5, Asked { what, by, reason }.into());
    }
}

fn records(plan: &Plan) -> Vec<Record> {
    let at: Timestamp = "2026-11-18T22:04:00Z".parse().unwrap();
    let mut told = Told { at, records: Vec::new() };
    let opened = Entry::Opened {
        format: "mdc/journal".to_owned(),
        version: 1,
        run: RUN.to_owned(),
        seal: plan.seal,
        release: plan.release.clone(),
        steps: plan.steps.len() as u64,
        backs_up: false,
        stages: false,
        not_planned: NotPlanned::default(),
    };
    told.add(0, opened);
    told.start(plan, 1_795_039_440, FIRST);
    let broken = plan.steps.iter().position(|step| *step.id == *"core-02/md-core/upgrade").unwrap();
    let took = |place: usize| Period::seconds(plan.steps[place].forecast.whole_seconds() + 7);
    for (place, step) in plan.steps.iter().enumerate().take(broken) {
        let outcome = if place == 0 { StepOutcome::FoundDone } else { StepOutcome::Done };
        told.step(&step.id, 1, (outcome, took(place)));
    }
    let failure = fleet::failed_report().steps[broken].outcome.clone().unwrap();
    told.step(&plan.steps[broken].id, 1, (failure, took(broken)));
    told.ask(Request::Pause, "see the disk of core-02");
    told.ask(Request::GoOn, "the pause is over");
    told.add(2, Entry::Ended { stopped: Some("9 steps are left".to_owned()) });

    let (from, by) = (FIRST.to_owned(), SECOND.to_owned());
    told.add(7200, Entry::TakenOver { from, by, reason: "the laptop is lost".to_owned() });
    told.start(plan, 1_795_046_760, SECOND);
    let last = plan.steps.len() - 1;
    let reason = "its window is tomorrow (--skip)".to_owned();
    told.add(0, Entry::Skipped { step: plan.steps[last].id.to_string(), reason });
    for (place, step) in plan.steps.iter().enumerate().take(last).skip(broken) {
        let attempt = if place == broken { 2 } else { 1 };
        told.step(&step.id, attempt, (StepOutcome::Done, took(place)));
    }
    told.add(1, Entry::Ended { stopped: None });
    told.add(0, Entry::Loaded { load: Box::new(fleet::load()) });
    told.records
}

fn checked(records: &[Record]) -> Checked {
    let (entries, head) = (records.len() as u64, Digest::of(b"the last line"));
    Checked { entries, head, torn: false, damage: None }
}

pub(crate) fn record(plan: &Plan) -> ChangeRecord {
    let records = records(plan);
    change::of(plan, &records, (format!("{PLACE}, run {RUN}"), &checked(&records)))
}

/// What is left of the record of a run that was cut off and whose journal was changed.
pub(crate) fn damaged(plan: &Plan) -> ChangeRecord {
    let mut records = records(plan);
    records.truncate(8);
    let damage = JournalError::Damaged {
        place: PLACE.to_owned(),
        line: 9,
        offset: 3120,
        problem: "it was changed: its digest doesn't fit".to_owned(),
    };
    let checked = Checked { damage: Some(damage), torn: true, ..checked(&records) };
    change::of(plan, &records, (PLACE.to_owned(), &checked))
}

/// The record with `text` in every field that can hold some.
pub(crate) fn hostile(plan: &Plan, text: &str) -> ChangeRecord {
    let own = || text.to_owned();
    let mut record = record(&fleet::plan());
    (record.run, record.cluster, record.environment) = (own(), own(), own());
    (record.release, record.plan.manifest, record.plan.tool) = (own(), own(), own());
    record.ending = RunEnding::Stopped(own());
    for attempt in &mut record.attempts {
        (attempt.controller, attempt.tool, attempt.stopped) = (own(), own(), Some(own()));
    }
    for it in &mut record.taken_over {
        (it.from, it.by, it.reason) = (own(), own(), own());
    }
    for it in &mut record.requests {
        (it.by, it.reason) = (own(), own());
    }
    for (step, of) in record.steps.iter_mut().zip(&plan.steps) {
        (step.step, step.skipped) = (of.id.to_string(), Some(own()));
        for one in &mut step.tries {
            if let Some(StepOutcome::Failed(failure)) = &mut one.outcome {
                (failure.during, failure.command, failure.ended) = (own(), own(), own());
                (failure.output, failure.hint) = ([own(), own()].into(), own());
            }
        }
    }
    record.debts = [(own(), own())].into();
    (record.journal.place, record.journal.damage) = (own(), Some(own()));
    record
}

pub(crate) fn history(text: Option<&str>) -> History {
    let own = |else_: &str| text.unwrap_or(else_).to_owned();
    let at = |time: &str| Some(time.parse().unwrap());
    let complete = Summary {
        kind: RunKind::Change,
        run: own(RUN),
        release: own("2026-11"),
        seal: Some(Digest::of(b"plan")),
        began: at("2026-11-18T22:04:00Z"),
        last: at("2026-11-19T01:00:00Z"),
        controllers: vec![own(FIRST), own(SECOND)],
        steps: 40,
        done: 39,
        failed: 0,
        interrupted: 0,
        debts: [(own("storage-01/file-storage/upgrade"), own("its window is tomorrow"))].into(),
        ending: RunEnding::Complete,
        without: Vec::new(),
        not_planned: NotPlanned { unknown: 1, withheld: 4 },
        damage: None,
    };
    let stopped = Summary {
        run: own("20261102T210000000Z-ba9876543210"),
        began: at("2026-11-02T21:00:00Z"),
        controllers: vec![own(FIRST)],
        done: 12,
        failed: 1,
        interrupted: 1,
        debts: [].into(),
        ending: RunEnding::Stopped(own("the window is over")),
        damage: Some(own("line 31 (byte 9120): it was changed")),
        ..complete.clone()
    };
    let given_up = Summary {
        run: own("20261001T210000000Z-aaaaaaaaaaaa"),
        began: at("2026-10-01T21:00:00Z"),
        done: 0,
        ending: RunEnding::GivenUp(own("the plan was wrong")),
        ..stopped.clone()
    };
    let open = Summary { ending: RunEnding::Open, damage: None, ..stopped.clone() };
    History::new(own(PLACE), vec![complete, open, stopped, given_up])
}
