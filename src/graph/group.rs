//! Groups: the same kind of change of one component, on all its hosts.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::{ComponentName, HostName};
use crate::catalog::Stage;
use crate::desired::Desired;
use crate::diff::{Action, Change, Comparison};

/// What a group does to its component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Brings up what is missing or down; breaks nobody who uses the component, so it is always
    /// part of the live stage.
    Restore,
    /// Moves what runs to another version, in the component's own stage.
    Move,
    /// Takes away what is not wanted any more, in the component's own stage.
    Remove,
}

/// The same kind of change of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) component: ComponentName,
    pub(super) phase: Phase,
    pub(super) stage: Stage,
    /// What is done, in the order of hosts. Empty when the component is only unknown.
    pub(super) members: Vec<(HostName, Arc<Change>)>,
    /// The hosts on which the component can't be seen.
    pub(super) unknown: Vec<HostName>,
    /// Whether it takes away what there is once, which has its place on another host now.
    pub(super) relocates: bool,
}

/// All groups, in the order of component and phase.
pub(super) fn gather(desired: &Desired, comparison: &Comparison) -> Vec<Group> {
    let mut groups = BTreeMap::new();
    for (address, change) in &comparison.changes {
        let phase = match change.action {
            Action::Remove => Phase::Remove,
            action if action.restores() => Phase::Restore,
            _ => Phase::Move,
        };
        if let Some(group) = entry(&mut groups, desired, &address.component, phase) {
            group.members.push((address.host.clone(), Arc::clone(change)));
        }
    }
    if !comparison.unknown.is_empty() {
        for address in desired.resources.keys() {
            if comparison.unknown.contains_key(&address.host)
                && let Some(group) = entry(&mut groups, desired, &address.component, Phase::Move)
            {
                group.unknown.push(address.host.clone());
            }
        }
    }
    groups.into_values().collect()
}

fn entry<'a>(
    groups: &'a mut BTreeMap<(ComponentName, Phase), Group>,
    desired: &Desired,
    component: &ComponentName,
    phase: Phase,
) -> Option<&'a mut Group> {
    let own = desired.components.get(component)?;
    let stage = if phase == Phase::Restore { Stage::Live } else { own.stage };
    let stays = || desired.resources.keys().any(|address| address.component == *component);
    let group = groups.entry((component.clone(), phase)).or_insert_with(|| Group {
        component: component.clone(),
        phase,
        stage,
        members: Vec::new(),
        unknown: Vec::new(),
        relocates: phase == Phase::Remove && own.singleton && stays(),
    });
    Some(group)
}
