//! Where the components of a cluster listen.

use std::collections::BTreeMap;

use crate::address::{ComponentName, HostName};
use crate::desired::Desired;
use crate::transport::Endpoint;

/// A host tries at most so many ports of one component: what is beyond is asked by others.
const MOST: usize = 8;

/// The hosts of each component that others need and connect to.
pub(crate) struct Places<'d>(BTreeMap<&'d ComponentName, Vec<&'d HostName>>);

impl<'d> Places<'d> {
    pub(crate) fn of(desired: &'d Desired) -> Self {
        let needs = desired.components.values().flat_map(|component| &component.needs);
        let needed = needs.filter(|need| !need.same_host).map(|need| &need.component);
        let mut places: BTreeMap<_, Vec<_>> = needed.map(|name| (name, Vec::new())).collect();
        if !desired.preflight.ports {
            places.clear();
        }
        if !places.is_empty() {
            for address in desired.resources.keys() {
                if let Some(hosts) = places.get_mut(&address.component) {
                    hosts.push(&address.host);
                }
            }
        }
        Self(places)
    }

    /// Where `component` on `host` connects to: by the address that the manifest has, unless that is
    /// one of the controller's own machine, which says nothing to other hosts.
    pub(crate) fn needed_by(
        &self,
        desired: &Desired,
        component: &ComponentName,
        host: &HostName,
    ) -> Vec<Endpoint> {
        let Some(component) = desired.components.get(component) else { return Vec::new() };
        let needs = component.needs.iter().filter(|need| !need.same_host);
        needs
            .flat_map(|need| self.endpoints(desired, &need.component, host))
            .map(|it| it.0)
            .collect()
    }

    /// Where `component` listens, on hosts other than `host`.
    pub(crate) fn endpoints(
        &self,
        desired: &'d Desired,
        component: &ComponentName,
        host: &HostName,
    ) -> Vec<(Endpoint, &'d HostName)> {
        let port = desired.components.get(component).and_then(|it| it.ports.get("main"));
        let (Some(port), Some(hosts)) = (port, self.0.get(component)) else { return Vec::new() };
        let others = hosts.iter().filter(|other| ***other != *host).take(MOST);
        let endpoints = others.filter_map(|other| {
            let address = desired.hosts.get(*other)?.address.clone();
            (!is_local(&address)).then_some((Endpoint { address, port: *port }, *other))
        });
        endpoints.collect()
    }
}

/// Where the relay of its site gives `host` package files, unless ports aren't tried at all.
pub(crate) fn relay(desired: &Desired, host: &HostName) -> Option<Endpoint> {
    let (_, relay) = desired.relay_of(host).filter(|_| desired.preflight.ports)?;
    let endpoint = Endpoint { address: relay.address.clone(), port: relay.port };
    (!is_local(&endpoint.address)).then_some(endpoint)
}

/// Whether it means the machine that it is said on.
fn is_local(address: &str) -> bool {
    address == "localhost" || address.starts_with("127.") || address == "::1"
}
