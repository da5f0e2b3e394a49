//! The comparison itself, one resource at a time.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::{Action, Reason, Refusal};
use crate::address::{Address, HostName};
use crate::desired::{Desired, Resource};
use crate::observe::{
    ComponentFacts, HealthState, HostState, Observed, PackageState, UnitState, Unreadable,
};
use crate::value::{PackageVersion, Version};

/// Everything that differs, everything that is not known, and what is worth a warning.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// What has to change, by resource.
    pub changes: BTreeMap<Address, Change>,
    /// The facts that the comparison used, by resource, also of those that need no change.
    pub facts: BTreeMap<Address, ComponentFacts>,
    /// The hosts that could not be read.
    pub unknown: BTreeMap<HostName, Unreadable>,
    /// What forbids a plan.
    pub refusals: Vec<Refusal>,
    /// What a reviewer should know besides, in words.
    pub warnings: Vec<String>,
}

/// What has to be done to one resource, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is done.
    pub action: Action,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The version that is there, when there is one.
    pub from: Option<PackageVersion>,
}

/// Compares every resource of `desired` with what was observed of it.
#[must_use]
pub fn compare(desired: &Desired, observed: &Observed) -> Comparison {
    let mut comparison = Comparison::default();
    for (name, host) in &desired.hosts {
        match observed.hosts.get(name) {
            Some(HostState::Known(facts)) if facts.os == host.os => {}
            Some(HostState::Known(facts)) => {
                comparison.refusals.push(Refusal::OperatingSystem {
                    host: name.clone(),
                    observed: facts.os.clone(),
                    desired: host.os.clone(),
                });
            }
            Some(HostState::Unknown(why)) => {
                comparison.unknown.insert(name.clone(), why.clone());
            }
            None => {
                comparison.unknown.insert(name.clone(), not_observed());
            }
        }
    }
    for (address, resource) in &desired.resources {
        let Some(HostState::Known(host)) = observed.hosts.get(&address.host) else { continue };
        match host.components.get(&address.component) {
            Some(facts) => comparison.add(desired, address, resource, facts),
            None => {
                comparison.unknown.insert(address.host.clone(), not_observed());
            }
        }
    }
    comparison
}

fn not_observed() -> Unreadable {
    Unreadable {
        reason: "the snapshot holds nothing of it".to_owned(),
        hint: "observe again with the present manifest".to_owned(),
    }
}

impl Comparison {
    fn add(
        &mut self,
        desired: &Desired,
        address: &Address,
        resource: &Resource,
        facts: &ComponentFacts,
    ) {
        self.facts.insert(address.clone(), facts.clone());
        if let Some(change) = change(resource, facts) {
            if let (Action::Downgrade, false, Some(observed)) =
                (change.action, desired.allow_downgrade, &change.from)
            {
                self.refusals.push(Refusal::Downgrade {
                    address: address.clone(),
                    observed: observed.clone(),
                    desired: resource.version.clone(),
                });
            }
            self.changes.insert(address.clone(), change);
        } else if let Some(warning) = warning(address, resource, facts) {
            self.warnings.push(warning);
        }
    }
}

/// What has to be done to one resource; none when it is as desired.
fn change(resource: &Resource, facts: &ComponentFacts) -> Option<Change> {
    let desired = &resource.version;
    match &facts.package {
        PackageState::Absent => Some(Change {
            action: Action::Install,
            reasons: vec![Reason::NotInstalled { desired: desired.clone() }],
            from: None,
        }),
        PackageState::Broken { version, status } => {
            let broken =
                Reason::PackageBroken { observed: version.clone(), status: status.clone() };
            let mut change = moved(version, desired).unwrap_or(Change {
                action: Action::Repair,
                reasons: Vec::new(),
                from: Some(version.clone()),
            });
            change.reasons.insert(0, broken);
            Some(change)
        }
        PackageState::Installed(version) => {
            moved(version, desired).or_else(|| stopped(version, &facts.unit))
        }
    }
}

fn moved(observed: &PackageVersion, desired: &Version) -> Option<Change> {
    let action = match observed.upstream().cmp(desired) {
        Ordering::Less => Action::Upgrade,
        Ordering::Equal => return None,
        Ordering::Greater => Action::Downgrade,
    };
    let reason = Reason::VersionDiffers { observed: observed.clone(), desired: desired.clone() };
    Some(Change { action, reasons: vec![reason], from: Some(observed.clone()) })
}

fn stopped(version: &PackageVersion, unit: &UnitState) -> Option<Change> {
    let UnitState::Stopped(observed) = unit else { return None };
    Some(Change {
        action: Action::Start,
        reasons: vec![Reason::UnitStopped { observed: observed.clone() }],
        from: Some(version.clone()),
    })
}

/// What no step mends but somebody should look at.
fn warning(address: &Address, resource: &Resource, facts: &ComponentFacts) -> Option<String> {
    match (&facts.unit, &facts.health) {
        (UnitState::Absent, _) => Some(format!(
            "{address}: the package {} is installed but the host has no service {}; \
             check `unit` of {} in the catalog",
            resource.package, resource.unit, address.component
        )),
        (_, HealthState::Unhealthy(said)) => Some(format!(
            "{address} has the desired version but is not healthy ({said}); \
             no step of a plan mends that"
        )),
        _ => None,
    }
}
