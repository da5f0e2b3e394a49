//! `mdc rollback`: takes back what the newest run has done, by the ways back of its own plan.

use std::collections::{BTreeMap, BTreeSet};

use super::carry::{self, Carried, Manner};
use super::console::Console;
use super::form::file;
use super::hold::Hold;
use super::problem::Problem;
use super::site::Site;
use super::{Common, Exit, ManifestPath, approval, give_work, plan, records, watch};
use crate::apply::Ending;
use crate::catalog::Then;
use crate::diagnostic::Code;
use crate::plan::{Plan, Purpose, Step, Taken, rollback};
use crate::report::Report;
use crate::state::{FailureKind, Run, StepOutcome};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

/// Takes back what the newest run of a cluster has done, in reverse order.
///
/// The ways back are those of the run's own plan: reviewed with it, by packages that were put on the
/// hosts before anything changed. What has no way back stays, and is named. A run that did not come to
/// its end is given up by this.
#[derive(Debug, Args)]
pub(super) struct Rollback {
    #[command(flatten)]
    site: ManifestPath,
    /// Save the plan that goes back, for review and for `mdc apply FILE`, and change nothing
    #[arg(short, long, value_name = "FILE", value_parser = file)]
    output: Option<Utf8PathBuf>,
    #[command(flatten)]
    manner: Manner,
}

impl Rollback {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let site = Site::load(&self.site.manifest, common, console)?;
        self.manner.fits(&site)?;
        let hold =
            Hold::take(&site, &format!("mdc rollback {}", site.path), self.manner.take_over())?;
        let mut run = newest(&hold)?;
        let observed = watch::observe(&site, console);
        let steps = run.plan.steps.iter().map(|step| &*step.id);
        let begun: BTreeSet<&str> = steps.filter(|id| !run.progress.is_untouched(id)).collect();
        let is_done = |id: &&&str| run.progress.done.contains(**id);
        let half_way: BTreeSet<&str> = begun.iter().filter(|id| !is_done(id)).copied().collect();
        let what = Taken { run: &run.id, plan: &run.plan, steps: &begun, half_way: &half_way };
        let mut back = rollback(what, (&site.desired, &observed));
        let folder =
            self.output.as_ref().and_then(|path| path.parent()).unwrap_or(Utf8Path::new(""));
        if self.output.is_some() {
            // A file is a plan like any other: nobody can tell that it is what the run's plan held.
            back.approvals = approval::rule(&site.manifest)?;
        }
        sealed_for(&mut back, &site, folder);
        let next = self.output.as_ref().map(|path| format!("mdc apply {path}")).unwrap_or_default();
        carry::show(&back, &next, console)?;
        if let Some(path) = &self.output {
            plan::save(&back, path)?;
            self.manner.saved(&back, console)?;
            console.say(&format!("The plan is in {path} (seal {}).", back.seal.short()));
            return Ok(Exit::Done);
        }
        if back.is_empty() {
            // What can't be taken back may have been kept from new work all the same.
            let all_work = give_work::to_all(&mut run, (&site, &hold), console)?;
            self.manner.nothing(&back, console)?;
            let is_done = all_work && back.warnings.is_empty();
            return Ok(if is_done { Exit::Done } else { Exit::Incomplete });
        }
        let left_out = self.manner.left_out(&back, &site)?;
        if !self.manner.agrees(&back, console)? {
            return Ok(Exit::Done);
        }
        let back = (back, left_out);
        let (report, exit) = carry_back(run, back, &self.manner, (&site, &hold), console)?;
        self.manner.account(&report, console)?;
        Ok(exit)
    }
}

/// The newest run, when it can be taken back.
fn newest(hold: &Hold) -> Result<Run, Problem> {
    let Some(run) = newest_change(hold)? else {
        let is_any = !hold.store.ids()?.is_empty();
        return Err(Problem::new(
            Code::RunMissing,
            format!(
                "no run{} is recorded in {}",
                if is_any { " that changed anything" } else { "" },
                hold.store.place()
            ),
            "there is nothing to take back; `mdc status` shows what is installed",
        ));
    };
    let id = &run.id;
    match &run.plan.purpose {
        Purpose::Release | Purpose::BackUp | Purpose::Stage => Ok(run),
        Purpose::FailOver => Err(Problem::new(
            Code::NoWayBack,
            format!(
                "the newest run, {id}, let a standby take over: that is not taken back as it was done"
            ),
            "swap the roles in the manifest when the former production instance is well again: `mdc plan` \
             leads back by a nomination (docs/standby.md)",
        )),
        Purpose::Finalise => Err(Problem::new(
            Code::NoWayBack,
            format!(
                "the newest run, {id}, has dropped what was kept for the way back, or may have: there is no \
                 return by mdc"
            ),
            "what was there before comes back from a backup only; `mdc report` tells what was dropped",
        )),
        Purpose::RollBack(rolled) if run.progress.over => Err(Problem::new(
            Code::NoWayBack,
            format!("the newest run, {id}, has taken the run {rolled} back"),
            "there is nothing more to take back; `mdc plan` leads forward again",
        )),
        Purpose::RollBack(rolled) => Err(Problem::new(
            Code::RunUnfinished,
            format!("the newest run, {id}, takes the run {rolled} back and is unfinished"),
            "finish it with `mdc resume`",
        )),
    }
}

/// The newest run that changes the cluster, but for one that was to drop what was kept and was given up
/// before it did.
fn newest_change(hold: &Hold) -> Result<Option<Run>, Problem> {
    let Some(newest) = hold.store.newest_change()? else { return Ok(None) };
    let ids = hold.store.ids()?;
    for id in ids.iter().skip_while(|id| **id != newest) {
        let run = hold.store.open(&hold.lease, id)?;
        let untouched = run.plan.steps.iter().all(|step| run.progress.is_untouched(&step.id));
        let dropped_nothing =
            run.plan.purpose == Purpose::Finalise && run.progress.over && untouched;
        if !run.plan.purpose.stands_beside() && !dropped_nothing {
            return Ok(Some(run));
        }
    }
    Ok(None)
}

/// Makes a plan that goes back one of this site as it is now.
fn sealed_for(back: &mut Plan, site: &Site, folder: &Utf8Path) {
    back.basis.desired = site.desired.digest();
    back.basis.written.renew(&site.desired, &back.steps);
    back.manifest = plan::locator(&site.path, folder);
    back.seal = back.digest();
}

/// Ends `run` and begins the one that takes it back.
fn carry_back(
    run: Run,
    (back, left_out): (Plan, BTreeMap<String, String>),
    manner: &Manner,
    (site, hold): (&Site, &Hold),
    console: &Console,
) -> Result<(Report, Exit), Problem> {
    let given_up = given_up(run, console)?;
    // Whoever is stopped from here on finds by the new run what the one before has isolated.
    let mut run = records::begin((back, &[]), (site, hold), console)?;
    carry::leave_out(&mut run, left_out)?;
    if let Some(given_up) = given_up {
        records::leave_nothing(&given_up, (site, hold), console);
    }
    let Carried { exit, report, .. } =
        manner.carry_out(run, (site, hold), console, &format!("mdc resume {}", site.path))?;
    let exit = if report.unreturned.is_empty() { exit } else { Exit::Incomplete };
    Ok((report, exit))
}

/// Gives `run` up, if it is not over; the run of which hosts are to keep nothing then.
fn given_up(mut run: Run, console: &Console) -> Result<Option<Run>, Problem> {
    if run.progress.over {
        return Ok(None);
    }
    records::give_up(&mut run, "it is rolled back", console)?;
    Ok(Some(run))
}

/// Takes back what the plan of a run says is taken back after a failure, here and now: it was reviewed
/// with the plan. Then programs are told what came of both.
pub(super) fn by_policy(
    carried: Carried,
    manner: &Manner,
    (site, hold): (&Site, &Hold),
    console: &Console,
) -> Result<Exit, Problem> {
    let Carried { run, ending, exit, mut report } = carried;
    let back = back_by_policy((run, &ending), manner, (site, hold), console);
    let (back, failed) = back.map_or_else(|failed| (None, Some(failed)), |back| (back, None));
    report.taken_back = back.map(Box::new);
    manner.account(&report, console)?;
    failed.map_or(Ok(exit), Err)
}

fn back_by_policy(
    (run, ending): (Run, &Ending),
    manner: &Manner,
    (site, hold): (&Site, &Hold),
    console: &Console,
) -> Result<Option<Report>, Problem> {
    let steps = taken_back(&run.plan, ending);
    if steps.is_empty() {
        return Ok(None);
    }
    let observed = watch::observe(site, console);
    let half_way = BTreeSet::new();
    let what = Taken { run: &run.id, plan: &run.plan, steps: &steps, half_way: &half_way };
    let mut back = rollback(what, (&site.desired, &observed));
    sealed_for(&mut back, site, Utf8Path::new(""));
    console.say("The plan says that what failed is rolled back, and that begins now:");
    carry::show(&back, "", console)?;
    if back.is_empty() {
        return Ok(None);
    }
    // What the user left out on the way forth was not done: nothing of it is here.
    let back = (back, BTreeMap::new());
    let (report, _) = carry_back(run, back, manner, (site, hold), console)?;
    Ok(Some(report))
}

/// The begun steps of `plan` that policies take back after what failed.
fn taken_back<'p>(plan: &'p Plan, ending: &Ending) -> BTreeSet<&'p str> {
    let policy = |step: &Step| plan.on_failure.get(&step.component).map(|it| it.then);
    let begun = |step: &&Step| ending.is_done(&step.id) || failed(step, ending);
    let of = |broken: &Step| -> Vec<&'p str> {
        let together = |step: &&Step| match policy(broken) {
            Some(Then::RollbackHost) => step.id == broken.id,
            Some(Then::RollbackWave) => {
                step.component == broken.component && step.wave == broken.wave
            }
            Some(Then::Stop) | None => false,
        };
        plan.steps.iter().filter(together).filter(begun).map(|step| &*step.id).collect()
    };
    // Who stops a run wants to look first.
    if plan.purpose != Purpose::Release || ending.stopped.is_some() {
        return BTreeSet::new();
    }
    plan.steps.iter().filter(|step| failed(step, ending)).flat_map(of).collect()
}

/// Whether it failed on its host: not for who may change the cluster, what the user wants, or what is
/// wrong here.
fn failed(step: &Step, ending: &Ending) -> bool {
    let Some((StepOutcome::Failed(failure), _)) = ending.outcomes.get(&*step.id) else {
        return false;
    };
    !matches!(
        failure.kind,
        FailureKind::Fenced | FailureKind::Cancelled | FailureKind::Waits | FailureKind::Here
    )
}
