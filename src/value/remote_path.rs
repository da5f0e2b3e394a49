//! Paths on hosts. A controller's own path type can't hold them: a Windows path is one component
//! on Linux, and the reverse.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An absolute path on a POSIX host.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct RemotePath(String);

/// Why a text is not a path on a host.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RemotePathError {
    /// Not beginning with `/`.
    #[error("a path on a host is absolute: it begins with `/`")]
    Relative,
    /// A `..`, or a character that no path of ours needs.
    #[error("`{0}` can't be in a path on a host")]
    Forbidden(String),
}

impl RemotePath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of `name` inside this directory.
    ///
    /// # Errors
    /// When `name` holds what a path on a host can't.
    pub fn join(&self, name: &str) -> Result<Self, RemotePathError> {
        format!("{}/{name}", self.0.trim_end_matches('/')).parse()
    }

    /// The last part of the path.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The directory that holds this path (`/` for the root).
    #[must_use]
    pub fn parent(&self) -> &str {
        match self.0.rsplit_once('/') {
            Some(("", _)) | None => "/",
            Some((parent, _)) => parent,
        }
    }
}

impl FromStr for RemotePath {
    type Err = RemotePathError;

    fn from_str(text: &str) -> Result<Self, RemotePathError> {
        if !text.starts_with('/') {
            return Err(RemotePathError::Relative);
        }
        if let Some(bad) = text.chars().find(|c| c.is_control()) {
            return Err(RemotePathError::Forbidden(bad.escape_default().to_string()));
        }
        if text.split('/').any(|part| part == "..") {
            return Err(RemotePathError::Forbidden("..".to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for RemotePath {
    type Error = RemotePathError;

    fn try_from(text: String) -> Result<Self, RemotePathError> {
        text.parse()
    }
}

impl From<RemotePath> for String {
    fn from(path: RemotePath) -> Self {
        path.0
    }
}

impl fmt::Display for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
