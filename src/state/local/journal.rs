//! The lines of a journal in a file.
//!
//! Whoever opens a journal for writing puts a copy of it in its place first. So the file that an
//! earlier holder may still have open has no name any more, and what it writes there is lost; it
//! learns so, since it looks at the lease before and after each line.

use std::fs::{self, File};
use std::io::{self, Read, Write};

use camino::{Utf8Path, Utf8PathBuf};

use super::{folder, lease};
use crate::state::chain::{Chain, Link};
use crate::state::journal::Lines;
use crate::state::lease::Holder;
use crate::state::{JournalError, StateError};

/// A journal's file, as its only writer has it.
#[derive(Debug)]
pub(super) struct FileLines {
    state: Utf8PathBuf,
    holder: Holder,
    path: Utf8PathBuf,
    file: File,
    length: u64,
    /// Whether the file's end is not known any more.
    broken: bool,
}

impl FileLines {
    /// The journal at `path`, whose good part ends at `chain`; what comes after that is cut off.
    pub(super) fn own(
        state: &Utf8Path,
        holder: &Holder,
        path: Utf8PathBuf,
        chain: &Chain,
    ) -> Result<Self, JournalError> {
        let own = || {
            let new = path.with_extension("new");
            let mut file = folder::create(&new)?;
            let mut old = File::open(&path)?.take(chain.length);
            if io::copy(&mut old, &mut file)? != chain.length {
                return Err(io::Error::other("it became shorter while it was read"));
            }
            file.sync_all()?;
            fs::rename(&new, &path)?;
            path.parent().map_or(Ok(()), folder::sync)?;
            Ok(file)
        };
        let place = path.to_string();
        let file = own().map_err(|error| JournalError::Io { place, error })?;
        let (state, holder) = (state.to_owned(), holder.clone());
        Ok(Self { state, holder, path, file, length: chain.length, broken: false })
    }

    fn held(&self) -> Result<(), JournalError> {
        let place = || self.path.to_string();
        match lease::held(&self.state, &self.holder) {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(lost)) => {
                Err(JournalError::LostLease { place: place(), holder: lost.to_string() })
            }
            Err(StateError::Io { error, .. }) => Err(JournalError::Io { place: place(), error }),
            Err(error) => {
                Err(JournalError::Io { place: place(), error: io::Error::other(error.to_string()) })
            }
        }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed half-way; open it again"));
        }
        let mut line = Vec::with_capacity(text.len() + 1);
        line.extend_from_slice(text.as_bytes());
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        if written.is_ok() {
            self.length += line.len() as u64;
        } else {
            // A part of the line must not be in front of the next one.
            let cut = self.file.set_len(self.length).and_then(|()| self.file.sync_data());
            self.broken = cut.is_err();
        }
        written
    }
}

impl Lines for FileLines {
    fn keep(&mut self, _number: u64, text: &str) -> Result<(), JournalError> {
        self.held()?;
        self.write(text)
            .map_err(|error| JournalError::Io { place: self.path.to_string(), error })?;
        self.held()
    }

    /// In one write: a torn one leaves whole lines and at most one torn one behind, as always.
    fn keep_all(&mut self, lines: &[Link]) -> Result<(), (usize, JournalError)> {
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        if texts.is_empty() { Ok(()) } else { self.keep(0, &texts.join("\n")) }
            .map_err(|error| (0, error))
    }
}
