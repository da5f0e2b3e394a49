//! Gates that count who is healthy: before some of a component are taken away, before stage 2, after the
//! change of what they need, and at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::followed::Followed;
use super::{Members, Step, changed_hosts};
use crate::address::{ComponentName, HostName};
use crate::catalog::Component;
use crate::desired::Desired;
use crate::diff::{Action, Promise, Reason};
use crate::graph::{Node, StepGraph};
use crate::step;
use crate::transport::Command;
use crate::value::Version;

/// The hosts that each gate of `graph` stands before, by the gate's place.
pub(super) fn batches(graph: &StepGraph) -> BTreeMap<usize, Vec<HostName>> {
    let is_gate = |place: usize| graph.nodes.get(place).is_some_and(|node| node.action.is_gate());
    let mut batches: BTreeMap<usize, Vec<HostName>> = BTreeMap::new();
    for node in graph.nodes.iter().filter(|node| !node.action.is_gate()) {
        for &place in node.after.iter().filter(|&&place| is_gate(place)) {
            batches.entry(place).or_default().push(node.address.host.clone());
        }
    }
    batches
}

/// The command of a gate before a batch.
pub(super) fn before_batch(
    node: &Node,
    component: &Component,
    promise: &Promise,
    batch: Vec<HostName>,
) -> Arc<[Command]> {
    let rest = step::Rest { without: batch, give_up: component.limits.healthy };
    // Where fewer than promised are healthy to begin with, only those are changed that aren't.
    let there = promise.hosts.saturating_sub(promise.lost.len());
    let promise = Promise { healthy: promise.healthy.min(there), ..promise.clone() };
    [step::await_healthy(&node.address.component, &promise, rest)].into()
}

/// Whether a failure of `node` stops the others though some of them may fail: the first ones show whether the
/// version is any good.
pub(super) fn may_not_fail(desired: &Desired, node: &Node) -> bool {
    let component = desired.components.get(&node.address.component);
    node.canary && component.is_some_and(|it| !it.on_failure.tolerate.is_none())
}

/// All of each component that could be read, but for as many as may fail.
pub(super) struct All<'a> {
    pub(super) desired: &'a Desired,
    pub(super) members: &'a BTreeMap<ComponentName, Members>,
    /// How many hosts a plan changes, by component, where some may fail.
    changed: BTreeMap<ComponentName, usize>,
    versions: BTreeMap<&'a ComponentName, &'a Version>,
}

impl<'a> All<'a> {
    pub(super) fn new(
        desired: &'a Desired,
        members: &'a BTreeMap<ComponentName, Members>,
        steps: &[Step],
    ) -> Self {
        let components = desired.components.iter();
        let tolerant = components.filter(|(_, it)| !it.on_failure.tolerate.is_none());
        let tolerant: BTreeSet<&ComponentName> = tolerant.map(|(name, _)| name).collect();
        let changed = changed_hosts(steps.iter().filter(|it| tolerant.contains(&it.component)));
        let changed = changed.into_iter().map(|(name, hosts)| (name.clone(), hosts.len()));
        Self { desired, members, changed: changed.collect(), versions: desired.versions() }
    }

    /// The version of a component that is somewhere.
    pub(super) fn version(&self, name: &ComponentName) -> Option<&'a Version> {
        self.versions.get(name).copied()
    }

    /// One gate a component.
    pub(super) fn gates(&self, action: Action) -> Vec<Step> {
        self.members.iter().filter_map(|(name, members)| self.gate(name, members, action)).collect()
    }

    /// The commands that ask all that need `component`, those of one kind each.
    pub(super) fn that_need<'s>(
        &'s self,
        component: &'s ComponentName,
    ) -> impl Iterator<Item = Command> + 's {
        let needs = |name: &ComponentName| {
            let needs = self.desired.components.get(name).map_or(&[][..], |it| &it.needs);
            needs.iter().any(|need| need.component == *component)
        };
        let need = self.members.iter().filter(move |(name, _)| needs(name));
        need.filter_map(|(name, members)| self.command(name, members))
    }

    /// The command that asks all of the component `name`.
    fn command(&self, name: &ComponentName, members: &Members) -> Option<Command> {
        let component = self.desired.components.get(name)?;
        let changed = self.changed.get(name).copied().unwrap_or_default();
        let of = members.0.len();
        // However many may fail: without any there is nothing left that the others could go on with.
        let healthy = of.saturating_sub(component.on_failure.tolerate.of(changed)).max(1);
        let promise = Promise { hosts: of, lost: BTreeSet::new(), healthy };
        let rest = step::Rest { without: Vec::new(), give_up: component.limits.healthy };
        (of > 0).then(|| step::await_healthy(name, &promise, rest))
    }

    fn gate(&self, name: &ComponentName, members: &Members, action: Action) -> Option<Step> {
        let first = members.0.first()?;
        let reason = match action {
            Action::Verify => Reason::AfterAll,
            _ => Reason::BeforeCritical,
        };
        let version = self.version(name)?;
        let commands = [self.command(name, members)?].into();
        let gate = Step::bare((&first.host, name), action, version, commands);
        Some(Step { reasons: vec![reason], ..gate })
    }

    /// Puts the last gates at the end of `steps`, of which something comes after each that stands before
    /// the place `from`.
    pub(super) fn verify(&self, steps: &mut Vec<Step>, from: usize) {
        let Some(last) = steps.last().map(|step| (step.stage, step.wave + 1)) else { return };
        let later = steps.get(from..).unwrap_or(steps);
        let followed = Followed::by(later, |_| true);
        let ends = later.iter().filter(|step| !followed.contains(step));
        let after: Vec<Arc<str>> = ends.map(|step| Arc::clone(&step.id)).collect();
        let (stage, wave) = last;
        let gates = self.gates(Action::Verify).into_iter();
        steps.extend(gates.map(|gate| Step { stage, wave, after: after.clone(), ..gate }));
    }
}
