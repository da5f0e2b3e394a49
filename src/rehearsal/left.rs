//! What a failed run leaves behind, in words.

use super::compare::{package, unit};
use crate::apply::Ending;
use crate::catalog::Then;
use crate::fact::{PackageState, UnitState};
use crate::observe::{HostState, Observed};
use crate::plan::{Plan, Step};
use crate::report;
use crate::state::{StepFailure, StepOutcome};

/// What a run of `plan` that ended so has left behind: `before` is what there was, `now` what there is.
pub(super) fn behind(
    plan: &Plan,
    ending: &Ending,
    (before, now): (&Observed, &Observed),
) -> Vec<String> {
    let mut left = report::of(plan, "", ending, "", "resume").mixed;
    left.extend(half_way(before, now));
    left.extend(failed(plan, ending).filter_map(|(step, _)| policy(plan, step)));
    left
}

/// The steps that failed.
pub(super) fn failed<'e>(
    plan: &'e Plan,
    ending: &'e Ending,
) -> impl Iterator<Item = (&'e Step, &'e StepFailure)> {
    plan.steps.iter().filter_map(|step| match ending.outcomes.get(&*step.id) {
        Some((StepOutcome::Failed(failure), _)) => Some((step, failure)),
        _ => None,
    })
}

/// A failure in one line.
pub(super) fn in_words(failure: &StepFailure) -> String {
    format!("could not {}: {}", failure.during, failure.ended)
}

/// Packages that are half-way and services that stand still, which were not so before.
fn half_way(before: &Observed, now: &Observed) -> Vec<String> {
    let mut left = Vec::new();
    for (host, state) in &now.hosts {
        let HostState::Known(known) = state else { continue };
        for (name, facts) in &known.components {
            let then = match before.hosts.get(host) {
                Some(HostState::Known(then)) => then.components.get(name),
                _ => None,
            };
            let same = then.is_some_and(|then| {
                (&then.package, &then.unit) == (&facts.package, &facts.unit)
            });
            let is_broken = matches!(facts.package, PackageState::Broken { .. });
            let is_stopped = matches!(facts.unit, UnitState::Stopped(_));
            if !same && (is_broken || is_stopped) {
                let (package, unit) = (package(&facts.package), unit(&facts.unit));
                left.push(format!("{host}/{name}: {package}, its service is {unit}"));
            }
        }
    }
    left
}

/// A rehearsal looks at what people can then do, whatever is done by itself.
fn policy(plan: &Plan, step: &Step) -> Option<String> {
    let then = plan.on_failure.get(&step.component)?.then;
    let what = match then {
        Then::Stop => return None,
        Then::RollbackHost => "rollback-host",
        Then::RollbackWave => "rollback-wave",
    };
    let name = &step.component;
    Some(format!("{name}: `mdc apply` itself takes this back (`on-failure`: {what}); this drill doesn't"))
}
