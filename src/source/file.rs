//! Reading a text file with a bound.

use std::fs::File;
use std::io::{self, Read};

use camino::Utf8Path;

use crate::diagnostic::{Code, Diagnostic, SourceText};

/// The largest file that is read, in bytes. A manifest of 30,000 hosts, each with a table of its
/// own, stays below 6 MiB.
pub const LARGEST: u64 = 8 << 20;

/// The text of the file at `path`, under the name that the user knows it by.
///
/// # Errors
/// The file can't be read, is larger than [`LARGEST`], or is not UTF-8.
pub fn read(path: &Utf8Path) -> Result<SourceText, Box<Diagnostic>> {
    let bytes = read_bounded(path).map_err(|error| Box::new(unreadable(path, &error)))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Box::new(
            Diagnostic::new(
                Code::FileTooLarge,
                format!("`{path}` is larger than {} MiB", LARGEST >> 20),
            )
            .help("check that this is the file you mean; write many hosts as a range (`core-[01..08]`)"),
        ));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(SourceText { name: path.to_string(), text }),
        Err(error) => Err(Box::new(not_utf8(path, &error))),
    }
}

/// The folder that the file at `path` is in, for paths relative to it.
#[must_use]
pub fn folder_of(path: &Utf8Path) -> &Utf8Path {
    path.parent().filter(|folder| !folder.as_str().is_empty()).unwrap_or(Utf8Path::new("."))
}

/// One byte more than the bound is enough to know.
fn read_bounded(path: &Utf8Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(path: &Utf8Path, error: &io::Error) -> Diagnostic {
    let (what, help) = match error.kind() {
        io::ErrorKind::NotFound => {
            ("is not there".to_owned(), "check the path; it starts from the folder you are in")
        }
        io::ErrorKind::IsADirectory => {
            ("is a folder, not a file".to_owned(), "name the file inside it")
        }
        io::ErrorKind::PermissionDenied => {
            ("may not be read by you".to_owned(), "check its owner and mode with `ls -l`")
        }
        _ => (format!("can't be read: {error}"), "check the file and the disk that it is on"),
    };
    Diagnostic::new(Code::FileUnreadable, format!("`{path}` {what}")).help(help)
}

fn not_utf8(path: &Utf8Path, error: &std::string::FromUtf8Error) -> Diagnostic {
    let good = error.utf8_error().valid_up_to();
    let line = error.as_bytes().iter().take(good).filter(|b| **b == b'\n').count() + 1;
    Diagnostic::new(
        Code::FileNotUtf8,
        format!("`{path}` is not UTF-8 text: line {line} has a byte that doesn't belong"),
    )
    .help("save the file as UTF-8 (in an editor: encoding UTF-8, without conversion)")
}
