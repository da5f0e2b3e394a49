//! What follows from a step's failure, by the policy of its component in the plan.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::address::{ComponentName, HostName};
use crate::diff::Action;
use crate::plan::{Plan, Step, changed_hosts};
use crate::state::FailureKind;

/// The pause before the first retry; each one after it is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// What comes after the step may begin.
    GoOn,
    /// The step is tried again, after this time.
    Retry(Duration),
    /// What comes after the step may begin, except on what failed.
    Tolerate,
    /// What comes after the step is not begun.
    Stop,
}

/// The failures of a run, counted.
pub(super) struct Failures<'a> {
    plan: &'a Plan,
    retried: BTreeMap<&'a str, u32>,
    /// Hosts that failed, by component.
    failed: BTreeMap<&'a ComponentName, BTreeSet<&'a HostName>>,
    /// Hosts that the plan changes, by component.
    changed: BTreeMap<&'a ComponentName, BTreeSet<&'a HostName>>,
    /// Those that show first whether a version is any good.
    canaries: BTreeSet<(&'a HostName, &'a ComponentName)>,
}

impl<'a> Failures<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let changed = changed_hosts(&plan.steps);
        let first = plan.steps.iter().filter(|step| step.canary);
        let canaries = first.map(|step| (&step.host, &step.component)).collect();
        Self { plan, retried: BTreeMap::new(), failed: BTreeMap::new(), changed, canaries }
    }

    /// What follows from a failure of `step`.
    pub(super) fn next(&mut self, step: &'a Step, kind: FailureKind) -> Next {
        let policy = self.plan.on_failure.get(&step.component).copied().unwrap_or_default();
        let retried = self.retried.entry(&step.id).or_default();
        if kind.may_pass() && step.action.may_repeat() && *retried < policy.retries {
            let pause = FIRST_PAUSE.saturating_mul(1 << (*retried).min(6));
            *retried += 1;
            return Next::Retry(pause);
        }
        // What has to be so is not given up because a host may be.
        if step.action.is_gate() {
            return Next::Stop;
        }
        if !kind.is_of_host() {
            return Next::Stop;
        }
        // What others are to get from there is not there, and what only goes through it is none of its own.
        if step.feeds() || step.action.is_of_relay() {
            return Next::Stop;
        }
        // One host that does not come back is enough.
        if step.action == Action::Reboot {
            return Next::Stop;
        }
        // Nobody would have seen what the others are to get, also when its file has not come.
        if self.canaries.contains(&(&step.host, &step.component)) {
            return Next::Stop;
        }
        let failed = self.failed.entry(&step.component).or_default();
        failed.insert(&step.host);
        let all = self.changed.get(&step.component).map_or(0, BTreeSet::len);
        if failed.len() <= policy.tolerate.of(all) { Next::Tolerate } else { Next::Stop }
    }
}
