//! From ordered changes to a plan: exact commands, reasons, impact and what each step needs.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use super::backup;
use super::forecast::forecast;
use super::gates;
use super::healthy::{self, All};
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
use super::{
    Basis, Compared, HealthyBefore, Members, Notice, Plan, Step, Unknown, UsedFacts, WayBack,
    Withheld,
};
use crate::address::{Address, ComponentName, HostName};
use crate::catalog::{Component, Stage};
use crate::desired::Desired;
use crate::diff::{self, Action, Change, Comparison, Reason};
use crate::graph::{Node, StepGraph};
use crate::manifest::CORE;
use crate::observe::Unreadable;
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
    let (basis, made) = thread::scope(|scope| {
        // Neither needs the other, and for a large cluster both take their time.
        let basis = scope.spawn(|| basis(desired, comparison, graph));
        let made = steps(desired, comparison, graph);
        (basis.join().unwrap_or_else(|panic| resume_unwind(panic)), made)
    });
    let Made { mut steps, mut checks, members, logs } = made?;
    stage::mark(&mut steps, &comparison.staged);
    let unread = relays::put(&mut steps, desired, comparison);
    let left_out = reboot::put(&mut steps, desired, comparison);
    licences::put(&mut steps, desired, (&comparison.licences, &comparison.takeovers));
    let all = All::new(desired, &members, &steps);
    let mut asked = gates::put(&mut steps, &all, (&comparison.unknown, &mut checks));
    asked.extend(reach::put(&mut steps, (&all, comparison), &mut checks));
    all.verify(&mut steps);
    let unseen = backup::before_all(&mut steps, desired, &comparison.unknown);
    scans::put(&mut steps, desired);
    asked.extend(logs::put(&mut steps, desired, logs));
    let told: Vec<Notice> = desired.notices.iter().map(Notice::of).collect();
    notices::put(&mut steps, &told);
    let has_critical = steps.iter().any(|step| step.stage == Stage::Critical);
    let window = desired.gates.window.as_ref().filter(|_| has_critical);
    let plan = Plan {
        window: window.map(|window| window.value.clone()),
        checks,
        members,
        asked,
        notices: told,
        unknown: unknown(desired, comparison),
        withheld: withheld(graph),
        warnings: [desired.cautions.as_slice(), &comparison.warnings, &unseen, &unread, &left_out]
            .concat(),
        ..Plan::of(desired, basis, steps)
    };
    Ok(plan.grounded(desired))
}

/// The steps, the checks that they name, and whom their gates ask.
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
    let mut maker = Maker::new(desired, comparison, healthy::batches(graph));
    let ids = graph.nodes.iter().map(|node| text(&node.address, node.action).into());
    let ids: Vec<Arc<str>> = ids.collect();
    let mut steps = Vec::with_capacity(ids.len());
    for (place, (node, id)) in graph.nodes.iter().zip(&ids).enumerate() {
        let after = node.after.iter().filter_map(|&place| ids.get(place).cloned()).collect();
        steps.extend(if node.action == Action::KeepHealthy {
            maker.gate((place, node), after)
        } else {
            let canary = healthy::may_not_fail(desired, node);
            maker.step(node, id, after)?.map(|step| Step { canary, ..step })
        });
    }
    let members = if steps.is_empty() { BTreeMap::new() } else { maker.members()? };
    let logs = maker.logs(&steps)?;
    Ok(Made { steps, checks: maker.rendered.into_checks(), members, logs })
}

fn text(address: &Address, action: Action) -> String {
    [address.host.as_str(), "/", address.component.as_str(), "/", action.as_str()].concat()
}

struct Maker<'a> {
    desired: &'a Desired,
    comparison: &'a Comparison,
    /// The hosts behind each gate, by its place in the graph.
    batches: BTreeMap<usize, Vec<HostName>>,
    rendered: Rendered<'a>,
    needed: Needed<'a>,
    impacts: BTreeMap<&'a ComponentName, Arc<str>>,
    /// Texts that many steps share.
    texts: BTreeSet<Arc<str>>,
}

impl<'a> Maker<'a> {
    fn new(
        desired: &'a Desired,
        comparison: &'a Comparison,
        batches: BTreeMap<usize, Vec<HostName>>,
    ) -> Self {
        Self {
            desired,
            comparison,
            batches,
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

    fn members(&mut self) -> Result<BTreeMap<ComponentName, Members>, RemotePathError> {
        let members = self
            .desired
            .components
            .keys()
            .map(|name| Ok((name.clone(), self.needed.members(name, &mut self.rendered)?)));
        members.collect()
    }

    /// All that `steps` change, with how each is asked for its log.
    fn logs(
        &mut self,
        steps: &[Step],
    ) -> Result<BTreeMap<ComponentName, Members>, RemotePathError> {
        let mut logs: BTreeMap<ComponentName, Members> = BTreeMap::new();
        let mut read = BTreeSet::new();
        for step in steps.iter().filter(|step| step.is_change()) {
            let address = Address::new(step.host.clone(), step.component.clone());
            if !read.insert((&step.host, &step.component)) {
                continue;
            }
            let (Some(resource), Some(component)) = (
                self.desired.resources.get(&address),
                self.desired.components.get(&address.component),
            ) else {
                continue;
            };
            let check = self.rendered.commands(&address, (component, resource), What::Logs)?;
            let Address { host, component } = address;
            let members = &mut logs.entry(component.clone()).or_default().0;
            members.push(HealthyBefore { host, component, check });
        }
        Ok(logs)
    }

    /// The gate before a batch of a component whose health is promised.
    fn gate(&mut self, (place, node): (usize, &Node), after: Vec<Arc<str>>) -> Option<Step> {
        let Address { host, component: name } = &node.address;
        let component = self.desired.components.get(name)?;
        let promise = self.comparison.promises.get(name)?;
        let batch = self.batches.remove(&place).unwrap_or_default();
        let commands = healthy::before_batch(node, component, promise, batch);
        let version = &node.change.resource.version;
        Some(Step {
            stage: node.stage,
            wave: node.wave,
            after,
            reasons: vec![Reason::KeepsPromise],
            ..Step::bare((host, name), node.action, version, commands)
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
            id: Arc::clone(id),
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
            ..Step::bare(
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
    let hosts = comparison.unknown.iter().map(entry);
    let core: Option<ComponentName> = CORE.parse().ok();
    // The host may be seen where its instance isn't.
    let unasked = comparison.unasked.iter();
    let unasked = unasked.filter(|(host, _)| !comparison.unknown.contains_key(*host));
    let instances = unasked.map(|(host, why)| Unknown {
        host: host.clone(),
        components: core.iter().cloned().collect(),
        reason: why.reason.clone(),
        hint: why.hint.clone(),
    });
    hosts.chain(instances).collect()
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
