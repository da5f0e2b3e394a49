//! How many of a component's hosts are promised to stay healthy, and how many there are to begin with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Action, Change, Refusal};
use crate::address::{Address, ComponentName, HostName};
use crate::desired::Desired;
use crate::observe::{HealthState, HostState, Observed};

/// What is promised of a component that runs on several hosts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Promise {
    /// How many hosts have it.
    pub hosts: usize,
    /// Those on which it isn't healthy, or not known to be, and that this plan doesn't bring up before
    /// it moves the others.
    pub lost: BTreeSet<HostName>,
    /// How many stay healthy.
    pub healthy: usize,
}

impl Promise {
    /// How many may be away at a time.
    #[must_use]
    pub fn room(&self) -> usize {
        self.hosts.saturating_sub(self.lost.len()).saturating_sub(self.healthy)
    }
}

/// All promises, by component.
pub(super) fn promises(
    desired: &Desired,
    observed: &Observed,
    changes: &BTreeMap<Address, Arc<Change>>,
) -> BTreeMap<ComponentName, Promise> {
    let kept = desired.components.iter().filter(|(_, it)| !it.rolling.min_healthy.is_none());
    let mut promises: BTreeMap<ComponentName, Promise> =
        kept.map(|(name, _)| (name.clone(), Promise::default())).collect();
    if promises.is_empty() {
        return promises;
    }
    for address in desired.resources.keys() {
        let Some(promise) = promises.get_mut(&address.component) else { continue };
        promise.hosts += 1;
        let comes_up = changes.get(address).is_some_and(|change| change.action.restores());
        if !comes_up && !is_healthy(address, observed) {
            promise.lost.insert(address.host.clone());
        }
    }
    for (name, promise) in &mut promises {
        let share = desired.components.get(name).map(|it| it.rolling.min_healthy);
        promise.healthy = share.unwrap_or_default().at_least(promise.hosts);
    }
    promises
}

fn is_healthy(address: &Address, observed: &Observed) -> bool {
    let Some(HostState::Known(host)) = observed.hosts.get(&address.host) else { return false };
    let facts = host.components.get(&address.component);
    facts.is_some_and(|facts| facts.health == HealthState::Healthy)
}

/// The promises that can't be held: something that is healthy has to be taken away, and none can be
/// spared.
pub(super) fn broken(
    promises: &BTreeMap<ComponentName, Promise>,
    changes: &BTreeMap<Address, Arc<Change>>,
) -> Vec<Refusal> {
    let takes_away = |(address, change): &(&Address, &Arc<Change>)| {
        let Some(promise) = promises.get(&address.component) else { return false };
        match change.action {
            // What goes is not counted on, but those that stay have to be enough without it.
            Action::Remove => {
                promise.hosts.saturating_sub(promise.lost.len()) < promise.healthy
                    && change.facts.health == HealthState::Healthy
            }
            action => {
                promise.room() == 0 && !action.restores() && !promise.lost.contains(&address.host)
            }
        }
    };
    let mut refused = BTreeSet::new();
    let first = |address: &&Address| refused.insert(address.component.clone());
    let addresses = changes.iter().filter(takes_away).map(|(address, _)| address).filter(first);
    let refusal = |address: &Address| {
        let promise = promises.get(&address.component).cloned().unwrap_or_default();
        Refusal::MinHealthy { address: address.clone(), promise }
    };
    addresses.map(refusal).collect()
}
