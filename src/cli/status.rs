//! `mdc status`: desired beside observed.

use clap::Args;

use super::console::Console;
use super::form::Form;
use super::problem::Problem;
use super::site::Site;
use super::{Common, Exit, ManifestPath, carry, watch};
use crate::report::{Status as Report, past};
use crate::view;

/// Reads all hosts and shows each component as it is beside what is desired.
#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    path: ManifestPath,
    #[command(flatten)]
    form: Form,
}

impl Status {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let site = Site::load(&self.path.manifest, common, console)?;
        let observed = watch::observe(&site, console);
        let store = site.store();
        let mixed = view::mixed::addresses(&site.desired, &observed);
        let past = past(&*store, &observed, &mixed)?;
        let newest = store.ids()?.into_iter().next().map(|id| store.summary(&id)).transpose()?;
        let unfinished = newest.filter(|run| !run.is_over());
        let said = unfinished.as_ref().map(|run| {
            format!(
                "The run {} is unfinished: {} of {} steps are done. `mdc apply {}` continues it.",
                run.run, run.done, run.steps, site.path,
            )
        });
        let status = Report::of(&site.desired, &observed, &past, unfinished);
        let document = || view::status::document(&site.desired, &observed, &past);
        self.form.show(&status, document, console)?;
        carry::say_debts(&*store, console)?;
        if let Some(said) = said {
            console.say(&said);
        }
        Ok(if observed.unknown().count() == 0 { Exit::Done } else { Exit::Incomplete })
    }
}
