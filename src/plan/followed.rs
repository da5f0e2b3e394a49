//! Which steps others come after.

use super::Step;
use super::seen::Seen;

/// The ids of the steps that some come after.
pub(super) struct Followed<'a>(Seen<&'a str>);

impl<'a> Followed<'a> {
    /// Those that some of `steps` come after.
    pub(super) fn by(steps: impl Iterator<Item = &'a Step>) -> Self {
        let mut ids = Seen::new();
        // Many come after the same ones, and mostly share their ids: places in memory are compared faster.
        let mut places = Seen::new();
        for id in steps.flat_map(|step| &step.after) {
            if places.is_new(id.as_ptr()) {
                ids.is_new(&**id);
            }
        }
        Self(ids)
    }

    pub(super) fn contains(&self, step: &'a Step) -> bool {
        self.0.contains(&&*step.id)
    }
}
