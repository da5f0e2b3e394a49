//! One run at a time: an advisory lock on a file of the state directory. The kernel drops it when
//! its holder ends, however that comes about.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;

use camino::Utf8Path;
use rustix::fs::{FlockOperation, flock};

/// Held until it is dropped.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl Lock {
    /// Takes the lock at `path` and writes `holder` (who, what, since when) into it.
    ///
    /// Returns the present holder's words when somebody else has it.
    ///
    /// # Errors
    /// When the file can't be opened or written.
    pub(super) fn take(path: &Utf8Path, holder: &str) -> io::Result<Result<Self, String>> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let mut words = String::new();
            file.take(4096).read_to_string(&mut words)?;
            return Ok(Err(words));
        }
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(holder.as_bytes())?;
        Ok(Ok(Self(file)))
    }
}
