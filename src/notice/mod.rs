//! Telling people: by a request to a web server, by e-mail, or by a command on the controller.
//!
//! What was sent is never sent again. As long as nothing was sent (no name, no connection, no
//! agreement on encryption, no login) it is tried again within the notice's time.

mod command;
mod deliver;
mod email;
mod told;
mod webhook;

pub use deliver::{Wait, deliver};
pub use told::{Delivery, Told, occasion};

use std::time::Duration;

use crate::value::Period;

/// What is sent.
struct Letter {
    /// The same when it is sent twice.
    id: String,
    subject: String,
    text: String,
    /// All that templates can use, for those who read it by a program.
    variables: serde_json::Value,
}

/// Why something was not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Trouble {
    /// What is wrong.
    why: String,
    /// Whether nothing was sent, and the same may succeed when it is tried again.
    may_pass: bool,
}

impl Trouble {
    fn lasting(why: impl Into<String>) -> Self {
        Self { why: why.into(), may_pass: false }
    }

    fn passing(why: impl Into<String>) -> Self {
        Self { why: why.into(), may_pass: true }
    }
}

/// A length of time, for people.
fn shown(time: Duration) -> Period {
    Period::millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)).rounded()
}

#[cfg(test)]
mod tests;
