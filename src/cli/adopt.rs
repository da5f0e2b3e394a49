//! `mdc adopt`: takes the record of runs over from a folder.

use camino::Utf8PathBuf;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::console::Console;
use super::form::{Answer, PlainForm};
use super::problem::Problem;
use super::{Exit, recorded, who};
use crate::diagnostic::Code;
use crate::state::{Claim, Local, Store};
use crate::view::words;

/// Takes the runs that a folder records over into where the manifest says now, such as a database.
///
/// Each journal is checked first, and nothing is taken over twice. The folder stays as it is but for a
/// mark, so that nobody goes on with it by mistake.
#[derive(Debug, Args)]
pub(super) struct Adopt {
    /// The folder that the runs are recorded in
    folder: Utf8PathBuf,
    /// The manifest
    #[arg(long, value_name = "MANIFEST", default_value = "mdc.toml")]
    manifest: Utf8PathBuf,
    #[command(flatten)]
    form: PlainForm,
}

/// What was taken over, for programs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Adopted {
    /// The folder that had it.
    from: String,
    /// Where it is now.
    into: String,
    /// The ids of the runs, newest first.
    runs: Vec<String>,
}

impl Adopt {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        let store = recorded::store(&self.manifest, console)?;
        let from = Local::new(self.folder.clone());
        let ids = from.ids()?;
        if ids.is_empty() || from.place() == store.place() {
            return Err(Problem::new(
                Code::RunMissing,
                format!("there is nothing to take over from {}", self.folder),
                "name the folder that the manifest's `state` named before",
            ));
        }
        let claim = who::claim(format!("mdc adopt {}", self.folder));
        let left = from.acquire(&claim, None)?;
        let entered = store.acquire(&Claim { above: left.fence(), ..claim }, None)?;
        for id in ids.iter().rev() {
            store.adopt(&entered, &from.plan(id)?, &from.text(id)?)?;
        }
        from.close(&left, &store.place())?;
        let runs = words::count(ids.len(), "run");
        console.say(&format!("Taken over into {}: {runs}.", store.place()));
        let (from, into) = (self.folder.to_string(), store.place());
        self.form
            .format
            .answer(&Answer::of("adopted", Adopted { from, into, runs: ids }), console)?;
        Ok(Exit::Done)
    }
}
