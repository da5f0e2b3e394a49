//! Package files on the controller. A plan names them, and by a name alone it could have any file of the
//! controller sent to a host: what is sent has the content that was reviewed.

use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom};

use camino::Utf8Path;

use crate::value::Digest;

/// The file at `path`, when it has this digest and size; otherwise why it isn't sent, in words.
pub(super) fn reviewed(path: &Utf8Path, content: (Digest, u64)) -> Result<File, String> {
    match with(path, content) {
        Ok(Some(file)) => Ok(file),
        Ok(None) => Err(format!("{path} is not the file that was reviewed")),
        Err(error) => Err(format!("{path}: {error}")),
    }
}

/// The file, when it has this content. What is no file, and so may have no end, isn't read.
fn with(path: &Utf8Path, content: (Digest, u64)) -> io::Result<Option<File>> {
    let about = fs::metadata(path)?;
    if !about.is_file() || about.len() != content.1 {
        return Ok(None);
    }
    let mut file = File::open(path)?;
    let found = Digest::of_reader(&mut file)?;
    file.seek(SeekFrom::Start(0))?;
    Ok((found == content).then_some(file))
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
        let mut text = String::new();
        reviewed(&path, of("secret")).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "secret");
        for other in ["Secret", "secre", "", "secret and more"] {
            let why = reviewed(&path, of(other)).unwrap_err();
            assert_eq!(why, format!("{path} is not the file that was reviewed"), "{other}");
        }
        for endless in ["/dev/zero", "/"] {
            assert!(reviewed(endless.into(), of("")).is_err(), "{endless}");
        }
    }
}
