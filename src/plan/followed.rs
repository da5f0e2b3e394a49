//! Which steps others come after.

use super::Step;
use super::seen::Seen;

/// The steps that some come after, by where their ids are in memory: while a plan is made, whoever comes
/// after a step shares its id, and it is found there much faster than by what it says.
pub(super) struct Followed(Seen<*const u8>);

impl Followed {
    /// Those that some of `steps` come after, of which only some count.
    pub(super) fn by(steps: &[Step], counts: impl Fn(&Step) -> bool) -> Self {
        let mut places = Seen::of(steps.len());
        for id in steps.iter().filter(|step| counts(step)).flat_map(|step| &step.after) {
            places.is_new(id.as_ptr());
        }
        Self(places)
    }

    pub(super) fn contains(&self, step: &Step) -> bool {
        self.0.contains(&step.id.as_ptr())
    }
}
