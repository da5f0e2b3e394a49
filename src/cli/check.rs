//! `mdc check`: whether a saved plan is still what would be planned now.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::console::Console;
use super::form::Form;
use super::plan::Basis;
use super::problem::Problem;
use super::{Common, Exit, ManifestPath, show, window};
use crate::review;
use crate::view;

/// Plans anew and compares with a saved plan: what it means, and what it rests on (manifest, release, catalog
/// and facts). Exits with 0 when the saved plan is up to date, so that `mdc apply` would not call it stale for
/// any of that, and with 2 when it isn't.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The saved plan
    plan: Utf8PathBuf,
    #[command(flatten)]
    path: ManifestPath,
    #[command(flatten)]
    basis: Basis,
    #[command(flatten)]
    form: Form,
}

impl Check {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let saved = show::read(&self.plan)?;
        let folder = self.plan.parent().unwrap_or(Utf8Path::new(""));
        let ((site, _), now) = self.basis.plan(&self.path, folder, (common, console))?;
        window::warn(&now, &site, console);
        let differences = review::since(&saved, &now, &site.desired);
        let document = || view::review::differences((&saved, &now), &differences);
        self.form.show(&differences, document, console)?;
        if differences.is_empty() {
            console.say(&format!("{} is up to date.", self.plan));
            return Ok(Exit::Done);
        }
        console.say(&format!(
            "{} is out of date: plan again with `mdc plan {} -o {}`, and have it reviewed.",
            self.plan, self.path.manifest, self.plan
        ));
        Ok(Exit::Changes)
    }
}
