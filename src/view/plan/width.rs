//! How many hosts steps are on.

use crate::plan::Step;

/// How many hosts the steps are on.
pub(super) fn hosts<'a>(steps: impl IntoIterator<Item = &'a Step>) -> usize {
    let mut names: Vec<&str> = steps.into_iter().map(|step| step.host.as_str()).collect();
    // Steps on one host mostly share its name; places in memory are sorted faster than texts.
    names.sort_unstable_by_key(|name| name.as_ptr());
    names.dedup_by_key(|name| name.as_ptr());
    names.sort_unstable();
    names.dedup();
    names.len()
}
