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
mod copying;
mod ending;
mod event;
mod failures;
mod file;
mod gate;
mod give_work;
mod halt;
mod healthy;
mod history;
mod hosts;
mod idle;
mod job;
mod keep;
mod leave;
mod left_out;
mod licence;
mod logs;
mod notice;
mod package;
mod parts;
mod port;
mod reach;
mod reboot;
mod refusals;
mod relay;
mod run;
mod scan;
mod schedule;
mod telling;
mod watch;
mod window;
mod worker;

pub use connections::Dial;
pub use control::{Control, Inbox};
pub use copies::Copied;
pub use ending::Ending;
pub use event::Event;
pub use file::{Piece, pieces};
pub use give_work::{WithoutWork, without_work};
pub use hosts::{Hosts, each};
pub use job::step_of;
pub use notice::Telling;
pub use run::{Apply, run};
