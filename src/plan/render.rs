//! Renders commands, each list once: on hosts of one system a component has one package, one
//! service and one probe, and so the same commands.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Commands;
use crate::address::{Address, ComponentName};
use crate::catalog::{Component, Format, Limits};
use crate::desired::{Desired, Resource, staged_path};
use crate::diff::Action;
use crate::manifest::IdleGate;
use crate::step;
use crate::transport::{Command, Task};
use crate::value::{Period, RemotePathError, Version};

/// What is to be rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What<'a> {
    /// The commands of a step.
    Step {
        /// What is done.
        action: Action,
        /// Whether the others of its component wait for it.
        canary: bool,
        /// Whether what is changed runs and can be asked.
        runs: bool,
        /// What it says of its role, when there are others.
        role: Option<&'a str>,
        /// The version whose data have to be moved.
        moves: Option<&'a Version>,
    },
    /// The commands of a copy, with a rehearsal of this action.
    Copy(Action),
    /// The command that has the host load the package for this action.
    Fetch(Action),
    /// The commands that go back, in the direction of this action.
    Back(Action),
    /// The commands that go back to the data of this version, which were kept.
    Data(&'a Version),
    /// Whether the component is healthy, asked before another one changes.
    Healthy,
    /// Where its log ends, and what came to it since then.
    Logs,
}

impl What<'_> {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Step { action, .. } => action.as_str(),
            Self::Copy(_) => Action::Copy.as_str(),
            Self::Fetch(_) => Action::Fetch.as_str(),
            Self::Back(_) | Self::Data(_) => "rollback",
            Self::Healthy => "healthy",
            Self::Logs => "logs",
        }
    }
}

/// Checks, by name.
pub(super) type Checks = BTreeMap<Arc<str>, Arc<[Command]>>;

/// A resource with what was rendered for it.
type Known = (Arc<Resource>, Commands);

/// What was rendered, by component; few resources of one are different.
type Lists<'a> = BTreeMap<(ComponentName, What<'a>), Vec<Known>>;

/// Everything that was rendered. Clones render side by side, and still each list once. Checks that several of
/// them need are rendered before: the names of checks differ within one clone only.
#[derive(Clone)]
pub(super) struct Rendered<'a> {
    desired: &'a Desired,
    /// What this one asked for.
    known: Lists<'a>,
    /// What any of the clones asked for.
    shared: Arc<Mutex<Lists<'a>>>,
    checks: Checks,
}

impl<'a> Rendered<'a> {
    pub(super) fn new(desired: &'a Desired) -> Self {
        Self { desired, known: BTreeMap::new(), shared: Arc::default(), checks: BTreeMap::new() }
    }

    /// The commands for `resource`, which is `component` at `address`.
    pub(super) fn commands(
        &mut self,
        address: &Address,
        (component, resource): (&Component, &Arc<Resource>),
        what: What<'a>,
    ) -> Result<Commands, RemotePathError> {
        let asks = self.asks(address, (component, resource), what);
        if !asks.is_empty() {
            // Requests name their host: no other one has the same.
            let list = finished((self.desired, asks), (component, resource), what)?;
            return Ok(Commands::new(what.as_str(), list));
        }
        let known = self.known.entry((address.component.clone(), what)).or_default();
        if let Some((_, commands)) = known.iter().find(|one| one.0 == *resource) {
            return Ok(commands.clone());
        }
        let commands = self.once(address, (component, resource), what)?;
        let known = self.known.entry((address.component.clone(), what)).or_default();
        known.push((Arc::clone(resource), commands.clone()));
        if matches!(what, What::Healthy | What::Logs) {
            let (name, list) = commands.entry();
            self.checks.insert(name, list);
        }
        Ok(commands)
    }

    /// The same, rendered if none of the clones did.
    fn once(
        &self,
        address: &Address,
        (component, resource): (&Component, &Arc<Resource>),
        what: What<'a>,
    ) -> Result<Commands, RemotePathError> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let alike = shared.entry((address.component.clone(), what)).or_default();
        if let Some((_, commands)) = alike.iter().find(|one| one.0 == *resource) {
            return Ok(commands.clone());
        }
        let list = finished((self.desired, Vec::new()), (component, resource), what)?;
        let commands = Commands::new(self.name(address, resource.format, what), list);
        alike.push((Arc::clone(resource), commands.clone()));
        Ok(commands)
    }

    /// A name that no other check of this clone has.
    fn name(&self, address: &Address, format: Format, what: What<'_>) -> String {
        let os = self.desired.hosts.get(&address.host).map_or("", |host| &host.os);
        let mut name = format!("{}/{}/{format}", address.component, what.as_str());
        // Systems that are not alike, and hosts that are not like the others of their system.
        for part in [os, address.host.as_str()] {
            if self.checks.contains_key(&*name) {
                name = format!("{name}/{part}");
            }
        }
        name
    }

    /// What Control Center is asked for.
    fn asks(
        &self,
        address: &Address,
        (component, resource): (&Component, &Arc<Resource>),
        what: What<'_>,
    ) -> Vec<Command> {
        let (What::Step { action, .. } | What::Back(action)) = what else { return Vec::new() };
        let (center, host) =
            (self.desired.control_center.as_ref(), self.desired.hosts.get(&address.host));
        let Some((center, host)) = center.zip(host) else { return Vec::new() };
        step::requests(center, (address, host), (component, resource), action)
    }

    /// All checks that were rendered, by name.
    pub(super) fn into_checks(self) -> Checks {
        self.checks
    }
}

/// The commands, with what Control Center is asked for before them and what else is done around a change.
fn finished(
    (desired, asks): (&Desired, Vec<Command>),
    (component, resource): (&Component, &Resource),
    what: What<'_>,
) -> Result<Vec<Command>, RemotePathError> {
    let mut list = render(resource, component, what)?;
    list.splice(0..0, asks);
    let idle = &desired.gates.idle;
    if let What::Step { action: Action::Remove, role, .. } = what {
        let before = step::role(resource, role).into_iter().chain(step::drain(resource, idle));
        list.splice(0..0, before.collect::<Vec<_>>());
    } else if let What::Step { action, .. } | What::Back(action) = what
        && action.interrupts()
    {
        // What is taken back is not waited for or asked: it may be the very instance that is broken.
        if let What::Step { runs, role, moves, .. } = what {
            if let Some(from) = moves {
                put_before_health(&mut list, step::move_data(resource, from));
            }
            let is_same = action == Action::Reconfigure;
            list = if is_same { drained } else { around }(resource, list, (idle, runs));
            list.splice(0..0, step::role(resource, role));
        }
        give_work_again(&mut list, resource, component);
    }
    Ok(list)
}

/// It gets work again as soon as it is healthy: how it bears work is part of what is looked at for as
/// long as it has to stay healthy.
fn give_work_again(list: &mut Vec<Command>, resource: &Resource, component: &Component) {
    let Some(restore) = step::restore(resource) else { return };
    let waits = |command: &Command| matches!(command.task, Task::AwaitHealth { .. });
    let place = list.iter().position(waits).unwrap_or(list.len());
    let once = Limits { settle: Period::seconds(1), ..component.limits };
    list.splice(place..place, [step::await_health(resource, &once), restore]);
}

/// The new package is installed, and its data have yet to come.
fn put_before_health(list: &mut Vec<Command>, moves: Vec<Command>) {
    let is_wait = |command: &Command| matches!(command.task, Task::AwaitHealth { .. });
    let place = list.iter().position(is_wait).unwrap_or(list.len());
    list.splice(place..place, moves);
}

/// The commands of a change of version with what comes before and after it.
fn around(resource: &Resource, change: Vec<Command>, how: (&IdleGate, bool)) -> Vec<Command> {
    let prepare = if how.1 { step::prepare(resource) } else { Vec::new() };
    let change = [change, step::finish(resource)].concat();
    [prepare, drained(resource, change, how)].concat()
}

/// The commands of a change of what has finished its work and keeps what it has. What doesn't run can't
/// be asked what it keeps.
fn drained(
    resource: &Resource,
    change: Vec<Command>,
    (idle, runs): (&IdleGate, bool),
) -> Vec<Command> {
    let only = |list: Vec<Command>| if runs { list } else { Vec::new() };
    [step::drain(resource, idle), only(step::note(resource)), change, only(step::compare(resource))]
        .concat()
}

fn render(
    resource: &Resource,
    component: &Component,
    what: What<'_>,
) -> Result<Vec<Command>, RemotePathError> {
    let staged = staged_path(&resource.source, resource.format)?;
    let canary = matches!(what, What::Step { canary: true, .. });
    let limits = Limits { settle: component.settle(canary), ..component.limits };
    let action = match what {
        What::Healthy => return Ok(vec![step::needed_healthy(resource)]),
        What::Logs => return Ok(step::logs(resource, component)),
        What::Fetch(action) => {
            let host = step::Host { format: resource.format, action };
            return Ok(vec![step::fetch(resource, host, &component.limits)]);
        }
        What::Copy(action) => {
            let host = step::Host { format: resource.format, action };
            let copied = staged.iter().flat_map(|path| {
                let rehearsal = step::rehearse(resource, path, host);
                step::copy(&resource.source, path).into_iter().chain(rehearsal)
            });
            return Ok(copied.collect());
        }
        What::Data(from) => return Ok(step::move_back(resource, from, &limits)),
        What::Step { action, .. } | What::Back(action) => action,
    };
    Ok(match (action, staged) {
        (Action::Copy | Action::Keep, Some(path)) => step::copy(&resource.source, &path),
        (Action::Copy | Action::Keep, None) => Vec::new(),
        (Action::Remove, _) => step::remove_package(resource, &limits),
        (Action::Start | Action::Reconfigure, _) => step::start_and_see(resource, &limits),
        (action, staged) => {
            let host = step::Host { format: resource.format, action };
            step::change_package(resource, staged.as_ref(), host, &limits)
        }
    })
}
