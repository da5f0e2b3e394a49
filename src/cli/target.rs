//! What is carried out: a plan file, or what a manifest leads to.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::problem::Problem;
use super::show;
use crate::plan::Plan;

/// A plan file, or a manifest.
#[derive(Debug, Args)]
pub(super) struct Target {
    /// A manifest, or a plan file (`*.json`) that `mdc plan -o` wrote
    #[arg(value_name = "MANIFEST|PLAN", default_value = "mdc.toml")]
    pub(super) target: Utf8PathBuf,
    /// The manifest of the plan file, when it is no longer where it was
    #[arg(long, value_name = "MANIFEST")]
    manifest: Option<Utf8PathBuf>,
}

impl Target {
    /// The plan file, if it is one that was named.
    pub(super) fn file(&self) -> Result<Option<Plan>, Problem> {
        let is_plan = self.target.extension() == Some("json");
        is_plan.then(|| show::read(&self.target)).transpose()
    }

    /// The manifest: of that plan, when one was named.
    pub(super) fn manifest(&self, plan: Option<&Plan>) -> Utf8PathBuf {
        match (&self.manifest, plan) {
            (Some(path), _) => path.clone(),
            (None, None) => self.target.clone(),
            (None, Some(plan)) => {
                let folder = self.target.parent().unwrap_or(Utf8Path::new(""));
                folder.join(&plan.manifest)
            }
        }
    }
}
