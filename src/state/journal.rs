//! The write-ahead journal of a run: one JSON line for each intent and each result, on disk before
//! anything follows from it, chained by SHA-256 so that no line can be changed or taken out.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Entry, Progress};
use crate::value::Digest;

/// The longest line that is read; a failure with its output is the longest that is written.
const LONGEST_LINE: u64 = 1 << 20;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Line {
    number: u64,
    at: Timestamp,
    previous: Digest,
    entry: Entry,
}

/// Why a journal can't be read or written.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The file can't be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The journal.
        path: Utf8PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A line other than a torn last one is damaged.
    #[error("{path}, line {line}: {problem}")]
    Damaged {
        /// The journal.
        path: Utf8PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    path: Utf8PathBuf,
    file: File,
    number: u64,
    previous: Digest,
}

impl Journal {
    /// Opens the journal at `path`, new or existing, and tells what it holds. A torn last line,
    /// which a crash leaves, is cut off: what it was about to promise was never begun.
    ///
    /// # Errors
    /// When it can't be read, or any other line is damaged.
    pub fn open(path: &Utf8Path) -> Result<(Self, Progress), JournalError> {
        let io = |error| JournalError::Io { path: path.to_owned(), error };
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .map_err(io)?;
        let read = read(path, &mut file)?;
        if read.length < file.metadata().map_err(io)?.len() {
            file.set_len(read.length).map_err(io)?;
            file.sync_data().map_err(io)?;
        }
        let journal =
            Self { path: path.to_owned(), file, number: read.number, previous: read.previous };
        Ok((journal, read.progress))
    }

    /// Appends `entry` and returns when it is on disk.
    ///
    /// # Errors
    /// When it can't be written: then nothing may follow from it.
    pub fn append(&mut self, entry: Entry) -> Result<(), JournalError> {
        let line =
            Line { number: self.number + 1, at: Timestamp::now(), previous: self.previous, entry };
        self.write(&line).map_err(|error| JournalError::Io { path: self.path.clone(), error })
    }

    fn write(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        let digest = Digest::of(&text);
        text.push(b'\n');
        self.file.write_all(&text)?;
        self.file.sync_data()?;
        self.number = line.number;
        self.previous = digest;
        Ok(())
    }
}

struct Found {
    progress: Progress,
    number: u64,
    previous: Digest,
    /// Bytes of whole lines.
    length: u64,
}

fn read(path: &Utf8Path, file: &mut File) -> Result<Found, JournalError> {
    let io = |error| JournalError::Io { path: path.to_owned(), error };
    file.rewind().map_err(io)?;
    let mut reader = BufReader::new(file);
    let mut found =
        Found { progress: Progress::default(), number: 0, previous: Digest::of(&[]), length: 0 };
    let mut text = Vec::new();
    loop {
        text.clear();
        reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut text).map_err(io)?;
        let Some((b'\n', line)) = text.split_last() else { return Ok(found) };
        found.check(line).map_err(|problem| JournalError::Damaged {
            path: path.to_owned(),
            line: found.number + 1,
            problem,
        })?;
        found.length += text.len() as u64;
    }
}

impl Found {
    fn check(&mut self, text: &[u8]) -> Result<(), String> {
        let line: Line = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if line.number != self.number + 1 {
            return Err(format!("it has the number {}, not {}", line.number, self.number + 1));
        }
        if line.previous != self.previous {
            return Err("the line before it was changed: its digest doesn't fit".to_owned());
        }
        self.progress.take(&line.entry);
        self.number = line.number;
        self.previous = Digest::of(text);
        Ok(())
    }
}
