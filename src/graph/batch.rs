//! Groups spread over their hosts: the first ones alone, so that a bad version is met by one host
//! only; then as many at once as the catalog allows and as are promised not to be needed; in stage 2
//! always one. Where a promise is made, each batch waits behind a gate that counts who is healthy.

use std::collections::BTreeMap;
use std::sync::Arc;

use petgraph::Direction;
use petgraph::algo::toposort;
use petgraph::graph::NodeIndex;

use super::Node;
use super::group::{Group, Phase};
use super::precedence::Precedence;
use crate::address::{Address, ComponentName, HostName};
use crate::catalog::Stage;
use crate::desired::Desired;
use crate::diff::{Action, Change, Comparison};
use crate::manifest::CORE;
use crate::standby::Role;

/// What is done on the hosts of a batch.
type Member = (HostName, Arc<Change>);

/// The steps of all groups, each after the last batch of every group before its own and after the
/// batch before its own. Places in `after` are places in the returned list.
pub(super) fn spread(graph: &Precedence, desired: &Desired, comparison: &Comparison) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut last_batch: BTreeMap<NodeIndex, Vec<usize>> = BTreeMap::new();
    let hosts = hosts(desired);
    // `between` has already refused cycles.
    for index in toposort(graph, None).unwrap_or_default() {
        let Some(group) = graph.node_weight(index) else { continue };
        let mut before = ends_before(graph, index, &last_batch);
        let limits = Limits::of(group, desired, comparison, &hosts);
        let is_primary =
            |host: &HostName| is_primary(desired, comparison, (&group.component, host));
        let batches = batches(group, desired, &limits, &is_primary);
        for (place, batch) in batches.into_iter().enumerate() {
            if let Some((host, change)) = batch.first().filter(|_| limits.gated) {
                let gate = node(group, (host, change), Action::KeepHealthy, before);
                before = vec![nodes.len()];
                nodes.push(gate);
            }
            let start = nodes.len();
            nodes.extend(batch.iter().map(|(host, change)| Node {
                canary: place < limits.canary,
                ..node(group, (host, change), change.action, before.clone())
            }));
            before = (start..nodes.len()).collect();
        }
        last_batch.insert(index, before);
    }
    nodes
}

fn node(
    group: &Group,
    (host, change): (&HostName, &Arc<Change>),
    action: Action,
    after: Vec<usize>,
) -> Node {
    Node {
        address: Address::new(host.clone(), group.component.clone()),
        action,
        change: Arc::clone(change),
        canary: false,
        stage: group.stage,
        wave: 0,
        after,
    }
}

fn is_primary(
    desired: &Desired,
    comparison: &Comparison,
    (component, host): (&ComponentName, &HostName),
) -> bool {
    // Backups are changed before the one that scans, whether one of them takes over from it or not.
    if component.as_str() == CORE && comparison.parts.get(host) == Some(&Role::Production) {
        return true;
    }
    let role = desired.components.get(component).and_then(|it| it.procedure.role.as_ref());
    let Some(role) = role else { return false };
    let said = comparison.role(&Address::new(host.clone(), component.clone()));
    said.is_some_and(|said| role.is_primary(said))
}

/// How many hosts each component has, with those that it is removed from.
fn hosts(desired: &Desired) -> BTreeMap<&ComponentName, usize> {
    let mut hosts = BTreeMap::new();
    for address in desired.resources.keys().chain(desired.removed.keys()) {
        *hosts.entry(&address.component).or_default() += 1;
    }
    hosts
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

/// How a group may go over its hosts.
struct Limits<'d> {
    canary: usize,
    at_once: usize,
    per: Option<&'d str>,
    /// Whether it is promised how many stay healthy.
    gated: bool,
}

impl<'d> Limits<'d> {
    fn of(
        group: &Group,
        desired: &'d Desired,
        comparison: &Comparison,
        hosts: &BTreeMap<&ComponentName, usize>,
    ) -> Self {
        let Some(component) = desired.components.get(&group.component) else {
            return Self { canary: 1, at_once: 1, per: None, gated: false };
        };
        let all = hosts.get(&group.component).copied().unwrap_or_default();
        let at_once = match group.stage {
            Stage::Live => component.at_once.of(all),
            Stage::Critical => 1,
        };
        // What is brought up is not taken away.
        let promise = comparison.promises.get(&group.component);
        let promise = promise.filter(|_| group.phase != Phase::Restore);
        Self {
            canary: usize::try_from(component.rolling.canary).unwrap_or(usize::MAX).max(1),
            at_once: promise.map_or(at_once, |promise| at_once.min(promise.room()).max(1)),
            per: component.rolling.per.as_deref(),
            gated: promise.is_some(),
        }
    }
}

/// Replicas come before their primary: it hands its role over to one that has been changed.
fn batches<'g>(
    group: &'g Group,
    desired: &Desired,
    limits: &Limits<'_>,
    is_primary: &dyn Fn(&HostName) -> bool,
) -> Vec<Vec<&'g Member>> {
    let zone = |member: &Member| {
        let labels = desired.hosts.get(&member.0).map(|host| &host.labels);
        labels.zip(limits.per).and_then(|(labels, per)| labels.get(per)).cloned()
    };
    let (primaries, replicas): (Vec<&Member>, Vec<&Member>) =
        group.members.iter().partition(|member| is_primary(&member.0));
    let mut members: Vec<(Option<String>, &Member)> =
        replicas.into_iter().map(|member| (zone(member), member)).collect();
    // By host within a zone, as they are.
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (canaries, rest) = members.split_at(limits.canary.min(members.len()));
    let of_one_zone = rest.chunk_by(|(one, _), (next, _)| one == next);
    let parts = canaries.chunks(1).chain(of_one_zone.flat_map(|zone| zone.chunks(limits.at_once)));
    let parts = parts.map(|part| part.iter().map(|(_, member)| *member).collect());
    parts.chain(primaries.into_iter().map(|primary| vec![primary])).collect()
}
