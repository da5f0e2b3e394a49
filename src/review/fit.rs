//! Whether stage 2 fits into a window.

use std::time::Duration;

use crate::catalog::Stage;
use crate::plan::{Plan, Step, elapsed, slowest};

/// How stage 2 of a plan fits into a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit<'p> {
    /// What it should take, gates included.
    pub takes: Duration,
    /// What it takes when every step is slow.
    pub slow: Duration,
    /// The changes that would not be begun: from the first one of which what is left of the window holds no
    /// slow case with its way back. There the run stops.
    pub not_begun: Vec<&'p Step>,
}

/// How stage 2 of `plan` fits into `window`, when it begins with it and each step takes what it should.
#[must_use]
pub fn fit(plan: &Plan, window: Duration) -> Fit<'_> {
    let critical: Vec<&Step> =
        plan.steps.iter().filter(|step| step.stage == Stage::Critical).collect();
    let fits = |step: &Step| {
        let earlier: Vec<&Step> =
            critical.iter().copied().filter(|it| it.wave < step.wave).collect();
        elapsed(&earlier).saturating_add(step.room().duration()) <= window
    };
    let changes = critical.iter().copied().filter(|step| step.is_change());
    let not_begun = changes.skip_while(|step| fits(step)).collect();
    Fit { takes: elapsed(&critical), slow: slowest(&critical), not_begun }
}
