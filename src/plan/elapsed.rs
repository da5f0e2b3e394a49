//! How long steps take together, and when they begin.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Plan, Step};
use crate::catalog::Stage;

/// The time that steps take: in a wave as long as its longest step, and one wave after the other.
#[must_use]
pub fn elapsed(steps: &[&Step]) -> Duration {
    spent(steps, |step| step.forecast.duration())
}

/// The same when each step takes as long as in a slow case.
#[must_use]
pub fn slowest(steps: &[&Step]) -> Duration {
    spent(steps, |step| step.slow_case().duration())
}

/// The same when a step takes what `of` says.
#[must_use]
pub fn spent(steps: &[&Step], of: impl Fn(&Step) -> Duration) -> Duration {
    times(steps, of).into_values().fold(Duration::ZERO, Duration::saturating_add)
}

/// The waves of the steps, each with the time of its longest step.
#[must_use]
pub fn waves(steps: &[&Step]) -> BTreeMap<u32, Duration> {
    times(steps, |step| step.forecast.duration())
}

fn times(steps: &[&Step], of: impl Fn(&Step) -> Duration) -> BTreeMap<u32, Duration> {
    let longest = |together: &[&Step]| {
        let time = together.iter().map(|step| of(step)).max();
        Some((together.first()?.wave, time?))
    };
    let mut waves: BTreeMap<u32, Duration> = BTreeMap::new();
    let together = steps.chunk_by(|step, next| step.wave == next.wave);
    for (wave, time) in together.filter_map(longest) {
        let before = waves.entry(wave).or_default();
        *before = time.max(*before);
    }
    waves
}

/// When each wave of a plan begins, by the forecast: counted from the start and, where stage 2 waits for its
/// window, from when that one opens. Waits for people and gates are not in it.
#[derive(Debug, Clone)]
pub struct Clock {
    starts: BTreeMap<u32, Duration>,
    /// When stage 2 begins, where it waits for a window.
    opens: Option<Duration>,
    /// What all waves take.
    pub whole: Duration,
}

impl Clock {
    /// The clock of `plan`.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let steps: Vec<&Step> = plan.steps.iter().collect();
        let mut starts = BTreeMap::new();
        let mut whole = Duration::ZERO;
        for (wave, takes) in waves(&steps) {
            starts.insert(wave, whole);
            whole = whole.saturating_add(takes);
        }
        let critical = steps.iter().filter(|step| step.stage == Stage::Critical);
        let first = critical.filter_map(|step| starts.get(&step.wave).copied()).min();
        let opens = plan.window.as_ref().and(first);
        Self { starts, opens, whole }
    }

    /// When a wave begins, counted from the start.
    #[must_use]
    pub fn start(&self, wave: u32) -> Duration {
        self.starts.get(&wave).copied().unwrap_or_default()
    }

    /// When a step begins, and whether that is counted from when the window opens.
    #[must_use]
    pub fn begins(&self, step: &Step) -> (Duration, bool) {
        let start = self.start(step.wave);
        match self.opens.filter(|_| step.stage == Stage::Critical) {
            Some(opens) => (start.saturating_sub(opens), true),
            None => (start, false),
        }
    }
}
