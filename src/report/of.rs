//! From a plan and how its run ended to the account of it.

use std::collections::BTreeMap;

use super::{Report, StepReport, logs, mixed, parts, scans};
use crate::apply::Ending;
use crate::diff::{Action, Reason};
use crate::notice::Told;
use crate::plan::{Plan, Purpose, REFUSED, Step};
use crate::state::StepOutcome;
use crate::transport::Task;
use crate::value::Period;

/// The commands that lead on from a run that is not complete.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ways<'a> {
    /// Goes on with the run.
    pub go_on: &'a str,
    /// Does what was left out of a run that is over.
    pub debts: &'a str,
    /// Makes the next plan, when the run is over and its plan was not all that there is to do, or did not
    /// hold any more.
    pub plan: &'a str,
    /// Takes it back.
    pub go_back: &'a str,
}

/// The account of a run of `plan`. `recorded`: where the run is recorded.
#[must_use]
pub fn of(plan: &Plan, run: &str, ending: &Ending, recorded: &str, ways: Ways<'_>) -> Report {
    let over = plan.steps.iter().all(|step| ending.is_done(&step.id));
    let whole = over && plan.unknown.is_empty() && plan.withheld.is_empty();
    let next = match (whole, over) {
        (true, _) => String::new(),
        (false, true) => ways.plan.to_owned(),
        (false, false) => match why_over(plan, ending) {
            Some(Owed::Refused) => ways.plan.to_owned(),
            Some(Owed::LeftOut) => ways.debts.to_owned(),
            None => [ways.go_on.to_owned(), confirms(plan, ending)].concat(),
        },
    };
    let back = if whole { "" } else { go_back(plan, ending, ways) };
    Report {
        run: run.to_owned(),
        cluster: plan.cluster.clone(),
        release: plan.release.clone(),
        purpose: plan.purpose.clone(),
        steps: accounts(plan, ending),
        parts: parts::of(plan, &took(ending)),
        scans: scans::of(plan, &ending.scanned),
        logs: logs::of(plan, &ending.logs),
        notices: notices(plan, ending),
        load: None,
        stopped: ending.stopped.clone(),
        unknown: plan.unknown.iter().map(|unknown| unknown.host.clone()).collect(),
        withheld: plan.withheld.len(),
        unreturned: unreturned(plan),
        mixed: if whole { Vec::new() } else { mixed::of(plan, ending) },
        stays: stays(plan, ending),
        recorded: recorded.to_owned(),
        next,
        back: back.to_owned(),
        taken_back: None,
    }
}

/// All that the plan of a rollback warns of is what stays as it is.
fn unreturned(plan: &Plan) -> Vec<String> {
    match plan.purpose {
        Purpose::RollBack(_) => plan.warnings.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

/// Why the run is over, and not all of its plan is done.
enum Owed {
    /// Its plan did not hold any more, at least in part.
    Refused,
    /// The user wanted a part only.
    LeftOut,
}

/// Why nothing is left of the run but what it owes. What stands beside runs is begun anew.
fn why_over(plan: &Plan, ending: &Ending) -> Option<Owed> {
    if plan.purpose.stands_beside() {
        return None;
    }
    let undone = plan.steps.iter().filter(|step| !ending.is_done(&step.id));
    let reasons: Option<Vec<&String>> = undone.map(|step| ending.skipped.get(&*step.id)).collect();
    let is_refused = |reason: &&String| reason.starts_with(REFUSED);
    reasons
        .map(|reasons| if reasons.iter().any(is_refused) { Owed::Refused } else { Owed::LeftOut })
}

/// What each step took that ended in this attempt.
fn took(ending: &Ending) -> BTreeMap<&str, Period> {
    ending.outcomes.iter().map(|(step, (_, took))| (step.as_str(), *took)).collect()
}

/// What says, with the command that goes on, that people have done what a gate asked them for and can't
/// see itself.
fn confirms(plan: &Plan, ending: &Ending) -> String {
    let asks = |step: &&Step| {
        let says = |task: &Task| matches!(task, Task::Confirm { verified: false, .. });
        step.action == Action::Confirm && step.commands.iter().any(|it| says(&it.task))
    };
    let open = plan.steps.iter().filter(asks).filter(|step| ending.has_failed(&step.id));
    let words: Vec<String> = open.map(|step| format!(" --confirm {}", step.component)).collect();
    words.concat()
}

/// The command that takes the run back, where it has changed anything that it leads to.
fn go_back<'a>(plan: &Plan, ending: &Ending, ways: Ways<'a>) -> &'a str {
    let mut changes = plan.steps.iter().filter(|step| step.is_change());
    let has_begun = changes.any(|step| ending.is_done(&step.id) || ending.has_failed(&step.id));
    if has_begun && plan.purpose == Purpose::Release { ways.go_back } else { "" }
}

/// What steps that are done have kept for their way back.
fn stays(plan: &Plan, ending: &Ending) -> Vec<String> {
    let done = plan.steps.iter().filter(|step| ending.is_done(&step.id));
    let of_step = |step: &Step| {
        let what = step.reasons.iter().find_map(|reason| match reason {
            Reason::OldDataStay { what } => Some(what),
            _ => None,
        });
        what.filter(|_| step.is_change())
            .map(|what| format!("{} on {}: {what}", step.component, step.host))
    };
    done.filter_map(of_step).collect()
}

/// Who was told of what in this attempt, in the order of the plan.
fn notices(plan: &Plan, ending: &Ending) -> Vec<Told> {
    let of_step = |step: &Step| match ending.outcomes.get(&*step.id) {
        Some((StepOutcome::Told(told), _)) => Some((**told).clone()),
        _ => None,
    };
    plan.steps.iter().filter_map(of_step).chain(ending.told.iter().cloned()).collect()
}

fn accounts(plan: &Plan, ending: &Ending) -> Vec<StepReport> {
    let mut blocked: BTreeMap<&str, String> = BTreeMap::new();
    plan.steps
        .iter()
        .map(|step| {
            let account = account(step, ending, &blocked);
            match &account {
                StepReport { outcome: Some(StepOutcome::Failed(_)), .. } => {
                    blocked.insert(&step.id, format!("{}, which failed", step.id));
                }
                StepReport { waits: Some(root), .. } => {
                    blocked.insert(&step.id, root.clone());
                }
                _ => {}
            }
            account
        })
        .collect()
}

/// The account of one step; `blocked` names the root of what holds up each earlier step.
fn account(step: &Step, ending: &Ending, blocked: &BTreeMap<&str, String>) -> StepReport {
    let begun = ending.outcomes.get(&*step.id);
    let kept = ending.kept.get(&*step.id).cloned().map(StepOutcome::Kept);
    let logs = ending.logs.get(&*step.id).cloned();
    let logs = logs.map(|read| StepOutcome::LogsRead(Box::new(read)));
    let done = || kept.or(logs).unwrap_or(StepOutcome::Done);
    let before = ending.done_before.contains(&*step.id).then(done);
    let outcome = begun.map(|(outcome, _)| outcome.clone()).or(before);
    let waits = match outcome {
        Some(_) => None,
        None if ending.skipped.contains_key(&*step.id) => Some(owed(ending.skipped.get(&*step.id))),
        None => Some(
            step.after
                .iter()
                .find_map(|id| blocked.get(&**id).cloned())
                .unwrap_or_else(|| "the run, which was stopped".to_owned()),
        ),
    };
    StepReport {
        step: step.id.to_string(),
        outcome,
        waits,
        took: begun.map_or(Period::default(), |(_, took)| *took),
        forecast: step.forecast,
    }
}

fn owed(why: Option<&String>) -> String {
    match why.and_then(|why| why.strip_prefix(REFUSED)) {
        Some(why) => format!("a new plan, since it was refused: {why}"),
        None => "a later run: it was left out, and is owed".to_owned(),
    }
}
