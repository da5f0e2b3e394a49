//! What plans and steps are made from: everything that they have unless something else is said.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Basis, Compared, FORMAT, Plan, Purpose, Step, VERSION, Written};
use crate::address::{ComponentName, HostName};
use crate::catalog::{Format, Stage};
use crate::desired::Desired;
use crate::diff::Action;
use crate::transport::Command;
use crate::value::{Digest, Period, Version};

impl Plan {
    /// A plan by which nothing is done.
    #[must_use]
    pub fn nothing(desired: &Desired) -> Self {
        Self::bare(desired, Basis::of(desired))
    }

    /// A plan of `steps`, with what is to be done when one of them fails, not sealed yet.
    pub(super) fn of(desired: &Desired, basis: Basis, steps: Vec<Step>) -> Self {
        let is_changed = |name: &ComponentName| steps.iter().any(|step| step.component == *name);
        let components = desired.components.iter().filter(|(name, _)| is_changed(name));
        let on_failure = components.map(|(name, it)| (name.clone(), it.on_failure)).collect();
        Self { on_failure, steps, ..Self::bare(desired, basis) }
    }

    /// A plan of nothing, not sealed yet.
    pub(super) fn bare(desired: &Desired, basis: Basis) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            seal: Digest::of(&[]),
            manifest: String::new(),
            cluster: desired.cluster.clone(),
            environment: desired.environment.clone(),
            release: desired.release.clone(),
            purpose: Purpose::default(),
            basis,
            window: None,
            on_failure: BTreeMap::new(),
            windows: windows(desired),
            checks: BTreeMap::new(),
            members: BTreeMap::new(),
            asked: BTreeMap::new(),
            steps: Vec::new(),
            notices: Vec::new(),
            unknown: Vec::new(),
            withheld: Vec::new(),
            warnings: desired.cautions.clone(),
            waivers: Vec::new(),
            approvals: None,
            rehearsal: None,
        }
    }
}

fn windows(desired: &Desired) -> BTreeSet<HostName> {
    let hosts = desired.hosts.iter().filter(|(_, host)| host.format == Format::Msi);
    hosts.map(|(name, _)| name.clone()).collect()
}

impl Basis {
    /// What a plan under `desired` rests on whatever it does.
    pub(super) fn of(desired: &Desired) -> Self {
        Self {
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            desired: desired.digest(),
            max_age: desired.plans.max_age,
            written: Written::default(),
            snapshot: None,
            compared: Compared { hosts: 0, resources: 0 },
            facts: BTreeMap::new(),
            cores: BTreeMap::new(),
        }
    }
}

impl Step {
    /// A step of stage 2 that stands beside the changes: it comes after nothing, users notice nothing,
    /// there is nothing to take back, and it should take a second.
    pub(super) fn bare(
        (host, component): (&HostName, &ComponentName),
        action: Action,
        to: &Version,
        commands: Arc<[Command]>,
    ) -> Self {
        let id = format!("{host}/{component}/{}", action.as_str());
        Self::named(id.into(), (host, component), action, to, commands)
    }

    /// The same, where its id is there already.
    pub(super) fn named(
        id: Arc<str>,
        (host, component): (&HostName, &ComponentName),
        action: Action,
        to: &Version,
        commands: Arc<[Command]>,
    ) -> Self {
        Self {
            id,
            host: host.clone(),
            component: component.clone(),
            action,
            stage: Stage::Critical,
            wave: 1,
            from: None,
            to: to.clone(),
            after: Vec::new(),
            needs_healthy: Vec::new(),
            reasons: Vec::new(),
            impact: "".into(),
            forecast: Period::seconds(1),
            slow: None,
            canary: false,
            staged: false,
            feeder: None,
            commands,
            way_back: None,
        }
    }
}
