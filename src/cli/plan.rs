//! `mdc plan`: the whole chain from text and hosts to a plan, read top to bottom.

use std::fs::File;
use std::io::{self, Read};
use std::panic::resume_unwind;
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use jiff::Timestamp;

use super::console::Console;
use super::form::file;
use super::problem::Problem;
use super::saved;
use super::show::How;
use super::site::Site;
use super::{
    Common, Exit, ManifestPath, approval, evidence, preflight, records, sign, watch, window,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::diff;
use crate::graph;
use crate::observe::{self, Observed, Snapshot};
use crate::plan;
use crate::signature;
use crate::value::Period;

/// Reads all hosts and shows what would be done; changes nothing.
#[derive(Debug, Args)]
pub(super) struct Plan {
    #[command(flatten)]
    path: ManifestPath,
    /// Save the plan, for review and for `mdc apply FILE`
    #[arg(short, long, value_name = "FILE", value_parser = file)]
    output: Option<Utf8PathBuf>,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    basis: Basis,
    /// Exit with 2 when there are changes to make, and with 1 when there are none where anything could be
    /// seen
    #[arg(long)]
    detailed_exitcode: bool,
}

impl Plan {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let folder =
            self.output.as_ref().and_then(|path| path.parent()).unwrap_or(Utf8Path::new(""));
        let made = self.basis.plan(&self.path, folder, (common, console));
        let (read, plan) = self.how.made(made, console)?;
        window::holds(&plan, &plan.steps, &read.0, console)?;
        let next = match &self.output {
            Some(path) => format!("mdc apply {path}"),
            None => format!("mdc apply {}", read.0.path),
        };
        if let Some(path) = &self.output {
            save(&plan, path)?;
            console.say(&format!("The plan is in {path} (seal {}).", plan.seal.short()));
        }
        self.how.show(&plan, &next, console)?;
        let exit = match (self.detailed_exitcode, plan.is_empty()) {
            (true, false) => Exit::Changes,
            (true, true) if !plan.unknown.is_empty() => Exit::Incomplete,
            _ => Exit::Done,
        };
        // The process is about to end: giving millions of small pieces back one by one would take a
        // tenth of all the time that planning a large cluster takes.
        std::mem::forget((read, plan));
        Ok(exit)
    }
}

/// What hosts are seen by.
#[derive(Debug, Args)]
pub(super) struct Basis {
    /// Plan from a snapshot (`mdc observe -o`) instead of reading hosts
    #[arg(long, value_name = "FILE")]
    pub(super) snapshot: Option<Utf8PathBuf>,
}

impl Basis {
    /// The plan for the manifest at `path`, with what it was made from. `folder`: where it will be kept.
    pub(super) fn plan(
        &self,
        path: &ManifestPath,
        folder: &Utf8Path,
        (common, console): (&Common, &Console),
    ) -> Result<((Site, Observed), plan::Plan), Problem> {
        let (site, observed, taken) = self.read(path, (common, console))?;
        let plan = make(&site, (&observed, taken), folder, console)?;
        let plan = ruled(plan, &site, console)?;
        Ok(((site, observed), plan))
    }

    /// What should be, and what is; of which time, when that is a snapshot's.
    pub(super) fn read(
        &self,
        path: &ManifestPath,
        (common, console): (&Common, &Console),
    ) -> Result<(Site, Observed, Option<Timestamp>), Problem> {
        let (site, snapshot) = self.load(path, (common, console));
        let site = site?;
        let (observed, taken) = match (&self.snapshot, snapshot) {
            (Some(path), Some(snapshot)) => {
                let snapshot = snapshot?.trusted(path, &site, console)?;
                let taken = snapshot.taken;
                (of_this_cluster(path, snapshot, &site)?, Some(taken))
            }
            _ => (watch::observe(&site, console), None),
        };
        Ok((site, observed, taken))
    }

    /// The site and the snapshot: neither needs the other, and for a large cluster both take their
    /// time, so they are read side by side.
    fn load(
        &self,
        path: &ManifestPath,
        (common, console): (&Common, &Console),
    ) -> (Result<Site, Problem>, Option<Result<Stored, Problem>>) {
        thread::scope(|scope| {
            let reading = self.snapshot.as_ref().map(|path| scope.spawn(|| read_snapshot(path)));
            let site = Site::load(&path.manifest, common, console);
            let snapshot =
                reading.map(|reading| reading.join().unwrap_or_else(|p| resume_unwind(p)));
            (site, snapshot)
        })
    }
}

/// The plan that leads from what was observed (in a snapshot of that time) to what is desired.
/// `folder`: where the plan will be kept.
pub(super) fn make(
    site: &Site,
    (observed, snapshot): (&Observed, Option<Timestamp>),
    folder: &Utf8Path,
    console: &Console,
) -> Result<plan::Plan, Problem> {
    let mut comparison = diff::compare(&site.desired, observed);
    comparison.snapshot = snapshot;
    // Neither needs the other. What is refused is told before a circle.
    let ((judged, lacking), graph) = rayon::join(
        || {
            let judged = preflight::refuse(site, &comparison)
                .and_then(|()| preflight::pass(site, observed, &comparison, console));
            (judged, diff::without_previous(&site.manifest, &site.desired, &comparison))
        },
        || graph::build(&site.desired, &comparison),
    );
    let (judged, graph) = (judged?, graph?);
    comparison.warnings.extend(judged.in_words());
    comparison.warnings.extend(lacking.as_ref().map(Diagnostic::in_words));
    if snapshot.is_none() {
        comparison.warnings.extend(records::begun_without(site, console));
        let moved = records::moved_deployments(site, observed, console);
        comparison.warnings.extend(moved.iter().map(|why| Code::DeploymentMoved.said(why)));
    }
    let plan = plan::make(&site.desired, &comparison, &graph).map_err(|error| {
        Problem::new(
            Code::BadPath,
            format!("a package file can't be put on a host: {error}"),
            "rename the file",
        )
    })?;
    // Millions of small pieces are given back beside what comes next.
    drop(thread::spawn(move || drop((graph, comparison))));
    let mut plan = plan.under(judged.waived);
    plan.manifest = locator(&site.path, folder);
    Ok(plan)
}

/// The plan under the rules of its manifest: who has to approve it, and what has to have been rehearsed.
pub(super) fn ruled(
    plan: plan::Plan,
    site: &Site,
    console: &Console,
) -> Result<plan::Plan, Problem> {
    let plan = plan.approved_by(approval::rule(&site.manifest)?);
    let rehearsal = evidence::of_plan(site, &plan, console)?;
    Ok(plan.rehearsed_by(rehearsal))
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

/// A snapshot as it was read.
struct Stored {
    bytes: Vec<u8>,
    snapshot: Snapshot,
}

fn read_snapshot(path: &Utf8Path) -> Result<Stored, Problem> {
    let unusable = |error: &dyn std::fmt::Display| {
        Problem::file(path, error, NEW_SNAPSHOT).coded(Code::SnapshotUnusable)
    };
    let mut file = File::open(path).map_err(|error| unusable(&error))?;
    let bytes = Snapshot::bytes(&mut file).map_err(|error| unusable(&error))?;
    let snapshot = Snapshot::parse(&bytes).map_err(|error| unusable(&error))?;
    Ok(Stored { bytes, snapshot })
}

impl Stored {
    /// The snapshot, if the manifest lets plans be made from it; says how old it is.
    fn trusted(self, path: &Utf8Path, site: &Site, console: &Console) -> Result<Snapshot, Problem> {
        let Self { bytes, snapshot } = self;
        let now = Timestamp::now();
        let (manifest, refused) =
            (&site.manifest, |refusal: Box<Diagnostic>| Problem::Diagnostics(vec![*refusal]));
        let signers = manifest
            .read_snapshot_signers()
            .map_err(|found| Problem::Diagnostics(found.sorted()))?;
        let by = match signers {
            None => String::new(),
            Some(signers) => {
                let signature = signature_of(path)?;
                let whole = (path, bytes.as_slice(), signature.as_deref());
                let by = observe::signed(manifest, &signers, whole, now).map_err(refused)?;
                format!(", signed by {by}")
            }
        };
        observe::fresh(manifest, (path, &snapshot), now).map_err(refused)?;
        let age = now.duration_since(snapshot.taken);
        let age = if age.is_negative() {
            "of a time that has not come yet by this clock".to_owned()
        } else {
            format!("{} old", Period::seconds(age.unsigned_abs().as_secs()).rounded())
        };
        console.say(&format!("From the snapshot of {}{by}: {age}.", snapshot.taken));
        Ok(snapshot)
    }
}

/// The signature beside the snapshot at `path`; none when there is none.
fn signature_of(path: &Utf8Path) -> Result<Option<Vec<u8>>, Problem> {
    let path = sign::beside(path);
    let bound = signature::LARGEST as u64 + 1;
    let mut bytes = Vec::new();
    match File::open(&path).and_then(|file| file.take(bound).read_to_end(&mut bytes)) {
        Ok(_) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Problem::file(&path, &error, "make it readable")),
    }
}

fn of_this_cluster(path: &Utf8Path, snapshot: Snapshot, site: &Site) -> Result<Observed, Problem> {
    if snapshot.cluster == site.desired.cluster {
        return Ok(snapshot.observed);
    }
    Err(Problem::new(
        Code::SnapshotOther,
        format!(
            "{path} is a snapshot of the cluster {}, and the manifest is of {}",
            snapshot.cluster, site.desired.cluster
        ),
        NEW_SNAPSHOT,
    ))
}
