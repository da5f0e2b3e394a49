//! Carries a plan out: schedule, workers, limits, journal, recovery.

mod event;

pub use event::{Event, StepFailure, StepOutcome};
