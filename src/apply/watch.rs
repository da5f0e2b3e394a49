//! Looking again and again until it is so: bounded, told of each time, cut short by a cancel, and by a stop
//! where it is no part of a change.

use std::time::{Duration, Instant};

use super::event::Event;
use super::halt::Word;
use super::job;
use super::worker::{Work, Worker};
use crate::state::StepFailure;
use crate::transport::Command;

/// How many of several a message names.
const NAMED: usize = 5;

/// What one look comes to.
pub(super) enum Look<T, L = ()> {
    So(T),
    /// What was seen instead, in words and as it came, and when to look again.
    NotYet {
        seen: String,
        last: L,
        again: Duration,
    },
}

/// What all looks come to.
pub(super) enum Watched<T, L = ()> {
    So(T),
    /// Not within the bound; what was seen last.
    GivenUp(String, L),
}

impl Worker<'_> {
    /// Looks until it is so, at most for `bound`; at least once.
    pub(super) fn watch<T, L>(
        &self,
        (work, command): (&Work<'_>, &Command),
        bound: Duration,
        mut look: impl FnMut() -> Result<Look<T, L>, StepFailure>,
    ) -> Result<Watched<T, L>, StepFailure> {
        let start = Instant::now();
        loop {
            let (seen, last, again) = match look()? {
                Look::So(it) => return Ok(Watched::So(it)),
                Look::NotYet { seen, last, again } => (seen, last, again),
            };
            let left = bound.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Ok(Watched::GivenUp(seen, last));
            }
            self.tell(Event::Watched { step: work.step.id.to_string(), seen: seen.clone() });
            let until = if work.step.action.is_gate() { Word::Stop } else { Word::Cancel };
            if self.reach.halt.wait_for(until, again.min(left)) {
                return Err(StepFailure {
                    ended: format!(
                        "the run was stopped while it waited; what was seen last: {seen}"
                    ),
                    hint: "`mdc resume` looks again".to_owned(),
                    ..job::cancelled_before(work.step, command)
                });
            }
        }
    }
}

/// The first of `those`, and how many `more` there are: "a, b, 7 hosts more".
pub(super) fn first(
    those: impl IntoIterator<Item = String>,
    (between, more): (&str, &str),
) -> String {
    let mut those = those.into_iter();
    let mut shown: Vec<String> = those.by_ref().take(NAMED).collect();
    match those.count() {
        0 => {}
        left => shown.push(format!("{left} {more}")),
    }
    shown.join(between)
}
