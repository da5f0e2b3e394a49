//! Nothing is planned behind something that can't be seen: a change that comes after, or needs, a
//! component on an unreadable host is withheld, unless the catalog says that the component may be
//! passed over. Stage 2 as a whole waits for every host, unless that is waived.

use std::collections::BTreeMap;

use petgraph::graph::NodeIndex;
use petgraph::visit::{Dfs, EdgeRef};

use super::precedence::{Components, Precedence, all_needs};
use crate::address::Address;
use crate::catalog::{Stage, WhenUnknown};
use crate::desired::Desired;
use crate::diff::{Action, Comparison};
use crate::manifest::CORE;
use crate::preflight;

/// A change that is left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Withheld {
    /// What would change.
    pub address: Address,
    /// What would be done.
    pub action: Action,
    /// What stands in the way, in words.
    pub reason: String,
}

/// Takes out the groups that come after, or need, a component that can't be seen, and those of stage 2
/// when not all hosts can be.
pub(super) fn withhold(
    mut graph: Precedence,
    desired: &Desired,
    comparison: &Comparison,
) -> (Precedence, Vec<Withheld>) {
    let mut reasons = blocked(&graph, &desired.components);
    if let Some(reason) = unseen(desired, comparison) {
        for index in graph.node_indices() {
            if graph.node_weight(index).is_some_and(|group| group.stage == Stage::Critical) {
                reasons.entry(index).or_insert_with(|| reason.clone());
            }
        }
    }
    let mut withheld = held_back(&mut graph, comparison);
    for (&index, reason) in &reasons {
        let Some(group) = graph.node_weight_mut(index) else { continue };
        for (host, change) in std::mem::take(&mut group.members) {
            withheld.push(Withheld {
                address: Address::new(host, group.component.clone()),
                action: change.action,
                reason: reason.clone(),
            });
        }
    }
    withheld.sort();
    (without_empty(&graph), withheld)
}

/// Takes out the instances that may be the only ones that scan.
fn held_back(graph: &mut Precedence, comparison: &Comparison) -> Vec<Withheld> {
    let mut withheld = Vec::new();
    let cores = graph.node_weights_mut().filter(|group| group.component.as_str() == CORE);
    for group in cores {
        group.members.retain(|(host, change)| {
            let why = comparison.held_back.get(host).filter(|_| change.action.interrupts());
            withheld.extend(why.map(|why| Withheld {
                address: Address::new(host.clone(), group.component.clone()),
                action: change.action,
                reason: why.clone(),
            }));
            why.is_none()
        });
    }
    withheld
}

/// Why stage 2 can't begin: what an unseen host has left to do, and in which version, is not known.
fn unseen(desired: &Desired, comparison: &Comparison) -> Option<String> {
    let unseen = comparison.unknown.keys();
    let mut unseen = unseen.filter(|host| !preflight::goes_without(desired, host));
    let host = unseen.next()?;
    let more = match unseen.count() {
        0 => String::new(),
        more => format!(", nor {more} more"),
    };
    Some(format!("stage 2 begins only when all hosts are seen, and {host} can't be{more}"))
}

fn blocked(graph: &Precedence, components: &Components) -> BTreeMap<NodeIndex, String> {
    let needs = all_needs(components);
    let mut reasons = BTreeMap::new();
    for index in graph.node_indices() {
        let Some(unseen) = graph.node_weight(index) else { continue };
        let blocks = components
            .get(&unseen.component)
            .is_some_and(|component| component.when_unknown == WhenUnknown::Block);
        let Some(host) = unseen.unknown.first().filter(|_| blocks) else { continue };
        let name = &unseen.component;
        let mut walk = Dfs::new(graph, index);
        // The walk begins with the unseen group itself.
        walk.next(graph);
        while let Some(later) = walk.next(graph) {
            let why = format!("comes after {name}, which can't be seen on {host}");
            reasons.entry(later).or_insert(why);
        }
        for user in graph.node_indices() {
            if graph.node_weight(user).is_some_and(|group| needs.of(&group.component, name)) {
                let why = format!("needs {name} healthy, which can't be seen on {host}");
                reasons.entry(user).or_insert(why);
            }
        }
    }
    reasons
}

/// The same order over the groups that have something to do.
fn without_empty(graph: &Precedence) -> Precedence {
    let mut kept = Precedence::new();
    let places: BTreeMap<NodeIndex, NodeIndex> = graph
        .node_indices()
        .filter_map(|index| Some((index, graph.node_weight(index)?)))
        .filter(|(_, group)| !group.members.is_empty())
        .map(|(index, group)| (index, kept.add_node(group.clone())))
        .collect();
    // The order is complete (an edge for every pair that is ordered), so nothing is lost when a
    // group in the middle goes.
    for edge in graph.edge_references() {
        if let (Some(&from), Some(&to)) = (places.get(&edge.source()), places.get(&edge.target())) {
            kept.add_edge(from, to, ());
        }
    }
    kept
}
