//! What is seen of a random cluster's hosts, by the state of each resource.

use std::collections::BTreeMap;

use mdc::address::{Address, ComponentName, HostName};
use mdc::desired::DesiredHost;
use mdc::observe::{
    ComponentFacts, HealthState, HostFacts, HostState, Observed, PackageState, UnitState,
    Unreadable,
};

use crate::cluster::{NEW, NEWER, OLD, State};

/// One Redis is the primary: which, is as random as the states.
pub(crate) fn give_roles(observed: &mut Observed, states: &BTreeMap<Address, State>) {
    let redis = || states.iter().filter(|(address, _)| address.component.as_str() == "redis");
    let old = states.values().filter(|state| **state == State::Old).count();
    for (place, (address, _)) in redis().enumerate() {
        let Some(HostState::Known(host)) = observed.hosts.get_mut(&address.host) else { continue };
        let role = if place == old % redis().count() { "primary" } else { "replica" };
        host.components.get_mut(&address.component).unwrap().role = Some(role.to_owned());
    }
}

pub(crate) fn observed(
    states: &BTreeMap<Address, State>,
    desired: &BTreeMap<HostName, DesiredHost>,
    unseen: &[bool],
) -> Observed {
    let mut hosts: BTreeMap<HostName, BTreeMap<ComponentName, ComponentFacts>> = BTreeMap::new();
    for (address, state) in states {
        let facts = hosts.entry(address.host.clone()).or_default();
        facts.insert(address.component.clone(), component_facts(*state));
    }
    let state = |(index, (host, components))| {
        let unreadable = || {
            HostState::Unknown(Unreadable { reason: "refused".into(), hint: "start sshd".into() })
        };
        let unseen: bool = unseen.get(index).copied().unwrap_or_default();
        let os = desired[&host].os.clone();
        (host, if unseen { unreadable() } else { HostState::Known(host_facts(os, components)) })
    };
    Observed { hosts: hosts.into_iter().enumerate().map(state).collect(), ..Observed::default() }
}

fn host_facts(os: String, components: BTreeMap<ComponentName, ComponentFacts>) -> HostFacts {
    HostFacts {
        os,
        architecture: "x86_64".to_owned(),
        free_disk: 1 << 40,
        free_memory: 1 << 34,
        clock_ahead: 0,
        boot_id: "0".to_owned(),
        reboot_pending: false,
        file_systems: BTreeMap::new(),
        unreachable: BTreeMap::new(),
        certificates: BTreeMap::new(),
        packages: BTreeMap::new(),
        offers: BTreeMap::new(),
        runtimes: BTreeMap::new(),
        staged: BTreeMap::new(),
        components,
    }
}

fn component_facts(state: State) -> ComponentFacts {
    let version = |text: &str| format!("{text}-1").parse().unwrap();
    let package = match state {
        State::Absent => PackageState::Absent,
        State::Old | State::OldStopped | State::Unwanted => PackageState::Installed(version(OLD)),
        State::Broken => {
            PackageState::Broken { version: version(NEW), status: "half-configured".to_owned() }
        }
        State::Stopped | State::AsDesired | State::Edited | State::Unhealthy => {
            PackageState::Installed(version(NEW))
        }
        State::Newer => PackageState::Installed(version(NEWER)),
    };
    let unit = match state {
        State::Absent => UnitState::Absent,
        State::OldStopped | State::Broken | State::Stopped => UnitState::Stopped("failed".into()),
        State::Old
        | State::Newer
        | State::AsDesired
        | State::Edited
        | State::Unhealthy
        | State::Unwanted => UnitState::Active,
    };
    let health = match state {
        State::Unhealthy => HealthState::Unhealthy("503".to_owned()),
        State::Old | State::Newer | State::AsDesired | State::Edited | State::Unwanted => {
            HealthState::Healthy
        }
        _ => HealthState::NotAsked("it does not run".to_owned()),
    };
    ComponentFacts {
        package,
        unit,
        health,
        since: None,
        role: None,
        files: BTreeMap::new(),
        kept: Vec::new(),
    }
}
