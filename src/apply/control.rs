//! Everything that reaches the coordinator, and who sends it from outside.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::time::Duration;

use super::event::Event;
use crate::state::{Asked, Entry, StepOutcome};

/// What the coordinator hears.
pub(super) enum Message {
    /// A worker tells something.
    Happened(Event),
    /// A worker has seen what a step must leave as it is, and waits until it is recorded.
    Noted { entry: Entry, recorded: SyncSender<Result<(), String>> },
    /// A worker has carried out the step at this place.
    Ended { place: usize, outcome: StepOutcome, took: Duration },
    /// Somebody asks for something.
    Asked(Asked),
    /// The lease is lost, for this reason.
    Lost(String),
}

/// Asks a run for something, from a signal handler or another thread.
#[derive(Clone)]
pub struct Control {
    sender: Sender<Message>,
}

/// The run's end of a [`Control`].
pub struct Inbox {
    pub(super) sender: Sender<Message>,
    pub(super) receiver: Receiver<Message>,
}

impl Control {
    /// A way to ask a run for something, and the run's end of it.
    #[must_use]
    pub fn channel() -> (Self, Inbox) {
        let (sender, receiver) = channel();
        (Self { sender: sender.clone() }, Inbox { sender, receiver })
    }

    /// Asks the run for something.
    pub fn ask(&self, asked: Asked) {
        // A run that is over has nobody to tell.
        let _ = self.sender.send(Message::Asked(asked));
    }

    /// Tells the run that the lease is not its own any more.
    pub fn lost(&self, why: String) {
        let _ = self.sender.send(Message::Lost(why));
    }
}
