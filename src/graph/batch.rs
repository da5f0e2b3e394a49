//! Groups spread over their hosts: the first host alone, so that a bad version is met by one host
//! only; then as many at once as the catalog allows; in stage 2 always one.

use std::collections::BTreeMap;
use std::sync::Arc;

use petgraph::Direction;
use petgraph::algo::toposort;
use petgraph::graph::NodeIndex;

use super::Node;
use super::group::Group;
use super::precedence::{Components, Precedence};
use crate::address::{Address, HostName};
use crate::catalog::Stage;
use crate::diff::Change;

/// The steps of all groups, each after the last batch of every group before its own and after the
/// batch before its own. Places in `after` are places in the returned list.
pub(super) fn spread(graph: &Precedence, components: &Components) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut last_batch: BTreeMap<NodeIndex, Vec<usize>> = BTreeMap::new();
    // `between` has already refused cycles.
    for index in toposort(graph, None).unwrap_or_default() {
        let Some(group) = graph.node_weight(index) else { continue };
        let mut before = ends_before(graph, index, &last_batch);
        for batch in batches(group, components) {
            let start = nodes.len();
            nodes.extend(batch.iter().map(|(host, change)| Node {
                address: Address::new(host.clone(), group.component.clone()),
                action: change.action,
                change: Arc::clone(change),
                stage: group.stage,
                wave: 0,
                after: before.clone(),
            }));
            before = (start..nodes.len()).collect();
        }
        last_batch.insert(index, before);
    }
    nodes
}

/// The last batches of the groups before `index`, only of those that no other of them follows.
fn ends_before(
    graph: &Precedence,
    index: NodeIndex,
    last_batch: &BTreeMap<NodeIndex, Vec<usize>>,
) -> Vec<usize> {
    let before: Vec<NodeIndex> = graph.neighbors_directed(index, Direction::Incoming).collect();
    let mut ends: Vec<usize> = before
        .iter()
        .filter(|&&one| !before.iter().any(|&other| graph.contains_edge(one, other)))
        .filter_map(|one| last_batch.get(one))
        .flatten()
        .copied()
        .collect();
    ends.sort_unstable();
    ends
}

fn batches<'a>(
    group: &'a Group,
    components: &Components,
) -> impl Iterator<Item = &'a [(HostName, Arc<Change>)]> {
    let at_once = match (group.stage, components.get(&group.component)) {
        (Stage::Live, Some(component)) => component.at_once.max(1) as usize,
        _ => 1,
    };
    let (canary, rest) = group.members.split_at(group.members.len().min(1));
    std::iter::once(canary).filter(|canary| !canary.is_empty()).chain(rest.chunks(at_once))
}
