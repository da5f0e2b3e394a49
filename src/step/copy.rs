//! Putting a package file on a host: found there by content, or copied, checked and moved into
//! place. Nothing that runs is touched.

use super::windows;
use crate::catalog::Format;
use crate::desired::Source;
use crate::transport::{Account, Command, Task, quote};
use crate::value::{Digest, Period, RemotePath, RemotePathError};

/// Where package files are kept on hosts: a cache in the sense of the Filesystem Hierarchy
/// Standard 3.0, section 5.5 (it can be filled again), readable by root alone.
const FOLDER: &str = "/var/cache/mdc";
/// The same on Windows hosts.
const WINDOWS_FOLDER: &str = r"C:\ProgramData\mdc\cache";

/// Slowest copy that is waited for, in bytes a second.
const SLOWEST: u64 = 256 * 1024;

/// Where a host keeps the package file: in a folder named by its content, so that two releases
/// never share a name, and the same content is found again.
///
/// # Errors
/// When the file's name can't be a name on a host.
pub fn staged_path(source: &Source, format: Format) -> Result<Option<RemotePath>, RemotePathError> {
    let Source::File { path, digest, .. } = source else { return Ok(None) };
    let name = path.file_name().unwrap_or("package");
    let folder = if format == Format::Msi { WINDOWS_FOLDER } else { FOLDER };
    let folder: RemotePath = folder.parse()?;
    folder.join(&digest.to_string())?.join(name).map(Some)
}

/// The commands that put the package file of `source` at `path`.
#[must_use]
pub fn copy(source: &Source, path: &RemotePath) -> Vec<Command> {
    let Source::File { path: from, digest, size, .. } = source else { return Vec::new() };
    let find = Command {
        run: check_file(digest, path),
        account: Account::Root,
        within: reading_time(*size),
        task: Task::FindFile { path: path.clone(), digest: *digest },
    };
    let receive = Command {
        run: receive_text(digest, path),
        account: Account::Root,
        within: Period::seconds(60 + size / SLOWEST),
        task: Task::ReceiveFile {
            from: from.to_string(),
            path: path.clone(),
            digest: *digest,
            size: *size,
        },
    };
    vec![find, receive]
}

/// The command that makes sure, immediately before it is installed, that the file is still the
/// one that was reviewed.
pub(super) fn check(digest: &Digest, size: u64, path: &RemotePath) -> Command {
    Command {
        run: check_file(digest, path),
        account: Account::Root,
        within: reading_time(size),
        task: Task::CheckFile { path: path.clone(), digest: *digest },
    }
}

fn check_file(digest: &Digest, path: &RemotePath) -> String {
    if path.is_windows() {
        return windows::check_file(digest, path);
    }
    check_text(digest, path.as_str())
}

fn check_text(digest: &Digest, path: &str) -> String {
    // `--strict`: a line that sha256sum can't read (an odd file name) is a failure, not a warning.
    format!("echo {} | sha256sum --check --strict --status", quote(&format!("{digest}  {path}")))
}

fn receive_text(digest: &Digest, path: &RemotePath) -> String {
    if path.is_windows() {
        return windows::receive(digest, path);
    }
    let part = format!("{}.part", path.file_name());
    format!(
        "umask 077 && mkdir -p {folder} && cd {folder} && cat > {part} && {check} && mv -f {part} {name}",
        folder = quote(path.parent()),
        check = check_text(digest, &part),
        part = quote(&part),
        name = quote(path.file_name()),
    )
}

/// Time for reading the file once from a slow disk, at 20 MB a second.
const fn reading_time(size: u64) -> Period {
    Period::seconds(30 + size / 20_000_000)
}
