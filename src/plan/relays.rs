//! Relays: package files go to one host of a site, which gives them to the others, so that the controller's
//! line carries each of them once per site.

use std::collections::{BTreeMap, BTreeSet};
use std::slice;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::forecast::EXPECTED_COPY_RATE;
use super::{Plan, Step, shared, stage, waves};
use crate::address::HostName;
use crate::desired::{Desired, Relay};
use crate::diagnostic::{Code, Remark};
use crate::diff::{Action, Comparison, Reason};
use crate::manifest::Otherwise;
use crate::step::{Relayed, copy_file};
use crate::transport::{Command, RelayTask, Task};
use crate::value::{Period, RemotePath};

/// The host that gives a package file to another one of its site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Feeder {
    /// The host.
    pub host: HostName,
    /// The site.
    pub site: String,
    /// What it runs for that: it lends the file, lets the other host's key in, and dismisses it.
    #[serde(deserialize_with = "shared::deserialize")]
    #[schemars(with = "Vec<Command>")]
    pub commands: Arc<[Command]>,
}

impl Feeder {
    /// What of it is not so, in words, to be read after the step's name.
    pub(super) fn contradiction(&self) -> Option<String> {
        let feeds = |task: &Task| {
            use RelayTask::{AdmitKey, DismissKey, LendFile};
            matches!(task, Task::Relay(LendFile { .. } | AdmitKey { .. } | DismissKey { .. }))
        };
        let other = self.commands.iter().find(|command| !feeds(&command.task))?;
        Some(format!("is fed by {}, which is to {}", self.host, other.task.in_words()))
    }
}

impl Step {
    /// Whether other hosts get from there what it brings.
    #[must_use]
    pub fn feeds(&self) -> bool {
        self.reasons.iter().any(|reason| matches!(reason, Reason::Feeds { .. }))
    }

    /// All that runs for it, in this order: each command with the host that it runs on, where that is a relay.
    /// A relay lets a key in right before the file is got, and dismisses it right after.
    #[must_use]
    pub fn in_order(&self) -> Vec<(Option<&HostName>, &Command)> {
        let pulls =
            |command: &Command| matches!(command.task, Task::Relay(RelayTask::PullFile { .. }));
        let dismisses =
            |command: &Command| matches!(command.task, Task::Relay(RelayTask::DismissKey { .. }));
        let feeders = self.feeder.iter();
        let there =
            feeders.flat_map(|it| it.commands.iter().map(|command| (Some(&it.host), command)));
        let (after, before): (Vec<_>, Vec<_>) = there.partition(|(_, it)| dismisses(it));
        // Whatever a relay runs is told, also where nothing is got from it.
        let place = self.commands.iter().position(pulls).map_or(self.commands.len(), |it| it + 1);
        let mut own: Vec<_> = self.commands.iter().map(|command| (None, command)).collect();
        let rest = own.split_off(place);
        let pull = own.pop();
        own.into_iter().chain(before).chain(pull).chain(after).chain(rest).collect()
    }
}

/// A package file as a step copies it from the controller.
fn relayed(step: &Step) -> Option<Relayed<'_>> {
    step.commands.iter().find_map(|command| match &command.task {
        Task::ReceiveFile { from, path, digest, size } if !path.is_windows() => {
            Some(Relayed { from, path, digest, size: *size })
        }
        _ => None,
    })
}

/// Has hosts get their package files from the relays of their sites. What a relay has no use of its own for
/// goes from it when all others have it. Returns what a reviewer should know.
pub(super) fn put(
    steps: &mut Vec<Step>,
    desired: &Desired,
    comparison: &Comparison,
) -> Vec<Remark> {
    if desired.relays.is_empty() {
        return Vec::new();
    }
    let sites = &desired.relays.by_site;
    let unread: Vec<(&String, &Relay)> =
        sites.iter().filter(|(_, relay)| comparison.unknown.contains_key(&relay.host)).collect();
    let is_left = |relay: &Relay| {
        relay.otherwise == Otherwise::Controller && comparison.unknown.contains_key(&relay.host)
    };
    let mut own: BTreeMap<(HostName, RemotePath), usize> = BTreeMap::new();
    let mut fed: BTreeMap<(&str, RemotePath), Vec<usize>> = BTreeMap::new();
    for (place, step) in steps.iter().enumerate() {
        let Some(file) = relayed(step) else { continue };
        match desired.relay_of(&step.host) {
            Some((site, relay)) if !is_left(relay) => {
                fed.entry((site, file.path.clone())).or_default().push(place);
            }
            _ => drop(own.insert((step.host.clone(), file.path.clone()), place)),
        }
    }
    for ((site, path), places) in fed {
        let Some(relay) = sites.get(site) else { continue };
        let own = own.get(&(relay.host.clone(), path)).copied();
        Feeding { site, relay, comparison }.put(steps, own, &places);
    }
    if steps.iter().any(|step| step.feeder.is_some()) {
        // Each after those that it names: nobody feeds a relay, and nothing waits for what clears one.
        steps.sort_by_key(|step| (step.action == Action::Clear, !step.feeds()));
        waves::number(steps);
    }
    unread.into_iter().map(|(site, relay)| unread_in_words(site, relay)).collect()
}

fn unread_in_words(site: &str, Relay { host, otherwise, .. }: &Relay) -> Remark {
    let follows = match otherwise {
        Otherwise::Refuse => "until it can be, no package file comes to the others of its site",
        Otherwise::Controller => {
            "the controller sends the package files of its site to each host itself"
        }
    };
    Code::RelayUnread
        .said(format!("{host}, the relay of the site {site}, could not be read: {follows}"))
}

/// One relay, in one site.
struct Feeding<'a> {
    site: &'a str,
    relay: &'a Relay,
    comparison: &'a Comparison,
}

impl Feeding<'_> {
    /// Has the relay give one file to the hosts of the steps at `places`; `own` is where its own copy is.
    fn put(&self, steps: &mut Vec<Step>, own: Option<usize>, places: &[usize]) {
        let of = |place: &usize| steps.get(*place).cloned();
        let Some(first) = places.first().and_then(of) else { return };
        let Some(file) = relayed(&first) else { return };
        let hosts: Vec<HostName> =
            places.iter().filter_map(|it| Some(steps.get(*it)?.host.clone())).collect();
        let gives = Reason::Feeds { hosts: hosts.clone() };
        let is_everywhere = places.iter().filter_map(|it| steps.get(*it)).all(|step| step.staged);
        let mut before = None;
        let mut more = Vec::new();
        if let Some(step) = own.and_then(|place| steps.get_mut(place)) {
            step.reasons.push(gives);
            before = Some(Arc::clone(&step.id));
        } else {
            let brings = self.brings((&first, &file), gives);
            // Nobody needs it from there, nor has it to go from there.
            if brings.staged || !is_everywhere {
                let after = places.iter().filter_map(|it| Some(Arc::clone(&steps.get(*it)?.id)));
                let clears = self.clears((&first, &file), (after.collect(), hosts));
                before = Some(Arc::clone(&brings.id));
                more.extend([brings, clears]);
            }
        }
        let feeder = Feeder {
            host: self.relay.host.clone(),
            site: self.site.to_owned(),
            commands: file.feeds().into(),
        };
        // Hosts that are alike go on sharing their commands.
        let mut known: BTreeMap<*const Command, Arc<[Command]>> = BTreeMap::new();
        for place in places {
            let Some(step) = steps.get_mut(*place) else { continue };
            let fed = known.entry(step.commands.as_ptr()).or_insert_with(|| self.fed(step, &file));
            step.commands = Arc::clone(fed);
            step.feeder = Some(feeder.clone().into());
            step.after.extend(before.clone());
        }
        steps.extend(more);
    }

    /// What a host runs that is fed, with what else the step does there.
    fn fed(&self, step: &Step, file: &Relayed<'_>) -> Arc<[Command]> {
        let mut commands = file.fed(self.relay);
        let direct = self.relay.otherwise == Otherwise::Controller;
        let stays = |task: &Task| match task {
            Task::FindFile { .. } => false,
            Task::ReceiveFile { .. } => direct,
            _ => true,
        };
        commands.extend(step.commands.iter().filter(|it| stays(&it.task)).cloned());
        commands.into()
    }

    /// The copy to a relay that doesn't need the file itself.
    fn brings(&self, (first, file): (&Step, &Relayed<'_>), gives: Reason) -> Step {
        let mut step = Step {
            reasons: vec![gives],
            forecast: Period::seconds(1 + file.size / EXPECTED_COPY_RATE),
            ..self.step((first, file), (Action::Relay, copy_file(file)))
        };
        stage::mark(slice::from_mut(&mut step), &self.comparison.staged);
        step
    }

    fn clears(
        &self,
        about: (&Step, &Relayed<'_>),
        (after, hosts): (Vec<Arc<str>>, Vec<HostName>),
    ) -> Step {
        let reasons = vec![Reason::Fed { hosts }];
        let clears = (Action::Clear, vec![about.1.drop()]);
        Step { after, reasons, ..self.step(about, clears) }
    }

    fn step(
        &self,
        (first, file): (&Step, &Relayed<'_>),
        (action, commands): (Action, Vec<Command>),
    ) -> Step {
        let place = (&self.relay.host, &first.component);
        let bare = Step::bare(place, action, &first.to, commands.into());
        let id = format!("{}-{}", bare.id, file.digest.short()).into();
        Step { id, stage: first.stage, ..bare }
    }
}

/// The plan as people carry it out, who have package files beside them: no host gives them to others.
#[must_use]
pub fn by_hand(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    if !plan.steps.iter().any(|step| step.action.is_of_relay() || step.feeder.is_some()) {
        return plan;
    }
    let (relays, mut steps): (Vec<Step>, Vec<Step>) =
        plan.steps.into_iter().partition(|step| step.action.is_of_relay());
    let gone: BTreeSet<&str> = relays.iter().map(|step| &*step.id).collect();
    for step in &mut steps {
        step.after.retain(|id| !gone.contains(&**id));
        if step.feeder.take().is_some() {
            step.commands = direct(&step.commands);
        }
    }
    waves::number(&mut steps);
    plan.steps = steps;
    plan
}

/// The commands that copy the file from the controller instead.
fn direct(commands: &[Command]) -> Arc<[Command]> {
    let is_copy = |task: &Task| {
        matches!(task, Task::FindFile { .. } | Task::Relay(_) | Task::ReceiveFile { .. })
    };
    let copies = commands.iter().find_map(|command| match &command.task {
        Task::Relay(RelayTask::PullFile { from, path, digest, size }) => {
            Some(copy_file(&Relayed { from, path, digest, size: *size }))
        }
        _ => None,
    });
    let others = commands.iter().filter(|command| !is_copy(&command.task)).cloned();
    copies.into_iter().flatten().chain(others).collect()
}

/// What one relay gives to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given<'p> {
    /// The site.
    pub site: &'p str,
    /// The relay.
    pub relay: &'p HostName,
    /// Whom it gives files to.
    pub hosts: BTreeSet<&'p HostName>,
    /// The bytes that the controller sends to the relay and to those.
    pub sent: u64,
    /// The bytes that the relay gives them.
    pub given: u64,
}

/// What relays give to whom in `plan`, site by site.
#[must_use]
pub fn feeding(plan: &Plan) -> Vec<Given<'_>> {
    let mut sites: BTreeMap<(&str, &HostName), Given<'_>> = BTreeMap::new();
    for step in &plan.steps {
        let Some(Feeder { host: relay, site, .. }) = step.feeder.as_deref() else { continue };
        let empty = Given { site, relay, hosts: BTreeSet::new(), sent: 0, given: 0 };
        let given = sites.entry((site, relay)).or_insert(empty);
        given.hosts.insert(&step.host);
        given.given = given.given.saturating_add(step.brings());
    }
    let mut sites: Vec<Given<'_>> = sites.into_values().collect();
    for site in &mut sites {
        let own =
            plan.steps.iter().filter(|it| it.host == *site.relay || site.hosts.contains(&it.host));
        site.sent = own.map(Step::sends).fold(0, u64::saturating_add);
    }
    sites
}
