//! Reboots as steps of the plan: right behind the installations whose component asks for them in the
//! manifest, and never two at the same time, so that a host that does not come back stops all further ones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Step, WayBack, licences, waves};
use crate::address::Address;
use crate::catalog::{Component, Reboot, Stage};
use crate::desired::Desired;
use crate::diagnostic::{Code, Remark};
use crate::diff::{Action, Comparison, Reason};
use crate::step::{self, There};
use crate::value::Period;

/// From the order until the host lets somebody in: a guess.
const FORECAST: u64 = 120;
/// What a reboot leads back to.
const NO_RETURN: &str = "no return: a reboot leaves nothing that could be taken back";

/// Puts the reboots among `steps`, which stand in the order of their waves. What came after an installation
/// comes after its reboot. Returns which are left out, in words: in stage 1 nothing goes away that may stop in
/// stage 2 only.
pub(super) fn put(
    steps: &mut Vec<Step>,
    desired: &Desired,
    comparison: &Comparison,
) -> Vec<Remark> {
    let reboots = |step: &Step| {
        let component = desired.components.get(&step.component)?;
        component.reboot.as_ref().filter(|_| step.action.installs())
    };
    let somebody_reboots = desired.components.values().any(|component| component.reboot.is_some());
    if !somebody_reboots || !steps.iter().any(|step| reboots(step).is_some()) {
        return Vec::new();
    }
    let mut left_out = Vec::new();
    let mut all: Vec<Step> = Vec::with_capacity(steps.len());
    let mut behind: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::new();
    let mut last: Option<Arc<str>> = None;
    for mut step in steps.drain(..) {
        for id in &mut step.after {
            if let Some(reboot) = behind.get(&*id) {
                *id = Arc::clone(reboot);
            }
        }
        let own = reboots(&step).and_then(|how| {
            let around = Around { desired, comparison, before: &all };
            let there = around.there(&step);
            if let Some(other) = outside_window(&step, &there) {
                left_out.push(not_rebooted(&step, other));
                return None;
            }
            let mut reboot = around.reboot(&step, how, &there);
            reboot.after.extend(last.take());
            Some(reboot)
        });
        let id = Arc::clone(&step.id);
        all.push(step);
        if let Some(reboot) = own {
            behind.insert(id, Arc::clone(&reboot.id));
            last = Some(Arc::clone(&reboot.id));
            all.push(reboot);
        }
    }
    waves::number(&mut all);
    *steps = all;
    left_out
}

/// Another component of stage 2 on the host, when the reboot behind `change` would be in stage 1: a component of
/// stage 2 that isn't there yet, or is broken, is installed there.
fn outside_window<'a>(change: &Step, there: &[There<'a>]) -> Option<&'a Component> {
    let is_taken_away =
        |it: &&Component| it.stage == Stage::Critical && it.name != change.component;
    let components = there.iter().map(|(component, _)| *component);
    components.filter(|_| change.stage == Stage::Live).find(is_taken_away)
}

fn not_rebooted(change: &Step, other: &Component) -> Remark {
    let host = &change.host;
    Code::NotRebooted.said(format!(
        "{host} is not rebooted after {}, as the manifest asks: in stage 1, outside any \
         window, that would stop {}. Reboot it by hand in a window, or let it be rebooted by a later upgrade",
        change.id, other.name
    ))
}

/// What a reboot is made from.
struct Around<'a> {
    desired: &'a Desired,
    comparison: &'a Comparison,
    before: &'a [Step],
}

impl<'a> Around<'a> {
    fn reboot(&self, change: &Step, how: &Reboot, there: &[There<'_>]) -> Step {
        let format = self.desired.hosts.get(&change.host).map(|host| host.format);
        let format = format.unwrap_or(crate::catalog::Format::Deb);
        let commands = step::reboot(how, format, there, &self.desired.gates.idle);
        let impact = |(component, _): &There<'_>| {
            let own = (&change.host, &component.name);
            licences::impact_of_change(self.desired, self.comparison, own)
                .unwrap_or_else(|| component.impact.clone())
        };
        let impacts: BTreeSet<String> = there.iter().map(impact).collect();
        let impacts: Vec<String> = impacts.into_iter().filter(|it| !it.is_empty()).collect();
        let slowest = there.iter().map(|(component, _)| {
            component.durations.start.whole_seconds() + component.limits.settle.whole_seconds()
        });
        Step {
            stage: change.stage,
            after: vec![Arc::clone(&change.id)],
            reasons: vec![Reason::Reboots { step: change.id.to_string(), when: how.when }],
            impact: impacts.join("; ").into(),
            forecast: Period::seconds(FORECAST + slowest.sum::<u64>()),
            way_back: Some(WayBack::None(NO_RETURN.into())),
            ..Step::bare(
                (&change.host, &change.component),
                Action::Reboot,
                &change.to,
                commands.into(),
            )
        }
    }

    /// What is on the host by then: not what a later step brings up, nor what nobody has seen.
    fn there(&self, change: &Step) -> Vec<There<'a>> {
        let is_there = |address: &Address| {
            let brings = self.comparison.changes.get(address).filter(|it| it.action.restores());
            let is_done = || {
                self.before.iter().chain([change]).any(|step| {
                    step.host == address.host
                        && step.component == address.component
                        && step.action.restores()
                })
            };
            address.host == change.host && (brings.is_none() || is_done())
        };
        let own = self.desired.resources.iter().filter(|(address, _)| is_there(address));
        let both = own.filter_map(|(address, resource)| {
            let component = self.desired.components.get(&address.component)?;
            Some((&**component, &**resource))
        });
        let mut there: Vec<There<'a>> = both.collect();
        // What others need comes up first, as in an installation.
        there.sort_by_key(|(component, _)| component.install_order);
        there
    }
}
