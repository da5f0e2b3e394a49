//! The chain: how an entry becomes a line of the journal, and how a line is checked.
//!
//! A line is a JSON object whose last member is the SHA-256 of all that comes before it (closed with a
//! `}`); the next line names that digest as `previous`. So no byte of a line can change, and no line
//! can change its place, without it being seen. What can't be seen is that lines at the very end
//! are missing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Entry, FORMAT, Record, VERSION};
use crate::value::Digest;

/// The longest line that is written or read: a failure with its output is far shorter.
pub(super) const LONGEST_LINE: usize = 1 << 20;
/// The largest journal: some 200,000 steps, each tried several times.
pub(super) const LARGEST: u64 = 1 << 29;
/// What comes before and after the digest at a line's end.
const BEFORE: &str = ",\"digest\":\"";
const AFTER: &str = "\"}";
const DIGITS: usize = 64;

/// The part of a line that its digest is taken of.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Body {
    number: u64,
    at: Timestamp,
    previous: Digest,
    entry: Entry,
}

/// Where a journal stands: what its next line has to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chain {
    /// Lines so far.
    pub(super) number: u64,
    /// The digest of the last one.
    pub(super) previous: Digest,
    /// Bytes so far, line ends included.
    pub(super) length: u64,
}

/// A line that isn't in the journal yet.
pub(super) struct Link {
    /// The line, without its end.
    pub(super) text: String,
    /// Where the journal stands after it.
    pub(super) after: Chain,
}

/// Why a line can't be taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It isn't what was written.
    Damaged(String),
    /// It is the first line of a format that this `mdc` doesn't read.
    OtherFormat { format: String, version: u64 },
}

impl Chain {
    /// The chain before its first line.
    pub(super) fn new() -> Self {
        Self { number: 0, previous: Digest::of(&[]), length: 0 }
    }

    /// The next line. None when it would be too long, or the journal too large, to be read again.
    pub(super) fn link(&self, at: Timestamp, entry: Entry) -> Option<Link> {
        let body = Body { number: self.number + 1, at, previous: self.previous, entry };
        let number = body.number;
        let body = serde_json::to_string(&body).ok()?;
        let digest = Digest::of(body.as_bytes());
        let text = format!("{}{BEFORE}{digest}{AFTER}", body.strip_suffix('}')?);
        let length = self.length + text.len() as u64 + 1;
        let fits = text.len() <= LONGEST_LINE && length <= LARGEST;
        fits.then_some(Link { text, after: Self { number, previous: digest, length } })
    }

    /// The next lines, one an entry. None when they would be too long to be read again.
    pub(super) fn lines(
        mut self,
        at: Timestamp,
        entries: impl IntoIterator<Item = Entry>,
    ) -> Option<Vec<String>> {
        let link = |entry| {
            let link = self.link(at, entry)?;
            self = link.after;
            Some(link.text)
        };
        entries.into_iter().map(link).collect()
    }

    /// Takes the next line (without its end) in.
    pub(super) fn take(&mut self, text: &[u8]) -> Result<Record, Flaw> {
        if self.number == 0 {
            head(text)?;
        }
        let (body, digest) = parts(text).map_err(Flaw::Damaged)?;
        let damaged = |problem: String| Err(Flaw::Damaged(problem));
        let body: Body = match serde_json::from_slice(&body) {
            Ok(body) => body,
            Err(error) => return damaged(format!("it is not an entry: {error}")),
        };
        if body.number != self.number + 1 {
            return damaged(format!("it has the number {}, not {}", body.number, self.number + 1));
        }
        if body.previous != self.previous {
            return damaged("it doesn't follow the line before it".to_owned());
        }
        if matches!(body.entry, Entry::Opened { .. }) != (self.number == 0) {
            return damaged("the entry `opened` is the first one, and only that".to_owned());
        }
        let length = self.length + text.len() as u64 + 1;
        if length > LARGEST {
            return damaged(format!("the journal is larger than {LARGEST} bytes"));
        }
        *self = Self { number: body.number, previous: digest, length };
        Ok(Record { number: body.number, at: body.at, entry: body.entry })
    }

    /// Whether a text without a line end holds a whole line and something after it: then the line's
    /// end was changed, where a torn write would have left less than a line.
    pub(super) fn is_line_with_more(&self, text: &[u8]) -> bool {
        let mut from = 0;
        while let Some(found) = text.get(from..).and_then(|rest| position(rest, BEFORE.as_bytes()))
        {
            let end = from + found + BEFORE.len() + DIGITS + AFTER.len();
            let line = text.get(..end).filter(|line| line.len() < text.len());
            if line.is_some_and(|line| self.clone().take(line).is_ok()) {
                return true;
            }
            from += found + 1;
        }
        false
    }
}

fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// The body of a line and its digest, which fit each other.
fn parts(text: &[u8]) -> Result<(Vec<u8>, Digest), String> {
    let digits = || {
        let rest = text.strip_suffix(AFTER.as_bytes())?;
        let (rest, digits) = rest.split_at_checked(rest.len().checked_sub(DIGITS)?)?;
        Some((rest.strip_suffix(BEFORE.as_bytes())?, digits))
    };
    let (body, digits) = digits().ok_or("it doesn't end with its digest")?;
    let mut body = body.to_vec();
    body.push(b'}');
    let digest = Digest::of(&body);
    if digest.to_string().as_bytes() != digits {
        return Err("it was changed: its digest doesn't fit".to_owned());
    }
    Ok((body, digest))
}

/// What every version of the format begins with.
#[derive(Deserialize)]
struct Head {
    entry: HeadEntry,
}

#[derive(Deserialize)]
struct HeadEntry {
    opened: Opened,
}

#[derive(Deserialize)]
struct Opened {
    format: String,
    version: u64,
}

/// Refuses another format before anything else is asked of the line, which it may write differently.
fn head(text: &[u8]) -> Result<(), Flaw> {
    let head: Result<Head, _> = serde_json::from_slice(text);
    let Ok(Head { entry: HeadEntry { opened: Opened { format, version } } }) = head else {
        return Err(Flaw::Damaged("it doesn't say what journal this is".to_owned()));
    };
    if format == FORMAT && version == u64::from(VERSION) {
        return Ok(());
    }
    Err(Flaw::OtherFormat { format, version })
}
