//! From a plan and how its run ended to the account of it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Report, StepReport, logs, scans};
use crate::address::ComponentName;
use crate::apply::Ending;
use crate::diff::Reason;
use crate::notice::Told;
use crate::plan::{Plan, Step};
use crate::state::StepOutcome;
use crate::value::Period;

/// The account of a run of `plan`. `recorded`: where the run is recorded; `next`: the command that
/// goes on from here.
#[must_use]
pub fn of(plan: &Plan, run: &str, ending: &Ending, recorded: &str, next: &str) -> Report {
    let whole = plan.steps.iter().all(|step| ending.is_done(&step.id));
    Report {
        run: run.to_owned(),
        cluster: plan.cluster.clone(),
        release: plan.release.clone(),
        purpose: plan.purpose.clone(),
        steps: accounts(plan, ending),
        scans: scans::of(plan, &ending.scanned),
        logs: logs::of(plan, &ending.logs),
        notices: notices(plan, ending),
        load: None,
        stopped: ending.stopped.clone(),
        mixed: if whole { Vec::new() } else { mixed(plan, ending) },
        stays: stays(plan, ending),
        recorded: recorded.to_owned(),
        next: if whole { String::new() } else { next.to_owned() },
    }
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
        None if ending.skipped.contains_key(&*step.id) => {
            Some("a later run: it was left out, and is owed".to_owned())
        }
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

/// Which components are left between two versions, in words; nothing while nothing was changed.
fn mixed(plan: &Plan, ending: &Ending) -> Vec<String> {
    let changes = || plan.steps.iter().filter(|step| step.action.installs());
    if !changes().any(|step| ending.is_done(&step.id) || failed(ending, &step.id)) {
        return Vec::new();
    }
    let mut versions: BTreeMap<&ComponentName, BTreeMap<String, BTreeSet<&str>>> = BTreeMap::new();
    for step in changes() {
        let hosts = versions.entry(&step.component).or_default().entry(left_at(step, ending));
        hosts.or_default().insert(step.host.as_str());
    }
    let words = |(component, states): (&ComponentName, BTreeMap<String, BTreeSet<&str>>)| {
        let part = |(state, hosts): (&String, &BTreeSet<&str>)| {
            format!("{state} on {}", hosts.iter().copied().collect::<Vec<_>>().join(", "))
        };
        format!("{component}: {}", states.iter().map(part).collect::<Vec<_>>().join("; "))
    };
    versions.into_iter().map(words).collect()
}

/// The version that a step left its resource at, in words.
fn left_at(step: &Step, ending: &Ending) -> String {
    let from = step.from.as_ref().map(|version| version.upstream().to_string());
    let from = from.unwrap_or_else(|| "not installed".to_owned());
    if ending.is_done(&step.id) {
        step.to.to_string()
    } else if failed(ending, &step.id) {
        format!("between {from} and {}", step.to)
    } else {
        from
    }
}

fn failed(ending: &Ending, id: &str) -> bool {
    matches!(ending.outcomes.get(id), Some((StepOutcome::Failed(_), _)))
}
