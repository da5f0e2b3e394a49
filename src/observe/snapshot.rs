//! A snapshot: observed state kept in a file, for plans without hosts and for comparing.

use std::io::Read;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Observed;
use super::answer::printable;
use crate::value::Digest;

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
    /// The SHA-256 of the file without these 64 digits: no byte of it was changed since it was taken. None of
    /// one that is no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<Digest>,
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
    /// Not sealed.
    #[error("it has no seal; save a new one with this mdc")]
    NoSeal,
    /// Changed since it was taken.
    #[error("its seal doesn't fit its content: it was changed after it was taken")]
    SealBroken,
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
            seal: None,
            cluster: cluster.into(),
            taken,
            observed,
        }
    }

    /// As the text of a file, sealed.
    ///
    /// # Errors
    /// None that is known: every part can be written as JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let place = Digest::of(&[]);
        let open = Self { seal: Some(place), ..self.clone() };
        let text = serde_json::to_string_pretty(&open)? + "\n";
        let seal = seal_of(text.as_bytes(), &place).unwrap_or(place);
        Ok(text.replacen(&place.to_string(), &seal.to_string(), 1))
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
        match serde_json::from_slice::<Self>(bytes) {
            Ok(snapshot) if (snapshot.format.as_str(), snapshot.version) == (FORMAT, VERSION) => {
                snapshot.unsealed(bytes)
            }
            other => Err(Self::what_else(bytes, other.err())),
        }
    }

    /// What `bytes` are, which can't be read as a snapshot of this version for `why`.
    fn what_else(bytes: &[u8], why: Option<serde_json::Error>) -> SnapshotError {
        let head = serde_json::from_slice::<Head>(bytes);
        match (head, why) {
            (Ok(head), _) if head.format != FORMAT => {
                SnapshotError::Format(printable(&head.format))
            }
            // Another version may seal in another way.
            (Ok(head), _) if head.version != VERSION => SnapshotError::Version(head.version),
            // Damage can look like any of those that follow.
            _ if has_broken_seal(bytes) => SnapshotError::SealBroken,
            (Err(error), _) | (Ok(_), Some(error)) => SnapshotError::Shape(error),
            (Ok(_), None) => SnapshotError::SealBroken,
        }
    }

    /// The content, if the seal fits the `bytes` that it stands in.
    fn unsealed(self, bytes: &[u8]) -> Result<Self, SnapshotError> {
        let seal = self.seal.ok_or(SnapshotError::NoSeal)?;
        if seal_of(bytes, &seal) != Some(seal) {
            return Err(SnapshotError::SealBroken);
        }
        Ok(Self { seal: None, ..self })
    }
}

/// The digest of `bytes` without the place where `seal` stands.
fn seal_of(bytes: &[u8], seal: &Digest) -> Option<Digest> {
    let digits = seal.to_string();
    let at = bytes.windows(digits.len()).position(|place| place == digits.as_bytes())?;
    let (before, rest) = bytes.split_at(at);
    let after = rest.get(digits.len()..)?;
    Digest::of_reader(&mut before.chain(after)).ok().map(|(digest, _)| digest)
}

/// Whether `bytes`, whatever else they are, hold a seal that doesn't fit them.
fn has_broken_seal(bytes: &[u8]) -> bool {
    const KEY: &[u8] = b"\"seal\": \"";
    let at = bytes.windows(KEY.len()).position(|place| place == KEY);
    let digits = at.and_then(|at| bytes.get(at + KEY.len()..)?.get(..64));
    let seal = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<Digest>().ok());
    seal.is_some_and(|seal| seal_of(bytes, &seal) != Some(seal))
}
