//! How two states of a cluster differ, in words.

use crate::fact::{FileState, HealthState, PackageState, UnitState};
use crate::manifest::CORE;
use crate::observe::{ComponentFacts, CoreState, HostState, Observed};

/// How `one` differs from `other`, as far as components go: packages, services, health, roles and
/// files. What only a clock or a boot tells apart is not compared.
#[must_use]
pub fn differences(one: &Observed, other: &Observed) -> Vec<String> {
    let mut found = Vec::new();
    for (host, state) in &one.hosts {
        let (HostState::Known(known), Some(HostState::Known(then))) =
            (state, other.hosts.get(host))
        else {
            continue;
        };
        for (name, facts) in &known.components {
            let Some(then) = then.components.get(name) else { continue };
            let address = format!("{host}/{name}");
            found.extend(differs(facts, then).map(|how| format!("{address}: {how}")));
        }
    }
    for (host, state) in &one.cores {
        let then = other.cores.get(host).and_then(CoreState::known);
        let part = state.known().zip(then).filter(|(one, then)| one.role != then.role);
        found.extend(part.map(|(one, then)| {
            format!("{host}/{CORE}: it is {}, not {}", one.role.as_str(), then.role.as_str())
        }));
    }
    found
}

fn differs(one: &ComponentFacts, other: &ComponentFacts) -> Option<String> {
    if one.package != other.package {
        return Some(format!("{}, not {}", package(&one.package), package(&other.package)));
    }
    if one.unit != other.unit {
        return Some(format!("its service is {}, not {}", unit(&one.unit), unit(&other.unit)));
    }
    if is_healthy(&one.health) != is_healthy(&other.health) {
        let is = if is_healthy(&one.health) { "healthy" } else { "not healthy" };
        return Some(format!("it is {is}"));
    }
    if (&one.role, &one.kept) != (&other.role, &other.kept) {
        return Some("its role or its kept data are others".to_owned());
    }
    let mut files = one.files.iter();
    let file = files.find(|(name, state)| {
        other.files.get(*name).is_none_or(|then| content(state) != content(then))
    });
    file.map(|(name, _)| format!("its file {name} is another"))
}

/// The same content may have been written more often.
fn content(state: &FileState) -> FileState {
    let mut state = state.clone();
    if let FileState::There(there) = &mut state {
        there.stamp.clear();
    }
    state
}

const fn is_healthy(health: &HealthState) -> bool {
    !matches!(health, HealthState::Unhealthy(_))
}

/// A package's state, in words.
pub(super) fn package(state: &PackageState) -> String {
    match state {
        PackageState::Absent => "not installed".to_owned(),
        PackageState::Installed(version) => format!("in version {version}"),
        PackageState::Broken { version, status } => format!("{status} in version {version}"),
    }
}

/// A service's state, in words.
pub(super) fn unit(state: &UnitState) -> &str {
    match state {
        UnitState::Active => "active",
        UnitState::Stopped(word) => word,
        UnitState::Absent => "not there",
    }
}
