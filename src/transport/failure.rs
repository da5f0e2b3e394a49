//! Why a host could not be reached or a command's end was not seen.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use crate::address::HostName;

/// A failure of the way to a host, not of the command.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct Failure {
    /// The host.
    pub host: HostName,
    /// What was being done, in words: `log in`, `run the probe`.
    pub during: String,
    /// What is wrong.
    pub problem: Problem,
    /// What to do next.
    pub hint: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: could not {}: {}", self.host, self.during, self.problem)
    }
}

/// What is wrong, by how one reacts to it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Problem {
    /// The name does not resolve.
    #[error("the name {0} can't be resolved")]
    Name(String),
    /// Nobody answers, or somebody refuses.
    #[error("{0}")]
    Unreachable(String),
    /// The host's key is not known, has changed, or is revoked.
    #[error("{0}")]
    HostKey(String),
    /// The host does not let us in.
    #[error("{0}")]
    Login(String),
    /// The host, or who judges for it, looked at the password and refused it: another attempt may lock
    /// the account.
    #[error("{0}")]
    Refused(String),
    /// The login user can't become root.
    #[error("{0}")]
    Privilege(String),
    /// A secret could not be had.
    #[error("{0}")]
    Secret(String),
    /// A named limit passed.
    #[error("{limit} took longer than {}", crate::transport::failure::in_words(*.after))]
    TimedOut {
        /// Which limit.
        limit: String,
        /// How long it is.
        after: Duration,
    },
    /// The connection broke before the command's end was seen: what it did is not known.
    #[error("the connection broke before the command's end was seen ({0})")]
    Lost(String),
    /// The host's answer is not what was asked for.
    #[error("{0}")]
    Answer(String),
    /// A mistake on the controller: a file that can't be read, a bad setting.
    #[error("{0}")]
    Here(String),
}

impl Problem {
    /// Whether trying again may help without anybody changing anything.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::TimedOut { .. } | Self::Lost(_))
    }

    /// What is wrong, without what a broken connection means for a command: none had begun.
    pub(super) fn before_any_command(self) -> String {
        match self {
            Self::Lost(why) => why,
            other => other.to_string(),
        }
    }
}

fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 1.0 { format!("{} ms", duration.as_millis()) } else { format!("{seconds} s") }
}

/// A failure inside a transport, which does not know under which name the host is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// What was being done.
    pub(super) during: &'static str,
    /// What is wrong.
    pub(super) problem: Problem,
    /// What to do next.
    pub(super) hint: String,
}

impl Trouble {
    pub(super) fn new(during: &'static str, problem: Problem, hint: impl Into<String>) -> Self {
        Self { during, problem, hint: hint.into() }
    }

    /// The failure of `host`.
    pub(super) fn of(self, host: &HostName) -> Failure {
        let Self { during, problem, hint } = self;
        Failure { host: host.clone(), during: during.to_owned(), problem, hint }
    }
}
