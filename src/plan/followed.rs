//! Which steps others come after.

use super::Step;
use super::seen::Seen;

/// The ids of the steps that some come after.
pub(super) struct Followed<'a>(Seen<&'a str>);

impl<'a> Followed<'a> {
    /// Those that some of `steps` come after, of which only some count.
    pub(super) fn by(steps: &'a [Step], counts: impl Fn(&Step) -> bool) -> Self {
        let mut ids = Seen::of(steps.len());
        // Many come after the same ones, and mostly share their ids: places in memory are compared faster.
        let mut places = Seen::of(steps.len());
        for id in steps.iter().filter(|step| counts(step)).flat_map(|step| &step.after) {
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
