//! The write-ahead journal of a run: one line for each intent and each result, kept for good before
//! anything follows from it.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader};

use camino::Utf8Path;
use jiff::Timestamp;
use thiserror::Error;

use super::chain::{Chain, LARGEST, LONGEST_LINE, Link};
use super::{Entry, FORMAT, Reader, VERSION};

/// Why a journal can't be read or written.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The file can't be read or written.
    #[error("{place}: {error}")]
    Io {
        /// The journal.
        place: String,
        /// What the system says.
        error: io::Error,
    },
    /// The database can't be read or written.
    #[error("{place}: {problem}")]
    Server {
        /// The journal.
        place: String,
        /// What is wrong, in words.
        problem: String,
    },
    /// A line other than a torn last one is damaged.
    #[error("{place} is damaged at line {line} (byte {offset}): {problem}")]
    Damaged {
        /// The journal.
        place: String,
        /// The line, from 1.
        line: u64,
        /// Where the line begins, in bytes from the journal's beginning.
        offset: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// Another format or version.
    #[error(
        "{place} has the format `{format}` version {version}; this mdc reads `{FORMAT}` version {VERSION}"
    )]
    OtherFormat {
        /// The journal.
        place: String,
        /// What its first line says.
        format: String,
        /// What its first line says.
        version: u64,
    },
    /// What was to be written could not be read again.
    #[error(
        "{place}: an entry may have at most {LONGEST_LINE} bytes and a journal at most {LARGEST}; \
         this entry would exceed that and was not written"
    )]
    TooLarge {
        /// The journal.
        place: String,
    },
    /// Somebody else has the lease now.
    #[error("{place} belongs to somebody else now, and nothing more is written to it: {holder}")]
    LostLease {
        /// The journal.
        place: String,
        /// Who has it, in words.
        holder: String,
    },
}

impl JournalError {
    /// Whether there is no journal where one should be.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Io { error, .. } if error.kind() == io::ErrorKind::NotFound)
    }
}

/// Where the lines of a journal are kept.
pub(super) trait Lines: Send + Sync + fmt::Debug {
    /// Keeps `text` as line `number` and returns when it is kept for good. A line that was kept before
    /// but whose keeping was not seen is not kept twice.
    fn keep(&mut self, number: u64, text: &str) -> Result<(), JournalError>;

    /// Keeps several lines, which follow one another, and returns when all are kept for good; or how many were
    /// before the first that was not, and why that was not.
    fn keep_all(&mut self, lines: &[Link]) -> Result<(), (usize, JournalError)> {
        for (kept, line) in lines.iter().enumerate() {
            self.keep(line.after.number, &line.text).map_err(|error| (kept, error))?;
        }
        Ok(())
    }
}

/// Hears each line once it is kept: where it begins in the journal, and the line with its end.
pub type Copies = Box<dyn FnMut(u64, &str) + Send + Sync>;

/// An open journal.
pub struct Journal {
    place: String,
    chain: Chain,
    lines: Box<dyn Lines>,
    copies: Option<Copies>,
}

impl Journal {
    /// The journal that stands at `chain` and goes on in `lines`.
    pub(super) fn new(place: String, chain: Chain, lines: Box<dyn Lines>) -> Self {
        Self { place, chain, lines, copies: None }
    }

    /// The records in the journal's file at `path`, for reading only.
    ///
    /// # Errors
    /// When the file can't be opened.
    pub fn read(path: &Utf8Path) -> Result<Reader<BufReader<File>>, JournalError> {
        let place = path.to_string();
        match File::open(path) {
            Ok(file) => Ok(Reader::new(BufReader::with_capacity(1 << 18, file), place)),
            Err(error) => Err(JournalError::Io { place, error }),
        }
    }

    /// Appends `entry` and returns when it is kept for good.
    ///
    /// # Errors
    /// When it can't be kept, or the lease was lost: then nothing may follow from it.
    pub fn append(&mut self, entry: Entry) -> Result<(), JournalError> {
        self.append_all([entry])
    }

    /// Appends `entries`, which happened together, and returns when all are kept for good: with one wait for
    /// the disk, where each of them alone would have one.
    ///
    /// # Errors
    /// When one can't be kept, or the lease was lost: then nothing may follow from any of them, and those
    /// after it are not kept.
    pub fn append_all(
        &mut self,
        entries: impl IntoIterator<Item = Entry>,
    ) -> Result<(), JournalError> {
        let at = Timestamp::now();
        let mut links: Vec<Link> = Vec::new();
        for entry in entries {
            let chain = links.last().map_or(&self.chain, |link| &link.after);
            let link = chain.link(at, entry);
            links.push(link.ok_or_else(|| JournalError::TooLarge { place: self.place.clone() })?);
        }
        let (kept, result) = match self.lines.keep_all(&links) {
            Ok(()) => (links.len(), Ok(())),
            Err((kept, error)) => (kept, Err(error)),
        };
        for link in links.into_iter().take(kept) {
            if let Some(copies) = &mut self.copies {
                copies(self.chain.length, &(link.text + "\n"));
            }
            self.chain = link.after;
        }
        result
    }

    /// Hands each line that is kept from now on to `copies` too.
    pub fn copy_to(&mut self, copies: Copies) {
        self.copies = Some(copies);
    }

    /// The bytes that the journal has.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.chain.length
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("place", &self.place).finish_non_exhaustive()
    }
}
