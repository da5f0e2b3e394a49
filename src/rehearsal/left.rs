//! What a failed run leaves behind, in words.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::{package, unit};
use crate::address::ComponentName;
use crate::apply::Ending;
use crate::catalog::Then;
use crate::fact::{PackageState, UnitState};
use crate::observe::{HostState, Observed};
use crate::plan::{Plan, Step};
use crate::state::{StepFailure, StepOutcome};

/// What a run of `plan` that ended so has left behind: `before` is what there was, `now` what there is.
pub(super) fn behind(
    plan: &Plan,
    ending: &Ending,
    (before, now): (&Observed, &Observed),
) -> Vec<String> {
    let mut left: Vec<String> = between(plan, ending).into_iter().collect();
    left.extend(mixed(now).difference(&mixed(before)).cloned());
    left.extend(half_way(before, now));
    left.extend(failed(plan, ending).filter_map(|(step, _)| policy(plan, step)));
    left
}

/// Which components have changed and which have not, when that is some of them.
fn between(plan: &Plan, ending: &Ending) -> Option<String> {
    let changes = || plan.steps.iter().filter(|step| step.is_change());
    let open: BTreeSet<&ComponentName> =
        changes().filter(|it| !ending.is_done(&it.id)).map(|it| &it.component).collect();
    let begun: BTreeSet<&ComponentName> =
        changes().filter(|it| ending.is_done(&it.id)).map(|it| &it.component).collect();
    let words = |names: &mut dyn Iterator<Item = &&ComponentName>| {
        names.map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let done = words(&mut begun.difference(&open));
    (!done.is_empty() && !open.is_empty())
        .then(|| format!("changed: {done}; not yet: {}", words(&mut open.iter())))
}

/// The components that are in more than one version, with the hosts of each.
fn mixed(observed: &Observed) -> BTreeSet<String> {
    let mut versions: BTreeMap<&ComponentName, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for (host, state) in &observed.hosts {
        let HostState::Known(known) = state else { continue };
        for (name, facts) in &known.components {
            if let PackageState::Installed(version) = &facts.package {
                let of_component = versions.entry(name).or_default();
                of_component.entry(version.upstream().as_str()).or_default().push(host.as_str());
            }
        }
    }
    let words = |(name, versions): (&ComponentName, BTreeMap<&str, Vec<&str>>)| {
        let part =
            |(version, hosts): (&&str, &Vec<&str>)| format!("{version} on {}", hosts.join(", "));
        let parts: Vec<String> = versions.iter().map(part).collect();
        (parts.len() > 1).then(|| format!("{name}: {}", parts.join("; ")))
    };
    versions.into_iter().filter_map(words).collect()
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
            let same = then
                .is_some_and(|then| (&then.package, &then.unit) == (&facts.package, &facts.unit));
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
    Some(format!(
        "{name}: `mdc apply` itself takes this back (`on-failure`: {what}); this drill doesn't"
    ))
}
