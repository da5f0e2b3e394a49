//! A snapshot: observed state kept in a file, for plans without hosts and for comparing.

use std::io::Read;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Observed;
use super::answer::printable;

/// The format's name, first in every snapshot.
pub const FORMAT: &str = "mdc/snapshot";
/// The format's version that this `mdc` writes and reads.
pub const VERSION: u32 = 1;
/// The largest file that is read: fifty thousand hosts of four components fit in.
const LARGEST: u64 = 64 << 20;

/// Observed state with its cluster and its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Snapshot {
    /// Always `mdc/snapshot`.
    pub format: String,
    /// The version of this format.
    pub version: u32,
    /// The cluster's name.
    pub cluster: String,
    /// When the hosts were read (RFC 3339).
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub taken: Timestamp,
    /// What was read.
    pub observed: Observed,
}

/// Why a file is not a snapshot that can be used.
#[derive(Debug, Error)]
pub enum SnapshotError {
    /// Reading failed.
    #[error("it can't be read: {0}")]
    Read(#[from] std::io::Error),
    /// Larger than any real snapshot.
    #[error("it is larger than {} MiB; a snapshot is not", LARGEST >> 20)]
    TooLarge,
    /// Not JSON, or not a snapshot's JSON.
    #[error("it is not a snapshot ({0}); save a new one with this mdc")]
    Shape(#[from] serde_json::Error),
    /// Another kind of file.
    #[error("it is a `{0}` file, not `{FORMAT}`; name a snapshot")]
    Format(String),
    /// A version of the format that this `mdc` doesn't know.
    #[error(
        "it has version {0} of the format, and this mdc reads version {VERSION}; save a new one with \
         this mdc, or use the mdc that wrote it"
    )]
    Version(u32),
}

/// What every file of ours begins with.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

impl Snapshot {
    /// A snapshot of `observed`, read at `taken`.
    #[must_use]
    pub fn new(cluster: impl Into<String>, taken: Timestamp, observed: Observed) -> Self {
        // Whole seconds: the rest of the time stamp would only be noise in a file for people.
        let taken = Timestamp::from_second(taken.as_second()).unwrap_or(taken);
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            cluster: cluster.into(),
            taken,
            observed,
        }
    }

    /// As the text of a file.
    ///
    /// # Errors
    /// None that is known: every part can be written as JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// Reads a snapshot from a file's bytes, at most 64 MiB.
    ///
    /// # Errors
    /// When it is not a snapshot of this version.
    pub fn read(file: &mut dyn Read) -> Result<Self, SnapshotError> {
        Self::parse(&Self::bytes(file)?)
    }

    /// The bytes of a snapshot's file, at most 64 MiB: what a signature stands over.
    ///
    /// # Errors
    /// When it can't be read, or is larger.
    pub fn bytes(file: &mut dyn Read) -> Result<Vec<u8>, SnapshotError> {
        let mut bytes = Vec::new();
        if file.take(LARGEST + 1).read_to_end(&mut bytes)? as u64 > LARGEST {
            return Err(SnapshotError::TooLarge);
        }
        Ok(bytes)
    }

    /// The snapshot that `bytes` hold.
    ///
    /// # Errors
    /// When it is not a snapshot of this version.
    pub fn parse(bytes: &[u8]) -> Result<Self, SnapshotError> {
        // Read once: only what is not a snapshot of this version is asked what it is.
        let snapshot = match serde_json::from_slice::<Self>(bytes) {
            Ok(snapshot) if (snapshot.format.as_str(), snapshot.version) == (FORMAT, VERSION) => {
                return Ok(snapshot);
            }
            other => other,
        };
        let head: Head = serde_json::from_slice(bytes)?;
        if head.format != FORMAT {
            return Err(SnapshotError::Format(printable(&head.format)));
        }
        if head.version != VERSION {
            return Err(SnapshotError::Version(head.version));
        }
        Ok(snapshot?)
    }
}
