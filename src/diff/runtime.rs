//! What a component runs on and has to come along with it: RabbitMQ's Erlang.

use std::sync::Arc;

use super::compare::Change;
use crate::address::Address;
use crate::desired::{Along, Desired, Resource, Source};
use crate::observe::HostFacts;
use crate::value::PackageVersion;

/// `change`, with a version of its runtime that fits the new version, where the installed one doesn't and
/// the host's repositories offer one that does. What can't be had is a finding of the checks before a plan.
pub(super) fn with(
    desired: &Desired,
    (address, host): (&Address, &HostFacts),
    change: Change,
) -> Change {
    let along = along(desired, (address, host), &change);
    if along.is_none() {
        return change;
    }
    let resource = Arc::new(Resource { along, ..(*change.resource).clone() });
    Change { resource, ..change }
}

fn along(
    desired: &Desired,
    (address, host): (&Address, &HostFacts),
    change: &Change,
) -> Option<Along> {
    let resource = &change.resource;
    let by_package = matches!(resource.source, Source::File { .. } | Source::Repository);
    let runtime = desired.components.get(&address.component)?.runtime.as_ref();
    let runtime = runtime.filter(|_| by_package && change.action.installs())?;
    let names = runtime.packages.get(&resource.format)?;
    let (package, from) = names.iter().find_map(|name| host.packages.get_key_value(name))?;
    let fit = runtime.fit(&resource.version).filter(|fit| !fit.admits(from.upstream()))?;
    let newer = |it: &&PackageVersion| fit.admits(it.upstream()) && it.upstream() > from.upstream();
    let offered = host.runtimes.get(package)?.iter().filter(newer);
    let to = offered.max_by(|a, b| a.upstream().cmp(b.upstream()))?;
    let title = runtime.title.clone();
    Some(Along { title, package: package.clone(), from: from.clone(), to: to.clone() })
}
