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
    let key =
        |place: usize| nodes.get(place).map(|n| (n.wave, &n.address.component, &n.address.host));
    order.sort_by(|&one, &other| key(one).cmp(&key(other)));
    renumber(nodes, &order)
}

fn renumber(nodes: Vec<Node>, order: &[usize]) -> Vec<Node> {
    let mut new_place = vec![0; nodes.len()];
    for (new, &old) in order.iter().enumerate() {
        if let Some(place) = new_place.get_mut(old) {
            *place = new;
        }
    }
    let mut nodes: Vec<Option<Node>> = nodes.into_iter().map(Some).collect();
    let moved = |mut node: Node| {
        for place in &mut node.after {
            *place = new_place.get(*place).copied().unwrap_or_default();
        }
        node.after.sort_unstable();
        node
    };
    order.iter().filter_map(|&old| nodes.get_mut(old)?.take()).map(moved).collect()
}
