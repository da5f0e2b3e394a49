//! `mdc status`: desired beside observed.

use clap::Args;

use super::console::Console;
use super::problem::Problem;
use super::site::Site;
use super::{Common, Exit, ManifestPath, watch};
use crate::state::Runs;
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
        console.show(&view::status::document(&site.desired, &observed))?;
        let folder = site.state_folder();
        if folder.exists()
            && let Some(run) = Runs::open(&folder)?.unfinished()?
        {
            console.data(&format!(
                "\nThe run {} is unfinished: {} of {} steps are done. `mdc apply {}` continues it.\n",
                run.id,
                run.progress.done.len(),
                run.plan.steps.len(),
                site.path,
            ))?;
        }
        Ok(if observed.unknown().count() == 0 { Exit::Done } else { Exit::Incomplete })
    }
}
