//! What has to be healthy when a step starts.

use std::collections::BTreeMap;

use super::HealthyBefore;
use super::render::{Rendered, What};
use crate::address::{Address, ComponentName};
use crate::catalog::{Component, WhenUnknown};
use crate::desired::Desired;
use crate::diff::Comparison;
use crate::value::RemotePathError;

/// Where each component is, and how its health is asked there.
pub(super) struct Needed<'a> {
    desired: &'a Desired,
    /// Without the hosts that can't be read and may be passed over.
    placements: BTreeMap<&'a ComponentName, Vec<&'a Address>>,
    /// What was worked out before: steps share what they need on other hosts.
    elsewhere: BTreeMap<&'a ComponentName, Vec<HealthyBefore>>,
}

impl<'a> Needed<'a> {
    pub(super) fn new(desired: &'a Desired, comparison: &Comparison) -> Self {
        let mut placements: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for address in desired.resources.keys() {
            let passed_over = comparison.unknown.contains_key(&address.host)
                && desired
                    .components
                    .get(&address.component)
                    .is_some_and(|component| component.when_unknown == WhenUnknown::Skip);
            if !passed_over {
                placements.entry(&address.component).or_default().push(address);
            }
        }
        Self { desired, placements, elsewhere: BTreeMap::new() }
    }

    /// What `component` at `address` needs.
    pub(super) fn of(
        &mut self,
        address: &Address,
        component: &'a Component,
        rendered: &mut Rendered<'a>,
    ) -> Result<Vec<HealthyBefore>, RemotePathError> {
        let mut all = Vec::with_capacity(component.needs.len());
        for need in &component.needs {
            let placed = self.placements.get(&need.component).map_or(&[][..], Vec::as_slice);
            if need.same_host {
                // Addresses are sorted by host.
                let own = placed.binary_search_by(|one| one.host.cmp(&address.host));
                let own = own.ok().and_then(|place| placed.get(place));
                all.extend(healthy(self.desired, own.copied(), rendered)?);
            } else if let Some(known) = self.elsewhere.get(&need.component) {
                all.extend_from_slice(known);
            } else {
                let found = healthy(self.desired, placed.iter().copied(), rendered)?;
                all.extend_from_slice(&found);
                self.elsewhere.insert(&need.component, found);
            }
        }
        Ok(all)
    }
}

fn healthy<'a>(
    desired: &'a Desired,
    addresses: impl IntoIterator<Item = &'a Address>,
    rendered: &mut Rendered<'a>,
) -> Result<Vec<HealthyBefore>, RemotePathError> {
    let mut found = Vec::new();
    for address in addresses {
        let Some(resource) = desired.resources.get(address) else { continue };
        let Some(check) = rendered.commands(address, resource, What::Healthy)? else { continue };
        let Address { host, component } = address.clone();
        found.push(HealthyBefore { host, component, check });
    }
    Ok(found)
}
