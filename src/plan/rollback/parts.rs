//! Who scans again when a run is taken back that has changed that: moves of licences among the steps that
//! take packages back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Taken;
use crate::address::HostName;
use crate::desired::Desired;
use crate::diagnostic::{Code, Remark};
use crate::diff::{Before, LicenceChange, Reason, Takeover, parts_back};
use crate::manifest::CORE;
use crate::observe::Observed;
use crate::plan::licences::{self, UsedCore};
use crate::plan::{Step, WayBack};

/// What moves of licences add to a plan besides their steps.
#[derive(Default)]
pub(super) struct Parts {
    /// What they rest on.
    pub(super) used: BTreeMap<HostName, UsedCore>,
    pub(super) warnings: Vec<Remark>,
}

/// Puts the moves among `steps`. Those steps go that would take an instance away which may be the only one
/// that scans.
pub(super) fn put(
    steps: &mut Vec<Step>,
    what: Taken<'_>,
    (desired, observed): (&Desired, &Observed),
) -> Parts {
    let mut parts = Parts::default();
    let Some(standby) = &desired.standby else { return parts };
    let (mut changes, mut takeovers) = (Vec::new(), Vec::new());
    for hosts in standby.sites() {
        let before = before(steps, what, &hosts);
        if before.roles.is_empty() && before.changed.is_empty() {
            continue;
        }
        match parts_back(standby, observed, &before) {
            Ok(mut moves) => {
                changes.append(&mut moves.changes);
                takeovers.append(&mut moves.takeovers);
                parts.warnings.append(&mut moves.warnings);
            }
            Err(scanning) => parts.stay(steps, &scanning),
        }
    }
    let bare = steps.clone();
    apart(steps, &takeovers);
    licences::put(steps, desired, (&changes, &takeovers));
    if in_order(steps) {
        parts.used = licences::used(&changes);
    } else {
        *steps = bare;
        parts.stay(steps, &takeovers.iter().map(|it| it.former.clone()).collect());
    }
    parts.warnings.extend(stays(what, &changes));
    parts
}

/// What is taken back at a site: who scanned there before, when the run has moved a licence, and whose packages.
fn before<'a>(steps: &[Step], what: Taken<'a>, hosts: &'a [&'a HostName]) -> Before<'a> {
    let of_site = |step: &&Step| hosts.contains(&&step.host);
    let moved = |step: &&Step| step.action.is_of_licence() && what.steps.contains(&*step.id);
    let first = what.plan.steps.iter().filter(of_site).find(moved);
    let roles =
        hosts.iter().filter_map(|host| Some((*host, what.plan.basis.cores.get(*host)?.role)));
    let roles = roles.filter(|_| first.is_some()).collect();
    let packages = steps.iter().filter(of_site);
    let packages = packages.filter(|step| licences::is_package_step(step, &step.host));
    let reason = Reason::Undoes {
        run: what.run.to_owned(),
        step: first.map(|step| step.id.to_string()).unwrap_or_default(),
    };
    Before { hosts, roles, changed: packages.map(|step| step.host.clone()).collect(), reason }
}

/// Licences and settings that stay as a run has left them.
fn stays(what: Taken<'_>, changes: &[LicenceChange]) -> Vec<Remark> {
    let is_done = |step: &&Step| {
        what.steps.contains(&*step.id) && !what.half_way.contains(&*step.id) && step.is_change()
    };
    let moved = what.plan.steps.iter().filter(|step| step.action.is_of_licence());
    let stays = moved.filter(is_done).filter_map(|step| {
        let moves_back = changes.iter().any(|change| change.host == step.host);
        let why = match &step.way_back {
            Some(WayBack::None(why)) => why,
            Some(WayBack::ByHand(why)) if !moves_back => why,
            _ => return None,
        };
        let stays = format!("{}/{} stays as it is: {why}", step.host, step.component);
        Some(Code::Stays.said(stays))
    });
    stays.collect()
}

/// Whoever is replaced goes back when another one scans, whatever the order was before.
fn apart(steps: &mut [Step], takeovers: &[Takeover]) {
    for Takeover { former, .. } in takeovers {
        let own = |step: &&Step| licences::is_package_step(step, former);
        let ids: BTreeSet<Arc<str>> =
            steps.iter().filter(own).map(|step| Arc::clone(&step.id)).collect();
        let others = steps.iter_mut().filter(|step| step.host != *former);
        for step in others.filter(|step| licences::is_package_step(step, &step.host)) {
            step.after.retain(|id| !ids.contains(id));
        }
    }
}

/// Puts each step behind all that it comes after; false when some wait for one another.
fn in_order(steps: &mut Vec<Step>) -> bool {
    let mut open = std::mem::take(steps);
    let mut done: BTreeSet<Arc<str>> = BTreeSet::new();
    while !open.is_empty() {
        let (ready, rest): (Vec<Step>, Vec<Step>) =
            open.into_iter().partition(|step| step.after.iter().all(|id| done.contains(id)));
        if ready.is_empty() {
            return false;
        }
        done.extend(ready.iter().map(|step| Arc::clone(&step.id)));
        steps.extend(ready);
        open = rest;
    }
    crate::plan::waves::raise(steps);
    true
}

impl Parts {
    /// Leaves those as they are that may be the only ones that scan.
    fn stay(&mut self, steps: &mut Vec<Step>, hosts: &BTreeSet<HostName>) {
        let stays = |step: &Step| hosts.contains(&step.host) && step.component.as_str() == CORE;
        for step in steps.iter().filter(|step| stays(step)) {
            self.warnings.push(Code::Stays.said(format!(
                "{}/{CORE} stays as it is: it may be the only one of its site that scans, and another one can't \
                 take over first",
                step.host
            )));
        }
        let gone: BTreeSet<Arc<str>> =
            steps.iter().filter(|step| stays(step)).map(|step| Arc::clone(&step.id)).collect();
        steps.retain(|step| !stays(step));
        for step in steps.iter_mut() {
            step.after.retain(|id| !gone.contains(id));
        }
    }
}
