//! A folder of texts with their signatures beside them.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};

use camino::Utf8Path;

use super::LARGEST;

/// The most texts that are looked at.
const MOST: usize = 1000;
/// What the name of a signature ends in.
const SIGNATURE: &str = ".sig";

/// A text as it lies in the folder, not judged yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The name of the text's file.
    pub name: String,
    /// The text; none when it is not there or can't be read.
    pub text: Option<Vec<u8>>,
    /// The signature; none when it is not there or can't be read.
    pub signature: Option<Vec<u8>>,
}

/// Every text in `folder`, by name, and one byte more than `largest` of it at most; nothing when there is
/// no such folder. Hidden files are left out: what is being written has such a name. A file that can't be
/// read is as one that is not there: what else is there counts all the same.
///
/// # Errors
/// What the system reports, and when there are too many files.
pub fn read(folder: &Utf8Path, largest: usize) -> io::Result<Vec<File>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = BTreeSet::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let own = name.strip_suffix(SIGNATURE).unwrap_or(&name);
        if !name.starts_with('.') {
            names.insert(own.to_owned());
        }
        if names.len() > MOST {
            return Err(io::Error::other(format!("it has more than {MOST} files")));
        }
    }
    let file = |name: String| {
        let text = part(&folder.join(&name), largest);
        let signature = part(&folder.join(format!("{name}{SIGNATURE}")), LARGEST);
        File { name, text: text.ok(), signature: signature.ok() }
    };
    Ok(names.into_iter().map(file).collect())
}

/// The bytes of a file, one more than `largest` at most.
fn part(path: &Utf8Path, largest: usize) -> io::Result<Vec<u8>> {
    // A pipe would be waited for.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(largest as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
