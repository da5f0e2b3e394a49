//! The rules of a plan that no script can hold: who has to approve it, and what follows from failures.

use super::text::{code, plain};
use crate::address::ComponentName;
use crate::catalog::{OnFailure, Then};
use crate::plan::Plan;
use crate::view::words;

/// How many people have to approve the plan, by stage, and who may; nothing when nobody has to.
pub(super) fn approvals(plan: &Plan) -> Vec<String> {
    let Some(rule) = &plan.approvals else { return Vec::new() };
    let people: Vec<String> = rule.people.keys().map(|person| code(person)).collect();
    let people = people.join(", ");
    let stages = plan.stages().into_iter().map(|stage| (stage, rule.asked_for(stage)));
    let asked = stages.filter(|&(_, number)| number > 0).map(|(stage, number)| {
        let number = words::count(number as usize, "approval");
        format!("{}: {number} of {people}", words::stage(stage))
    });
    asked.collect()
}

/// What follows when a component's step fails, where it is more than to stop.
pub(super) fn policies(plan: &Plan) -> Vec<String> {
    plan.on_failure.iter().filter_map(policy).map(|text| plain(&text)).collect()
}

fn policy((component, policy): (&ComponentName, &OnFailure)) -> Option<String> {
    let tolerated = (!policy.tolerate.is_none()).then(|| {
        format!(
            "up to {} of its hosts that this plan changes may fail: skip what is left on such a host, \
             touch it no more, and go on with the others",
            policy.tolerate
        )
    });
    let back = match policy.then {
        Then::Stop => None,
        Then::RollbackHost => Some("when it fails for good, take it back on that host"),
        Then::RollbackWave => Some(
            "when it fails for good, take it back on that host and on all hosts that changed in the \
             same wave",
        ),
    };
    let said: Vec<String> = tolerated.into_iter().chain(back.map(str::to_owned)).collect();
    (!said.is_empty()).then(|| format!("{component}: {}", said.join("; ")))
}
