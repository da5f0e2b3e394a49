//! Which of several hosts of a component is the primary, and whether its role can be handed over.

use std::collections::BTreeMap;

use super::Comparison;
use crate::address::{Address, ComponentName};
use crate::catalog::Role;
use crate::desired::Desired;
use crate::diagnostic::{Code, Remark};
use crate::observe::{HostState, Observed};

/// What each of several hosts of a component with roles says of its own.
pub(super) fn roles(desired: &Desired, observed: &Observed) -> BTreeMap<Address, String> {
    let mut hosts: BTreeMap<&ComponentName, Vec<&Address>> = BTreeMap::new();
    for address in desired.resources.keys().chain(desired.removed.keys()) {
        if role(desired, &address.component).is_some() {
            hosts.entry(&address.component).or_default().push(address);
        }
    }
    let several = hosts.into_values().filter(|hosts| hosts.len() > 1).flatten();
    let said = several.filter_map(|address| {
        let Some(HostState::Known(host)) = observed.hosts.get(&address.host) else { return None };
        let role = host.components.get(&address.component)?.role.clone()?;
        Some((address.clone(), role))
    });
    said.collect()
}

fn role<'d>(desired: &'d Desired, component: &ComponentName) -> Option<&'d Role> {
    desired.components.get(component)?.procedure.role.as_ref()
}

/// What a reviewer should know of primaries that are changed where they are.
pub(super) fn warnings(desired: &Desired, comparison: &Comparison) -> Vec<Remark> {
    let is_changed = |address: &Address| {
        comparison.changes.get(address).is_some_and(|change| change.action.interrupts())
    };
    let warning = |(address, said): (&Address, &String)| {
        let role = role(desired, &address.component)?;
        let why = role.is_primary(said).then(|| role.hand_over(said).err()).flatten()?;
        let remark = said.strip_prefix(&role.primary).map(str::trim).unwrap_or_default();
        let remark = if remark.is_empty() { String::new() } else { format!(" ({remark})") };
        Some(Code::PrimaryStays.said(format!(
            "{address} is the primary and doesn't hand its role over: {why}{remark}; what needs it \
             stops while it is changed"
        )))
    };
    let roles = comparison.roles.iter().filter(|(address, _)| is_changed(address));
    roles.filter_map(warning).collect()
}
