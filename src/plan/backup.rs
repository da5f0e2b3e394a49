//! Backups that `mdc` takes: as steps before stage 2, and as a plan of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::healthy::All;
use super::{Basis, Plan, Purpose, Step};
use crate::address::{ComponentName, HostName};
use crate::catalog::Stage;
use crate::desired::Desired;
use crate::diagnostic::{Code, Remark};
use crate::diff::{Action, Reason};
use crate::manifest::{BackupGate, TakeWhen};
use crate::observe::Unreadable;
use crate::step;
use crate::transport::Command;
use crate::value::{Period, Version};

/// What reading it back is expected to take.
const READ: Period = Period::seconds(60);
/// What taking it is expected to take: a guess, since nobody knows how much there is.
const WRITE: Period = Period::seconds(300);

/// Whether the plan takes this backup itself.
pub(super) fn is_in_plan(gate: &BackupGate) -> bool {
    gate.take.as_ref().is_some_and(|take| take.when == TakeWhen::InPlan)
}

/// The backups that a plan of stage 2 takes itself, each followed by the gate that sees it.
pub(super) fn in_plan(everyone: &All<'_>, wave: u32, after: &[Arc<str>]) -> Vec<Step> {
    let desired = everyone.desired;
    let taken = desired.gates.backup.iter().filter(|(_, gate)| is_in_plan(gate));
    let place = Place { wave, after, reason: Reason::BacksUpFirst };
    let skew = desired.preflight.clock_skew;
    let pair = |(component, gate): (&ComponentName, &BackupGate)| {
        pair((component, gate), (everyone.version(component)?, skew), &place)
    };
    taken.filter_map(pair).flatten().collect()
}

/// Puts a look at every backup that is described before the first change of stage 1, where anything that
/// was there is changed: the vendor's procedure asks for backups before anything. Those before stage 2 are
/// gates of their own, since it may be another night by then.
///
/// What is on a host that can't be read is not looked at: whom that is said of is returned. Nothing of stage 2
/// is planned then.
pub(super) fn before_all(
    steps: &mut Vec<Step>,
    everyone: &All<'_>,
    unknown: &BTreeMap<HostName, Unreadable>,
) -> Vec<Remark> {
    let is_live = |step: &Step| step.stage == Stage::Live && step.is_change();
    if !steps.iter().any(|step| is_live(step) && step.from.is_some()) {
        return Vec::new();
    }
    let desired = everyone.desired;
    let (unseen, seen): (Vec<_>, Vec<_>) =
        desired.gates.backup.iter().partition(|(_, gate)| unknown.contains_key(&gate.host));
    let skew = desired.preflight.clock_skew;
    let looks = seen.into_iter().filter_map(|(component, gate)| {
        let command = step::prove_backup(component.as_str(), gate, skew);
        let version = everyone.version(component)?;
        let look =
            Step::bare((&gate.host, component), Action::ProveBackup, version, [command].into());
        Some(Step {
            id: format!("{}{LIVE}", look.id).into(),
            stage: Stage::Live,
            reasons: vec![Reason::BeforeAll],
            forecast: READ,
            ..look
        })
    });
    let looks: Vec<Step> = looks.collect();
    for later in steps.iter_mut().filter(|_| !looks.is_empty()) {
        later.wave += 1;
        // Also where others come between: of a part of a plan, these may be left out.
        if is_live(later) {
            later.after.extend(looks.iter().map(|look| Arc::clone(&look.id)));
        }
    }
    steps.splice(0..0, looks);
    let warning = |(component, gate): (&ComponentName, &BackupGate)| {
        Code::BackupUnseen.said(format!(
            "nobody sees the backup of {component} before stage 1: {} could not be read",
            gate.host
        ))
    };
    unseen.into_iter().map(warning).collect()
}

/// What the id of a look before stage 1 ends with, beside that of the one before stage 2.
pub(super) const LIVE: &str = "-live";

/// The plan that takes the backups of `components`, and does nothing else.
#[must_use]
pub fn backup(desired: &Desired, components: &[&ComponentName]) -> Plan {
    let place = Place { wave: 1, after: &[], reason: Reason::BackupAsked };
    let gates = &desired.gates.backup;
    let chosen = components.iter().filter_map(|name| gates.get_key_value(*name));
    let (versions, skew) = (desired.versions(), desired.preflight.clock_skew);
    let pair = |(component, gate): (&ComponentName, &BackupGate)| {
        pair((component, gate), (versions.get(component)?, skew), &place)
    };
    let mut steps: Vec<Step> = chosen.filter_map(pair).flatten().collect();
    steps.sort_by(|a, b| (a.wave, &a.id).cmp(&(b.wave, &b.id)));
    let purpose = Purpose::BackUp;
    Plan { purpose, steps, ..Plan::bare(desired, Basis::of(desired)) }.grounded(desired)
}

/// Where a backup is in a plan, and why.
struct Place<'a> {
    wave: u32,
    after: &'a [Arc<str>],
    reason: Reason,
}

/// The step that takes a backup, and the one that sees it; none when nothing says how it is taken.
fn pair(
    (component, gate): (&ComponentName, &BackupGate),
    (version, skew): (&Version, Period),
    place: &Place<'_>,
) -> Option<[Step; 2]> {
    let take = step::back_up(component.as_str(), gate)?;
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
    Some([taken, seen])
}
