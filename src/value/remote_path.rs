//! Paths on hosts. A controller's own path type can't hold them: a Windows path is one component
//! on Linux, and the reverse.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An absolute path on a POSIX host (`/opt/a`), or on a Windows host (`C:\opt\a`).
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct RemotePath(String);

/// Why a text is not a path on a host.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RemotePathError {
    /// Not beginning with `/` or a drive.
    #[error(
        "a path on a host is absolute: it begins with `/`, on Windows with a drive, such as `C:\\`"
    )]
    Relative,
    /// A `..`, or a character that no path of ours needs.
    #[error("`{0}` can't be in a path on a host")]
    Forbidden(String),
}

/// What means something to Windows itself (Microsoft, "Naming Files, Paths, and Namespaces"), and what
/// cmd replaces also between double quotes: no command line could hold it as it is.
const NOT_ON_WINDOWS: &[char] = &['<', '>', ':', '"', '/', '|', '?', '*', '%', '!'];

impl RemotePath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is one of a Windows host.
    #[must_use]
    pub fn is_windows(&self) -> bool {
        !self.0.starts_with('/')
    }

    fn separator(&self) -> char {
        if self.is_windows() { '\\' } else { '/' }
    }

    /// The path of `name` inside this directory.
    ///
    /// # Errors
    /// When `name` holds what a path on a host can't.
    pub fn join(&self, name: &str) -> Result<Self, RemotePathError> {
        let separator = self.separator();
        format!("{}{separator}{name}", self.0.trim_end_matches(separator)).parse()
    }

    /// The last part of the path.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit(self.separator()).next().unwrap_or_default()
    }

    /// The directory that holds this path (`/` for the root, `C:\` for a drive's).
    #[must_use]
    pub fn parent(&self) -> &str {
        let Some((parent, _)) = self.0.rsplit_once(self.separator()) else { return &self.0 };
        let root = if self.is_windows() { 2 } else { 0 };
        if parent.len() == root { self.0.get(..=root).unwrap_or("/") } else { parent }
    }
}

impl FromStr for RemotePath {
    type Err = RemotePathError;

    fn from_str(text: &str) -> Result<Self, RemotePathError> {
        let on_windows = below_drive(text);
        if on_windows.is_none() && !text.starts_with('/') {
            return Err(RemotePathError::Relative);
        }
        if let Some(bad) = text.chars().find(|c| c.is_control()) {
            return Err(RemotePathError::Forbidden(bad.escape_default().to_string()));
        }
        if let Some(below) = on_windows {
            if let Some(bad) = below.chars().find(|c| NOT_ON_WINDOWS.contains(c)) {
                return Err(RemotePathError::Forbidden(bad.to_string()));
            }
            // Windows drops them, so that two texts would be one path.
            if let Some(part) = below.split('\\').find(|part| part.ends_with(['.', ' '])) {
                return Err(RemotePathError::Forbidden(part.to_owned()));
            }
        } else if text.split('/').any(|part| part == "..") {
            return Err(RemotePathError::Forbidden("..".to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// What follows the drive of a Windows path.
fn below_drive(text: &str) -> Option<&str> {
    let (drive, below) = text.split_once(":\\")?;
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic();
    (drive.len() == 1 && drive.as_bytes().iter().all(is_letter)).then_some(below)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_paths_are_taken_apart() {
        for (text, name, parent) in [
            ("/opt/a", "a", "/opt"),
            ("/a", "a", "/"),
            (r"C:\ProgramData\mdc\a b.msi", "a b.msi", r"C:\ProgramData\mdc"),
            (r"d:\x", "x", r"d:\"),
        ] {
            let path: RemotePath = text.parse().unwrap();
            assert_eq!((path.file_name(), path.parent()), (name, parent), "{text}");
            assert_eq!(path.is_windows(), !text.starts_with('/'));
        }
        let folder: RemotePath = r"C:\".parse().unwrap();
        assert_eq!(folder.join("a").unwrap().as_str(), r"C:\a");
    }

    #[test]
    fn what_no_command_line_can_hold_is_refused() {
        for relative in ["a", "", r"C:a", r"\\server\share", r"CD:\a", "C:/a", r"1:\a"] {
            assert_eq!(
                relative.parse::<RemotePath>(),
                Err(RemotePathError::Relative),
                "{relative}"
            );
        }
        for bad in [
            r"C:\a%b",
            r"C:\..\x",
            r"C:\a\.",
            r#"C:\a"b"#,
            r"C:\a!",
            r"C:\a ",
            r"C:\a\b:s",
            r"C:\a/b",
        ] {
            assert!(
                matches!(bad.parse::<RemotePath>(), Err(RemotePathError::Forbidden(_))),
                "{bad}"
            );
        }
    }
}
