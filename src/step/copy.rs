//! Putting a package file on a host: found there by content, or copied, checked and moved into
//! place. Nothing that runs is touched.

use super::{Relayed, windows};
use crate::desired::Source;
use crate::transport::{Account, Command, Task, quote};
use crate::value::{Digest, Period, RemotePath};

/// Slowest copy that is waited for, in bytes a second.
const SLOWEST: u64 = 256 * 1024;

/// The commands that put the package file of `source` at `path`.
#[must_use]
pub fn copy(source: &Source, path: &RemotePath) -> Vec<Command> {
    let Source::File { path: from, digest, size, .. } = source else { return Vec::new() };
    copy_file(&Relayed { from: from.as_str(), path, digest, size: *size })
}

/// The same for a file that is known otherwise.
#[must_use]
pub fn copy_file(file: &Relayed<'_>) -> Vec<Command> {
    let Relayed { from, path, digest, size } = *file;
    let find = Command {
        run: find_text(digest, path),
        account: Account::Root,
        within: reading_time(size),
        task: Task::FindFile { path: path.clone(), digest: *digest },
    };
    let (from, path, digest) = (from.to_owned(), path.clone(), *digest);
    let receive = Command {
        run: receive_text((&digest, size), &path),
        account: Account::Root,
        within: Period::seconds(60 + size / SLOWEST),
        task: Task::ReceiveFile { from, path, digest, size },
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

pub(super) fn check_file(digest: &Digest, path: &RemotePath) -> String {
    if path.is_windows() {
        return windows::check_file(digest, path);
    }
    // `--strict`: a line that sha256sum can't read (an odd file name) is a failure, not a warning.
    format!("echo {} | sha256sum --check --strict --status", quote(&format!("{digest}  {path}")))
}

/// Looks for the file; where it isn't, prints how many bytes of it came before a copy was cut off.
pub(super) fn find_text(digest: &Digest, path: &RemotePath) -> String {
    let check = check_file(digest, path);
    if path.is_windows() {
        return check;
    }
    let part = part(path);
    let part = quote(&part);
    format!("{check} || {{ [ ! -e {part} ] || wc -c <{part}; exit 1; }}")
}

pub(super) fn part(path: &RemotePath) -> String {
    format!("{path}.part")
}

/// Takes what follows the part that is there, and reads both on the way to the disk, so that the check
/// costs no time of its own. What is written wrongly on the way is found by the check before the
/// installation. `openssl` uses what processors have for this, at a fifth of the cost, and is not everywhere.
/// A part that is whole and isn't the file goes; one that was cut off stays and is gone on with.
fn receive_text((digest, size): (&Digest, u64), path: &RemotePath) -> String {
    if path.is_windows() {
        return windows::receive(digest, path);
    }
    format!(
        "umask 077; part={part}; mkdir -p {folder} && : >>\"$part\" && \
         sum=$({{ cat \"$part\"; tee -a \"$part\" || echo; }} | \
         if openssl dgst -sha256 </dev/null >/dev/null 2>&1; then openssl dgst -sha256 -r; else sha256sum; fi) && \
         [ \"${{sum%% *}}\" = {digest} ] && mv -f \"$part\" {path} || {{ \
         if [ \"$(wc -c <\"$part\")\" -lt {size} ]; then echo 'only a part of it came' >&2; \
         else rm -f \"$part\"; echo 'what came is not the file that was reviewed' >&2; fi; exit 1; }}",
        part = quote(&part(path)),
        folder = quote(path.parent()),
        path = quote(path.as_str()),
    )
}

/// Time for reading the file once from a slow disk, at 20 MB a second.
pub(super) const fn reading_time(size: u64) -> Period {
    Period::seconds(30 + size / 20_000_000)
}
