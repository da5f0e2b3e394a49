//! `mdc what-if`: what would be otherwise, without writing it anywhere.

use std::sync::Arc;

use camino::Utf8Path;
use clap::Args;

use super::console::Console;
use super::form::Form;
use super::plan::{self, Basis};
use super::problem::Problem;
use super::{Common, Exit, ManifestPath};
use crate::review;
use crate::value::{Batch, Period};
use crate::view;

/// Plans as the manifest says and as it would be with another setting, and shows both side by side. Changes
/// nothing, and writes nothing.
#[derive(Debug, Args)]
pub(super) struct WhatIf {
    #[command(flatten)]
    path: ManifestPath,
    #[command(flatten)]
    basis: Basis,
    #[command(flatten)]
    other: Other,
    #[command(flatten)]
    form: Form,
}

/// What would be otherwise: one of it at least.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct Other {
    /// With a window of this length for stage 2, such as `90m`
    #[arg(long, value_name = "TIME")]
    window: Option<Period>,
    /// With so many instances of each component at once, such as `3` or `25%`; what is promised to stay
    /// healthy still does
    #[arg(long, value_name = "N")]
    batch: Option<Batch>,
}

impl WhatIf {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let (mut site, observed, taken) = self.basis.read(&self.path, (common, console))?;
        let mut planned = |batch: Option<Batch>| {
            for component in site.desired.components.values_mut() {
                if let Some(batch) = batch.filter(|_| !component.singleton) {
                    Arc::make_mut(component).at_once = batch;
                }
            }
            let plan = plan::make(&site, (&observed, taken), Utf8Path::new(""), console)?;
            plan::ruled(plan, &site, console)
        };
        let (now, then) = (planned(None)?, planned(self.other.batch)?);
        let window = self.other.window.map(Period::duration);
        let fit = window.map(|window| (window, review::fit(&then, window)));
        let fit = fit.as_ref().map(|(window, fit)| (*window, fit));
        let (asked, differences) = (self.other.in_words(), review::differences(&now, &then));
        let answer = review::WhatIf::new(&asked, (&now, &then), &differences, fit);
        let document = || view::review::what_if((&now, &then), (&asked, &differences), fit);
        self.form.show(&answer, document, console)?;
        Ok(Exit::Done)
    }
}

impl Other {
    fn in_words(&self) -> String {
        let batch = self.batch.map(|batch| format!("{batch} of each component went at once"));
        let window = self.window.map(|window| format!("stage 2 had {window}"));
        let asked: Vec<String> = batch.into_iter().chain(window).collect();
        asked.join(" and ")
    }
}
