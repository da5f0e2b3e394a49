//! Which hosts are changed: how many of them may fail is a share of these, when a plan is made and when it runs.

use std::collections::{BTreeMap, BTreeSet};

use super::Step;
use crate::address::{ComponentName, HostName};

/// The hosts on which `steps` change something, by component.
pub fn changed_hosts<'p>(
    steps: impl IntoIterator<Item = &'p Step>,
) -> BTreeMap<&'p ComponentName, BTreeSet<&'p HostName>> {
    let mut changed: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for step in steps.into_iter().filter(|step| step.is_change()) {
        changed.entry(&step.component).or_default().insert(&step.host);
    }
    changed
}
