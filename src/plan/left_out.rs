//! What a plan can't say or do: resources that could not be read, and changes that wait for them.

use std::collections::BTreeMap;

use super::{Unknown, Withheld};
use crate::address::{ComponentName, HostName};
use crate::desired::Desired;
use crate::diff::Comparison;
use crate::graph::{self, StepGraph};
use crate::manifest::CORE;
use crate::observe::Unreadable;

pub(super) fn unknown(desired: &Desired, comparison: &Comparison) -> Vec<Unknown> {
    let mut components: BTreeMap<&HostName, Vec<ComponentName>> = BTreeMap::new();
    for address in desired.resources.keys() {
        if comparison.unknown.contains_key(&address.host) {
            components.entry(&address.host).or_default().push(address.component.clone());
        }
    }
    let entry = |(host, why): (&HostName, &Unreadable)| Unknown {
        host: host.clone(),
        components: components.remove(host).unwrap_or_default(),
        reason: why.reason.clone(),
        hint: why.hint.clone(),
    };
    let hosts = comparison.unknown.iter().map(entry);
    let core: Option<ComponentName> = CORE.parse().ok();
    // The host may be seen where its instance isn't.
    let unasked = comparison.unasked.iter();
    let unasked = unasked.filter(|(host, _)| !comparison.unknown.contains_key(*host));
    let instances = unasked.map(|(host, why)| Unknown {
        host: host.clone(),
        components: core.iter().cloned().collect(),
        reason: why.reason.clone(),
        hint: why.hint.clone(),
    });
    hosts.chain(instances).collect()
}

pub(super) fn withheld(graph: &StepGraph) -> Vec<Withheld> {
    let entry = |withheld: &graph::Withheld| Withheld {
        host: withheld.address.host.clone(),
        component: withheld.address.component.clone(),
        action: withheld.action,
        reason: withheld.reason.clone(),
    };
    graph.withheld.iter().map(entry).collect()
}
