//! `mdc why-not`: why nothing, or nothing more, is done on a host.

use camino::Utf8PathBuf;
use clap::Args;

use super::console::Console;
use super::problem::Problem;
use super::{Exit, show};
use crate::review;
use crate::view;

/// Says why a plan does nothing, or nothing more, on a host.
#[derive(Debug, Args)]
pub(super) struct WhyNot {
    /// The plan file
    plan: Utf8PathBuf,
    /// The host
    host: String,
}

impl WhyNot {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        let plan = show::read(&self.plan)?;
        let standing = review::standing(&plan, &self.host);
        if standing.is_unknown_to_plan() {
            let compared = plan.basis.compared;
            let message = format!("{} says nothing of a host `{}`", self.plan, self.host);
            let hint = if plan.is_empty() {
                format!(
                    "it has nothing to do on any of the {} hosts that were read",
                    compared.hosts
                )
            } else {
                "compare the name with the manifest's `[hosts]`; `mdc status` shows all hosts"
                    .to_owned()
            };
            return Err(Problem::new(message, hint));
        }
        console.show(&view::review::standing((&plan, &self.host), &standing))?;
        Ok(Exit::Done)
    }
}
