//! The folder beside a plan that approvals lie in.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::statement;
use crate::signature::{self, File};

/// The folder of the approvals of the plan at `path`.
#[must_use]
pub fn folder_of(path: &Utf8Path) -> Utf8PathBuf {
    path.with_extension("approvals")
}

/// Everything in `folder` that may be an approval, by name; nothing when there is no such folder.
///
/// # Errors
/// What the system reports, and when there are too many files.
pub fn read(folder: &Utf8Path) -> io::Result<Vec<File>> {
    signature::read(folder, statement::LARGEST)
}
