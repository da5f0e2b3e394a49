//! Backups that `mdc` takes: as steps before stage 2, and as a plan of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Basis, Compared, FORMAT, Plan, Purpose, Step, VERSION};
use crate::address::ComponentName;
use crate::catalog::Stage;
use crate::desired::Desired;
use crate::diff::{Action, Reason};
use crate::manifest::{BackupGate, TakeWhen};
use crate::step;
use crate::transport::Command;
use crate::value::{Digest, Period};

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
    let mut plan = Plan {
        format: FORMAT.to_owned(),
        version: VERSION,
        seal: Digest::of(&[]),
        manifest: String::new(),
        cluster: desired.cluster.clone(),
        environment: desired.environment.clone(),
        release: desired.release.clone(),
        purpose: Purpose::BackUp,
        basis: Basis {
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            desired: desired.digest(),
            compared: Compared { hosts: 0, resources: 0 },
            facts: BTreeMap::new(),
        },
        window: None,
        on_failure: BTreeMap::new(),
        checks: BTreeMap::new(),
        members: BTreeMap::new(),
        steps,
        unknown: Vec::new(),
        withheld: Vec::new(),
        warnings: Vec::new(),
        waivers: Vec::new(),
        notices: Vec::new(),
    };
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
    let made = |action: Action, forecast, command: Command| Step {
        id: format!("{}/{component}/{}", gate.host, action.as_str()).into(),
        host: gate.host.clone(),
        component: component.clone(),
        action,
        stage: Stage::Critical,
        wave: place.wave,
        from: None,
        to: version.clone(),
        after: place.after.to_vec(),
        needs_healthy: Vec::new(),
        reasons: vec![place.reason.clone()],
        impact: "".into(),
        forecast,
        commands: [command].into(),
        way_back: None,
    };
    let taken = made(Action::BackUp, WRITE, take);
    let see = step::prove_backup(component.as_str(), gate);
    let seen = Step {
        wave: place.wave + 1,
        after: vec![Arc::clone(&taken.id)],
        reasons: vec![Reason::BeforeCritical],
        ..made(Action::ProveBackup, READ, see)
    };
    vec![taken, seen]
}
