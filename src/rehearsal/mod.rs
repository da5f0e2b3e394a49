//! A plan, rehearsed on a simulated twin of its cluster: hosts made from what was observed, in a folder
//! of their own that goes with them. No host, network, secret or record of the site is touched.
//!
//! ```text
//! Observed ── facts ──► Twin ── carry out ──► Rehearsed: the run, its records, its report
//! Plan ─── adapted ───►  │
//!                        └── a fresh one for each step that is made to fail ──► Drill
//! ```
//!
//! `docs/twin.md` says what a twin models and what it doesn't.

mod adapted;
mod carried;
mod compare;
mod drill;
mod error;
mod facts;
mod fault;
mod left;
mod scratch;
mod twin;

pub use adapted::LeftOut;
pub use compare::differences;
pub use drill::{Drills, drills};
pub use error::Error;
pub use twin::{Twin, Whole};
