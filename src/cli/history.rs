//! `mdc history`: what was carried out so far.

use clap::Args;

use super::console::Console;
use super::form::{Plain, json};
use super::problem::Problem;
use super::recorded::InsteadOf;
use super::{Exit, ManifestPath};
use crate::desired::Durations;
use crate::diagnostic::Code;
use crate::report;
use crate::state::Store;
use crate::view;

/// Lists the runs of a cluster, newest first: when, by whom, how far, how each ended, what is still
/// owed.
#[derive(Debug, Args)]
pub(super) struct History {
    #[command(flatten)]
    path: ManifestPath,
    #[command(flatten)]
    instead: InsteadOf,
    /// Write what steps took, for forecasts (`forecast.durations` in the manifest), instead of the runs
    #[arg(long)]
    durations: bool,
    /// In which form
    #[arg(long, default_value = "text")]
    format: Plain,
}

impl History {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        let store = self.instead.store(&self.path.manifest, console)?;
        if self.durations {
            return durations(&*store, console);
        }
        let history = report::History::new(store.place(), store.runs()?);
        self.format.show(&history, || view::history::document(&history), console)?;
        let whole = history.runs.iter().all(|run| run.damage.is_none());
        Ok(if whole { Exit::Done } else { Exit::Incomplete })
    }
}

/// What the steps of all runs took, oldest first. A run whose journal is damaged is told and left out.
fn durations(store: &dyn Store, console: &Console) -> Result<Exit, Problem> {
    let mut durations = Durations::default();
    let mut whole = true;
    for run in store.ids()?.iter().rev() {
        let mut records = Vec::new();
        let checked = store.read(run, &mut |record| records.push(record))?;
        if let Some(damage) = &checked.damage {
            console.warns(Code::RecordUnread, format!("{run} is left out: {damage}"));
            whole = false;
            continue;
        }
        report::add_durations(&mut durations, &store.plan(run)?, &records);
    }
    console.data(&json(&durations)?)?;
    Ok(if whole { Exit::Done } else { Exit::Incomplete })
}
