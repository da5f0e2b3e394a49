//! What changes need, and what is known not to work: their steps would not begin, and leave the cluster in
//! two versions.

use std::collections::BTreeSet;

use super::{About, Finding};
use crate::address::{Address, ComponentName};
use crate::catalog::{Component, Format};
use crate::diagnostic::Code;
use crate::diff::{Action, Change};
use crate::observe::{ComponentFacts, HealthState, UnitState};

pub(super) fn check(about: &About<'_>, found: &mut Vec<Finding>) {
    let removes = |change: &Change| change.action == Action::Remove;
    let changed: BTreeSet<&ComponentName> =
        about.changes().filter(|it| !removes(it.2)).map(|(_, name, _)| name).collect();
    for (address, why) in sick(about) {
        let too_early = |name: &&&ComponentName| {
            about.desired.components.get(**name).is_some_and(|component| {
                needs(about, component, address) && !is_mended_before(about, address, component)
            })
        };
        let names: Vec<&str> = changed.iter().filter(too_early).map(|it| it.as_str()).collect();
        if names.is_empty() {
            continue;
        }
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
        found.push(finding.of(&address.component).measured(why));
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

/// Whether a change of `component`, which is changed somewhere, needs what is at `address`.
fn needs(about: &About<'_>, component: &Component, address: &Address) -> bool {
    let is_changed_there = || {
        let there = Address { host: address.host.clone(), component: component.name.clone() };
        let change = about.comparison.changes.get(&there);
        change.is_some_and(|change| change.action != Action::Remove)
    };
    let mut needs = component.needs.iter().filter(|need| need.component == address.component);
    needs.any(|need| !need.same_host || is_changed_there())
}

/// Whether the plan brings it up, or changes it, before it changes `component`.
fn is_mended_before(about: &About<'_>, address: &Address, component: &Component) -> bool {
    let Some(change) = about.comparison.changes.get(address) else { return false };
    let place = |it: &Component| (it.stage, it.upgrade_order);
    let own = about.desired.components.get(&address.component);
    change.action.restores() || own.is_some_and(|own| place(own) < place(component))
}
