//! Waves: a step's wave is one more than the highest of those that it comes after.

use super::Node;

/// Numbers the waves and sorts the steps by wave, component and host, so that equal inputs give
/// equal plans. Expects every step after those that it names.
pub(super) fn number(mut nodes: Vec<Node>) -> Vec<Node> {
    let mut waves: Vec<u32> = Vec::with_capacity(nodes.len());
    for node in &mut nodes {
        let before = node.after.iter().filter_map(|&place| waves.get(place)).max();
        node.wave = before.map_or(1, |wave| wave + 1);
        waves.push(node.wave);
    }
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_by_key(|&place| {
        nodes.get(place).map(|n| (n.wave, n.address.component.clone(), n.address.host.clone()))
    });
    renumber(&nodes, &order)
}

fn renumber(nodes: &[Node], order: &[usize]) -> Vec<Node> {
    let mut new_place = vec![0; nodes.len()];
    for (new, &old) in order.iter().enumerate() {
        if let Some(place) = new_place.get_mut(old) {
            *place = new;
        }
    }
    let moved = |node: &Node| {
        let mut after: Vec<usize> =
            node.after.iter().filter_map(|&old| new_place.get(old).copied()).collect();
        after.sort_unstable();
        Node { after, ..node.clone() }
    };
    order.iter().filter_map(|&old| nodes.get(old)).map(moved).collect()
}
