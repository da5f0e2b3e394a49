//! What every store can do.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    Asked, Claim, Entry, JournalError, Lease, Progress, Record, Run, RunKind, StateError, Summary,
    Tenant,
};
use crate::plan::Plan;
use crate::value::Digest;

/// What the check of a whole journal came to.
#[derive(Debug)]
pub struct Checked {
    /// How many entries are good.
    pub entries: u64,
    /// The digest of the last one, which vouches for all before it.
    pub head: Digest,
    /// Whether a crash cut a last line off.
    pub torn: bool,
    /// What is wrong after the good ones.
    pub damage: Option<JournalError>,
}

/// Where the runs of one cluster are recorded.
pub trait Store: Send + Sync {
    /// Where that is, for messages. Holds no secret.
    fn place(&self) -> String;

    /// Takes the lease. `force`: also from somebody who may still be at work, for this reason.
    ///
    /// # Errors
    /// When somebody else has it, or it can't be recorded.
    fn acquire(&self, claim: &Claim, force: Option<&str>) -> Result<Lease, StateError>;

    /// Who has the lease, or had it last.
    ///
    /// # Errors
    /// When that can't be read.
    fn tenant(&self) -> Result<Option<Tenant>, StateError>;

    /// Asks whoever is at work for something, and returns who that is.
    ///
    /// # Errors
    /// When nobody is at work, or the request can't be recorded.
    fn ask(&self, asked: &Asked) -> Result<Tenant, StateError>;

    /// Begins a run of `plan`, at a time and by the right that these entries tell, all or nothing.
    ///
    /// # Errors
    /// When it can't be recorded; then nothing may be changed.
    fn begin(
        &self,
        lease: &Lease,
        plan: Plan,
        beginning: (Timestamp, &[Entry]),
    ) -> Result<Run, StateError>;

    /// Opens a run for going on.
    ///
    /// # Errors
    /// When its record is damaged, or the lease is lost.
    fn open(&self, lease: &Lease, run: &str) -> Result<Run, StateError>;

    /// Takes over the record of a run that was kept elsewhere: its plan and the text of its journal. A
    /// run that is there already must have a journal that begins the same way, and keeps what is
    /// more.
    ///
    /// # Errors
    /// When the record is damaged, or another one of the same run is here.
    fn adopt(&self, lease: &Lease, plan: &Plan, journal: &[u8]) -> Result<String, StateError>;

    /// The ids of all runs, newest first.
    ///
    /// # Errors
    /// When they can't be read.
    fn ids(&self) -> Result<Vec<String>, StateError>;

    /// The plan of a run.
    ///
    /// # Errors
    /// When it can't be read, or is not what was recorded.
    fn plan(&self, run: &str) -> Result<Plan, StateError>;

    /// The text of a run's journal, as it was written.
    ///
    /// # Errors
    /// When it can't be read.
    fn text(&self, run: &str) -> Result<Vec<u8>, StateError>;

    /// Hands every good record of a run's journal to `each`, first to last.
    ///
    /// # Errors
    /// When it can't be read. Damage is no error here, but part of what is returned.
    fn read(&self, run: &str, each: &mut dyn FnMut(Record)) -> Result<Checked, StateError>;
}

/// A run, how far it is, and what is wrong with its record.
type Newest = (String, Progress, Option<JournalError>);

impl dyn Store + '_ {
    /// Opens the newest run, if it is not over. Only the newest can be: a new one is begun only when
    /// the last is over.
    ///
    /// # Errors
    /// When its record is damaged, or the lease is lost.
    pub fn unfinished(&self, lease: &Lease) -> Result<Option<Run>, StateError> {
        self.newest(lease, RunKind::Change, |progress| !progress.over)
    }

    /// Opens the newest run that takes backups, if it is not over.
    ///
    /// # Errors
    /// When its record is damaged, or the lease is lost.
    pub fn unfinished_backup(&self, lease: &Lease) -> Result<Option<Run>, StateError> {
        self.newest(lease, RunKind::BackUp, |progress| !progress.over)
    }

    /// Opens the newest run that brings packages to hosts, if it is not over.
    ///
    /// # Errors
    /// When its record is damaged, or the lease is lost.
    pub fn unfinished_stage(&self, lease: &Lease) -> Result<Option<Run>, StateError> {
        self.newest(lease, RunKind::Stage, |progress| !progress.over)
    }

    /// Opens the newest run, if it owes something.
    ///
    /// # Errors
    /// When its record is damaged, or the lease is lost.
    pub fn owing(&self, lease: &Lease) -> Result<Option<Run>, StateError> {
        self.newest(lease, RunKind::Change, |progress| !progress.skipped.is_empty())
    }

    /// The newest run that changes the cluster. Runs that only take backups or bring packages stand beside it.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn newest_change(&self) -> Result<Option<String>, StateError> {
        Ok(self.newest_of(RunKind::Change)?.map(|(id, ..)| id))
    }

    /// The newest run that brings packages to hosts.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn newest_stage(&self) -> Result<Option<String>, StateError> {
        Ok(self.newest_of(RunKind::Stage)?.map(|(id, ..)| id))
    }

    /// The newest run of that kind, if it is as `wanted`.
    fn newest(
        &self,
        lease: &Lease,
        kind: RunKind,
        wanted: impl Fn(&Progress) -> bool,
    ) -> Result<Option<Run>, StateError> {
        match self.newest_of(kind)? {
            Some((_, _, Some(damage))) => Err(damage.into()),
            Some((id, progress, None)) if wanted(&progress) => Ok(Some(self.open(lease, &id)?)),
            _ => Ok(None),
        }
    }

    fn newest_of(&self, kind: RunKind) -> Result<Option<Newest>, StateError> {
        for id in self.ids()? {
            let mut progress = Progress::default();
            let checked = self.read(&id, &mut |record| progress.take(&record.entry))?;
            // One whose first entry can't be read may be of any kind.
            if progress.kind == kind || checked.entries == 0 {
                return Ok(Some((id, progress, checked.damage)));
            }
        }
        Ok(None)
    }

    /// A line about a run.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn summary(&self, run: &str) -> Result<Summary, StateError> {
        Ok(self.account(run)?.0)
    }

    /// A line about each run, newest first. A debt that a later run has paid is none any more.
    ///
    /// # Errors
    /// When one can't be read.
    pub fn runs(&self) -> Result<Vec<Summary>, StateError> {
        let mut paid = BTreeSet::new();
        let mut runs = Vec::new();
        for id in self.ids()? {
            let (mut summary, progress) = match self.account(&id) {
                Err(StateError::Journal(missing)) if missing.is_missing() => {
                    let nothing = Progress::default();
                    (Summary::of(&id).closed(&nothing, Some(&missing)), nothing)
                }
                account => account?,
            };
            summary.debts.retain(|step, _| !paid.contains(step));
            paid.extend(progress.done);
            runs.push(summary);
        }
        Ok(runs)
    }

    fn account(&self, run: &str) -> Result<(Summary, Progress), StateError> {
        let (mut summary, mut progress) = (Summary::of(run), Progress::default());
        let checked = self.read(run, &mut |record| {
            summary.take(&record);
            progress.take(&record.entry);
        })?;
        Ok((summary.closed(&progress, checked.damage.as_ref()), progress))
    }
}
