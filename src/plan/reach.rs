//! Steps that see, after a component of stage 2 has changed, that those that need it reach it, from each of
//! their hosts, and are healthy with it. They stand right behind the change, and what changes next waits for
//! them.
//!
//! What a host could not reach before, and goes without by a waiver, is not tried.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

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
use crate::value::Version;

/// Puts the steps among `steps`, and their commands among `checks`; returns whom each of them asks.
pub(super) fn put(
    steps: &mut Vec<Step>,
    (everyone, comparison): (&All<'_>, &Comparison),
    checks: &mut Checks,
) -> BTreeMap<Arc<str>, Members> {
    let desired = everyone.desired;
    let mut changed = changed(steps);
    let mut asked = BTreeMap::new();
    if changed.is_empty() {
        return asked;
    }
    let around = Around { desired, comparison, places: Places::of(desired) };
    // All hosts of a large cluster need each of them.
    let members = changed.par_iter().map(|it| around.members(&it.component));
    for (next, (members, how)) in members.collect::<Vec<_>>().into_iter().enumerate() {
        let Some(Changed { component, places }) = changed.get(next) else { break };
        checks.extend(how);
        let of = members.0.len();
        // Who can't connect says best why somebody isn't healthy.
        let reach = (of > 0).then(|| step::await_reach(component, of));
        let commands: Arc<[Command]> =
            reach.into_iter().chain(everyone.that_need(component)).collect();
        let version = everyone.version(component).filter(|_| !commands.is_empty());
        let Some(version) = version else { continue };
        let Some((id, place)) = behind(steps, places, (component, version, commands)) else {
            continue;
        };
        for later in changed.iter_mut().flat_map(|it| &mut it.places).filter(|it| **it >= place) {
            *later += 1;
        }
        if of > 0 {
            asked.insert(id, members);
        }
    }
    asked
}

/// A component that is changed in stage 2, and where among all steps its changes stand, also those of stage 1.
struct Changed {
    component: ComponentName,
    places: Vec<usize>,
}

/// All of them, in the order of their first change in stage 2.
fn changed(steps: &[Step]) -> Vec<Changed> {
    let is_critical = |step: &Step| step.stage == Stage::Critical && step.is_change();
    let mut changed: Vec<Changed> = Vec::new();
    for step in steps.par_iter().filter(|step| is_critical(step)).collect::<Vec<_>>() {
        if !changed.iter().any(|it| it.component == step.component) {
            changed.push(Changed { component: step.component.clone(), places: Vec::new() });
        }
    }
    let of = |step: &Step| changed.iter().position(|it| it.component == step.component);
    let places = steps.par_iter().enumerate();
    let places =
        places.filter_map(|(place, step)| Some((of(step)?, place)).filter(|_| step.is_change()));
    for (of, place) in places.collect::<Vec<_>>() {
        if let Some(changed) = changed.get_mut(of) {
            changed.places.push(place);
        }
    }
    changed
}

/// What the steps are made from.
struct Around<'a> {
    desired: &'a Desired,
    comparison: &'a Comparison,
    places: Places<'a>,
}

impl Around<'_> {
    /// The hosts that need `component`, one of their components that does, and how they try to reach it, which
    /// is returned as well.
    fn members(&self, component: &ComponentName) -> (Members, Checks) {
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
        (Members(members), alike.values().map(Commands::entry).collect())
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

/// Puts the step behind the last change of `component`, whose changes have these `places`; all that stands
/// behind it is one wave later. Returns its id and its place.
fn behind(
    steps: &mut Vec<Step>,
    places: &[usize],
    (component, version, commands): (&ComponentName, &Version, Arc<[Command]>),
) -> Option<(Arc<str>, usize)> {
    let own = || places.iter().filter_map(|&place| steps.get(place));
    let (first, last) = (own().next()?, own().map(|step| step.wave).max()?);
    let reach = Step {
        wave: last + 1,
        after: own().map(|step| Arc::clone(&step.id)).collect(),
        reasons: vec![Reason::NeededAgain],
        ..Step::bare((&first.host, component), Action::Reach, version, commands)
    };
    let from = places.last()? + 1;
    let place = steps.iter().skip(from).position(|step| step.wave > last);
    let place = place.map_or(steps.len(), |it| from + it);
    for step in steps.iter_mut().skip(place) {
        step.wave += 1;
        if step.stage == Stage::Critical && step.is_change() {
            step.after.push(Arc::clone(&reach.id));
        }
    }
    let id = Arc::clone(&reach.id);
    steps.insert(place, reach);
    Some((id, place))
}
