//! What changes need, and what is known not to work: their steps would not begin, and leave the cluster in
//! two versions.

use std::collections::BTreeMap;

use super::{About, Finding};
use crate::address::{Address, ComponentName, HostName};
use crate::catalog::{Component, Format};
use crate::diagnostic::Code;
use crate::diff::Action;
use crate::observe::{ComponentFacts, HealthState, UnitState};

pub(super) fn check(about: &About<'_>, found: &mut Vec<Finding>) {
    // By what does not work, who needs it: many hosts of a component say it once.
    let mut needed: BTreeMap<&Address, Vec<&ComponentName>> = BTreeMap::new();
    let sick: Vec<(&Address, String)> = sick(about).collect();
    for (host, component, change) in about.changes() {
        let Some(changed) = about.desired.components.get(component) else { continue };
        if change.action == Action::Remove {
            continue;
        }
        for (address, _) in &sick {
            let names = needed.entry(address).or_default();
            if !names.contains(&component)
                && needs((host, changed), address)
                && !is_mended_before(about, address, changed)
            {
                names.push(component);
            }
        }
    }
    for (address, why) in &sick {
        let mut names = needed.remove(address).unwrap_or_default();
        if names.is_empty() {
            continue;
        }
        names.sort();
        let names: Vec<&str> = names.into_iter().map(ComponentName::as_str).collect();
        let says = format!(
            "is not healthy, and the plan changes what needs it before it would be mended: {}",
            names.join(", ")
        );
        let host = about.desired.hosts.get(&address.host);
        let look = match host.map(|host| host.format) {
            Some(Format::Msi) => "`Get-Service`, the event log",
            _ => "`systemctl status`, `journalctl`",
        };
        let help = format!("mend it first ({look} on {}), then plan again", address.host);
        let finding = Finding::new(Code::NeededUnhealthy, &address.host, says, help);
        found.push(finding.of(&address.component).measured(why.as_str()));
    }
}

/// What is known not to work, with why.
fn sick<'a>(about: &About<'a>) -> impl Iterator<Item = (&'a Address, String)> {
    let resources = about.desired.resources.keys();
    let facts = |address: &Address| about.facts(&address.host)?.components.get(&address.component);
    resources.filter_map(move |address| Some((address, why(facts(address)?)?)))
}

/// Why it does not work, if that is known.
fn why(facts: &ComponentFacts) -> Option<String> {
    match (&facts.unit, &facts.health) {
        (UnitState::Active, HealthState::Unhealthy(why)) => Some(why.clone()),
        (UnitState::Stopped(state), _) => Some(format!("its service doesn't run: {state}")),
        _ => None,
    }
}

fn needs((host, component): (&HostName, &Component), address: &Address) -> bool {
    component.needs.iter().any(|need| {
        need.component == address.component && (!need.same_host || *host == address.host)
    })
}

/// Whether the plan brings it up, or changes it, before it changes `component`.
fn is_mended_before(about: &About<'_>, address: &Address, component: &Component) -> bool {
    let Some(change) = about.comparison.changes.get(address) else { return false };
    let place = |it: &Component| (it.stage, it.upgrade_order);
    let own = about.desired.components.get(&address.component);
    change.action.restores() || own.is_some_and(|own| place(own) < place(component))
}
