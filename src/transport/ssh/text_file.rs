//! Files of OpenSSH that are read whole, with a bound.

use std::fs::File;
use std::io::{self, Read};

use camino::Utf8Path;

/// The bytes of the file at `path`, at most `largest`.
///
/// # Errors
/// When it can't be read, is larger, or is no file at all: a device or a pipe may have no end.
pub(super) fn read(path: &Utf8Path, largest: u64) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(largest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest {
        return Err(io::Error::other(format!("it is larger than {} MiB", largest >> 20)));
    }
    Ok(bytes)
}
