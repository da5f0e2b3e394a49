//! Before anything changes, every package file is on its host: a full disk or a cut line is then
//! found while the cluster is still whole, and the maintenance window holds no copying.

use std::sync::Arc;

use super::Node;
use crate::catalog::Stage;
use crate::desired::Source;
use crate::diff::Action;

/// Puts a copy before every step that installs a file, and all copies before all changes.
pub(super) fn first(nodes: &mut Vec<Node>) {
    let copies: Vec<Node> = nodes
        .iter()
        .filter(|node| node.action.installs())
        .filter(|node| matches!(node.change.resource.source, Source::File { .. }))
        .map(|node| Node {
            address: node.address.clone(),
            action: Action::Copy,
            change: Arc::clone(&node.change),
            stage: Stage::Live,
            wave: 0,
            after: Vec::new(),
        })
        .collect();
    let moved = copies.len();
    for node in nodes.iter_mut() {
        node.after.iter_mut().for_each(|place| *place += moved);
        if node.after.is_empty() {
            node.after.extend(0..moved);
        }
    }
    nodes.splice(0..0, copies);
}
