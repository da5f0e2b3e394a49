//! What no step mends.

use crate::address::Address;
use crate::desired::Resource;
use crate::observe::{ComponentFacts, HealthState, UnitState};

/// What no step mends but somebody should look at.
pub(super) fn warning(
    address: &Address,
    resource: &Resource,
    facts: &ComponentFacts,
) -> Option<String> {
    match (&facts.unit, &facts.health) {
        (UnitState::Absent, _) => Some(format!(
            "{address}: the package {} is installed but the host has no service {}; \
             check `unit` of {} in the catalog",
            resource.package, resource.unit, address.component
        )),
        (_, HealthState::Unhealthy(said)) => Some(format!(
            "{address} has the desired version but is not healthy ({said}); \
             no step of a plan mends that"
        )),
        _ => None,
    }
}
