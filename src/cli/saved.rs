//! Files that the user asks for: whole or not at all, and for their owner alone when they are new.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

use camino::{Utf8Path, Utf8PathBuf};

use super::problem::Problem;
use crate::transport::random_word;

/// Puts what `write` writes at `path` in one move. A file that is there keeps its mode; a new one has
/// 0600, whatever the umask: a plan tells of hosts, and who may read it is its owner's to say.
pub(super) fn save(
    path: &Utf8Path,
    write: &mut dyn FnMut(&mut File) -> io::Result<()>,
) -> Result<(), Problem> {
    let saved = match fs::metadata(path) {
        // A pipe or a terminal is written to as it is.
        Ok(about) if !about.is_file() => {
            OpenOptions::new().write(true).open(path).and_then(|mut file| write(&mut file))
        }
        Ok(about) => path
            .canonicalize_utf8()
            .and_then(|path| replace(&path, about.permissions().mode() & 0o777, write)),
        Err(_) => replace(path, 0o600, write),
    };
    saved.map_err(|error| Problem::file(path, &error, "name a file that can be written"))
}

fn replace(
    path: &Utf8Path,
    mode: u32,
    write: &mut dyn FnMut(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let new = beside(path)?;
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| {
            write(&mut file)?;
            file.set_permissions(Permissions::from_mode(mode))?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

/// A name in the same folder that nobody can guess and put something at before.
fn beside(path: &Utf8Path) -> io::Result<Utf8PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::other("it names no file"))?;
    Ok(path.with_file_name(format!(".{name}.{}", random_word()?)))
}
