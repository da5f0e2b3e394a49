//! What has to be healthy when a step starts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::render::{Rendered, What};
use super::{HealthyBefore, Members};
use crate::address::{Address, ComponentName, HostName};
use crate::catalog::{Component, WhenUnknown};
use crate::desired::{Desired, Resource};
use crate::diff::Comparison;
use crate::value::RemotePathError;

/// What steps need.
#[derive(Clone)]
pub(super) struct Needed<'a> {
    desired: &'a Desired,
    comparison: &'a Comparison,
    /// What was worked out before: steps share what they need on other hosts.
    elsewhere: BTreeMap<ComponentName, Arc<[HealthyBefore]>>,
}

impl<'a> Needed<'a> {
    pub(super) const fn new(desired: &'a Desired, comparison: &'a Comparison) -> Self {
        Self { desired, comparison, elsewhere: BTreeMap::new() }
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
            if need.same_host {
                let own = Address::new(address.host.clone(), need.component.clone());
                if let Some(resource) = self.desired.resources.get(&own) {
                    all.extend(self.healthy(&own, resource, rendered)?);
                }
            } else {
                all.extend_from_slice(&self.everywhere(&need.component, rendered)?);
            }
        }
        Ok(all)
    }

    /// What takes the place of `component`, which is removed: where it comes in the same plan.
    pub(super) fn successors(
        &mut self,
        component: &Component,
        rendered: &mut Rendered<'a>,
    ) -> Result<Vec<HealthyBefore>, RemotePathError> {
        // What is there once goes first.
        if component.singleton {
            return Ok(Vec::new());
        }
        let mut all = self.everywhere(&component.name, rendered)?.to_vec();
        let comes = |host: &HostName| {
            let address = Address::new(host.clone(), component.name.clone());
            let change = self.comparison.changes.get(&address);
            change.is_some_and(|change| change.action.restores())
        };
        all.retain(|one| comes(&one.host));
        Ok(all)
    }

    /// Those that have `component` and could be read.
    pub(super) fn members(
        &mut self,
        component: &ComponentName,
        rendered: &mut Rendered<'a>,
    ) -> Result<Members, RemotePathError> {
        let mut members = self.everywhere(component, rendered)?.to_vec();
        members.retain(|member| !self.comparison.unknown.contains_key(&member.host));
        Ok(Members(members))
    }

    /// All that have `component`.
    fn everywhere(
        &mut self,
        component: &ComponentName,
        rendered: &mut Rendered<'a>,
    ) -> Result<Arc<[HealthyBefore]>, RemotePathError> {
        if let Some(known) = self.elsewhere.get(component) {
            return Ok(Arc::clone(known));
        }
        let placed = self.desired.resources.iter().filter(|(one, _)| one.component == *component);
        let found = placed.filter_map(|(one, it)| self.healthy(one, it, rendered).transpose());
        let found: Arc<[HealthyBefore]> = found.collect::<Result<_, _>>()?;
        self.elsewhere.insert(component.clone(), Arc::clone(&found));
        Ok(found)
    }

    /// `resource`, which is at `address`, with how its health is asked; none when it can't be read and the
    /// catalog lets such hosts be passed over.
    fn healthy(
        &self,
        address: &Address,
        resource: &Arc<Resource>,
        rendered: &mut Rendered<'a>,
    ) -> Result<Option<HealthyBefore>, RemotePathError> {
        let Some(component) = self.desired.components.get(&address.component) else {
            return Ok(None);
        };
        let is_unknown = self.comparison.unknown.contains_key(&address.host);
        if is_unknown && component.when_unknown == WhenUnknown::Skip {
            return Ok(None);
        }
        let check = rendered.commands(address, (component, resource), What::Healthy)?;
        let Address { host, component } = address.clone();
        Ok(Some(HealthyBefore { host, component, check }))
    }
}
