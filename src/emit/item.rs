//! What is done on each host, in the order of the plan's waves: its own steps, and its part of the
//! steps that ask many.

use std::collections::BTreeMap;

use super::EmitError;
use super::commands::{Line, Lines};
use super::package::Packages;
use super::shell::Shell;
use crate::address::HostName;
use crate::diff::Action;
use crate::plan::{HealthyBefore, Plan, Step};
use crate::transport::{LogsSince, Task};
use crate::view::words;

/// How a script treats a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Looks first whether it is done, and does it once.
    Change,
    /// Only looks, each time it is asked to.
    Gate,
    /// As a gate, and what comes after it doesn't wait: it is enough when so many hosts pass it.
    Count,
    /// Never again: what it saw can't be seen later.
    Once,
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Gate => "gate",
            Self::Count => "count",
            Self::Once => "once",
        }
    }
}

/// One step of a host's script.
pub(super) struct Item<'p> {
    /// From 1, on its host.
    pub(super) number: usize,
    pub(super) step: &'p Step,
    pub(super) kind: Kind,
    pub(super) title: String,
    pub(super) lines: Vec<Line>,
    /// The way back, where it is commands.
    pub(super) back: Vec<Line>,
}

/// What each host has to do.
pub(super) type Hosts<'p> = BTreeMap<HostName, Vec<Item<'p>>>;

/// Who carries a step out.
pub(super) enum By {
    /// Its host.
    Host,
    /// Each of those that it asks, for itself.
    Each,
    /// People: no host runs anything.
    People,
}

/// Who carries `step` out.
pub(super) fn by(step: &Step) -> By {
    let told = |task: &Task| {
        matches!(
            task,
            Task::Tell { .. }
                | Task::TestScan { .. }
                | Task::AwaitHistory(_)
                | Task::Licence(_)
                | Task::AwaitLicence(_)
        )
    };
    if step.commands.iter().all(|command| told(&command.task)) {
        return By::People;
    }
    match step.commands.first().map(|command| &command.task) {
        Some(
            Task::AwaitHealthy { .. }
            | Task::AwaitAllIdle(_)
            | Task::AwaitReach { .. }
            | Task::MarkLogs { .. }
            | Task::ReadLogs { .. },
        ) => By::Each,
        _ => By::Host,
    }
}

/// Whom `task` of `step` asks.
fn asked<'p>(plan: &'p Plan, step: &Step, task: &Task) -> impl Iterator<Item = &'p HealthyBefore> {
    let (members, left) = match task {
        Task::AwaitHealthy { component, without, .. } => {
            (plan.members.get(component.as_str()), without.clone())
        }
        _ => (plan.asked.get(&step.id), Vec::new()),
    };
    let members = members.map_or(&[][..], |members| &members.0);
    members.iter().filter(move |member| !left.contains(&member.host))
}

/// The steps in the order of their waves.
pub(super) fn in_order(plan: &Plan) -> Vec<&Step> {
    let mut steps: Vec<&Step> = plan.steps.iter().collect();
    steps.sort_by_key(|step| step.wave);
    steps
}

/// What each host has to do, in this order.
pub(super) fn hosts<'p>(plan: &'p Plan, packages: &Packages) -> Result<Hosts<'p>, EmitError> {
    let mut hosts = Hosts::new();
    for step in in_order(plan) {
        match by(step) {
            By::People => {}
            By::Host => {
                let shell = Shell::of(plan, &step.host);
                let lines = Lines { step, packages, host: &step.host, shell };
                let back = step.back().map(|commands| lines.of(commands)).transpose()?;
                let item = Item {
                    number: 0,
                    step,
                    kind: kind(step.action),
                    title: title(step),
                    lines: lines.of(&step.commands)?,
                    back: back.unwrap_or_default(),
                };
                add(&mut hosts, &step.host, item);
            }
            By::Each => parts(&mut hosts, (plan, step), packages)?,
        }
    }
    Ok(hosts)
}

/// The parts of a step that asks many, each on its host.
fn parts<'p>(
    hosts: &mut Hosts<'p>,
    (plan, step): (&Plan, &'p Step),
    packages: &Packages,
) -> Result<(), EmitError> {
    let mut by_host: BTreeMap<&HostName, Vec<(&Task, &HealthyBefore)>> = BTreeMap::new();
    for task in step.commands.iter().map(|command| &command.task) {
        for member in asked(plan, step, task) {
            by_host.entry(&member.host).or_default().push((task, member));
        }
    }
    for (host, members) in by_host {
        let lines = Lines { step, packages, host, shell: Shell::of(plan, host) };
        let mut all = Vec::new();
        let mut titles: Vec<(Kind, String)> = Vec::new();
        for (task, member) in members {
            let marked = match task {
                Task::ReadLogs(LogsSince { since, .. }) => number_of(hosts, host, since),
                _ => None,
            };
            all.extend(lines.part(task, &member.check, marked)?);
            let title = part(task, step);
            if !titles.contains(&title) {
                titles.push(title);
            }
        }
        // What the controller asks is people's: see [`By::People`].
        if all.is_empty() {
            continue;
        }
        let (kind, title) = together(titles);
        let item = Item { number: 0, step, kind, title, lines: all, back: Vec::new() };
        add(hosts, host, item);
    }
    Ok(())
}

fn number_of(hosts: &Hosts<'_>, host: &HostName, step: &str) -> Option<usize> {
    let items = hosts.get(host)?;
    items.iter().find(|item| *item.step.id == *step).map(|item| item.number)
}

fn add<'p>(hosts: &mut Hosts<'p>, host: &HostName, item: Item<'p>) {
    let items = hosts.entry(host.clone()).or_default();
    items.push(Item { number: items.len() + 1, ..item });
}

const fn kind(action: Action) -> Kind {
    if action.is_gate() { Kind::Gate } else { Kind::Change }
}

/// A step in words, without its host.
pub(super) fn title(step: &Step) -> String {
    let action = words::action(step.action);
    let version = match &step.from {
        Some(from) if step.is_change() => format!(" from {} to {}", from.upstream(), step.to),
        None if step.is_change() => format!(" {}", step.to),
        _ if step.action.only_copies() => format!(" {}", step.to),
        _ => String::new(),
    };
    format!("{action} {}{version}", step.component)
}

/// Several parts of a step as one: what is enough on some hosts is asked of all where it stands beside what
/// has to be so on each.
fn together(parts: Vec<(Kind, String)>) -> (Kind, String) {
    let alike = parts.chunk_by(|(one, _), (next, _)| one == next).count() == 1;
    let kind = parts.first().filter(|_| alike).map_or(Kind::Gate, |(kind, _)| *kind);
    let titles: Vec<String> = parts.into_iter().map(|(_, title)| title).collect();
    (kind, titles.join("; "))
}

/// How a part of a step is treated, and what it is in words.
fn part(task: &Task, step: &Step) -> (Kind, String) {
    let component = &step.component;
    match task {
        Task::AwaitHealthy { component, at_least, of, .. } if at_least < of => (
            Kind::Count,
            format!("see that {component} is healthy here; {at_least} of {of} have to be"),
        ),
        Task::AwaitHealthy { component, .. } => {
            (Kind::Gate, format!("see that {component} is healthy here"))
        }
        Task::AwaitAllIdle(_) => {
            (Kind::Gate, "see that still nothing is left to do here".to_owned())
        }
        Task::AwaitReach { .. } => {
            (Kind::Gate, format!("see that {component} is reached from here"))
        }
        Task::MarkLogs { .. } => (Kind::Once, format!("note where the log of {component} ends")),
        Task::ReadLogs { .. } => (Kind::Gate, format!("read what came to the log of {component}")),
        _ => (Kind::Gate, title(step)),
    }
}
