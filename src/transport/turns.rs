//! How long a turn over the network takes: from a connection's first packet to its answer. The other end's kernel
//! answers that, however busy its programs are.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// From here on a network makes wait: within a site a turn takes less than a thousandth of a second.
const FAR: Duration = Duration::from_millis(5);

/// The turns of all connections that were made.
#[derive(Debug, Default)]
pub struct Turns {
    near: AtomicUsize,
    far: AtomicUsize,
}

impl Turns {
    /// A connection was made, and its first packet was answered after this time.
    pub fn took(&self, time: Duration) {
        let count = if time < FAR { &self.near } else { &self.far };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether most hosts are far away; so is one of which nothing is known.
    #[must_use]
    pub fn are_long(&self) -> bool {
        self.far.load(Ordering::Relaxed) >= self.near.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_of_the_turns_count() {
        let turns = Turns::default();
        assert!(turns.are_long(), "nothing is known");
        turns.took(Duration::from_micros(80));
        assert!(!turns.are_long());
        for _ in 0..2 {
            turns.took(Duration::from_millis(50));
        }
        assert!(turns.are_long());
    }
}
