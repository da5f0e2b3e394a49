//! What plans and steps are made from: everything that they have unless something else is said.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Basis, FORMAT, Plan, Purpose, Step, VERSION};
use crate::address::{ComponentName, HostName};
use crate::catalog::Stage;
use crate::desired::Desired;
use crate::diff::Action;
use crate::transport::Command;
use crate::value::{Digest, Period, Version};

impl Plan {
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

impl Step {
    /// A step of stage 2 that stands beside the changes: it comes after nothing, users notice nothing,
    /// there is nothing to take back, and it should take a second.
    pub(super) fn bare(
        (host, component): (&HostName, &ComponentName),
        action: Action,
        to: &Version,
        commands: Arc<[Command]>,
    ) -> Self {
        Self {
            id: format!("{host}/{component}/{}", action.as_str()).into(),
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
            commands,
            way_back: None,
        }
    }
}
