//! A folder that is written whole or not at all: beside its place first, then moved there.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

use camino::{Utf8Path, Utf8PathBuf};

use super::earlier::may_be_replaced;
use crate::cli::problem::Problem;
use crate::emit::PackageFile;
use crate::transport::random_word;
use crate::value::Digest;

const WRITABLE: &str = "name a folder that can be written";

/// One that is being written; what isn't brought to its end is removed.
pub(super) struct Folder {
    to: Utf8PathBuf,
    new: Utf8PathBuf,
}

impl Folder {
    /// A new one, that will be at `to`, with package files in it or without.
    pub(super) fn begin(to: &Utf8Path, brings_packages: bool) -> Result<Self, Problem> {
        let wrong = |error: io::Error| Problem::file(to, &error, WRITABLE);
        let whole =
            if to.exists() { to.canonicalize_utf8().map_err(wrong)? } else { to.to_owned() };
        may_be_replaced(&whole, brings_packages)?;
        let name =
            whole.file_name().ok_or_else(|| wrong(io::Error::other("it names no folder")))?;
        let word = random_word().map_err(wrong)?;
        let new = whole.with_file_name(format!(".{name}.{word}"));
        let folder = Self { to: whole, new };
        folder.make(&folder.new)?;
        Ok(folder)
    }

    /// A plan tells of hosts, and who may read it is its owner's to say: all is for the owner alone.
    fn make(&self, path: &Utf8Path) -> Result<(), Problem> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|error| Problem::file(&self.to, &error, WRITABLE))
    }

    fn open(&self, name: &Utf8Path) -> Result<File, Problem> {
        let path = self.new.join(name);
        if let Some(parent) = path.parent() {
            self.make(parent)?;
        }
        let mode = if name.extension() == Some("sh") { 0o700 } else { 0o600 };
        let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path);
        file.map_err(|error| Problem::file(&self.to.join(name), &error, WRITABLE))
    }

    pub(super) fn write(&self, name: &Utf8Path, text: &str) -> Result<(), Problem> {
        let mut file = self.open(name)?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        written.map_err(|error| Problem::file(&self.to.join(name), &error, WRITABLE))
    }

    /// Copies a package file, and reads the copy to see that it is the one of the plan.
    pub(super) fn copy(&self, folder: &Utf8Path, package: &PackageFile) -> Result<(), Problem> {
        const HINT: &str =
            "put the file of the release there, or give --no-packages and bring it yourself";
        let from = folder.join(&package.from);
        let wrong = |error: io::Error| Problem::file(&from, &error, HINT);
        // A pipe would be waited for, a device read for ever.
        if !fs::metadata(&from).map_err(wrong)?.is_file() {
            return Err(Problem::file(&from, &"it is not a regular file", HINT));
        }
        // One byte more tells that there are more.
        let mut source = File::open(&from).map_err(wrong)?.take(package.size.saturating_add(1));
        let mut target = self.open(&package.to)?;
        let copied = io::copy(&mut source, &mut target).and_then(|_| target.sync_all());
        let copy = self.new.join(&package.to);
        let read = copied.and_then(|()| Digest::of_reader(&mut File::open(&copy)?));
        let (digest, size) =
            read.map_err(|error| Problem::file(&self.to.join(&package.to), &error, WRITABLE))?;
        if digest == package.digest {
            return Ok(());
        }
        let other = if size > package.size {
            format!("it is larger than the {} bytes that the plan was made with", package.size)
        } else {
            format!("its SHA-256 is {digest}, and the plan was made with {}", package.digest)
        };
        Err(Problem::file(&from, &other, HINT))
    }

    /// Moves it to its place; what an earlier one has left there goes.
    pub(super) fn end(self) -> Result<(), Problem> {
        let wrong = |error: io::Error| Problem::file(&self.to, &error, WRITABLE);
        if !self.to.exists() {
            return fs::rename(&self.new, &self.to).map_err(wrong);
        }
        let old = self.new.with_extension("old");
        fs::rename(&self.to, &old).map_err(wrong)?;
        if let Err(error) = fs::rename(&self.new, &self.to) {
            let _ = fs::rename(&old, &self.to);
            return Err(wrong(error));
        }
        fs::remove_dir_all(&old).map_err(wrong)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // After the end there is nothing left by this name.
        let _ = fs::remove_dir_all(&self.new);
    }
}
