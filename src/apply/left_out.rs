//! What the user has left as it is, by `--only` or `--skip`.

use std::collections::BTreeSet;

use crate::address::{ComponentName, HostName};
use crate::plan::{Plan, Step};
use crate::state::Progress;

/// Steps that are not carried out, and what stays as it was by that.
pub(super) struct LeftOut<'p> {
    steps: BTreeSet<&'p str>,
    unchanged: BTreeSet<(&'p HostName, &'p ComponentName)>,
}

impl<'p> LeftOut<'p> {
    pub(super) fn of(plan: &'p Plan, progress: &Progress) -> Self {
        let skipped = plan.steps.iter().filter(|step| progress.skipped.contains_key(&*step.id));
        let steps = skipped.clone().map(|step| &*step.id).collect();
        // A licence says nothing of what is installed.
        let changes = skipped.filter(|step| step.is_change() && !step.action.is_of_licence());
        Self { steps, unchanged: changes.map(|step| (&step.host, &step.component)).collect() }
    }

    /// Whether the step is one of them.
    pub(super) fn has(&self, step: &Step) -> bool {
        self.steps.contains(&*step.id)
    }

    /// Whether what is installed there stays, or a change of it.
    pub(super) fn leaves(&self, host: &HostName, component: &ComponentName) -> bool {
        self.unchanged.contains(&(host, component))
    }
}
