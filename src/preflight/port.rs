//! Ports that components need, as their own hosts reach them. Only those of services that run: what is
//! still to be installed or started can't answer.

use std::collections::BTreeSet;

use super::{About, Finding};
use crate::address::{ComponentName, HostName};
use crate::diagnostic::Code;
use crate::observe::{HostFacts, Places, UnitState, relay_endpoint};

pub(super) fn check(about: &About<'_>, found: &mut Vec<Finding>) {
    if about.hosts().all(|(_, facts)| facts.unreachable.is_empty()) {
        return;
    }
    let places = Places::of(about.desired);
    let changed: BTreeSet<&HostName> = about.changes().map(|(host, ..)| host).collect();
    for (host, facts) in about.hosts().filter(|(_, facts)| !facts.unreachable.is_empty()) {
        found.extend(relay(about, (host, facts)).filter(|_| changed.contains(host)));
        let mut told = BTreeSet::new();
        for component in facts.components.keys() {
            let Some(about_it) = about.desired.components.get(component) else { continue };
            for need in about_it.needs.iter().filter(|need| !need.same_host) {
                for (endpoint, other) in places.endpoints(about.desired, &need.component, host) {
                    let endpoint = endpoint.to_string();
                    let Some(why) = facts.unreachable.get(&endpoint) else { continue };
                    let runs = about.facts(other).is_some_and(|it| is_up(it, &need.component));
                    if runs && told.insert(endpoint.clone()) {
                        let needed = &need.component;
                        let says = format!(
                            "needs {needed} and can't reach {endpoint}, where it runs on {other}"
                        );
                        let help = format!(
                            "look for a firewall between them, and whether {needed} listens on that \
                             address and not on the host itself alone (`ss -tln` there); when hosts use \
                             other addresses among each other, set `ports = false` under [preflight]"
                        );
                        let finding = Finding::new(Code::Port, host, says, help);
                        found.push(finding.of(component).measured(why.as_str()));
                    }
                }
            }
        }
    }
}

/// The relay of its site, when the host can't get files from it.
fn relay(about: &About<'_>, (host, facts): (&HostName, &HostFacts)) -> Option<Finding> {
    let endpoint = relay_endpoint(about.desired, host)?.to_string();
    let why = facts.unreachable.get(&endpoint)?;
    let (site, relay) = about.desired.relay_of(host)?;
    let says = format!(
        "can't reach {endpoint}, where {} gives package files to the others of the site {site}",
        relay.host
    );
    let help = format!(
        "look for a firewall between them; when hosts use other addresses among each other, write the one \
         of {} as `address` under [copying.relays.{site}], or name another relay",
        relay.host
    );
    Some(Finding::new(Code::Port, host, says, help).measured(why.as_str()))
}

fn is_up(facts: &HostFacts, component: &ComponentName) -> bool {
    facts.components.get(component).is_some_and(|it| it.unit == UnitState::Active)
}
