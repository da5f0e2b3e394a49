//! Reading a journal that is kept as text, line by line, from bytes that may be anything.

use std::io::{BufRead, Read};

use super::chain::{Chain, Flaw, LONGEST_LINE};
use super::{Checked, Entry, JournalError, Progress, Record};
use crate::value::Digest;

/// The records of a journal, first to last. After an error nothing follows.
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    place: String,
    chain: Chain,
    run: Option<String>,
    seal: Option<Digest>,
    torn: bool,
    over: bool,
}

impl<R: BufRead> Reader<R> {
    /// The journal that `source` gives; `place` is what its reader calls it.
    pub fn new(source: R, place: impl Into<String>) -> Self {
        let (place, chain) = (place.into(), Chain::new());
        Self { source, place, chain, run: None, seal: None, torn: false, over: false }
    }

    /// The same, refusing a journal of another run.
    #[must_use]
    pub fn of_run(self, run: &str) -> Self {
        Self { run: Some(run.to_owned()), ..self }
    }

    /// The same, refusing a journal of another plan.
    #[must_use]
    pub fn of_plan(self, seal: Digest) -> Self {
        Self { seal: Some(seal), ..self }
    }

    /// Hands every good record to `each`, and says what the rest is.
    ///
    /// # Errors
    /// When the source can't be read.
    pub fn check(mut self, each: &mut dyn FnMut(Record)) -> Result<Checked, JournalError> {
        let mut damage = None;
        for record in self.by_ref() {
            match record {
                Ok(record) => each(record),
                Err(error @ (JournalError::Damaged { .. } | JournalError::OtherFormat { .. })) => {
                    damage = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        let Chain { number: entries, previous: head, .. } = self.chain;
        Ok(Checked { entries, head, torn: self.torn, damage })
    }

    /// How far the run is, and where its journal stands. Nothing may be damaged.
    pub(super) fn progress(mut self) -> Result<(Progress, Chain), JournalError> {
        let mut progress = Progress::default();
        for record in self.by_ref() {
            progress.take(&record?.entry);
        }
        Ok((progress, self.chain))
    }

    fn line(&mut self) -> Result<Option<Record>, JournalError> {
        let mut text = Vec::new();
        let most = LONGEST_LINE as u64 + 1;
        let read = self.source.by_ref().take(most).read_until(b'\n', &mut text);
        read.map_err(|error| JournalError::Io { place: self.place.clone(), error })?;
        let Some(line) = text.strip_suffix(b"\n") else { return self.end(&text) };
        let mut after = self.chain.clone();
        let record = after.take(line).and_then(|record| self.belongs(record));
        let record = record.map_err(|flaw| self.refused(flaw))?;
        self.chain = after;
        Ok(Some(record))
    }

    fn belongs(&self, record: Record) -> Result<Record, Flaw> {
        let other_plan = |of: &Digest| self.seal.filter(|seal| seal != of);
        match &record.entry {
            Entry::Opened { run, .. } if self.run.as_ref().is_some_and(|it| it != run) => {
                Err(Flaw::Damaged(format!("it begins the journal of another run, {run}")))
            }
            Entry::Opened { seal: of, .. } | Entry::Started { seal: of, .. } => {
                match other_plan(of) {
                    Some(seal) => Err(Flaw::Damaged(format!(
                        "it is of a plan with the seal {}, not {}",
                        of.short(),
                        seal.short()
                    ))),
                    None => Ok(record),
                }
            }
            _ => Ok(record),
        }
    }

    /// The end of the source, with what stands there without a line end. A whole line before it was
    /// kept, and was meant to be: a torn write leaves the beginning of a line.
    fn end(&mut self, rest: &[u8]) -> Result<Option<Record>, JournalError> {
        let problem = if rest.len() > LONGEST_LINE {
            format!("it is longer than {LONGEST_LINE} bytes")
        } else if self.chain.number == 0 {
            "the journal ends before its first entry is whole".to_owned()
        } else if self.chain.is_line_with_more(rest) {
            "its end was changed".to_owned()
        } else {
            self.torn = !rest.is_empty();
            return Ok(None);
        };
        Err(self.refused(Flaw::Damaged(problem)))
    }
}

impl<R> Reader<R> {
    /// The error for the line that comes next.
    fn refused(&self, flaw: Flaw) -> JournalError {
        let place = self.place.clone();
        match flaw {
            Flaw::OtherFormat { format, version } => {
                JournalError::OtherFormat { place, format, version }
            }
            Flaw::Damaged(problem) => {
                let (line, offset) = (self.chain.number + 1, self.chain.length);
                JournalError::Damaged { place, line, offset, problem }
            }
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Record, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let line = self.line();
        self.over = !matches!(line, Ok(Some(_)));
        line.transpose()
    }
}
