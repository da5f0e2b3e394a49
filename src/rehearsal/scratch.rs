//! A folder that exists for as long as somebody works in it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

use camino::{Utf8Path, Utf8PathBuf};

use super::Error;
use crate::transport::random_word;

/// Where memory is a file system: journals are synced line by line, which costs nothing there.
const MEMORY: &str = "/dev/shm";
/// Where temporary files are when nobody says anything else.
const USUAL: &str = "/tmp";

/// A folder of this user's own, removed when it is dropped.
#[derive(Debug)]
pub(super) struct Scratch(Utf8PathBuf);

impl Scratch {
    pub(super) fn new() -> Result<Self, Error> {
        let temporary = Utf8PathBuf::from_path_buf(std::env::temp_dir());
        let temporary = temporary.unwrap_or_else(|_| Utf8PathBuf::from(USUAL));
        let in_temporary = || {
            Self::in_folder(&temporary)
                .map_err(|error| Error::Folder { place: temporary.to_string(), error })
        };
        // Whoever names a folder (TMPDIR) has a reason.
        if temporary != USUAL {
            return in_temporary();
        }
        Self::in_folder(Utf8Path::new(MEMORY)).or_else(|_| in_temporary())
    }

    /// Another one with the same content.
    pub(super) fn copy(&self) -> Result<Self, Error> {
        let copy = Self::new()?;
        copied(&self.0, &copy.0)
            .map_err(|error| Error::Folder { place: copy.0.to_string(), error })?;
        Ok(copy)
    }

    /// Writes a file that nobody else may read.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        let place = self.0.join(name);
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&place);
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|error| Error::Folder { place: place.to_string(), error })
    }

    pub(super) fn path(&self) -> &Utf8Path {
        &self.0
    }

    fn in_folder(folder: &Utf8Path) -> io::Result<Self> {
        let path = folder.join(format!("mdc-twin-{}", random_word()?));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What can't be removed is left to the system's own tidying of temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copied(from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    for entry in from.read_dir_utf8()? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            DirBuilder::new().mode(0o700).create(&target)?;
            copied(entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
