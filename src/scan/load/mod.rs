//! The load of a rehearsal: files that are submitted at a pace while a plan runs, and what became of
//! them, step by step.
//!
//! ```text
//! pacer ── place ──► uploaders ── accepted ──► open ◄── poller asks for each ── fate ──► ledger
//! ```
//!
//! Files are noise that is made while it is sent, and of a file that is finished only its count stays,
//! so that a long run holds no more than a short one.

mod account;
mod ledger;
mod probe;

pub use account::{LoadAccount, StepLoad, Tally};
pub use probe::{Meter, Under, under};
