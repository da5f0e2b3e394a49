//! Says what goes on while it goes on: from events to lines ([`Plain`], for logs) or bars ([`Live`],
//! for a terminal). Neither has a clock: the caller says when things happen, counted from the start.

mod hitch;
mod live;
mod plain;
mod track;

pub use live::Live;
pub use plain::Plain;

use std::time::Duration;

use crate::address::HostName;
use crate::apply::Event;
use crate::plan::Plan;

/// What is watched.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// Reading this many hosts.
    Hosts(usize),
    /// Carrying out this plan, in which the events' steps are looked up.
    Plan(&'a Plan),
}

/// Takes what happens and shows it. `at` is the time since the start and never goes back.
///
/// A write that fails is not reported: a closed standard error must not stop a run.
pub trait Progress {
    /// A host was read, or could not be, with the reason.
    fn host(&mut self, at: Duration, host: &HostName, unreadable: Option<&str>);

    /// The engine tells something.
    fn event(&mut self, at: Duration, event: &Event);

    /// Time has passed. To be called a few times a second; shows that waits are still watched.
    fn tick(&mut self, at: Duration);
}

#[cfg(test)]
mod tests;
