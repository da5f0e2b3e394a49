//! `mdc plan`: the whole chain from text and hosts to a plan, read top to bottom.

use std::fs::File;
use std::panic::resume_unwind;
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::console::Console;
use super::problem::Problem;
use super::saved;
use super::show::How;
use super::site::Site;
use super::{Common, Exit, ManifestPath, preflight, watch};
use crate::diagnostic::Diagnostic;
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
        let (site, snapshot) = self.load(common, console);
        let site = site?;
        let observed = match (&self.snapshot, snapshot) {
            (Some(path), Some(snapshot)) => of_this_cluster(path, snapshot?, &site)?,
            _ => watch::observe(&site, console),
        };
        let folder =
            self.output.as_ref().and_then(|path| path.parent()).unwrap_or(Utf8Path::new(""));
        let plan = make(&site, &observed, folder, console)?;
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

    /// The site and the snapshot: neither needs the other, and for a large cluster both take their
    /// time, so they are read side by side.
    fn load(
        &self,
        common: &Common,
        console: &Console,
    ) -> (Result<Site, Problem>, Option<Result<Snapshot, Problem>>) {
        thread::scope(|scope| {
            let reading = self.snapshot.as_ref().map(|path| scope.spawn(|| read_snapshot(path)));
            let site = Site::load(&self.path.manifest, common, console);
            let snapshot =
                reading.map(|reading| reading.join().unwrap_or_else(|p| resume_unwind(p)));
            (site, snapshot)
        })
    }
}

/// The plan that leads from what was observed to what is desired. `folder`: where the plan will be
/// kept.
pub(super) fn make(
    site: &Site,
    observed: &Observed,
    folder: &Utf8Path,
    console: &Console,
) -> Result<plan::Plan, Problem> {
    let mut comparison = diff::compare(&site.desired, observed);
    preflight::refuse(site, &comparison)?;
    let judged = preflight::pass(site, observed, &comparison, console)?;
    comparison.warnings.extend(judged.in_words());
    let graph = graph::build(&site.desired, &comparison)?;
    let plan = plan::make(&site.desired, &comparison, &graph).map_err(|error| {
        Problem::new(format!("a package file can't be put on a host: {error}"), "rename the file")
    })?;
    let misfits: Vec<Diagnostic> =
        plan.misfits().iter().map(|refusal| refusal.diagnose(&site.manifest)).collect();
    if !misfits.is_empty() {
        return Err(Problem::Diagnostics(misfits));
    }
    let mut plan = plan.under(judged.waived);
    plan.manifest = locator(&site.path, folder);
    Ok(plan)
}

/// The way from `folder` to the manifest, so that a plan and its manifest can move together.
pub(super) fn locator(manifest: &Utf8Path, folder: &Utf8Path) -> String {
    let folder = if folder.as_str().is_empty() { Utf8Path::new(".") } else { folder };
    let way = manifest
        .canonicalize_utf8()
        .ok()
        .zip(folder.canonicalize_utf8().ok())
        .and_then(|(manifest, folder)| pathdiff::diff_utf8_paths(manifest, folder));
    way.unwrap_or_else(|| manifest.to_owned()).into_string()
}

pub(super) fn save(plan: &plan::Plan, path: &Utf8Path) -> Result<(), Problem> {
    saved::save(path, &mut |file| plan::write(plan, file))
}

const NEW_SNAPSHOT: &str = "make a new one with `mdc observe -o FILE`";

fn read_snapshot(path: &Utf8Path) -> Result<Snapshot, Problem> {
    let unusable = |error: &dyn std::fmt::Display| Problem::file(path, error, NEW_SNAPSHOT);
    let mut file = File::open(path).map_err(|error| unusable(&error))?;
    Snapshot::read(&mut file).map_err(|error| unusable(&error))
}

fn of_this_cluster(path: &Utf8Path, snapshot: Snapshot, site: &Site) -> Result<Observed, Problem> {
    if snapshot.cluster == site.desired.cluster {
        return Ok(snapshot.observed);
    }
    Err(Problem::new(
        format!(
            "{path} is a snapshot of the cluster {}, and the manifest is of {}",
            snapshot.cluster, site.desired.cluster
        ),
        NEW_SNAPSHOT,
    ))
}
