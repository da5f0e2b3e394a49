//! What can be in the way of a scan.

use thiserror::Error;

use crate::value::SecretError;

/// Why a file could not be submitted or asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Trouble {
    /// The key or the certificates of authorities can't be had on the controller.
    #[error("{0}")]
    Here(String),
    /// It does not prove who it is.
    #[error("the gateway's certificate is not trusted: {0}")]
    Untrusted(String),
    /// No answer came.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// It says no.
    #[error("the gateway answers {status}: {said}")]
    Refused {
        /// The status of its answer.
        status: u16,
        /// What it says.
        said: String,
    },
    /// The answer is none that the vendor's document has.
    #[error("an answer that can't be understood: {0}")]
    Strange(String),
}

impl Trouble {
    /// Whether the same may succeed when it is tried again: nobody answered, the queue is full, the
    /// server has an error of its own.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused { status, .. } => *status >= 500 || *status == 429,
            Self::Here(_) | Self::Untrusted(_) | Self::Strange(_) => false,
        }
    }
}

impl From<SecretError> for Trouble {
    fn from(error: SecretError) -> Self {
        Self::Here(error.to_string())
    }
}
