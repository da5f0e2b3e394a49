//! The file that evidence is kept in.

use serde::Deserialize;
use thiserror::Error;

use super::{Evidence, FORMAT, VERSION};
use crate::value::harmless;

/// The largest file that is read: thousands of changes fit in.
pub const LARGEST: usize = 8 << 20;

/// Why a file is not evidence that can be used.
#[derive(Debug, Error)]
pub enum EvidenceError {
    /// Larger than any real one.
    #[error("it is larger than {} MiB; evidence is not", LARGEST >> 20)]
    TooLarge,
    /// Not JSON, or not the JSON of evidence.
    #[error("it is not evidence ({0})")]
    Shape(#[from] serde_json::Error),
    /// Another kind of file.
    #[error("it is a `{0}` file, not `{FORMAT}`")]
    Format(String),
    /// A version of the format that this `mdc` doesn't know.
    #[error("it has version {0} of the format, and this mdc reads version {VERSION}")]
    Version(u32),
}

/// What every file of ours begins with.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

/// The evidence that `bytes` hold.
///
/// # Errors
/// When it is not evidence of this version.
pub fn parse(bytes: &[u8]) -> Result<Evidence, EvidenceError> {
    if bytes.len() > LARGEST {
        return Err(EvidenceError::TooLarge);
    }
    let head: Head = serde_json::from_slice(bytes)?;
    if head.format != FORMAT {
        return Err(EvidenceError::Format(harmless(&head.format, &[]).chars().take(80).collect()));
    }
    if head.version != VERSION {
        return Err(EvidenceError::Version(head.version));
    }
    Ok(serde_json::from_slice(bytes)?)
}

impl Evidence {
    /// As the text of a file.
    ///
    /// # Errors
    /// None that is known: every part can be written as JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}
