//! `mdc report`: the change record of a run.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use super::Exit;
use super::console::Console;
use super::form::{file, json};
use super::problem::Problem;
use super::recorded::InsteadOf;
use crate::diagnostic::Code;
use crate::report::{ChangeRecord, change};
use crate::state::{StateError, Store};
use crate::view::{self, html, markdown};

/// Tells all about a run, as a record for an audit: the plan with its exact commands, who carried it
/// out from where and when, times against the forecast, versions before and after, failures,
/// requests, debts, and whether the journal is as it was written.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// The run, by its id or the beginning of it; the newest unless named
    run: Option<String>,
    /// The manifest
    #[arg(long, value_name = "MANIFEST", default_value = "mdc.toml")]
    manifest: Utf8PathBuf,
    #[command(flatten)]
    instead: InsteadOf,
    /// In which form
    #[arg(long, default_value = "text")]
    format: Format,
    /// Write it to this file, which must not exist; as JSON to standard output, too
    #[arg(short, long, value_name = "FILE", value_parser = file)]
    output: Option<Utf8PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A page for a terminal
    Text,
    /// For a ticket or a pull request
    Markdown,
    /// One page for a browser, complete in itself
    Html,
    /// For programs
    Json,
}

impl Report {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        let store = self.instead.store(&self.manifest, console)?;
        let run = self.chosen(&*store)?;
        let plan = store.plan(&run)?;
        let mut records = Vec::new();
        let checked = store.read(&run, &mut |record| records.push(record))?;
        let place = format!("{}, run {run}", store.place());
        let record = change::of(&plan, &records, (place, &checked));
        let document = || view::report::change_record(&record, &plan);
        match (self.format, &self.output) {
            (Format::Text, None) => console.show(&document())?,
            (Format::Text, Some(_)) => self.write(&console.plain(&document()), console)?,
            (Format::Markdown, _) => self.write(&markdown::render(&document()), console)?,
            (Format::Html, _) => self.write(&html::render(&document()), console)?,
            (Format::Json, _) => self.write(&json(&record)?, console)?,
        }
        Ok(trusted(&record, console))
    }

    /// The one run that was meant.
    fn chosen(&self, store: &dyn Store) -> Result<String, Problem> {
        let ids = store.ids()?;
        let wanted = self.run.as_deref().unwrap_or_default();
        let mut fitting = ids.iter().filter(|id| id.starts_with(wanted));
        match (fitting.next(), fitting.next(), wanted) {
            (Some(newest), _, "") => Ok(newest.clone()),
            (Some(one), None, _) => Ok(one.clone()),
            (Some(one), Some(other), _) => Err(Problem::new(
                Code::Ambiguous,
                format!("several runs begin with {wanted}: {one}, {other}"),
                "name more of the id; `mdc history` lists them",
            )),
            (None, _, "") => Err(Problem::new(
                Code::RunMissing,
                format!("{} has no run yet", store.place()),
                "carry a plan out with `mdc apply`",
            )),
            (None, ..) => {
                let (place, run) = (store.place(), wanted.to_owned());
                Err(StateError::NoSuchRun { place, run }.into())
            }
        }
    }

    fn write(&self, text: &str, console: &Console) -> Result<(), Problem> {
        let Some(path) = &self.output else { return console.data(text) };
        // A record that was handed out before is never written over.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .map_err(|error| Problem::file(path, &error, "name a file that isn't there yet"))?;
        console.say(&format!("{path} is written."));
        if self.format == Format::Json { console.data(text) } else { Ok(()) }
    }
}

/// Says so when the journal is not as it was written.
fn trusted(record: &ChangeRecord, console: &Console) -> Exit {
    let Some(damage) = &record.journal.damage else { return Exit::Done };
    console.warns(Code::RecordUnusable, format!("the journal can't be trusted: {damage}"));
    Exit::Incomplete
}
