//! Runs: one folder each, with the plan as it was approved and the journal.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use thiserror::Error;

use super::lock::Lock;
use super::{Entry, FORMAT, Journal, JournalError, Progress, VERSION};
use crate::plan::{self, FileError, Plan};

/// Why the record of runs can't be used.
#[derive(Debug, Error)]
pub enum StateError {
    /// A file or folder can't be read or written.
    #[error("{path}: {error}")]
    Io {
        /// Which.
        path: Utf8PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A journal can't be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A run's plan can't be used.
    #[error("{path}: {error}")]
    Plan {
        /// The plan file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        error: FileError,
    },
    /// Somebody else is at work.
    #[error("another mdc is at work on this cluster: {holder}")]
    Locked {
        /// Who, what and since when.
        holder: String,
    },
}

/// The record of all runs of one cluster.
#[derive(Debug)]
pub struct Runs {
    folder: Utf8PathBuf,
}

/// One run, open for going on.
#[derive(Debug)]
pub struct Run {
    /// Its id: when it began, and the beginning of its plan's seal.
    pub id: String,
    /// Where it is recorded, in words.
    pub place: String,
    /// The plan that it carries out.
    pub plan: Plan,
    /// Its journal.
    pub journal: Journal,
    /// What was already done.
    pub progress: Progress,
    /// The fencing number under which it goes on.
    pub fence: u64,
    /// Who works on it, from where.
    pub controller: String,
}

impl Runs {
    /// Opens the record in `folder`, making it when it isn't there.
    ///
    /// # Errors
    /// When a folder can't be made.
    pub fn open(folder: &Utf8Path) -> Result<Self, StateError> {
        private_folder(&folder.join("runs"))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Makes sure that nobody else changes this cluster from this record, until the lock is
    /// dropped. `holder` tells others who has it.
    ///
    /// # Errors
    /// When somebody else has it.
    pub fn lock(&self, holder: &str) -> Result<Lock, StateError> {
        let path = self.folder.join("lock");
        let taken = Lock::take(&path, holder).map_err(|error| StateError::Io { path, error })?;
        taken.map_err(|holder| StateError::Locked { holder })
    }

    /// The newest run that is not over.
    ///
    /// # Errors
    /// When its record is damaged.
    pub fn unfinished(&self) -> Result<Option<Run>, StateError> {
        // Only the newest can be unfinished: a new one is begun only when the last is over.
        Ok(self.newest()?.filter(|run| !run.progress.over))
    }

    fn newest(&self) -> Result<Option<Run>, StateError> {
        let path = self.folder.join("runs");
        let io = |error| StateError::Io { path: path.clone(), error };
        let mut ids = Vec::new();
        for entry in path.read_dir_utf8().map_err(io)? {
            ids.push(entry.map_err(io)?.file_name().to_owned());
        }
        ids.sort_unstable();
        ids.pop().map(|id| self.load(id)).transpose()
    }

    /// The newest run, if it is over and owes something.
    ///
    /// # Errors
    /// When its record is damaged.
    pub fn owing(&self) -> Result<Option<Run>, StateError> {
        Ok(self.newest()?.filter(|run| run.progress.over && !run.progress.skipped.is_empty()))
    }

    /// Begins a run of `plan`.
    ///
    /// # Errors
    /// When it can't be recorded; then nothing may be changed.
    pub fn begin(&self, plan: Plan, at: Timestamp) -> Result<Run, StateError> {
        let id = format!("{}-{}", at.strftime("%Y%m%dT%H%M%S%3fZ"), plan.seal.short());
        let folder = self.folder.join("runs").join(&id);
        // Under a name that is not a run's until the plan is whole on disk.
        let unborn = self.folder.join(format!("new-{id}"));
        private_folder(&unborn)?;
        let path = unborn.join("plan.json");
        let io = |error| StateError::Io { path: path.clone(), error };
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(io)?;
        plan::write(&plan, &mut file).map_err(io)?;
        file.sync_all().map_err(io)?;
        fs::rename(&unborn, &folder).map_err(io)?;
        sync_folder(&self.folder.join("runs"))?;
        let (mut journal, progress) = Journal::open(&folder.join("journal.jsonl"))?;
        journal.append(Entry::Opened {
            format: FORMAT.to_owned(),
            version: VERSION,
            run: id.clone(),
        })?;
        sync_folder(&folder)?;
        Ok(opened((id, folder), plan, (journal, progress)))
    }

    fn load(&self, id: String) -> Result<Run, StateError> {
        let folder = self.folder.join("runs").join(&id);
        let path = folder.join("plan.json");
        let plan = plan::read(&path).map_err(|error| StateError::Plan { path, error })?;
        let journal = Journal::open(&folder.join("journal.jsonl"))?;
        Ok(opened((id, folder), plan, journal))
    }
}

fn opened(
    (id, folder): (String, Utf8PathBuf),
    plan: Plan,
    (journal, progress): (Journal, Progress),
) -> Run {
    let now = u64::try_from(Timestamp::now().as_second()).unwrap_or_default();
    let fence = now.max(progress.fence.saturating_add(1));
    let controller = format!("process {}", std::process::id());
    Run { id, place: folder.into_string(), plan, journal, progress, fence, controller }
}

impl Run {
    /// Records that what is left of the run is never done, and why.
    ///
    /// # Errors
    /// When it can't be recorded.
    pub fn give_up(&mut self, reason: &str) -> Result<(), JournalError> {
        self.progress.over = true;
        self.journal.append(Entry::GivenUp { reason: reason.to_owned() })
    }
}

fn private_folder(path: &Utf8Path) -> Result<(), StateError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| StateError::Io { path: path.to_owned(), error })
}

/// A new name in a folder is only sure to last when the folder itself is on disk (fsync(2)).
fn sync_folder(path: &Utf8Path) -> Result<(), StateError> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| StateError::Io { path: path.to_owned(), error })
}
