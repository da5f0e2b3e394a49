//! What is, beside what should be, for programs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Past, Readiness, readiness};
use crate::address::{Address, ComponentName, HostName};
use crate::desired::{Desired, Resource};
use crate::observe::{
    ComponentFacts, HealthState, HostState, Observed, PackageState, UnitState, Unreadable,
};
use crate::state::Summary;
use crate::value::Version;

/// A cluster as it is, beside what is desired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Status {
    /// Always `mdc/status`.
    pub format: String,
    /// The version of this format.
    pub version: u32,
    /// The cluster's name.
    pub cluster: String,
    /// What the cluster is for.
    pub environment: String,
    /// The release that is desired.
    pub release: String,
    /// Every resource, by host and component.
    pub resources: Vec<ResourceStatus>,
    /// The instances of hot backup, and whether each could take over now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standby: Vec<Readiness>,
    /// The hosts that could not be read.
    pub unknown: BTreeMap<HostName, Unreadable>,
    /// The newest run, when it did not come to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfinished: Option<Summary>,
    /// Instances that the newest run, or the one that it takes back, may have left without new work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub isolated: Vec<Isolated>,
}

/// An instance that a run has kept from new work, and did not give it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Isolated {
    /// Where.
    pub host: HostName,
    /// What.
    pub component: ComponentName,
    /// The run.
    pub run: String,
    /// The command that gives it work again, as root on its host.
    pub restore: String,
}

/// One resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ResourceStatus {
    /// Where.
    pub host: HostName,
    /// What.
    pub component: ComponentName,
    /// Whether it is as it should be.
    pub state: Standing,
    /// The product version that it should have.
    pub desired: Version,
    /// What the host told; none when it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<PackageState>,
    /// Its service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitState>,
    /// Its health.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthState>,
    /// Since when its component's version is there, when the component is in several.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub since: Option<Timestamp>,
}

/// Whether a resource is as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// In this version, running and healthy.
    AsDesired,
    /// Not so.
    Differs,
    /// Its host could not be read.
    Unknown,
}

impl Standing {
    /// How `resource` stands by what its host told.
    #[must_use]
    pub fn of(resource: &Resource, facts: Option<&ComponentFacts>) -> Self {
        let Some(facts) = facts else { return Self::Unknown };
        let installed = match &facts.package {
            PackageState::Installed(version) => *version.upstream() == resource.version,
            PackageState::Absent | PackageState::Broken { .. } => false,
        };
        let runs = facts.unit == UnitState::Active && facts.health == HealthState::Healthy;
        if installed && runs { Self::AsDesired } else { Self::Differs }
    }
}

/// What `observed` told of the component at `address`.
#[must_use]
pub fn facts<'a>(observed: &'a Observed, address: &Address) -> Option<&'a ComponentFacts> {
    match observed.hosts.get(&address.host)? {
        HostState::Known(facts) => facts.components.get(&address.component),
        HostState::Unknown(_) => None,
    }
}

impl Status {
    /// The status of a cluster. `past`: since when we have what is in several versions.
    #[must_use]
    pub fn of(
        desired: &Desired,
        observed: &Observed,
        past: &Past,
        unfinished: Option<Summary>,
    ) -> Self {
        let resource = |(address, resource): (&Address, &std::sync::Arc<Resource>)| {
            let facts = facts(observed, address);
            ResourceStatus {
                host: address.host.clone(),
                component: address.component.clone(),
                state: Standing::of(resource, facts),
                desired: resource.version.clone(),
                package: facts.map(|it| it.package.clone()),
                unit: facts.map(|it| it.unit.clone()),
                health: facts.map(|it| it.health.clone()),
                since: past.get(address).copied(),
            }
        };
        Self {
            format: "mdc/status".to_owned(),
            version: 1,
            cluster: desired.cluster.clone(),
            environment: desired.environment.clone(),
            release: desired.release.clone(),
            resources: desired.resources.iter().map(resource).collect(),
            standby: readiness(desired, observed),
            unknown: observed.unknown().map(|(host, why)| (host.clone(), why.clone())).collect(),
            unfinished,
            isolated: Vec::new(),
        }
    }
}
