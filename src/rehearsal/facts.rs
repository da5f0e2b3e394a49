//! What simulated hosts are made from: what was observed, by the names that packages, services and
//! files have on each host.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::address::HostName;
use crate::desired::{Desired, DesiredHost, Resource};
use crate::fact::{HealthState, PackageState, UnitState};
use crate::observe::{ComponentFacts, HostFacts};
use crate::transport::simulated::{Facts, UnitFacts};

/// What is known of `host`; none when it was not asked about a component that it has in the manifest.
pub(super) fn of(desired: &Desired, host: &HostName, known: &HostFacts) -> Option<Facts> {
    let about = desired.hosts.get(host)?;
    let mut facts = machine(about, known);
    for (address, resource) in desired.asked(host) {
        let component = known.components.get(&address.component)?;
        let package = package(resource, component);
        if let Some(since) = component.since {
            facts.since.insert(package.to_owned(), Timestamp::as_second(since));
        }
        facts.packages.insert(package.to_owned(), component.package.clone());
        facts.units.insert(resource.unit.clone(), unit(component));
        for file in desired.files.get(address).into_iter().flat_map(|files| files.iter()) {
            if let Some(state) = component.files.get(&file.name) {
                facts.files.insert(file.path.as_str().to_owned(), state.clone());
            }
        }
    }
    Some(facts)
}

fn machine(about: &DesiredHost, known: &HostFacts) -> Facts {
    let runtimes = known.packages.iter();
    Facts {
        os: known.os.clone(),
        format: about.format,
        architecture: known.architecture.clone(),
        free_disk: known.free_disk,
        free_memory: known.free_memory,
        clock_ahead: known.clock_ahead,
        reboot_pending: known.reboot_pending,
        packages: runtimes
            .map(|(name, version)| (name.clone(), PackageState::Installed(version.clone())))
            .collect(),
        since: BTreeMap::new(),
        units: BTreeMap::new(),
        files: BTreeMap::new(),
        unreachable: known.unreachable.keys().cloned().collect(),
    }
}

fn unit(component: &ComponentFacts) -> UnitFacts {
    let is_unhealthy = matches!(component.health, HealthState::Unhealthy(_));
    UnitFacts {
        state: component.unit.clone(),
        unhealthy: is_unhealthy && component.unit == UnitState::Active,
        role: component.role.clone(),
        kept: component.kept.first().cloned(),
    }
}

/// The package that is there: its own, or that of another major version, whose name has its number.
fn package<'r>(resource: &'r Resource, component: &ComponentFacts) -> &'r str {
    let (PackageState::Installed(version) | PackageState::Broken { version, .. }) =
        &component.package
    else {
        return &resource.package;
    };
    let major = version.upstream().major();
    if major == resource.version.major() {
        return &resource.package;
    }
    let is_of = |name: &&String| name.split(|c: char| !c.is_ascii_digit()).any(|it| it == major);
    let ways = resource.procedure.major.iter();
    let mut others = ways.flat_map(|way| way.others(resource.format, &resource.package));
    others.find(is_of).unwrap_or(&resource.package)
}
