//! `mdc validate`: what can be known without touching a host.

use clap::Args;

use super::console::Console;
use super::problem::Problem;
use super::site::Site;
use super::{Common, Exit, ManifestPath, approval, preflight};

/// Checks manifest, release, catalog and package files, and shows all problems at once.
#[derive(Debug, Args)]
pub(super) struct Validate {
    #[command(flatten)]
    path: ManifestPath,
}

impl Validate {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let site = Site::load(&self.path.manifest, common, console)?;
        preflight::none_expired(&site)?;
        approval::rule(&site.manifest)?;
        site.manifest.read_witnesses().map_err(|found| Problem::Diagnostics(found.sorted()))?;
        site.manifest
            .read_snapshot_signers()
            .map_err(|found| Problem::Diagnostics(found.sorted()))?;
        let desired = &site.desired;
        console.data(&format!(
            "{}: valid. Cluster {} ({}): {} hosts, {} resources, release {}.\n",
            site.path,
            desired.cluster,
            desired.environment,
            desired.hosts.len(),
            desired.resources.len(),
            desired.release,
        ))?;
        Ok(Exit::Done)
    }
}
