//! `mdc plan`: the whole chain from text and hosts to a plan, read top to bottom.

use std::fs::File;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::console::Console;
use super::problem::Problem;
use super::show::How;
use super::site::Site;
use super::{Common, Exit, ManifestPath, watch};
use crate::diff;
use crate::graph;
use crate::observe::{Observed, Snapshot};
use crate::plan;

/// Reads all hosts and shows what would be done; changes nothing.
#[derive(Debug, Args)]
pub(super) struct Plan {
    #[command(flatten)]
    path: ManifestPath,
    /// Save the plan, for review and for `mdc apply FILE`
    #[arg(short, long, value_name = "FILE")]
    output: Option<Utf8PathBuf>,
    #[command(flatten)]
    how: How,
    /// Plan from a snapshot (`mdc observe -o`) instead of reading hosts
    #[arg(long, value_name = "FILE")]
    snapshot: Option<Utf8PathBuf>,
    /// Exit with 2 when there are changes to make
    #[arg(long)]
    detailed_exitcode: bool,
}

impl Plan {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let site = Site::load(&self.path.manifest, common, console)?;
        let observed = match &self.snapshot {
            Some(path) => from_snapshot(path, &site)?,
            None => watch::observe(&site, console),
        };
        let folder =
            self.output.as_ref().and_then(|path| path.parent()).unwrap_or(Utf8Path::new(""));
        let plan = make(&site, &observed, folder)?;
        let next = match &self.output {
            Some(path) => format!("mdc apply {path}"),
            None => format!("mdc apply {}", site.path),
        };
        if let Some(path) = &self.output {
            save(&plan, path)?;
            console.say(&format!("The plan is in {path} (seal {}).", plan.seal.short()));
        }
        self.how.show(&plan, &next, console)?;
        let changes = self.detailed_exitcode && !plan.is_empty();
        // The process is about to end: giving millions of small pieces back one by one would take a
        // tenth of all the time that planning a large cluster takes.
        std::mem::forget((site, observed, plan));
        Ok(if changes { Exit::Changes } else { Exit::Done })
    }
}

/// The plan that leads from what was observed to what is desired. `folder`: where the plan will be
/// kept.
pub(super) fn make(
    site: &Site,
    observed: &Observed,
    folder: &Utf8Path,
) -> Result<plan::Plan, Problem> {
    let comparison = diff::compare(&site.desired, observed);
    if !comparison.refusals.is_empty() {
        let refused = comparison.refusals.iter().map(|refusal| refusal.diagnose(&site.manifest));
        return Err(Problem::Diagnostics(refused.collect()));
    }
    let graph = graph::build(&site.desired, &comparison)?;
    let mut plan = plan::make(&site.desired, &comparison, &graph).map_err(|error| {
        Problem::new(format!("a package file can't be put on a host: {error}"), "rename the file")
    })?;
    plan.manifest = locator(&site.path, folder);
    Ok(plan)
}

/// The way from `folder` to the manifest, so that a plan and its manifest can move together.
fn locator(manifest: &Utf8Path, folder: &Utf8Path) -> String {
    let folder = if folder.as_str().is_empty() { Utf8Path::new(".") } else { folder };
    let way = manifest
        .canonicalize_utf8()
        .ok()
        .zip(folder.canonicalize_utf8().ok())
        .and_then(|(manifest, folder)| pathdiff::diff_utf8_paths(manifest, folder));
    way.unwrap_or_else(|| manifest.to_owned()).into_string()
}

fn save(plan: &plan::Plan, path: &Utf8Path) -> Result<(), Problem> {
    let hint = "name a file that can be written";
    let mut file = File::create(path).map_err(|error| Problem::file(path, &error, hint))?;
    plan::write(plan, &mut file).map_err(|error| Problem::file(path, &error, hint))
}

fn from_snapshot(path: &Utf8Path, site: &Site) -> Result<Observed, Problem> {
    let hint = "make a new one with `mdc observe -o FILE`";
    let mut file = File::open(path).map_err(|error| Problem::file(path, &error, hint))?;
    let snapshot = Snapshot::read(&mut file).map_err(|error| Problem::file(path, &error, hint))?;
    if snapshot.cluster == site.desired.cluster {
        return Ok(snapshot.observed);
    }
    Err(Problem::new(
        format!(
            "{path} is a snapshot of the cluster {}, and the manifest is of {}",
            snapshot.cluster, site.desired.cluster
        ),
        hint,
    ))
}
