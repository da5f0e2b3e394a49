//! Carries a plan out.
//!
//! One coordinator owns the schedule, the journal and the events; workers, one thread each, carry
//! out steps and only send messages. A host has one connection and at most one step at a time.
//!
//! ```text
//! schedule ── ready step ──► journal: intent ──► worker ── commands ──► host
//!     ▲                                             │
//!     └──── journal: result ◄── message ────────────┘
//! ```
//!
//! A failed step stops what comes after it; everything else goes on to its end.

mod connections;
mod coordinator;
mod event;
mod schedule;
mod telling;
mod worker;

pub use connections::Dial;
pub use coordinator::{Apply, Ending, Inbox, Stop, run};
pub use event::Event;
