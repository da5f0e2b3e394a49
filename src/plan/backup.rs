//! Backups that `mdc` takes: as steps before stage 2, and as a plan of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Basis, Compared, Plan, Purpose, Step};
use crate::address::ComponentName;
use crate::desired::Desired;
use crate::diff::{Action, Reason};
use crate::manifest::{BackupGate, TakeWhen};
use crate::step;
use crate::transport::Command;
use crate::value::Period;

/// What reading it back is expected to take.
const READ: Period = Period::seconds(60);
/// What taking it is expected to take: a guess, since nobody knows how much there is.
const WRITE: Period = Period::seconds(300);

/// Whether the plan takes this backup itself.
pub(super) fn is_in_plan(gate: &BackupGate) -> bool {
    gate.take.as_ref().is_some_and(|take| take.when == TakeWhen::InPlan)
}

/// The backups that a plan of stage 2 takes itself, each followed by the gate that sees it.
pub(super) fn in_plan(desired: &Desired, wave: u32, after: &[Arc<str>]) -> Vec<Step> {
    let taken = desired.gates.backup.iter().filter(|(_, gate)| is_in_plan(gate));
    let place = Place { wave, after, reason: Reason::BacksUpFirst };
    taken.flat_map(|(component, gate)| pair(desired, (component, gate), &place)).collect()
}

/// The plan that takes the backups of `components`, and does nothing else.
#[must_use]
pub fn backup(desired: &Desired, components: &[&ComponentName]) -> Plan {
    let place = Place { wave: 1, after: &[], reason: Reason::BackupAsked };
    let gates = &desired.gates.backup;
    let chosen = components.iter().filter_map(|name| gates.get_key_value(*name));
    let mut steps: Vec<Step> = chosen.flat_map(|gate| pair(desired, gate, &place)).collect();
    steps.sort_by(|a, b| (a.wave, &a.id).cmp(&(b.wave, &b.id)));
    let basis = Basis {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        desired: desired.digest(),
        snapshot: None,
        compared: Compared { hosts: 0, resources: 0 },
        facts: BTreeMap::new(),
        cores: BTreeMap::new(),
    };
    let mut plan = Plan { purpose: Purpose::BackUp, steps, ..Plan::bare(desired, basis) };
    plan.seal = plan.digest();
    plan
}

/// Where a backup is in a plan, and why.
struct Place<'a> {
    wave: u32,
    after: &'a [Arc<str>],
    reason: Reason,
}

/// The step that takes a backup, and the one that sees it.
fn pair(
    desired: &Desired,
    (component, gate): (&ComponentName, &BackupGate),
    place: &Place<'_>,
) -> Vec<Step> {
    let (Some(version), Some(take)) =
        (desired.version(component), step::back_up(component.as_str(), gate))
    else {
        return Vec::new();
    };
    let skew = desired.preflight.clock_skew;
    let made = |action, command: Command| {
        Step::bare((&gate.host, component), action, version, [command].into())
    };
    let taken = Step {
        wave: place.wave,
        after: place.after.to_vec(),
        reasons: vec![place.reason.clone()],
        forecast: WRITE,
        ..made(Action::BackUp, take)
    };
    let seen = Step {
        wave: place.wave + 1,
        after: vec![Arc::clone(&taken.id)],
        reasons: vec![Reason::BeforeCritical],
        forecast: READ,
        ..made(Action::ProveBackup, step::prove_backup(component.as_str(), gate, skew))
    };
    vec![taken, seen]
}
