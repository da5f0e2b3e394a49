//! Limits that have a name, which the error that they cause tells.

use std::time::{Duration, Instant};

use super::failure::Problem;
use super::interrupt;

/// A named limit that has begun to run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    name: &'static str,
    after: Duration,
    /// When it is over.
    pub(super) until: Instant,
    /// Whether it is of what tidies up, which goes on when somebody has interrupted the rest.
    is_last: bool,
}

impl Limit {
    pub(super) fn start(name: &'static str, after: Duration) -> Self {
        Self { name, after, until: Instant::now() + after, is_last: false }
    }

    /// A limit that ends at `until`.
    pub(super) fn ending(name: &'static str, until: Instant) -> Self {
        let after = until.saturating_duration_since(Instant::now());
        Self { name, after, until, is_last: false }
    }

    /// This limit as a part of tidying up, which is to end at `last`, where that is what is done.
    pub(super) fn within(self, last: Option<Instant>) -> Self {
        match last {
            Some(last) => Self { until: self.until.min(last), is_last: true, ..self },
            None => self,
        }
    }

    /// When tidying up is to end, if this is a limit of that.
    pub(super) fn last(&self) -> Option<Instant> {
        self.is_last.then_some(self.until)
    }

    /// The limit from now on, unless everything is to end at its end.
    pub(super) fn anew(self) -> Self {
        if self.is_last { self } else { Self::start(self.name, self.after) }
    }

    /// How long one wait may be, so that an interruption is heard.
    pub(super) fn left(&self) -> Result<Duration, Problem> {
        if !self.is_last && interrupt::is_interrupted() {
            return Err(Problem::Lost("interrupted by Ctrl-C or a signal".to_owned()));
        }
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(self.passed()) } else { Ok(left.min(interrupt::LOOK)) }
    }

    /// The problem that it has passed.
    pub(super) fn passed(&self) -> Problem {
        Problem::TimedOut { limit: self.name.to_owned(), after: self.after }
    }
}
