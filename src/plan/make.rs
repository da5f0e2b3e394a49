//! From ordered changes to a plan: exact commands, reasons, impact and what each step needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::needed::Needed;
use super::render::{Rendered, What};
use super::{Basis, Compared, FORMAT, Plan, Step, Unknown, UsedFacts, VERSION, Withheld};
use crate::address::{Address, ComponentName, HostName};
use crate::catalog::Component;
use crate::desired::{Desired, Resource, Source};
use crate::diff::{Action, Comparison, Reason};
use crate::graph::{Node, StepGraph};
use crate::observe::Unreadable;
use crate::value::{Digest, Period, RemotePathError};

/// Bytes a second that a copy is expected to make, for forecasts: a quarter of a gigabit line.
const EXPECTED_COPY_RATE: u64 = 30_000_000;

/// Makes the plan that `graph` orders.
///
/// # Errors
/// When a package file's name can't be a name on a host.
pub fn make(
    desired: &Desired,
    comparison: &Comparison,
    graph: &StepGraph,
) -> Result<Plan, RemotePathError> {
    let mut maker = Maker::new(desired, comparison);
    let ids: Vec<Arc<str>> = graph.nodes.iter().map(id).collect();
    let mut steps = Vec::with_capacity(ids.len());
    for (node, id) in graph.nodes.iter().zip(&ids) {
        let after = node.after.iter().filter_map(|&place| ids.get(place).cloned()).collect();
        steps.extend(maker.step(node, id, after)?);
    }
    let mut plan = Plan {
        format: FORMAT.to_owned(),
        version: VERSION,
        seal: Digest::of(&[]),
        manifest: String::new(),
        cluster: desired.cluster.clone(),
        environment: desired.environment.clone(),
        release: desired.release.clone(),
        basis: basis(desired, comparison, graph),
        checks: maker.rendered.into_checks(),
        steps,
        unknown: unknown(desired, comparison),
        withheld: withheld(graph),
        warnings: comparison.warnings.clone(),
    };
    plan.seal = plan.digest();
    Ok(plan)
}

fn id(node: &Node) -> Arc<str> {
    let Address { host, component } = &node.address;
    [host.as_str(), "/", component.as_str(), "/", node.action.as_str()].concat().into()
}

struct Maker<'a> {
    desired: &'a Desired,
    comparison: &'a Comparison,
    rendered: Rendered<'a>,
    needed: Needed<'a>,
    impacts: BTreeMap<&'a ComponentName, Arc<str>>,
}

impl<'a> Maker<'a> {
    fn new(desired: &'a Desired, comparison: &'a Comparison) -> Self {
        Self {
            desired,
            comparison,
            rendered: Rendered::new(desired),
            needed: Needed::new(desired, comparison),
            impacts: desired
                .components
                .iter()
                .map(|(n, c)| (n, c.impact.as_str().into()))
                .collect(),
        }
    }

    fn step(
        &mut self,
        node: &Node,
        id: &Arc<str>,
        after: Vec<Arc<str>>,
    ) -> Result<Option<Step>, RemotePathError> {
        let address = &node.address;
        let (Some(resource), Some(component), Some(change)) = (
            self.desired.resources.get(address),
            self.desired.components.get(&address.component),
            self.comparison.changes.get(address),
        ) else {
            return Ok(None);
        };
        let what = What::Step(node.action);
        let Some(commands) = self.rendered.commands(address, resource, what)? else {
            return Ok(None);
        };
        let copies = node.action == Action::Copy;
        let (reasons, needs_healthy) = if copies {
            let step = format!("{address}/{}", change.action.as_str());
            (vec![Reason::NeededBy { step }], Vec::new())
        } else {
            (change.reasons.clone(), self.needed.of(address, component, &mut self.rendered)?)
        };
        Ok(Some(Step {
            id: Arc::clone(id),
            host: address.host.clone(),
            component: address.component.clone(),
            action: node.action,
            stage: node.stage,
            wave: node.wave,
            from: change.from.clone(),
            to: resource.version.clone(),
            after,
            needs_healthy,
            reasons,
            impact: self.impact(node),
            forecast: forecast(node.action, resource, component),
            commands: commands.list(),
        }))
    }

    fn impact(&self, node: &Node) -> Arc<str> {
        let interrupts =
            matches!(node.action, Action::Upgrade | Action::Downgrade | Action::Repair);
        let impact = self.impacts.get(&node.address.component).filter(|_| interrupts);
        impact.cloned().unwrap_or_default()
    }
}

fn basis(desired: &Desired, comparison: &Comparison, graph: &StepGraph) -> Basis {
    // A copy is there for a change, and rests on the same facts.
    let changing = graph.nodes.iter().filter(|node| node.action != Action::Copy);
    let used = changing.filter_map(|node| {
        let facts = comparison.facts.get(&node.address)?;
        Some((node.address.to_string(), UsedFacts::from(facts)))
    });
    Basis {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        desired: desired.digest(),
        compared: Compared {
            hosts: desired.hosts.len() - comparison.unknown.len(),
            resources: comparison.facts.len(),
        },
        facts: used.collect(),
    }
}

fn unknown(desired: &Desired, comparison: &Comparison) -> Vec<Unknown> {
    let mut components: BTreeMap<&HostName, Vec<ComponentName>> = BTreeMap::new();
    for address in desired.resources.keys() {
        if comparison.unknown.contains_key(&address.host) {
            components.entry(&address.host).or_default().push(address.component.clone());
        }
    }
    let entry = |(host, why): (&HostName, &Unreadable)| Unknown {
        host: host.clone(),
        components: components.remove(host).unwrap_or_default(),
        reason: why.reason.clone(),
        hint: why.hint.clone(),
    };
    comparison.unknown.iter().map(entry).collect()
}

fn forecast(action: Action, resource: &Resource, component: &Component) -> Period {
    let durations = &component.durations;
    let seconds = match (action, &resource.source) {
        (Action::Copy, Source::File { size, .. }) => 1 + size / EXPECTED_COPY_RATE,
        (Action::Copy, Source::Repository) => 0,
        (Action::Start, _) => {
            durations.start.whole_seconds() + component.limits.settle.whole_seconds()
        }
        _ => {
            durations.install.whole_seconds()
                + durations.start.whole_seconds()
                + component.limits.settle.whole_seconds()
        }
    };
    Period::seconds(seconds)
}

fn withheld(graph: &StepGraph) -> Vec<Withheld> {
    let entry = |withheld: &crate::graph::Withheld| Withheld {
        host: withheld.address.host.clone(),
        component: withheld.address.component.clone(),
        action: withheld.action,
        reason: withheld.reason.clone(),
    };
    graph.withheld.iter().map(entry).collect()
}
