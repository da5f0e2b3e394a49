//! Before anything changes, every package is on its host, copied there or fetched by the host from its
//! own repository: a full disk or a cut line is then found while the cluster is still whole, and the maintenance window holds no copying. So is the
//! package of the version before: the way back must not depend on anything that has to come first.

use std::sync::Arc;

use super::Node;
use crate::catalog::Stage;
use crate::desired::Source;
use crate::diff::{Action, WayBack};

/// Puts a copy before every step that installs a file, what is kept for the way back beside it, and
/// all of them before all changes.
pub(super) fn first(nodes: &mut Vec<Node>) {
    let files: Vec<Node> = nodes
        .iter()
        .flat_map(|node| {
            let brought = [
                (is_copied(node), Action::Copy),
                (is_fetched(node), Action::Fetch),
                (is_kept(node), Action::Keep),
            ];
            brought.map(|it| (node, it))
        })
        .filter(|(_, (is_needed, _))| *is_needed)
        .map(|(node, (_, action))| Node {
            address: node.address.clone(),
            action,
            change: Arc::clone(&node.change),
            canary: false,
            stage: Stage::Live,
            wave: 0,
            after: Vec::new(),
        })
        .collect();
    let moved = files.len();
    for node in nodes.iter_mut() {
        node.after.iter_mut().for_each(|place| *place += moved);
        if node.after.is_empty() {
            node.after.extend(0..moved);
        }
    }
    nodes.splice(0..0, files);
}

fn is_copied(node: &Node) -> bool {
    node.action.installs() && matches!(node.change.resource.source, Source::File { .. })
}

fn is_fetched(node: &Node) -> bool {
    node.action.installs() && node.change.resource.source == Source::Repository
}

fn is_kept(node: &Node) -> bool {
    let WayBack::Package { before, .. } = &node.change.way_back else { return false };
    !node.action.is_gate() && matches!(before.source, Source::File { .. })
}
