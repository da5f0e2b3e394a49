//! Runs in a folder of the controller: `runs/<id>/{plan.json, journal.jsonl}` and the lease. Folders
//! are for their owner alone (0700), files too (0600).

mod folder;
mod journal;
mod lease;
mod requests;

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::time::SystemTime;

use camino::Utf8PathBuf;
use jiff::Timestamp;

use super::adopted::Adopted;
use super::chain::{Chain, LARGEST};
use super::lease::Tenant;
use super::{
    Asked, Checked, Claim, Entry, Journal, JournalError, Lease, Reader, Record, Run, StateError,
    Store, run,
};
use crate::plan::{self, Plan};
use journal::FileLines;

/// The file that says where the runs are recorded now, when that is elsewhere.
const MOVED: &str = "moved";

/// The store in a folder.
#[derive(Debug)]
pub struct Local {
    folder: Utf8PathBuf,
}

impl Local {
    /// The store in `folder`, which is made when it is first written to.
    #[must_use]
    pub const fn new(folder: Utf8PathBuf) -> Self {
        Self { folder }
    }

    /// Marks the folder: its runs are recorded in `to` from now on, and no lease is given here.
    ///
    /// # Errors
    /// When the lease is lost, or the mark can't be written.
    pub fn close(&self, lease: &Lease, to: &str) -> Result<(), StateError> {
        lease::held(&self.folder, lease.holder())??;
        folder::replace(&self.folder.join(MOVED), to.as_bytes()).map_err(|error| self.io(error))
    }

    /// The folder of a run. Ids come from people too, and must not lead elsewhere.
    fn run_folder(&self, run: &str) -> Result<Utf8PathBuf, StateError> {
        let folder = self.folder.join("runs").join(run);
        if is_id(run) && folder.is_dir() {
            return Ok(folder);
        }
        Err(StateError::NoSuchRun { place: self.place(), run: run.to_owned() })
    }

    fn reader(&self, run: &str) -> Result<Reader<BufReader<File>>, StateError> {
        Ok(Journal::read(&self.run_folder(run)?.join("journal.jsonl"))?.of_run(run))
    }

    /// Puts a run in its place, whole or not at all.
    fn put(&self, id: &str, plan: &Plan, journal: &[u8]) -> io::Result<()> {
        let runs = self.folder.join("runs");
        folder::private(&runs)?;
        // Under a name that is not a run's until all is on disk.
        let unborn = self.folder.join("unborn");
        if unborn.exists() {
            fs::remove_dir_all(&unborn)?;
        }
        folder::private(&unborn)?;
        let mut file = folder::create(&unborn.join("plan.json"))?;
        plan::write(plan, &mut file)?;
        file.sync_all()?;
        let mut file = folder::create(&unborn.join("journal.jsonl"))?;
        file.write_all(journal)?;
        file.sync_all()?;
        folder::sync(&unborn)?;
        fs::rename(&unborn, runs.join(id))?;
        folder::sync(&runs)
    }

    fn io(&self, error: io::Error) -> StateError {
        StateError::Io { place: self.place(), error }
    }

    /// The run, its journal's good part read and made this holder's own.
    fn opened(&self, lease: &Lease, id: &str, plan: Plan) -> Result<Run, StateError> {
        let holder = lease.holder();
        lease::works_on(&self.folder, holder, (id, plan.seal.to_string()))?;
        let folder = self.run_folder(id)?;
        let (progress, chain) = self.reader(id)?.of_plan(plan.seal).progress()?;
        let path = folder.join("journal.jsonl");
        let lines = FileLines::own(&self.folder, holder, path.clone(), &chain)?;
        let journal = Journal::new(path.into_string(), chain, Box::new(lines));
        let mut run = Run {
            id: id.to_owned(),
            place: folder.into_string(),
            plan,
            journal,
            progress,
            fence: lease.fence(),
            controller: holder.who(),
        };
        run.record_force(lease)?;
        Ok(run)
    }
}

fn is_id(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    !text.is_empty() && text.len() <= 100 && text.chars().all(fits)
}

impl Store for Local {
    fn place(&self) -> String {
        self.folder.to_string()
    }

    fn acquire(&self, claim: &Claim, force: Option<&str>) -> Result<Lease, StateError> {
        if let Ok(to) = File::open(self.folder.join(MOVED)).and_then(|mark| folder::content(&mark))
        {
            let to = String::from_utf8_lossy(&to).into_owned();
            return Err(StateError::Moved { place: self.place(), to });
        }
        lease::acquire(&self.folder, claim, force)
    }

    fn tenant(&self) -> Result<Option<Tenant>, StateError> {
        lease::read(&self.folder, SystemTime::from(Timestamp::now()))
    }

    fn ask(&self, asked: &Asked) -> Result<Tenant, StateError> {
        let tenant = lease::read_alone(&self.folder)?.filter(|tenant| !tenant.is_gone());
        let tenant = tenant.ok_or_else(|| StateError::NobodyThere { place: self.place() })?;
        requests::put(&self.folder, tenant.holder.fence, asked).map_err(|error| self.io(error))?;
        Ok(tenant)
    }

    fn begin(
        &self,
        lease: &Lease,
        plan: Plan,
        (at, right): (Timestamp, &[Entry]),
    ) -> Result<Run, StateError> {
        lease::held(&self.folder, lease.holder())??;
        let id = run::id(at, &plan.seal, self.ids()?.first());
        let place = || self.folder.join("runs").join(&id).into_string();
        let first = run::opening(&id, &plan, right);
        let mut lines = Chain::new()
            .lines(at, first)
            .ok_or_else(|| JournalError::TooLarge { place: place() })?
            .join("\n");
        lines.push('\n');
        self.put(&id, &plan, lines.as_bytes()).map_err(|error| self.io(error))?;
        self.opened(lease, &id, plan)
    }

    fn open(&self, lease: &Lease, run: &str) -> Result<Run, StateError> {
        self.opened(lease, run, self.plan(run)?)
    }

    fn adopt(&self, lease: &Lease, plan: &Plan, journal: &[u8]) -> Result<String, StateError> {
        lease::held(&self.folder, lease.holder())??;
        let adopted = Adopted::check(plan, journal)?;
        let id = adopted.run.clone();
        if self.run_folder(&id).is_err() {
            if !is_id(&id) {
                return Err(StateError::NoSuchRun { place: self.place(), run: id });
            }
            self.put(&id, plan, adopted.journal).map_err(|error| self.io(error))?;
        } else if let Some(more) = adopted.more_than(&self.text(&id)?, &self.place())? {
            let path = self.run_folder(&id)?.join("journal.jsonl");
            folder::replace(&path, more).map_err(|error| self.io(error))?;
        }
        Ok(id)
    }

    fn ids(&self) -> Result<Vec<String>, StateError> {
        let path = self.folder.join("runs");
        let io = |error| StateError::Io { place: path.to_string(), error };
        let entries = match path.read_dir_utf8() {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io(error)),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let entry = entry.map_err(io)?;
            if is_id(entry.file_name()) && entry.file_type().map_err(io)?.is_dir() {
                ids.push(entry.file_name().to_owned());
            }
        }
        ids.sort_unstable_by(|a, b| b.cmp(a));
        Ok(ids)
    }

    fn plan(&self, run: &str) -> Result<Plan, StateError> {
        let path = self.run_folder(run)?.join("plan.json");
        plan::read(&path).map_err(|error| StateError::Plan { place: path.to_string(), error })
    }

    fn text(&self, run: &str) -> Result<Vec<u8>, StateError> {
        let path = self.run_folder(run)?.join("journal.jsonl");
        let mut text = Vec::new();
        let read = File::open(&path).and_then(|file| file.take(LARGEST).read_to_end(&mut text));
        read.map_err(|error| StateError::Io { place: path.to_string(), error })?;
        Ok(text)
    }

    fn read(&self, run: &str, each: &mut dyn FnMut(Record)) -> Result<Checked, StateError> {
        Ok(self.reader(run)?.check(each)?)
    }
}
