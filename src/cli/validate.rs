//! `mdc validate`: what can be known without touching a host.

use clap::Args;

use super::console::Console;
use super::form::{Plain, json};
use super::problem::Problem;
use super::site::Site;
use super::{Common, Exit, ManifestPath, approval, preflight};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::report::Validation;

/// Checks manifest, release, catalog and package files, and shows all problems at once.
#[derive(Debug, Args)]
pub(super) struct Validate {
    #[command(flatten)]
    path: ManifestPath,
    /// In which form
    #[arg(long, default_value = "text")]
    format: Plain,
}

impl Validate {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let (site, mut found) = Site::read(&self.path.manifest, common, console);
        let more = site.as_ref().map(beside).transpose()?.unwrap_or_default();
        let valid = site.filter(|_| more.is_empty());
        found.extend(more);
        if self.format == Plain::Json {
            let validation = Validation::of(valid.as_ref().map(|site| &site.desired), &found);
            console.data(&json(&validation)?)?;
            return Ok(if valid.is_some() { Exit::Done } else { Exit::Incomplete });
        }
        let Some(Site { path, desired, .. }) = valid else {
            return Err(Problem::Diagnostics(found));
        };
        console.diagnostics(&found);
        console.data(&format!(
            "{path}: valid. Cluster {} ({}): {} hosts, {} resources, release {}.\n",
            desired.cluster,
            desired.environment,
            desired.hosts.len(),
            desired.resources.len(),
            desired.release,
        ))?;
        Ok(Exit::Done)
    }
}

/// What is wrong beside what is desired: waivers and those who sign.
fn beside(site: &Site) -> Result<Vec<Diagnostic>, Problem> {
    let manifest = &site.manifest;
    let problem = |checked: Result<(), Problem>| match checked {
        Ok(()) => Ok(Vec::new()),
        Err(Problem::Diagnostics(found)) => Ok(found),
        Err(other) => Err(other),
    };
    let mut found = problem(preflight::none_expired(site))?;
    found.extend(problem(approval::rule(manifest).map(drop))?);
    let signers = [manifest.read_witnesses().map(drop), manifest.read_snapshot_signers().map(drop)];
    found.extend(signers.into_iter().filter_map(Result::err).flat_map(Diagnostics::sorted));
    Ok(found)
}
