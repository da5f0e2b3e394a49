//! The test scans as steps of the plan: one before everything, one after everything. They change
//! nothing and run on the controller; by their name they stand with the API Gateway.

use std::sync::Arc;

use super::Step;
use crate::address::Address;
use crate::catalog::Stage;
use crate::desired::Desired;
use crate::diff::{Action, Reason};
use crate::manifest::TestScans;
use crate::step;
use crate::transport::Command;
use crate::value::{Period, Version};

/// What two test scans should take: a guess.
const FORECAST: Period = Period::seconds(10);

/// Puts a test scan before the first step and one after the last; none when there is nothing to do.
pub(super) fn put(steps: &mut Vec<Step>, desired: &Desired) {
    let Some(scans) = desired.scan.as_ref().filter(|_| !steps.is_empty()) else { return };
    let address = Address { host: scans.host.clone(), component: scans.component.clone() };
    let Some(gateway) = desired.resources.get(&address) else { return };
    let step = |wave, action, command| made(scans, &gateway.version, (wave, action, command));
    let before = step(1, Action::ScanBefore, step::scan_before(scans));
    for later in steps.iter_mut() {
        later.wave += 1;
        // Also where others come between: of a part of a plan, these may be left out.
        if later.after.is_empty() || later.is_change() {
            later.after.push(Arc::clone(&before.id));
        }
    }
    let last = steps.iter().map(|step| step.wave).max().unwrap_or(1);
    let mut after = step(last + 1, Action::ScanAfter, step::scan_after(scans));
    let ends = |step: &&Step| step.is_change() || step.action == Action::Verify;
    after.after = steps.iter().filter(ends).map(|step| Arc::clone(&step.id)).collect();
    steps.insert(0, before);
    steps.push(after);
}

fn made(
    scans: &TestScans,
    version: &Version,
    (wave, action, command): (u32, Action, Command),
) -> Step {
    let reason = match action {
        Action::ScanBefore => Reason::MeasuresScans,
        _ => Reason::ComparesScans,
    };
    Step {
        // Bound to no window: nothing is changed by it.
        stage: Stage::Live,
        wave,
        reasons: vec![reason],
        forecast: FORECAST,
        ..Step::bare((&scans.host, &scans.component), action, version, [command].into())
    }
}
