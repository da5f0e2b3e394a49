//! What is done so that one host of a site gives package files to the others.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::{Digest, RemotePath};

/// One thing of what it takes to get a package file from another host: a key that is made for it, let in
/// by the other host for this file alone, and taken away again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum RelayTask {
    /// Makes a key on the host that is to get the file, and prints its public half.
    OfferKey {
        /// The file.
        path: RemotePath,
    },
    /// On the relay: checks the file's content, and lets the login user read it.
    LendFile {
        /// The file.
        path: RemotePath,
        /// The content.
        digest: Digest,
    },
    /// On the relay: takes a key over standard input, and lets it read this file and do nothing else.
    AdmitKey {
        /// The file.
        path: RemotePath,
    },
    /// Gets a piece of the file from the relay, whose key and user come over standard input; checks the
    /// whole and puts it in its place. Ends with 75 when there is more to get.
    PullFile {
        /// On the controller, relative to the release file: the same file.
        from: String,
        /// On both hosts.
        path: RemotePath,
        /// The content.
        digest: Digest,
        /// Bytes.
        size: u64,
    },
    /// On the relay: lets the key in no more.
    DismissKey {
        /// The file.
        path: RemotePath,
    },
    /// Removes the file from a relay that has no use of its own for it.
    DropFile {
        /// The file.
        path: RemotePath,
    },
}

impl RelayTask {
    /// The exit status of a host that has got a piece and wants the next one (`EX_TEMPFAIL`, sysexits.h).
    pub const MORE: i64 = 75;

    /// The file that it is about.
    #[must_use]
    pub const fn path(&self) -> &RemotePath {
        match self {
            Self::OfferKey { path }
            | Self::LendFile { path, .. }
            | Self::AdmitKey { path }
            | Self::PullFile { path, .. }
            | Self::DismissKey { path }
            | Self::DropFile { path } => path,
        }
    }

    /// What is being done, to be read after "while", "could not" or alone.
    #[must_use]
    pub fn in_words(&self) -> String {
        let name = self.path().file_name();
        match self {
            Self::OfferKey { .. } => format!("make a key for getting {name}"),
            Self::LendFile { .. } => format!("check {name} before others get it"),
            Self::AdmitKey { .. } => format!("let a key read {name}"),
            Self::PullFile { .. } => format!("get {name} from the relay"),
            Self::DismissKey { .. } => format!("let the key read {name} no more"),
            Self::DropFile { .. } => format!("remove {name}, which others have got"),
        }
    }

    /// One word for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::OfferKey { .. } => "offer-key",
            Self::LendFile { .. } => "lend",
            Self::AdmitKey { .. } => "admit-key",
            Self::PullFile { .. } => "pull",
            Self::DismissKey { .. } => "dismiss-key",
            Self::DropFile { .. } => "drop",
        }
    }
}
