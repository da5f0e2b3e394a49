//! From ordered changes to a plan: exact commands, reasons, impact and what each step needs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::backup;
use super::forecast::forecast;
use super::gates;
use super::healthy::{self, All};
use super::left_out;
use super::licences;
use super::logs;
use super::needed::Needed;
use super::notices;
use super::reach;
use super::reboot;
use super::relays;
use super::render::{Checks, Rendered, What};
use super::scans;
use super::stage;
use super::{Basis, Compared, HealthyBefore, Members, Notice, Plan, Step, UsedFacts, WayBack};
use crate::address::{Address, ComponentName, HostName};
use crate::catalog::{Component, Stage};
use crate::desired::Desired;
use crate::diff::{self, Action, Change, Comparison, Reason};
use crate::graph::{Node, StepGraph};
use crate::step;
use crate::value::{PackageVersion, RemotePathError};

/// Makes the plan that `graph` orders.
///
/// # Errors
/// When a package file's name can't be a name on a host.
pub fn make(
    desired: &Desired,
    comparison: &Comparison,
    graph: &StepGraph,
) -> Result<Plan, RemotePathError> {
    // Neither needs the other, and for a large cluster both take their time.
    let (made, basis) =
        rayon::join(|| steps(desired, comparison, graph), || basis(desired, comparison, graph));
    let Made { mut steps, mut checks, members, logs } = made?;
    stage::mark(&mut steps, &comparison.staged);
    let unread = relays::put(&mut steps, desired, comparison);
    let left_out = reboot::put(&mut steps, desired, comparison);
    licences::put(&mut steps, desired, (&comparison.licences, &comparison.takeovers));
    let all = All::new(desired, &members, &steps);
    let gates::Put { mut asked, first } =
        gates::put(&mut steps, &all, (&comparison.unknown, &mut checks));
    asked.extend(reach::put(&mut steps, (&all, comparison), &mut checks));
    all.verify(&mut steps, first);
    let unseen = backup::before_all(&mut steps, &all, &comparison.unknown);
    scans::put(&mut steps, desired);
    asked.extend(logs::put(&mut steps, &all, logs));
    let told: Vec<Notice> = desired.notices.iter().map(Notice::of).collect();
    notices::put(&mut steps, &told);
    let has_critical = steps.iter().rev().any(|step| step.stage == Stage::Critical);
    let window = desired.gates.window.as_ref().filter(|_| has_critical);
    let plan = Plan {
        window: window.map(|window| window.value.clone()),
        checks,
        members,
        asked,
        notices: told,
        unknown: left_out::unknown(desired, comparison),
        withheld: left_out::withheld(graph),
        warnings: [desired.cautions.as_slice(), &comparison.warnings, &unseen, &unread, &left_out]
            .concat(),
        ..Plan::of(desired, basis, steps)
    };
    Ok(plan.grounded(desired))
}

/// The steps, the checks that they name, and whom their gates ask.
#[derive(Default)]
struct Made {
    steps: Vec<Step>,
    checks: Checks,
    members: BTreeMap<ComponentName, Members>,
    /// Whose logs are read.
    logs: BTreeMap<ComponentName, Members>,
}

fn steps(
    desired: &Desired,
    comparison: &Comparison,
    graph: &StepGraph,
) -> Result<Made, RemotePathError> {
    if graph.nodes.is_empty() {
        return Ok(Made::default());
    }
    let mut maker = Maker::new(desired, comparison);
    // First, so that checks have the same names whoever asks for them next.
    let members = maker.members()?;
    let ids = graph.nodes.iter().map(|node| text(&node.address, node.action).into());
    let order = Order { ids: ids.collect(), batches: healthy::batches(graph) };
    // A few parts for each processor, since steps differ in what they take: each renders for itself.
    let share = graph.nodes.len().div_ceil(4 * rayon::current_num_threads()).max(1);
    let parts = graph.nodes.par_chunks(share).enumerate();
    let parts = parts.map(|(part, nodes)| maker.clone().part((part * share, nodes), &order));
    let mut of_logs = maker.clone();
    let (parts, logs) = rayon::join(|| parts.collect::<Vec<_>>(), || of_logs.logs(&graph.nodes));
    // With room for what is put among them later: gates of what is there, mostly.
    let mut steps = Vec::with_capacity(graph.nodes.len() + desired.resources.len());
    for part in parts {
        steps.extend(part?);
    }
    Ok(Made { steps, checks: of_logs.rendered.into_checks(), members, logs: logs? })
}

/// In which order things are done.
struct Order {
    /// The id of each node's step.
    ids: Vec<Arc<str>>,
    /// The hosts behind each gate, by its place in the graph.
    batches: BTreeMap<usize, Vec<HostName>>,
}

fn text(address: &Address, action: Action) -> String {
    [address.host.as_str(), "/", address.component.as_str(), "/", action.as_str()].concat()
}

#[derive(Clone)]
struct Maker<'a> {
    desired: &'a Desired,
    comparison: &'a Comparison,
    rendered: Rendered<'a>,
    needed: Needed<'a>,
    impacts: BTreeMap<&'a ComponentName, Arc<str>>,
    /// Texts that many steps share.
    texts: BTreeSet<Arc<str>>,
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
            texts: BTreeSet::new(),
        }
    }

    /// The steps of `nodes`, of which the first has this place in the graph.
    fn part(
        mut self,
        (first, nodes): (usize, &'a [Node]),
        order: &Order,
    ) -> Result<Vec<Step>, RemotePathError> {
        let mut steps = Vec::with_capacity(nodes.len());
        for (place, node) in (first..).zip(nodes) {
            let after = node.after.iter().filter_map(|&at| order.ids.get(at).cloned()).collect();
            let Some(id) = order.ids.get(place) else { continue };
            steps.extend(if node.action == Action::KeepHealthy {
                let batch = order.batches.get(&place).cloned().unwrap_or_default();
                self.gate(node, batch, (id, after))
            } else {
                let canary = healthy::may_not_fail(self.desired, node);
                self.step(node, id, after)?.map(|step| Step { canary, ..step })
            });
        }
        Ok(steps)
    }

    fn members(&mut self) -> Result<BTreeMap<ComponentName, Members>, RemotePathError> {
        let members = self
            .desired
            .components
            .keys()
            .map(|name| Ok((name.clone(), self.needed.members(name, &mut self.rendered)?)));
        members.collect()
    }

    /// All that is changed, but for what is removed, with how each is asked for its log.
    fn logs(
        &mut self,
        nodes: &'a [Node],
    ) -> Result<BTreeMap<ComponentName, Members>, RemotePathError> {
        let mut logs: BTreeMap<ComponentName, Members> = BTreeMap::new();
        for Node { address, .. } in nodes.iter().filter(|node| node.action == node.change.action) {
            let (Some(resource), Some(component)) = (
                self.desired.resources.get(address),
                self.desired.components.get(&address.component),
            ) else {
                continue;
            };
            let check = self.rendered.commands(address, (component, resource), What::Logs)?;
            let Address { host, component } = address.clone();
            let members = &mut logs.entry(component.clone()).or_default().0;
            members.push(HealthyBefore { host, component, check });
        }
        Ok(logs)
    }

    /// The gate before a batch of a component whose health is promised.
    fn gate(
        &self,
        node: &Node,
        batch: Vec<HostName>,
        (id, after): (&Arc<str>, Vec<Arc<str>>),
    ) -> Option<Step> {
        let Address { host, component: name } = &node.address;
        let component = self.desired.components.get(name)?;
        let promise = self.comparison.promises.get(name)?;
        let commands = healthy::before_batch(node, component, promise, batch);
        let version = &node.change.resource.version;
        Some(Step {
            stage: node.stage,
            wave: node.wave,
            after,
            reasons: vec![Reason::KeepsPromise],
            ..Step::named(Arc::clone(id), (host, name), node.action, version, commands)
        })
    }

    fn step(
        &mut self,
        node: &'a Node,
        id: &Arc<str>,
        after: Vec<Arc<str>>,
    ) -> Result<Option<Step>, RemotePathError> {
        let (address, change) = (&node.address, &node.change);
        let Some(component) = self.desired.components.get(&address.component) else {
            return Ok(None);
        };
        let resource = match (node.action, &change.way_back) {
            (Action::Keep, diff::WayBack::Package { before, .. }) => before,
            _ => &change.resource,
        };
        let what = self.what(node);
        let mut commands = self.rendered.commands(address, (component, resource), what)?.list();
        if node.action == change.action && !change.files.is_empty() {
            let files = (change.files.as_slice(), change.action == Action::Install);
            commands = step::with_files(&commands, resource, files).into();
        }
        let step = || text(address, change.action);
        let (reasons, needs_healthy, way_back) = match node.action {
            Action::Copy | Action::Fetch => {
                (vec![Reason::NeededBy { step: step() }], Vec::new(), None)
            }
            Action::Keep => (vec![Reason::WayBackOf { step: step() }], Vec::new(), None),
            Action::Remove => (
                change.reasons.clone(),
                self.needed.successors(component, &mut self.rendered)?,
                Some(self.way_back(address, component, change)?),
            ),
            _ => (
                change.reasons.clone(),
                self.needed.of(address, component, &mut self.rendered)?,
                Some(self.way_back(address, component, change)?),
            ),
        };
        let seen =
            self.desired.durations.expected(address.component.as_str(), node.action.as_str());
        Ok(Some(Step {
            stage: node.stage,
            wave: node.wave,
            from: change.from.clone(),
            after,
            needs_healthy,
            reasons,
            impact: self.impact(node),
            forecast: seen.map_or_else(|| forecast(node, resource, component), |it| it.median),
            slow: seen.map(|it| it.slow),
            way_back,
            ..Step::named(
                Arc::clone(id),
                (&address.host, &address.component),
                node.action,
                &resource.version,
                commands,
            )
        }))
    }

    /// What the commands of `node` do.
    fn what(&self, node: &'a Node) -> What<'a> {
        let (address, change) = (&node.address, &node.change);
        match node.action {
            Action::Copy if self.desired.preflight.rehearse => What::Copy(change.action),
            Action::Fetch => What::Fetch(change.action),
            action => {
                let role = self.comparison.role(address);
                let from = change.from.as_ref().map(PackageVersion::upstream);
                let moves = from.filter(|_| change.moves_data());
                What::Step { action, canary: node.canary, runs: change.runs(), role, moves }
            }
        }
    }

    fn way_back(
        &mut self,
        address: &Address,
        component: &Component,
        change: &'a Change,
    ) -> Result<WayBack, RemotePathError> {
        let (before, loses) = match &change.way_back {
            diff::WayBack::Package { before, loses } => (before, loses),
            diff::WayBack::Data { to, loses } => {
                let what = What::Data(to);
                let commands =
                    self.rendered.commands(address, (component, &change.resource), what)?.list();
                let (to, loses) = (to.clone(), self.shared(loses));
                return Ok(WayBack::Package { to, loses, commands });
            }
            diff::WayBack::Files => {
                let what = What::Back(Action::Reconfigure);
                let commands =
                    self.rendered.commands(address, (component, &change.resource), what)?.list();
                let commands = step::without_files(&commands, &change.resource, &change.files);
                return Ok(WayBack::Files { commands: commands.into() });
            }
            diff::WayBack::None(why) => return Ok(WayBack::None(self.shared(why))),
        };
        let back = match change.action {
            Action::Downgrade => Action::Upgrade,
            _ => Action::Downgrade,
        };
        let commands = self.rendered.commands(address, (component, before), What::Back(back))?;
        let mut commands = commands.list();
        if !change.files.is_empty() {
            commands = step::without_files(&commands, before, &change.files).into();
        }
        let (to, loses) = (before.version.clone(), self.shared(loses));
        Ok(WayBack::Package { to, loses, commands })
    }

    fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&new));
        new
    }

    fn impact(&self, node: &Node) -> Arc<str> {
        if !node.action.interrupts() {
            return Arc::default();
        }
        let own = (&node.address.host, &node.address.component);
        if let Some(impact) = licences::impact_of_change(self.desired, self.comparison, own) {
            return impact.into();
        }
        self.impacts.get(&node.address.component).cloned().unwrap_or_default()
    }
}

fn basis(desired: &Desired, comparison: &Comparison, graph: &StepGraph) -> Basis {
    let withheld: BTreeSet<&Address> = graph.withheld.iter().map(|one| &one.address).collect();
    let planned = comparison.changes.iter().filter(|(address, _)| !withheld.contains(address));
    let used = planned.map(|(address, change)| {
        let address = [address.host.as_str(), "/", address.component.as_str()].concat();
        (address, UsedFacts::from(&change.facts))
    });
    Basis {
        snapshot: comparison.snapshot,
        compared: Compared {
            hosts: desired.hosts.len() - comparison.unknown.len(),
            resources: comparison.compared,
        },
        facts: used.collect(),
        cores: licences::used(&comparison.licences),
        ..Basis::of(desired)
    }
}
