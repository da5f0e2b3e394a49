//! Since when what is there is there, as far as our own journals tell it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::address::Address;
use crate::observe::{HostState, Observed, PackageState};
use crate::plan::Step;
use crate::state::{Entry, StateError, StepOutcome, Store};
use crate::transport::Task;
use crate::value::Version;

/// When we brought a resource to the version in which it was observed, by the controller's clock.
pub type Past = BTreeMap<Address, Timestamp>;

/// Looks through the runs of `store`, newest first, for those that brought the resources that are
/// `wanted` to the versions that were `observed`. What somebody else has changed since is left out.
///
/// # Errors
/// When the runs can't be read.
pub fn past(
    store: &dyn Store,
    observed: &Observed,
    wanted: &BTreeSet<Address>,
) -> Result<Past, StateError> {
    let version = |address: &Address| match observed.hosts.get(&address.host)? {
        HostState::Known(host) => match &host.components.get(&address.component)?.package {
            PackageState::Installed(version) => Some(version.upstream().clone()),
            _ => None,
        },
        HostState::Unknown(_) => None,
    };
    let found = |address: &Address| Some((address.clone(), version(address)?));
    let mut open: BTreeMap<Address, Version> = wanted.iter().filter_map(found).collect();
    let mut past = Past::new();
    let ids = if open.is_empty() { Vec::new() } else { store.ids()? };
    for id in ids {
        if open.is_empty() {
            break;
        }
        let mut ended: BTreeMap<String, (bool, Timestamp)> = BTreeMap::new();
        store.read(&id, &mut |record| {
            if let Entry::Result { step, outcome, .. } = record.entry {
                // Found done: by an attempt that was cut off, or by somebody else.
                let done = outcome.is_done() && outcome != StepOutcome::FoundDone;
                ended.insert(step, (done, record.at));
            }
        })?;
        let concerns = |address: &Address| {
            let own = format!("{}/{}/", address.host, address.component);
            ended.range(own.clone()..).next().is_some_and(|(step, _)| step.starts_with(&own))
        };
        // Large plans are not read for nothing, and one that can't be read tells nothing.
        let Some(plan) = open.keys().any(concerns).then(|| store.plan(&id).ok()).flatten() else {
            continue;
        };
        let changes = |step: &&Step| step.action.installs() && ended.contains_key(&*step.id);
        for step in plan.steps.iter().filter(changes) {
            let address = Address::new(step.host.clone(), step.component.clone());
            let Some(version) = open.remove(&address) else { continue };
            if let Some((true, at)) = ended.get(&*step.id)
                && version == step.to
            {
                past.insert(address, *at);
            }
        }
    }
    Ok(past)
}

/// The newest run that has moved the data of `address` from the major version `from`, which it has kept.
///
/// # Errors
/// When the runs can't be read.
pub fn moved_data(
    store: &dyn Store,
    address: &Address,
    from: &str,
) -> Result<Option<(String, Version)>, StateError> {
    let own = format!("{}/{}/", address.host, address.component);
    for id in store.ids()? {
        let mut done = BTreeSet::new();
        store.read(&id, &mut |record| {
            if let Entry::Result { step, outcome, .. } = record.entry
                && outcome.is_done()
                && step.starts_with(&own)
            {
                done.insert(step);
            }
        })?;
        let Some(plan) = (!done.is_empty()).then(|| store.plan(&id).ok()).flatten() else {
            continue;
        };
        let commands = plan.steps.iter().filter(|step| done.contains(&*step.id));
        let mut commands = commands.flat_map(|step| step.commands.iter());
        let moved = commands.find_map(|command| match &command.task {
            Task::MoveData { from: version, .. } if version.major() == from => {
                Some(version.clone())
            }
            _ => None,
        });
        if let Some(version) = moved {
            return Ok(Some((id, version)));
        }
    }
    Ok(None)
}
