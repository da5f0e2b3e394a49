//! `mdc why-not`: why nothing, or nothing more, is done on a host.

use camino::Utf8PathBuf;
use clap::Args;

use super::console::Console;
use super::form::Form;
use super::problem::Problem;
use super::{Exit, show};
use crate::diagnostic::Code;
use crate::review;
use crate::view;

/// Says why a plan does nothing, or nothing more, on a host.
#[derive(Debug, Args)]
pub(super) struct WhyNot {
    /// The plan file
    plan: Utf8PathBuf,
    /// The host
    host: String,
    #[command(flatten)]
    form: Form,
}

impl WhyNot {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        let plan = show::read(&self.plan)?;
        let standing = review::standing(&plan, &self.host);
        // Where nothing is to be done, a plan names no host that is as it should be.
        if standing.is_unknown_to_plan() && !plan.is_up_to_date() {
            return Err(Problem::new(
                Code::UnknownName,
                format!("{} says nothing of a host `{}`", self.plan, self.host),
                "compare the name with the manifest's `[hosts]`; `mdc status` shows all hosts",
            ));
        }
        let document = || view::review::standing((&plan, &self.host), &standing);
        self.form.show(&standing, document, console)?;
        Ok(Exit::Done)
    }
}
