//! Which group comes before which. *Upgraded after* and *needed healthy* are different things: this
//! is the first; the second is checked when a step starts.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use thiserror::Error;

use super::group::{Group, Phase};
use crate::address::ComponentName;
use crate::catalog::{Component, Stage};

/// The catalog's entries in use.
pub(super) type Components = BTreeMap<ComponentName, Arc<Component>>;

/// Groups, with an edge from each to those that come after it.
pub(super) type Precedence = DiGraph<Group, ()>;

/// Components that wait for each other.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} wait for each other", .components.iter().map(ComponentName::as_str).collect::<Vec<_>>().join(", "))]
pub struct Cycle {
    /// The components, by name.
    pub components: Vec<ComponentName>,
}

/// The order between `groups`.
pub(super) fn between(groups: Vec<Group>, components: &Components) -> Result<Precedence, Cycle> {
    let needs = all_needs(components);
    let mut graph = Precedence::new();
    let indices: Vec<NodeIndex> = groups.into_iter().map(|group| graph.add_node(group)).collect();
    for &first in &indices {
        for &second in &indices {
            let (Some(a), Some(b)) = (graph.node_weight(first), graph.node_weight(second)) else {
                continue;
            };
            if first != second && comes_before(a, b, components, &needs) {
                graph.add_edge(first, second, ());
            }
        }
    }
    let knot = tarjan_scc(&graph).into_iter().find(|members| members.len() > 1);
    knot.map_or(Ok(()), |members| Err(cycle(&graph, &members)))?;
    Ok(graph)
}

/// The rules, in the order in which they decide.
fn comes_before(a: &Group, b: &Group, components: &Components, needs: &Needs) -> bool {
    let (Some(left), Some(right)) = (components.get(&a.component), components.get(&b.component))
    else {
        return false;
    };
    match (a.phase, b.phase) {
        // A fresh installation has an order of its own (VM set-up page).
        (Phase::Restore, Phase::Restore) => left.install_order < right.install_order,
        // The upgrade order of the procedure; stage 2 is one thing after another, so that
        // components of the same place still don't meet there.
        (Phase::Move, Phase::Move) => {
            let place = |c: &Component| (c.stage, c.upgrade_order);
            place(left) < place(right)
                || (place(left) == place(right)
                    && a.stage == Stage::Critical
                    && a.component < b.component)
        }
        // What is missing or down comes up before anything moves that needs it, before its own kind
        // moves, and before stage 2.
        (Phase::Restore, Phase::Move) => {
            b.stage == Stage::Critical
                || a.component == b.component
                || needs.of(&b.component, &a.component)
        }
        // But what needs a component that moves in stage 1 waits for that: no Worker is installed
        // in a version that the Control Center doesn't have yet.
        (Phase::Move, Phase::Restore) => {
            a.stage == Stage::Live
                && a.component != b.component
                && needs.of(&b.component, &a.component)
        }
        // Those who need it go first; what was installed last goes first. But what comes back elsewhere
        // doesn't wait for its users to go: they may go only when their successors are there, which need it.
        (Phase::Remove, Phase::Remove) => {
            let place = |group: &Group, c: &Component| {
                (group.stage, Reverse(c.install_order), group.component.clone())
            };
            let is_backwards = left.install_order != right.install_order;
            place(a, left) < place(b, right)
                && (a.stage != b.stage
                    || a.stage == Stage::Critical
                    || (is_backwards && (a.relocates || !b.relocates)))
        }
        // What is only once goes before it comes elsewhere; anything else when its successor is there,
        // and those who need it have changed. In stage 2 it is the last.
        (_, Phase::Remove) => {
            let same = a.component == b.component;
            a.stage < b.stage
                || (a.stage == b.stage
                    && (a.stage == Stage::Critical
                        // What comes back elsewhere is needed again.
                        || ((same || needs.of(&a.component, &b.component)) && !b.relocates)))
        }
        (Phase::Remove, _) => {
            let goes_first = a.component == b.component && a.relocates;
            a.stage < b.stage || (a.stage == b.stage && a.stage == Stage::Live && goes_first)
        }
    }
}

fn cycle(graph: &Precedence, members: &[NodeIndex]) -> Cycle {
    let names: BTreeSet<ComponentName> = members
        .iter()
        .filter_map(|&index| graph.node_weight(index))
        .map(|group| group.component.clone())
        .collect();
    Cycle { components: names.into_iter().collect() }
}

/// What each component needs, directly or through others.
pub(super) struct Needs(BTreeMap<ComponentName, BTreeSet<ComponentName>>);

impl Needs {
    /// Whether `component` needs `other`.
    pub(super) fn of(&self, component: &ComponentName, other: &ComponentName) -> bool {
        self.0.get(component).is_some_and(|needs| needs.contains(other))
    }
}

/// The transitive needs of all components.
pub(super) fn all_needs(components: &Components) -> Needs {
    let closure = components.keys().map(|name| {
        let mut found = BTreeSet::new();
        let mut open = vec![name];
        while let Some(next) = open.pop() {
            for need in components.get(next).iter().flat_map(|component| &component.needs) {
                if found.insert(need.component.clone()) {
                    open.push(&need.component);
                }
            }
        }
        (name.clone(), found)
    });
    Needs(closure.collect())
}
