//! What no step mends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Action, Change};
use crate::address::Address;
use crate::desired::{Desired, Resource, Source};
use crate::diagnostic::{Code, Remark};
use crate::observe::{ComponentFacts, HealthState, UnitState};
use crate::value::Guid;

/// Packages that Windows Installer would put beside what is there, since their upgrade code makes them
/// another product; one sentence each.
pub(super) fn side_by_side<'d>(
    desired: &'d Desired,
    changes: impl Iterator<Item = &'d Address>,
) -> BTreeSet<Remark> {
    let told = changes.filter_map(|address| {
        let before = upgrade_code(desired.before(address)?)?;
        let resource = desired.resources.get(address)?;
        let after = upgrade_code(resource)?;
        (before != after).then(|| {
            Code::SideBySide.said(format!(
                "the package of {} {} has another upgrade code ({after}) than the one of the release before \
                 ({before}): Windows Installer installs it beside what is there",
                address.component, resource.version
            ))
        })
    });
    told.collect()
}

/// That several components go back to older versions, in an order that was made for newer ones.
pub(super) fn goes_back(changes: &BTreeMap<Address, Arc<Change>>) -> Option<Remark> {
    let back = changes.iter().filter(|(_, change)| change.action == Action::Downgrade);
    let names: BTreeSet<&str> = back.map(|(address, _)| address.component.as_str()).collect();
    if names.len() < 2 {
        return None;
    }
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    Some(Code::GoesBack.said(format!(
        "{names} go back to older versions in the order of an upgrade, since the vendor describes none for a \
         way back: what comes later is for a while newer than what it needs. What a run has brought, `mdc \
         rollback` takes back in reverse order"
    )))
}

fn upgrade_code(resource: &Resource) -> Option<&Guid> {
    let Source::File { identity: Some(identity), .. } = &resource.source else { return None };
    identity.upgrade_code.as_ref()
}

/// What no step mends but somebody should look at.
pub(super) fn warning(
    address: &Address,
    resource: &Resource,
    facts: &ComponentFacts,
) -> Option<Remark> {
    match (&facts.unit, &facts.health) {
        (UnitState::Absent, _) => Some(Code::NoService.said(format!(
            "{address}: the package {} is installed but the host has no service {}; \
             check `unit` of {} in the catalog",
            resource.package, resource.unit, address.component
        ))),
        (_, HealthState::Unhealthy(said)) => Some(Code::Unhealthy.said(format!(
            "{address} has the desired version but is not healthy ({said}); \
             no step of a plan mends that"
        ))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;
    use crate::desired;
    use crate::manifest;
    use crate::package::Identity;

    fn identified(resource: &Arc<Resource>, upgrade_code: &str) -> Arc<Resource> {
        let mut resource = Resource::clone(resource);
        let Source::File { identity, .. } = &mut resource.source else { panic!("{resource:?}") };
        *identity = Some(Arc::new(Identity {
            name: "OPSWAT".to_owned(),
            version: "1.0".parse().unwrap(),
            architecture: "x64".to_owned(),
            product_code: None,
            upgrade_code: Some(upgrade_code.parse().unwrap()),
            unpacked: 0,
        }));
        Arc::new(resource)
    }

    #[test]
    fn a_product_beside_the_one_that_is_there_is_told() {
        let folder = camino::Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
        let manifest = manifest::read(&folder.join("mdc.toml")).0.unwrap();
        let release = manifest.read_release().0.unwrap();
        let mut desired = desired::resolve(&manifest, &release, &catalog::load(&[]).0).0.unwrap();
        let address: Address = "core-01/md-core".parse().unwrap();
        let resource = Arc::clone(&desired.resources[&address]);
        let [one, other] =
            ["{00000000-0000-0000-0000-000000000001}", "{00000000-0000-0000-0000-000000000002}"];
        desired.resources.insert(address.clone(), identified(&resource, one));
        for (before, is_told) in [(one, false), (other, true)] {
            desired.previous.insert(address.clone(), identified(&resource, before));
            let told = side_by_side(&desired, [&address].into_iter());
            assert_eq!(told.len(), usize::from(is_told), "{told:?}");
            assert!(
                told.iter().all(|it| it.ends_with("what is there (plan::side-by-side)")),
                "{told:?}"
            );
        }
    }
}
