//! Whether stage 2 fits into what is left of its window. That is asked of a plan at some time, and no part of
//! it: a plan is the same at any time.

use std::time::Duration;

use jiff::Timestamp;

use super::{Plan, Purpose, Step, elapsed};
use crate::catalog::Stage;
use crate::diff::Refusal;
use crate::value::Period;

impl Plan {
    /// How many openings of its window stage 2 takes, with what its steps should take, when those of `steps`
    /// are begun at `now`; 0 when nothing keeps to a window: there is none, none of the steps changes
    /// anything in stage 2, or the plan leads to no release.
    ///
    /// # Errors
    /// When it could be begun and not be ended.
    pub fn openings<'p>(
        &self,
        steps: impl IntoIterator<Item = &'p Step>,
        now: Timestamp,
    ) -> Result<usize, Vec<Refusal>> {
        let bound = self.window.as_ref().filter(|_| self.purpose == Purpose::Release);
        let Some(window) = bound else { return Ok(0) };
        let (mut left, live): (Vec<&Step>, Vec<&Step>) =
            steps.into_iter().partition(|step| step.stage == Stage::Critical);
        if !left.iter().any(|step| step.is_change()) {
            return Ok(0);
        }
        let openings = window.openings(now.checked_add(elapsed(&live)).unwrap_or(now));
        let misfits = misfits(&left, &openings);
        if !misfits.is_empty() {
            return Err(misfits);
        }
        let mut first = "";
        for (number, opening) in (1..).zip(&openings) {
            let not_begun = not_begun(&left, *opening);
            let Some(next) = not_begun.first() else { return Ok(number) };
            first = &next.id;
            // Gates are passed again in each.
            left.retain(|step| !step.is_change() || not_begun.iter().any(|it| it.id == step.id));
        }
        Err(vec![Refusal::WindowEnds { openings: openings.len(), first: first.to_owned() }])
    }
}

/// The steps of stage 2 that none of `openings` is long enough for.
fn misfits(critical: &[&Step], openings: &[Duration]) -> Vec<Refusal> {
    let Some(&longest) = openings.iter().max() else { return vec![Refusal::WindowOver] };
    let long = critical.iter().filter(|step| step.room().duration() > longest);
    let refusal = |step: &&Step| Refusal::WindowTooShort {
        step: step.id.to_string(),
        room: step.room(),
        longest: Period::seconds(longest.as_secs()),
    };
    long.map(refusal).collect()
}

/// The changes that are not begun when `steps` begin with an opening and each takes what it should: from the
/// first one for which too little is left in a slow case with its way back.
fn not_begun<'p>(steps: &[&'p Step], opening: Duration) -> Vec<&'p Step> {
    let fits = |step: &Step| {
        let earlier: Vec<&Step> = steps.iter().copied().filter(|it| it.wave < step.wave).collect();
        elapsed(&earlier).saturating_add(step.room().duration()) <= opening
    };
    let changes = steps.iter().copied().filter(|step| step.is_change());
    changes.skip_while(|step| fits(step)).collect()
}
