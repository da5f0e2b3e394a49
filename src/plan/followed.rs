//! Which steps others come after.

#![expect(
    clippy::disallowed_types,
    reason = "it is only asked what it holds: its order is never seen"
)]

use std::collections::HashSet;

use super::Step;

/// The ids of the steps that some come after. Hashed: put in order, those of a large plan take much longer.
pub(super) struct Followed<'a>(HashSet<&'a str>);

impl<'a> Followed<'a> {
    /// Those that some of `steps` come after.
    pub(super) fn by(steps: impl Iterator<Item = &'a Step>) -> Self {
        Self(steps.flat_map(|step| step.after.iter().map(|id| &**id)).collect())
    }

    pub(super) fn contains(&self, step: &Step) -> bool {
        self.0.contains(&*step.id)
    }
}
