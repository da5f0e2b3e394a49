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

mod cancel;
mod center;
mod connections;
mod control;
mod coordinator;
mod copies;
mod each;
mod ending;
mod event;
mod failures;
mod file;
mod gate;
mod halt;
mod healthy;
mod idle;
mod job;
mod keep;
mod leave;
mod licence;
mod logs;
mod notice;
mod package;
mod port;
mod reach;
mod run;
mod scan;
mod schedule;
mod telling;
mod watch;
mod worker;

pub use connections::Dial;
pub use control::{Control, Inbox};
pub use copies::Copied;
pub use each::each;
pub use ending::Ending;
pub use event::Event;
pub use file::{Piece, pieces};
pub use job::step_of;
pub use leave::Leave;
pub use notice::Telling;
pub use run::{Apply, run};
