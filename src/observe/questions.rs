//! What to ask of a host, worked out from what should be there.

use std::collections::BTreeMap;

use super::fact;
use crate::address::{Address, ComponentName, HostName};
use crate::desired::Desired;
use crate::transport::{Questions, ResourceQuestions};

/// Everything to ask of `host`, with the script that asks it; none for a host that `desired`
/// doesn't know.
#[must_use]
pub fn questions(desired: &Desired, host: &HostName) -> Option<Questions> {
    let about = desired.hosts.get(host)?;
    let mut questions = Questions {
        os: about.os.clone(),
        format: about.format,
        resources: resources(desired, host),
        script: String::new(),
    };
    questions.script = fact::script(&questions);
    Some(questions)
}

fn resources(desired: &Desired, host: &HostName) -> BTreeMap<ComponentName, ResourceQuestions> {
    // Addresses are sorted by host: a host's resources begin at the first component there is.
    let Some(first) = desired.components.keys().next() else { return BTreeMap::new() };
    desired
        .resources
        .range(Address::new(host.clone(), first.clone())..)
        .take_while(|(address, _)| address.host == *host)
        .map(|(address, resource)| {
            let questions = ResourceQuestions {
                package: resource.package.clone(),
                unit: resource.unit.clone(),
                health: resource.health.clone(),
            };
            (address.component.clone(), questions)
        })
        .collect()
}
