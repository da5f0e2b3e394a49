//! Files and folders that are their owner's alone, whatever the umask (umask(2) takes bits away from
//! what open(2) and mkdir(2) are given, and adds none; so the mode is set again afterwards).

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};

use camino::Utf8Path;

/// The largest small file that is read: one about a lease or a request.
const LARGEST: u64 = 1 << 16;

/// Makes the folder at `path` with all above it, or takes rights from others when it is there.
pub(super) fn private(path: &Utf8Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    if path.metadata()?.permissions().mode() & 0o777 != 0o700 {
        fs::set_permissions(path, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Opens the file at `path` for reading and writing, making it when it isn't there.
pub(super) fn open(path: &Utf8Path) -> io::Result<File> {
    own(OpenOptions::new().read(true).write(true).create(true).truncate(false), path)
}

/// Makes the file at `path` anew, empty.
pub(super) fn create(path: &Utf8Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    own(OpenOptions::new().read(true).append(true).create_new(true), path)
}

fn own(options: &mut OpenOptions, path: &Utf8Path) -> io::Result<File> {
    let file = options.mode(0o600).open(path)?;
    if file.metadata()?.permissions().mode() & 0o777 != 0o600 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// Puts `content` at `path` in one move: readers see the old file or the new one, also after a crash.
pub(super) fn replace(path: &Utf8Path, content: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = create(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    path.parent().map_or(Ok(()), sync)
}

/// A new name in a folder is only sure to last when the folder itself is on disk (fsync(2)).
pub(super) fn sync(folder: &Utf8Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// What a small file holds.
pub(super) fn content(file: &File) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(LARGEST).read_to_end(&mut content)?;
    Ok(content)
}
