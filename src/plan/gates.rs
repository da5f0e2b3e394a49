//! The gates before stage 2, as steps of the plan: they come after everything of stage 1, and everything
//! of stage 2 comes after them. They change nothing, so that they may be passed together, and are passed
//! again when a run is gone on with later. Those that are only so for a moment, that nothing is left to do,
//! are looked at once more together, when all others are passed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::followed::Followed;
use super::healthy::All;
use super::render::Checks;
use super::{Commands, HealthyBefore, Members, Step, backup, waves};
use crate::address::{Address, ComponentName, HostName};
use crate::catalog::{Format, Stage};
use crate::desired::{Desired, Resource};
use crate::diff::{Action, Reason};
use crate::manifest::IdleGate;
use crate::observe::Unreadable;
use crate::step;
use crate::transport::{Command, Task};
use crate::value::{Period, Version};

/// Puts the gates between the stages; none when nothing of stage 2 is to be done. Backups that the plan
/// takes come when all else is so: nothing is in progress then.
pub(super) fn put(
    steps: &mut Vec<Step>,
    everyone: &All<'_>,
    (unknown, checks): (&BTreeMap<HostName, Unreadable>, &mut Checks),
) -> Put {
    let desired = everyone.desired;
    let mut put = Put::default();
    waves::part(steps);
    let first = steps.iter().position(|step| step.stage == Stage::Critical);
    let Some(first) = first else { return put };
    let wave = steps.get(first).map_or(1, |step| step.wave);
    // What a host that can't be read has left to do is not known, and the plan says that it is unknown.
    // Evidence that can't be seen is none: its gate stays, and is not passed.
    let asks_host = |gate: &Gate| {
        gate.commands.iter().any(|command| matches!(command.task, Task::AwaitIdle { .. }))
    };
    let known = |gate: &Gate| !asks_host(gate) || !unknown.contains_key(&gate.host);
    // A large cluster has a signal on nearly every host, and many steps: neither needs the other.
    let (before, signals) = rayon::join(
        || ends(steps.get(..first).unwrap_or_default()),
        || signals(everyone).into_iter().filter(known).collect::<Vec<Gate>>(),
    );
    let healthy = everyone.gates(Action::AwaitHealthy).into_iter();
    let healthy = healthy.map(|gate| Step { wave, after: before.clone(), ..gate });
    let evidence = evidence(everyone).into_iter().filter(known);
    let mut gates: Vec<Step> = evidence.map(|gate| gate.step(wave, &before)).collect();
    gates.extend(signals.iter().map(|gate| gate.step(wave, &before)));
    gates.extend(healthy);
    let taken = backup::in_plan(everyone, wave + 1, &ids(&gates));
    gates.extend(taken);
    if let Some((still, members)) = still_idle(desired, &signals, &gates) {
        checks.extend(members.0.iter().map(|member| member.check.entry()));
        put.asked.insert(Arc::clone(&still.id), members);
        gates.push(still);
    }
    let Some(last) = gates.iter().map(|gate| gate.wave).max() else { return put };
    let ids = ids(&gates);
    // What isn't of stage 2 and stands there comes after a step of it.
    for step in steps.iter_mut().skip(first) {
        step.wave += last + 1 - wave;
        if step.stage == Stage::Critical {
            step.after.extend(ids.iter().cloned());
        }
    }
    steps.splice(first..first, gates);
    put.first = first;
    put
}

/// What was put.
#[derive(Default)]
pub(super) struct Put {
    /// Whom the last gate asks.
    pub(super) asked: BTreeMap<Arc<str>, Members>,
    /// The place of the first gate, or 0 where there is none. Something comes after each step before it.
    pub(super) first: usize,
}

/// The look at all of `signals` together, behind `gates`: each was nothing at a time of its own, and what
/// came since, or while backups were taken, was not seen.
fn still_idle(desired: &Desired, signals: &[Gate], gates: &[Step]) -> Option<(Step, Members)> {
    let (first, last) = (signals.first()?, gates.iter().map(|gate| gate.wave).max()?);
    let mut alike: BTreeMap<*const [Command], Commands> = BTreeMap::new();
    let member = |gate: &Gate| {
        let number = alike.len() + 1;
        let check = alike.entry(Arc::as_ptr(&gate.commands)).or_insert_with(|| {
            let name = format!("{}/idle/{number}", gate.component);
            Commands::new(name, Arc::clone(&gate.commands))
        });
        let (host, component) = (gate.host.clone(), gate.component.clone());
        HealthyBefore { host, component, check: check.clone() }
    };
    let members = Members(signals.iter().map(member).collect());
    let commands = [step::await_all_idle(signals.len(), &desired.gates.idle)].into();
    let still = Step {
        wave: last + 1,
        after: ids(gates),
        reasons: vec![Reason::BeforeCritical],
        forecast: first.forecast,
        ..Step::bare((&first.host, &first.component), Action::StillIdle, &first.version, commands)
    };
    Some((still, members))
}

fn ids(steps: &[Step]) -> Vec<Arc<str>> {
    steps.iter().map(|step| Arc::clone(&step.id)).collect()
}

/// In a slow case a step takes so many times its forecast, where none like it was seen: a guess.
const SLOW: u64 = 3;

impl Step {
    /// How much of a window has to be left when it begins: for a slow case of it and of its way back.
    #[must_use]
    pub fn room(&self) -> Period {
        let ways = 1 + u64::from(self.back().is_some());
        Period::seconds(self.slow_case().whole_seconds().saturating_mul(ways))
    }

    /// What it takes in a slow case: as was seen before, or a guess.
    #[must_use]
    pub fn slow_case(&self) -> Period {
        let guess = || Period::seconds(self.forecast.whole_seconds().saturating_mul(SLOW));
        self.slow.unwrap_or_else(guess)
    }
}

/// Those of `steps` of stage 1 that nothing else of it comes after.
fn ends(steps: &[Step]) -> Vec<Arc<str>> {
    let is_live = |step: &Step| step.stage == Stage::Live;
    let followed = Followed::by(steps, is_live);
    let ends = steps.iter().filter(|step| is_live(step) && !followed.contains(step));
    ends.map(|step| Arc::clone(&step.id)).collect()
}

/// One thing that has to be so.
struct Gate {
    host: HostName,
    component: ComponentName,
    action: Action,
    version: Version,
    forecast: Period,
    commands: Arc<[Command]>,
}

/// What people do comes first, so that they aren't asked for it after a long wait; then the backups. What is
/// only so for a moment comes behind both.
fn evidence(everyone: &All<'_>) -> Vec<Gate> {
    let desired = everyone.desired;
    let gates = &desired.gates;
    let once = |action, host: &HostName, component: &ComponentName, forecast, command| {
        Some(Gate {
            host: host.clone(),
            component: component.clone(),
            action,
            version: everyone.version(component)?.clone(),
            forecast: Period::seconds(forecast),
            commands: [command].into(),
        })
    };
    let confirm = gates.confirm.iter().filter_map(|(component, gate)| {
        let format = desired.hosts.get(&gate.host).map_or(Format::Deb, |it| it.format);
        let command = step::confirm(component.as_str(), gate, format);
        once(Action::Confirm, &gate.host, component, 1, command)
    });
    let others = gates.backup.iter().filter(|(_, gate)| !backup::is_in_plan(gate));
    let backup = others.filter_map(|(component, gate)| {
        let command = step::prove_backup(component.as_str(), gate, desired.preflight.clock_skew);
        once(Action::ProveBackup, &gate.host, component, 60, command)
    });
    confirm.chain(backup).collect()
}

/// All that can tell how much is still to be done.
fn signals(everyone: &All<'_>) -> Vec<Gate> {
    idle(everyone.desired).into_iter().chain(history(everyone)).collect()
}

/// The scans in progress, as a route counts them.
fn history(everyone: &All<'_>) -> Option<Gate> {
    let desired = everyone.desired;
    let gate = desired.gates.history.as_ref()?;
    Some(Gate {
        host: gate.host.clone(),
        component: gate.component.clone(),
        action: Action::AwaitIdle,
        version: everyone.version(&gate.component)?.clone(),
        forecast: least(&desired.gates.idle),
        commands: [step::await_history(gate, &desired.gates.idle)].into(),
    })
}

/// What seeing nothing often enough takes at least.
fn least(gate: &IdleGate) -> Period {
    let pauses = u64::from(gate.samples.saturating_sub(1));
    Period::seconds(pauses.saturating_mul(gate.every.whole_seconds()))
}

fn idle(desired: &Desired) -> Vec<Gate> {
    let gate = &desired.gates.idle;
    // Hosts of one system are asked the same.
    let mut alike: BTreeMap<*const Resource, Arc<[Command]>> = BTreeMap::new();
    let asked = desired.resources.iter().filter_map(|(address, resource)| {
        let ask = resource.idle.as_ref()?;
        let commands = alike
            .entry(Arc::as_ptr(resource))
            .or_insert_with(|| [step::await_idle(&resource.unit, ask, gate)].into());
        let Address { host, component } = address.clone();
        Some(Gate {
            host,
            component,
            action: Action::AwaitIdle,
            version: resource.version.clone(),
            forecast: least(gate),
            commands: Arc::clone(commands),
        })
    });
    asked.collect()
}

impl Gate {
    fn step(&self, wave: u32, before: &[Arc<str>]) -> Step {
        let Self { host, component, action, version, forecast, commands } = self;
        Step {
            wave,
            after: before.to_vec(),
            reasons: vec![Reason::BeforeCritical],
            forecast: *forecast,
            ..Step::bare((host, component), *action, version, Arc::clone(commands))
        }
    }
}
