//! Where hosts keep package files.

use super::Source;
use crate::catalog::Format;
use crate::value::{Digest, RemotePath, RemotePathError};

/// Where package files are kept on hosts: a cache in the sense of the Filesystem Hierarchy
/// Standard 3.0, section 5.5 (it can be filled again), readable by root alone.
pub const STAGED_FOLDER: &str = "/var/cache/mdc";
/// The same on Windows hosts.
const WINDOWS_FOLDER: &str = r"C:\ProgramData\mdc\cache";

/// Where a host keeps the package file: in a folder named by its content, so that two releases
/// never share a name, and the same content is found again.
///
/// # Errors
/// When the file's name can't be a name on a host.
pub fn staged_path(source: &Source, format: Format) -> Result<Option<RemotePath>, RemotePathError> {
    let Source::File { path, digest, .. } = source else { return Ok(None) };
    let name = path.file_name().unwrap_or("package");
    let folder = if format == Format::Msi { WINDOWS_FOLDER } else { STAGED_FOLDER };
    let folder: RemotePath = folder.parse()?;
    folder.join(&digest.to_string())?.join(name).map(Some)
}

/// What a package file on a host holds, by the name of its folder; none of a file that lies elsewhere.
#[must_use]
pub fn staged_content(path: &RemotePath) -> Option<Digest> {
    let (folder, bar) =
        if path.is_windows() { (WINDOWS_FOLDER, '\\') } else { (STAGED_FOLDER, '/') };
    let inside = path.as_str().strip_prefix(folder)?.strip_prefix(bar)?;
    inside.split_once(bar)?.0.parse().ok()
}
