//! Package files on the controller. A plan names them, and by a name alone it could have any file of the
//! controller sent to a host: what is sent has the content that was reviewed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};

use crate::value::Digest;

/// Files of which it is known that they were reviewed: each is read for that once, however many hosts it goes
/// to.
#[derive(Default)]
pub(super) struct Reviewed(Mutex<BTreeMap<Utf8PathBuf, Arc<Mutex<Option<Known>>>>>);

/// A file as it was read, and what it held.
struct Known {
    stamp: Stamp,
    content: (Digest, u64),
}

impl Reviewed {
    /// The file at `path`, when it has this digest and size; otherwise why it isn't sent, in words. Who comes
    /// while another one reads it waits for what that finds.
    pub(super) fn open(&self, path: &Utf8Path, content: (Digest, u64)) -> Result<File, String> {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = Arc::clone(files.entry(path.to_owned()).or_default());
        drop(files);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        match with(path, content, &mut known) {
            Ok(Some(file)) => Ok(file),
            Ok(None) => Err(format!("{path} is not the file that was reviewed")),
            Err(error) => Err(format!("{path}: {error}")),
        }
    }
}

/// The file, when it has this content. What is no file, and so may have no end, isn't read.
fn with(
    path: &Utf8Path,
    content: (Digest, u64),
    known: &mut Option<Known>,
) -> io::Result<Option<File>> {
    let about = fs::metadata(path)?;
    if !about.is_file() || about.len() != content.1 {
        return Ok(None);
    }
    let mut file = File::open(path)?;
    let stamp = Stamp::of(&file)?;
    if known.as_ref().is_none_or(|known| known.stamp != stamp) {
        let read = Digest::of_reader(&mut file)?;
        file.seek(SeekFrom::Start(0))?;
        *known = Some(Known { stamp, content: read });
    }
    Ok(known.as_ref().is_some_and(|known| known.content == content).then_some(file))
}

/// What tells whether a file is the same as before: the kernel moves the last two with every change, and
/// nobody can set them back (stat(2), `st_ctim`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp([i64; 5]);

impl Stamp {
    fn of(file: &File) -> io::Result<Self> {
        let about = file.metadata()?;
        let (device, number) = (about.dev().cast_signed(), about.ino().cast_signed());
        let size = about.size().cast_signed();
        Ok(Self([device, number, size, about.ctime(), about.ctime_nsec()]))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn nothing_but_what_was_reviewed_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap().join("key");
        fs::write(&path, "secret").unwrap();
        let of = |text: &str| (Digest::of(text.as_bytes()), text.len() as u64);
        let files = Reviewed::default();
        let mut text = String::new();
        files.open(&path, of("secret")).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "secret");
        for other in ["Secret", "secre", "", "secret and more"] {
            let why = files.open(&path, of(other)).unwrap_err();
            assert_eq!(why, format!("{path} is not the file that was reviewed"), "{other}");
        }
        // Of the same length, and known from before: what is there now counts.
        fs::remove_file(&path).unwrap();
        fs::write(&path, "Secret").unwrap();
        assert!(files.open(&path, of("secret")).is_err());
        assert!(files.open(&path, of("Secret")).is_ok());
        for endless in ["/dev/zero", "/"] {
            assert!(files.open(endless.into(), of("")).is_err(), "{endless}");
        }
    }
}
