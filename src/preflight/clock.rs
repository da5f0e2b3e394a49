//! Clocks: each against that of most hosts, so that a controller whose own clock is wrong doesn't make
//! all hosts look wrong.

use super::{About, Finding};
use crate::diagnostic::Code;

pub(super) fn check(about: &About<'_>, found: &mut Vec<Finding>) {
    let skew = about.desired.preflight.clock_skew;
    let mut ahead: Vec<i64> = about.hosts().map(|(_, facts)| facts.clock_ahead).collect();
    // The controller is one of them.
    ahead.push(0);
    let Some(most) = middle(&mut ahead) else { return };
    for (host, facts) in about.hosts() {
        let apart = facts.clock_ahead.saturating_sub(most);
        if apart.unsigned_abs() > skew.whole_seconds() {
            let way = if apart > 0 { "ahead of" } else { "behind" };
            let says = format!("has a clock that is more than {skew} {way} most others");
            let help =
                "set the clock: `timedatectl` on the host tells whether its time service works";
            let apart = format!("by {} s", apart.unsigned_abs());
            found.push(Finding::new(Code::Clock, host, says, help).measured(apart));
        }
    }
}

/// The one in the middle; of two, the one that is nearer to the controller's.
fn middle(ahead: &mut [i64]) -> Option<i64> {
    ahead.sort_unstable();
    let upper = *ahead.get(ahead.len() / 2)?;
    let lower = *ahead.get((ahead.len() - 1) / 2)?;
    Some(if lower.unsigned_abs() < upper.unsigned_abs() { lower } else { upper })
}

#[cfg(test)]
mod tests {
    use super::middle;

    #[test]
    fn most_hosts_say_what_the_time_is() {
        for (ahead, most) in [
            (&mut [0][..], 0),
            (&mut [3600, 0], 0),
            (&mut [-3600, 0], 0),
            // The controller's own clock is wrong.
            (&mut [0, 90, 91], 90),
            (&mut [0, -500, -500, -500], -500),
        ] {
            assert_eq!(middle(ahead), Some(most), "{ahead:?}");
        }
    }
}
