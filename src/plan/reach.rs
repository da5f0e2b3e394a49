//! Steps that see, after a component of stage 2 has changed, that those that need it reach it, from each of
//! their hosts, and are healthy with it. They stand right behind the change, and what changes next waits for
//! them.
//!
//! What a host could not reach before, and goes without by a waiver, is not tried.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::healthy::All;
use super::render::Checks;
use super::{Commands, HealthyBefore, Members, Step};
use crate::address::{ComponentName, HostName};
use crate::catalog::{Format, Stage};
use crate::desired::Desired;
use crate::diagnostic::Code;
use crate::diff::{Action, Comparison, Reason};
use crate::observe::Places;
use crate::step;
use crate::transport::{Command, Endpoint};

/// Puts the steps among `steps`, and their commands among `checks`; returns whom each of them asks.
pub(super) fn put(
    steps: &mut Vec<Step>,
    (everyone, comparison): (&All<'_>, &Comparison),
    checks: &mut Checks,
) -> BTreeMap<Arc<str>, Members> {
    let desired = everyone.desired;
    let mut changed: Vec<ComponentName> = Vec::new();
    for step in steps.iter().filter(|step| step.stage == Stage::Critical && step.is_change()) {
        if !changed.contains(&step.component) {
            changed.push(step.component.clone());
        }
    }
    let mut asked = BTreeMap::new();
    if changed.is_empty() {
        return asked;
    }
    let around = Around { desired, comparison, places: Places::of(desired) };
    for component in changed {
        let members = around.members(&component, checks);
        let of = members.0.len();
        // Who can't connect says best why somebody isn't healthy.
        let reach = (of > 0).then(|| step::await_reach(&component, of));
        let commands = reach.into_iter().chain(everyone.that_need(&component)).collect();
        if let Some(step) = behind(steps, desired, (&component, commands))
            && of > 0
        {
            asked.insert(step, members);
        }
    }
    asked
}

/// What the steps are made from.
struct Around<'a> {
    desired: &'a Desired,
    comparison: &'a Comparison,
    places: Places<'a>,
}

impl Around<'_> {
    /// The hosts that need `component`, one of their components that does, and how they try to reach it.
    fn members(&self, component: &ComponentName, checks: &mut Checks) -> Members {
        let mut alike: BTreeMap<(bool, Vec<(Endpoint, HostName)>), Commands> = BTreeMap::new();
        let mut members: Vec<HealthyBefore> = Vec::new();
        let all = self.desired.components.keys();
        let dependants: Vec<&ComponentName> = all.filter(|it| self.needs(it, component)).collect();
        let addresses = self.desired.resources.keys();
        for address in addresses.filter(|it| dependants.contains(&&it.component)) {
            let host = &address.host;
            if members.last().is_some_and(|last| last.host == *host)
                || self.comparison.unknown.contains_key(host)
            {
                continue;
            }
            let ports: Vec<(Endpoint, HostName)> = self.ports(component, host);
            if ports.is_empty() {
                continue;
            }
            let number = alike.len() + 1;
            let format = self.desired.hosts.get(host).map_or(Format::Deb, |it| it.format);
            let check =
                alike.entry((format == Format::Msi, ports)).or_insert_with_key(|(_, ports)| {
                    let tries =
                        ports.iter().map(|(port, at)| step::reach(component, (port, at), format));
                    Commands::new(format!("{component}/reach/{number}"), tries.collect::<Vec<_>>())
                });
            let (host, component) = (host.clone(), address.component.clone());
            members.push(HealthyBefore { host, component, check: check.clone() });
        }
        checks.extend(alike.values().map(Commands::entry));
        Members(members)
    }

    fn needs(&self, dependant: &ComponentName, component: &ComponentName) -> bool {
        let needs = self.desired.components.get(dependant).map_or(&[][..], |it| &it.needs);
        needs.iter().any(|need| need.component == *component && !need.same_host)
    }

    fn ports(&self, component: &ComponentName, host: &HostName) -> Vec<(Endpoint, HostName)> {
        let before = self.comparison.unreachable.get(host);
        let waived = self.desired.waivers.iter().any(|waiver| {
            waiver.check == Code::Port && waiver.host.as_ref().is_none_or(|it| it == host)
        });
        let goes_without = |endpoint: &Endpoint| {
            waived && before.is_some_and(|ports| ports.contains(&endpoint.to_string()))
        };
        let all = self.places.endpoints(self.desired, component, host).into_iter();
        let all = all.filter(|(endpoint, _)| !goes_without(endpoint));
        all.map(|(endpoint, host)| (endpoint, host.clone())).collect()
    }
}

/// Puts the step behind the last change of `component`; all that stands behind it is one wave later.
/// Returns its id; none when nobody needs it.
fn behind(
    steps: &mut Vec<Step>,
    desired: &Desired,
    (component, commands): (&ComponentName, Arc<[Command]>),
) -> Option<Arc<str>> {
    let changes = |step: &&Step| step.component == *component && step.is_change();
    let own = || steps.iter().filter(changes);
    let (first, last) = (own().next()?, own().map(|step| step.wave).max()?);
    let (host, version) = (first.host.clone(), desired.version(component)?);
    if commands.is_empty() {
        return None;
    }
    let reach = Step {
        wave: last + 1,
        after: own().map(|step| Arc::clone(&step.id)).collect(),
        reasons: vec![Reason::NeededAgain],
        ..Step::bare((&host, component), Action::Reach, version, commands)
    };
    let place = steps.iter().position(|step| step.wave > last).unwrap_or(steps.len());
    for step in steps.iter_mut().skip(place) {
        step.wave += 1;
        if step.stage == Stage::Critical && step.is_change() {
            step.after.push(Arc::clone(&reach.id));
        }
    }
    let id = Arc::clone(&reach.id);
    steps.insert(place, reach);
    Some(id)
}
