//! `mdc status`: desired beside observed.

use clap::Args;

use super::console::Console;
use super::problem::Problem;
use super::site::Site;
use super::{Common, Exit, ManifestPath, carry, watch};
use crate::report::past;
use crate::view;

/// Reads all hosts and shows each component as it is beside what is desired.
#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    path: ManifestPath,
}

impl Status {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let site = Site::load(&self.path.manifest, common, console)?;
        let observed = watch::observe(&site, console);
        let store = site.store();
        let mixed = view::mixed::addresses(&site.desired, &observed);
        let past = past(&*store, &observed, &mixed)?;
        console.show(&view::status::document(&site.desired, &observed, &past))?;
        carry::say_debts(&*store, console)?;
        let newest = store.ids()?.into_iter().next().map(|id| store.summary(&id)).transpose()?;
        if let Some(run) = newest.filter(|run| !run.is_over()) {
            console.data(&format!(
                "\nThe run {} is unfinished: {} of {} steps are done. `mdc apply {}` continues it.\n",
                run.run, run.done, run.steps, site.path,
            ))?;
        }
        Ok(if observed.unknown().count() == 0 { Exit::Done } else { Exit::Incomplete })
    }
}
