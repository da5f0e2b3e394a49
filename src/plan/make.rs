//! From ordered changes to a plan: exact commands, reasons, impact and what each step needs.

use std::collections::BTreeMap;

use super::render::{Rendered, What};
use super::{
    Basis, Compared, FORMAT, HealthyBefore, Plan, Step, Unknown, UsedFacts, VERSION, Withheld,
};
use crate::address::{Address, ComponentName, HostName};
use crate::catalog::{Component, WhenUnknown};
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
    let maker = Maker { desired, comparison, placements: placements(desired, comparison) };
    let mut rendered = Rendered::new(desired);
    let ids: Vec<String> = graph.nodes.iter().map(id).collect();
    let steps = graph
        .nodes
        .iter()
        .zip(&ids)
        .filter_map(|(node, id)| {
            let after = node.after.iter().filter_map(|&place| ids.get(place).cloned()).collect();
            maker.step(node, id, after, &mut rendered).transpose()
        })
        .collect::<Result<Vec<Step>, RemotePathError>>()?;
    let mut plan = Plan {
        format: FORMAT.to_owned(),
        version: VERSION,
        seal: Digest::of(&[]),
        manifest: String::new(),
        cluster: desired.cluster.clone(),
        environment: desired.environment.clone(),
        release: desired.release.clone(),
        basis: maker.basis(graph),
        checks: rendered.into_checks(),
        steps,
        unknown: maker.unknown(),
        withheld: withheld(graph),
        warnings: comparison.warnings.clone(),
    };
    plan.seal = plan.digest();
    Ok(plan)
}

fn id(node: &Node) -> String {
    format!("{}/{}", node.address, node.action.as_str())
}

type Placements<'a> = BTreeMap<&'a ComponentName, Vec<&'a HostName>>;

/// Where each component is, without the hosts that can't be read and may be passed over.
fn placements<'a>(desired: &'a Desired, comparison: &Comparison) -> Placements<'a> {
    let mut placements = Placements::new();
    for address in desired.resources.keys() {
        let passed_over = comparison.unknown.contains_key(&address.host)
            && desired
                .components
                .get(&address.component)
                .is_some_and(|component| component.when_unknown == WhenUnknown::Skip);
        if !passed_over {
            placements.entry(&address.component).or_default().push(&address.host);
        }
    }
    placements
}

/// The one of `hosts`, which are in order, that is `own`.
fn own<'h>(hosts: &'h [&'h HostName], own: &HostName) -> &'h [&'h HostName] {
    hosts.binary_search(&own).map_or(&[], |place| hosts.get(place..=place).unwrap_or_default())
}

struct Maker<'a> {
    desired: &'a Desired,
    comparison: &'a Comparison,
    placements: Placements<'a>,
}

impl<'a> Maker<'a> {
    fn step(
        &self,
        node: &Node,
        id: &str,
        after: Vec<String>,
        rendered: &mut Rendered<'a>,
    ) -> Result<Option<Step>, RemotePathError> {
        let address = &node.address;
        let (Some(resource), Some(component), Some(change)) = (
            self.desired.resources.get(address),
            self.desired.components.get(&address.component),
            self.comparison.changes.get(address),
        ) else {
            return Ok(None);
        };
        let Some(commands) = rendered.commands(address, What::Step(node.action))? else {
            return Ok(None);
        };
        let copies = node.action == Action::Copy;
        let reasons = if copies {
            vec![Reason::NeededBy { step: format!("{address}/{}", change.action.as_str()) }]
        } else {
            change.reasons.clone()
        };
        Ok(Some(Step {
            id: id.to_owned(),
            host: address.host.clone(),
            component: address.component.clone(),
            action: node.action,
            stage: node.stage,
            wave: node.wave,
            from: change.from.clone(),
            to: resource.version.clone(),
            after,
            needs_healthy: if copies {
                Vec::new()
            } else {
                self.needs(address, component, rendered)?
            },
            reasons,
            impact: impact(node.action, component),
            forecast: forecast(node.action, resource, component),
            commands: commands.list(),
        }))
    }

    fn needs(
        &self,
        address: &Address,
        component: &Component,
        rendered: &mut Rendered<'a>,
    ) -> Result<Vec<HealthyBefore>, RemotePathError> {
        let mut needs = Vec::new();
        for need in &component.needs {
            let all = self.placements.get(&need.component).map_or(&[][..], Vec::as_slice);
            let hosts = if need.same_host { own(all, &address.host) } else { all };
            for &host in hosts {
                let needed = Address::new(host.clone(), need.component.clone());
                let Some(check) = rendered.commands(&needed, What::Healthy)? else { continue };
                let (host, component) = (needed.host, needed.component);
                needs.push(HealthyBefore { host, component, check });
            }
        }
        Ok(needs)
    }

    fn basis(&self, graph: &StepGraph) -> Basis {
        let used = graph.nodes.iter().filter_map(|node| {
            let facts = self.comparison.facts.get(&node.address)?;
            Some((node.address.to_string(), UsedFacts::from(facts)))
        });
        Basis {
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            desired: self.desired.digest(),
            compared: Compared {
                hosts: self.desired.hosts.len() - self.comparison.unknown.len(),
                resources: self.comparison.facts.len(),
            },
            facts: used.collect(),
        }
    }

    fn unknown(&self) -> Vec<Unknown> {
        let mut components: BTreeMap<&HostName, Vec<ComponentName>> = BTreeMap::new();
        for address in self.desired.resources.keys() {
            if self.comparison.unknown.contains_key(&address.host) {
                components.entry(&address.host).or_default().push(address.component.clone());
            }
        }
        let entry = |(host, why): (&HostName, &Unreadable)| Unknown {
            host: host.clone(),
            components: components.remove(host).unwrap_or_default(),
            reason: why.reason.clone(),
            hint: why.hint.clone(),
        };
        self.comparison.unknown.iter().map(entry).collect()
    }
}

fn impact(action: Action, component: &Component) -> String {
    let interrupts = matches!(action, Action::Upgrade | Action::Downgrade | Action::Repair);
    if interrupts { component.impact.clone() } else { String::new() }
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
