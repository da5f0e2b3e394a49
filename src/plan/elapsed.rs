//! How long steps take together.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Step;

/// The time that steps take: in a wave as long as its longest step, and one wave after the other.
#[must_use]
pub fn elapsed(steps: &[&Step]) -> Duration {
    waves(steps).into_values().fold(Duration::ZERO, Duration::saturating_add)
}

/// The same when each step takes as long as in a slow case.
#[must_use]
pub fn slowest(steps: &[&Step]) -> Duration {
    let time = |step: &Step| step.slow_case().duration();
    times(steps, time).into_values().fold(Duration::ZERO, Duration::saturating_add)
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
