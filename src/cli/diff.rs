//! `mdc diff`: what moved between two plans.

use camino::Utf8PathBuf;
use clap::Args;

use super::Exit;
use super::console::Console;
use super::form::Form;
use super::problem::Problem;
use super::show;
use crate::review;
use crate::view;

/// Shows what moved between two plans in meaning, not in text. Exits with 0 when they mean the same: the
/// same is done on the same facts, though they may rest on manifests that differ in other things; and with 2
/// when they don't.
#[derive(Debug, Args)]
pub(super) struct Diff {
    /// The plan before
    old: Utf8PathBuf,
    /// The plan now
    new: Utf8PathBuf,
    #[command(flatten)]
    form: Form,
}

impl Diff {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        let (old, new) = (show::read(&self.old)?, show::read(&self.new)?);
        let differences = review::differences(&old, &new);
        let document = || view::review::differences((&old, &new), &differences);
        self.form.show(&differences, document, console)?;
        Ok(if differences.is_empty() { Exit::Done } else { Exit::Changes })
    }
}
