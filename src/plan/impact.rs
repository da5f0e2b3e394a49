//! What users miss while a plan is carried out: function by function, when and for how long.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Clock, Plan, Step, elapsed, slowest};

/// A function that users miss for a while.
#[derive(Debug, Clone)]
pub struct Impact<'p> {
    /// What stops, and for whom, in words.
    pub what: &'p str,
    /// While these steps run.
    pub steps: Vec<&'p Step>,
    /// When the first of them begins, and the last ends, by the forecast; it may come back in between.
    pub between: (Duration, Duration),
    /// Whether that is counted from when the window opens, and not from the start.
    pub in_window: bool,
    /// How long it is missed in all.
    pub lasts: Duration,
    /// And in a slow case.
    pub slow: Duration,
}

/// What users miss while `plan` is carried out, in the order in which it begins. What stops in a window and
/// before it is told twice.
#[must_use]
pub fn impacts<'p>(plan: &'p Plan, clock: &Clock) -> Vec<Impact<'p>> {
    let mut places: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    let mut found: Vec<Impact<'p>> = Vec::new();
    for step in plan.steps.iter().filter(|step| !step.impact.is_empty()) {
        let (begins, in_window) = clock.begins(step);
        let ends = begins.saturating_add(step.forecast.duration());
        let place = *places.entry((&step.impact, in_window)).or_insert(found.len());
        if let Some(known) = found.get_mut(place) {
            known.between = (known.between.0.min(begins), known.between.1.max(ends));
            known.steps.push(step);
        } else {
            let (lasts, slow) = (Duration::ZERO, Duration::ZERO);
            let (what, steps, between) = (&*step.impact, vec![step], (begins, ends));
            found.push(Impact { what, steps, between, in_window, lasts, slow });
        }
    }
    for impact in &mut found {
        impact.lasts = elapsed(&impact.steps);
        impact.slow = slowest(&impact.steps);
    }
    found
}
