//! Which components a run that did not change everything leaves in more than one version, over all hosts
//! that have them: those that it changed, those that it did not come to, those that needed no change, and
//! those that nobody could look at.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::ComponentName;
use crate::apply::Ending;
use crate::plan::{Plan, Step};

/// Which hosts a component is on, by its version there in words.
type Versions<'a> = BTreeMap<String, BTreeSet<&'a str>>;

/// The components that are in more than one version, in words; nothing while nothing was changed.
pub(super) fn of(plan: &Plan, ending: &Ending) -> Vec<String> {
    let mut changes = plan.steps.iter().filter(|step| step.action.installs());
    if !changes.any(|step| ending.is_done(&step.id) || ending.has_failed(&step.id)) {
        return Vec::new();
    }
    let mut components = versions(plan, ending);
    // Who goes back knows only of those that it takes back: others stay where they are.
    components.retain(|_, versions| versions.len() > 1 || plan.members.is_empty());
    components.into_iter().map(words).collect()
}

fn versions<'a>(plan: &'a Plan, ending: &Ending) -> BTreeMap<&'a ComponentName, Versions<'a>> {
    let mut components: BTreeMap<&ComponentName, Versions<'a>> = BTreeMap::new();
    let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut tell = |component: &'a ComponentName, host: &'a str, version: String| {
        if told.insert((component.as_str(), host)) {
            let versions = components.entry(component).or_default();
            versions.entry(version).or_default().insert(host);
        }
    };
    for step in plan.steps.iter().filter(|step| step.action.installs()) {
        tell(&step.component, step.host.as_str(), left_at(step, ending));
    }
    for held in &plan.withheld {
        tell(&held.component, held.host.as_str(), "not changed, since it is withheld,".to_owned());
    }
    for unknown in &plan.unknown {
        for component in &unknown.components {
            tell(component, unknown.host.as_str(), "unknown".to_owned());
        }
    }
    let desired: BTreeMap<&ComponentName, String> =
        plan.steps.iter().map(|step| (&step.component, step.to.to_string())).collect();
    for (component, members) in &plan.members {
        let Some(version) = desired.get(component) else { continue };
        for member in &members.0 {
            tell(component, member.host.as_str(), version.clone());
        }
    }
    components
}

fn words((component, versions): (&ComponentName, Versions<'_>)) -> String {
    let part = |(version, hosts): (&String, &BTreeSet<&str>)| {
        format!("{version} on {}", hosts.iter().copied().collect::<Vec<_>>().join(", "))
    };
    format!("{component}: {}", versions.iter().map(part).collect::<Vec<_>>().join("; "))
}

/// The version that a step left its resource at, in words.
fn left_at(step: &Step, ending: &Ending) -> String {
    let from = step.from.as_ref().map(|version| version.upstream().to_string());
    let from = from.unwrap_or_else(|| "not installed".to_owned());
    if ending.is_done(&step.id) {
        step.to.to_string()
    } else if ending.has_failed(&step.id) {
        format!("between {from} and {}", step.to)
    } else {
        from
    }
}
