//! Limits that have a name, which the error that they cause tells.

use std::time::{Duration, Instant};

use super::failure::Problem;

/// A named limit that has begun to run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    name: &'static str,
    after: Duration,
    /// When it is over.
    pub(super) until: Instant,
}

impl Limit {
    pub(super) fn start(name: &'static str, after: Duration) -> Self {
        Self { name, after, until: Instant::now() + after }
    }

    /// A limit that ends at `until`.
    pub(super) fn ending(name: &'static str, until: Instant) -> Self {
        Self { name, after: until.saturating_duration_since(Instant::now()), until }
    }

    /// The problem that it has passed.
    pub(super) fn passed(&self) -> Problem {
        Problem::TimedOut { limit: self.name.to_owned(), after: self.after }
    }
}
