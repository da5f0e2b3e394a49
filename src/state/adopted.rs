//! The record of a run that was kept elsewhere.

use super::{Entry, JournalError, Reader};
use crate::plan::Plan;

/// A journal that was checked as a whole.
pub(super) struct Adopted<'a> {
    /// The run that it is of.
    pub(super) run: String,
    /// Its whole lines.
    pub(super) journal: &'a [u8],
}

impl<'a> Adopted<'a> {
    /// Checks a journal from elsewhere against its own chain and against its plan.
    pub(super) fn check(plan: &Plan, journal: &'a [u8]) -> Result<Self, JournalError> {
        let reader = || Reader::new(journal, "the journal that was kept elsewhere");
        let run = match reader().next().transpose()?.map(|record| record.entry) {
            Some(Entry::Opened { run, .. }) => run,
            _ => String::new(),
        };
        let (_, chain) = reader().of_plan(plan.seal).progress()?;
        Ok(Self { run, journal: whole(journal, chain.length) })
    }

    /// The journal, if it says more than the one that is `here`.
    pub(super) fn more_than(
        &self,
        here: &[u8],
        place: &str,
    ) -> Result<Option<&'a [u8]>, JournalError> {
        let (_, chain) = Reader::new(here, place).progress()?;
        let here = whole(here, chain.length);
        if self.journal.starts_with(here) {
            return Ok((self.journal.len() > here.len()).then_some(self.journal));
        }
        if here.starts_with(self.journal) {
            return Ok(None);
        }
        let is_end = |byte: &u8| *byte == b'\n';
        let same = self.journal.split_inclusive(is_end).zip(here.split_inclusive(is_end));
        let same: Vec<u64> =
            same.take_while(|(a, b)| a == b).map(|(line, _)| line.len() as u64).collect();
        Err(JournalError::Damaged {
            place: place.to_owned(),
            line: same.len() as u64 + 1,
            offset: same.iter().sum(),
            problem: "from here on it differs from the journal that was kept elsewhere".to_owned(),
        })
    }
}

fn whole(text: &[u8], length: u64) -> &[u8] {
    text.get(..usize::try_from(length).unwrap_or(usize::MAX)).unwrap_or(text)
}
