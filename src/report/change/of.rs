//! From a plan and the journal of its run to the change record.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{
    After, AttemptAccount, ChangeRecord, Exception, FORMAT, JournalAccount, PlanAccount,
    RequestAccount, StepAccount, TakeOver, TryAccount, UnrehearsedAccount, VERSION, VersionAccount,
};
use crate::approval::Approval;
use crate::notice::Told;
use crate::plan::{Plan, Rehearsed, Step};
use crate::report::{logs, parts, scans};
use crate::scan::load::LoadAccount;
use crate::state::{Checked, Entry, Progress, Record, RunEnding, StepOutcome};
use crate::value::Period;

/// The change record of the run of `plan` whose journal, in `place`, has these good `records`.
#[must_use]
pub fn of(plan: &Plan, records: &[Record], (place, checked): (String, &Checked)) -> ChangeRecord {
    let mut told = Story::default();
    for record in records {
        told.take(record);
    }
    let time = |record: Option<&Record>| record.map_or(Timestamp::UNIX_EPOCH, |record| record.at);
    let mut steps: Vec<StepAccount> = plan.steps.iter().map(untold).collect();
    for step in &mut steps {
        step.tries = told.tries.remove(&step.step).unwrap_or_default();
        step.skipped = told.skipped.remove(&step.step);
    }
    ChangeRecord {
        format: FORMAT.to_owned(),
        version: VERSION,
        run: told.run,
        cluster: plan.cluster.clone(),
        environment: plan.environment.clone(),
        release: plan.goal(),
        plan: PlanAccount {
            seal: plan.seal,
            manifest: plan.manifest.clone(),
            tool: plan.basis.tool.clone(),
            desired: plan.basis.desired,
        },
        began: time(records.first()),
        last: time(records.last()),
        ending: told.ending,
        attempts: told.attempts,
        taken_over: told.taken_over,
        approvals: told.approvals,
        unapproved: told.unapproved,
        again: told.again,
        rehearsals: told.rehearsals,
        unrehearsed: told.unrehearsed,
        versions: versions(plan, &steps),
        parts: parts::of(plan, &took(&steps)),
        steps,
        scans: scans::of(plan, &told.progress.scanned),
        logs: logs::of(plan, &told.progress.logs),
        notices: told.notices,
        loads: told.loads,
        requests: told.requests,
        debts: told.progress.skipped,
        waivers: plan.waivers.clone(),
        journal: JournalAccount {
            place,
            entries: checked.entries,
            head: checked.head,
            torn: checked.torn,
            damage: checked.damage.as_ref().map(ToString::to_string),
        },
    }
}

/// What the journal has told so far.
#[derive(Default)]
struct Story {
    run: String,
    ending: RunEnding,
    attempts: Vec<AttemptAccount>,
    taken_over: Vec<TakeOver>,
    approvals: Vec<Approval>,
    unapproved: Vec<Exception>,
    again: Vec<Exception>,
    rehearsals: Vec<Rehearsed>,
    unrehearsed: Vec<UnrehearsedAccount>,
    requests: Vec<RequestAccount>,
    loads: Vec<LoadAccount>,
    notices: Vec<Told>,
    tries: BTreeMap<String, Vec<TryAccount>>,
    skipped: BTreeMap<String, String>,
    progress: Progress,
}

impl Story {
    fn take(&mut self, Record { at, entry, .. }: &Record) {
        self.progress.take(entry);
        let at = *at;
        match entry.clone() {
            Entry::Opened { run, .. } => self.run = run,
            Entry::Again { by, reason, .. } => self.again.push(Exception { at, by, reason }),
            Entry::Rehearsed { evidence } => self.rehearsals.extend(evidence),
            Entry::Unrehearsed { by, reason, missing } => {
                self.unrehearsed.push(UnrehearsedAccount { at, by, reason, missing });
            }
            Entry::Approved { approvals } => self.approvals.extend(approvals),
            Entry::Unapproved { by, reason } => {
                self.unapproved.push(Exception { at, by, reason });
            }
            Entry::TakenOver { from, by, reason } => {
                self.taken_over.push(TakeOver { at, from, by, reason });
            }
            Entry::Started { tool, fence, controller, .. } => {
                let (ended, stopped) = (None, None);
                let began = at;
                let attempt = AttemptAccount { controller, tool, fence, began, ended, stopped };
                self.attempts.push(attempt);
                self.ending = RunEnding::Open;
            }
            Entry::Intent { step, attempt } => {
                let tries = self.tries.entry(step).or_default();
                tries.push(TryAccount { attempt, began: at, outcome: None, took: None });
            }
            Entry::Result { step, outcome: StepOutcome::NotBegun, .. } => {
                self.tries.get_mut(&step).and_then(Vec::pop);
            }
            Entry::Result { step, outcome, took } => {
                if let StepOutcome::Told(told) = &outcome {
                    self.notices.push((**told).clone());
                }
                if let Some(one) = self.tries.get_mut(&step).and_then(|tries| tries.last_mut()) {
                    (one.outcome, one.took) = (Some(outcome), Some(took));
                }
            }
            // What came of it stands with the end of the step.
            Entry::Noted { .. } => {}
            Entry::Skipped { step, reason } => drop(self.skipped.insert(step, reason)),
            Entry::Asked { what, by, reason } => {
                self.requests.push(RequestAccount { at, what, by, reason });
            }
            Entry::Told { told } => self.notices.push(*told),
            Entry::Loaded { load } => self.loads.push(*load),
            Entry::Ended { stopped } => {
                if let Some(attempt) = self.attempts.last_mut() {
                    (attempt.ended, attempt.stopped) = (Some(at), stopped.clone());
                }
                self.ending = stopped.map_or(RunEnding::Complete, RunEnding::Stopped);
            }
            Entry::GivenUp { reason } => self.ending = RunEnding::GivenUp(reason),
        }
    }
}

/// A step of which nothing is told yet.
/// What the last try of each step took, where its end is recorded.
fn took(steps: &[StepAccount]) -> BTreeMap<&str, Period> {
    let last = |step: &StepAccount| step.tries.last()?.took;
    steps.iter().filter_map(|step| Some((step.step.as_str(), last(step)?))).collect()
}

fn untold(step: &Step) -> StepAccount {
    StepAccount {
        step: step.id.to_string(),
        host: step.host.clone(),
        component: step.component.clone(),
        action: step.action,
        stage: step.stage,
        reasons: step.reasons.clone(),
        forecast: step.forecast,
        tries: Vec::new(),
        skipped: None,
        commands: Arc::clone(&step.commands),
    }
}

fn versions(plan: &Plan, accounts: &[StepAccount]) -> Vec<VersionAccount> {
    let installing = plan.steps.iter().zip(accounts).filter(|(step, _)| step.action.installs());
    let version = |(step, account): (&Step, &StepAccount)| VersionAccount {
        component: step.component.clone(),
        host: step.host.clone(),
        before: step.from.clone(),
        planned: step.to.clone(),
        after: match account.outcome() {
            Some(outcome) if outcome.is_done() => After::Planned,
            Some(StepOutcome::Failed(_)) => After::Unclear,
            _ if account.tries.is_empty() => After::Before,
            _ => After::Unclear,
        },
    };
    let mut versions: Vec<VersionAccount> = installing.map(version).collect();
    versions.sort_by(|a, b| (&a.component, &a.host).cmp(&(&b.component, &b.host)));
    versions
}
