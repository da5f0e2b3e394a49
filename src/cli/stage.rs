//! `mdc stage`: brings what a plan copies to its hosts, days before it is carried out.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use jiff::Timestamp;

use super::approval::{Glass, Right};
use super::carry::{self, Carried, Manner};
use super::console::Console;
use super::hold::Hold;
use super::problem::Problem;
use super::site::Site;
use super::target::Target;
use super::{Common, Exit, basis, claims, plan, preflight, records, staged, watch};
use crate::diff;
use crate::plan::{Plan, Step, mark, stage};
use crate::state::{Entry, Run};

/// Brings the packages that a plan copies to their hosts, checks them there, and has hosts fetch what
/// comes from their own repositories. Nothing else is done, so that it can be done days before.
///
/// The plan stays as it is, with its seal and its approvals: when it is carried out, it looks for each
/// file by its content and sends what isn't there. Again, this goes on where it was.
#[derive(Debug, Args)]
pub(super) struct Stage {
    #[command(flatten)]
    target: Target,
    /// Show which package files are on hosts, and which of them no plan needs any more; change nothing
    #[arg(long)]
    list: bool,
    /// Remove the package files that no plan needs any more, after asking
    #[arg(long, conflicts_with = "list")]
    clean: bool,
    /// Count what this saved plan needs, too, for --list and --clean; may be given several times
    #[arg(long, value_name = "PLAN")]
    keep_for: Vec<Utf8PathBuf>,
    #[command(flatten)]
    glass: Glass,
    #[command(flatten)]
    manner: Manner,
}

impl Stage {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let file = self.target.file()?;
        let site = Site::load(&self.target.manifest(file.as_ref()), common, console)?;
        self.manner.fits(&site)?;
        if self.list || self.clean {
            let plans = staged::Plans { given: file.as_ref(), saved: &self.keep_for };
            let manner = &self.manner;
            return if self.list {
                staged::list(&plans, &site, (manner, console))
            } else {
                staged::clean(&plans, &site, (manner, console))
            };
        }
        if let Some(plan) = &file {
            basis::young(plan, &self.target.target, &site)?;
        }
        let right = self.right(file.as_ref(), &site, console)?;
        let next = format!("mdc stage {}", self.target.target);
        let hold = Hold::take(&site, &next, self.manner.take_over())?;
        let bringing = bringing(file, &site, console)?;
        carry::show(&bringing, "", console)?;
        if bringing.is_empty() {
            self.manner.nothing(&bringing, console)?;
            return Ok(carry::left_out(&bringing, console));
        }
        let left_out = self.manner.left_out(&bringing, &site)?;
        if !self.manner.agrees(&bringing, console)? {
            return Ok(Exit::Done);
        }
        let mut run = begin(bringing, &right, (&site, &hold), console)?;
        carry::leave_out(&mut run, left_out)?;
        let Carried { exit, report, .. } =
            self.manner.carry_out(run, (&site, &hold), console, &next)?;
        self.manner.account(&report, console)?;
        Ok(exit)
    }

    /// By what right hosts are touched: the right of the plan whose packages are brought.
    fn right(&self, file: Option<&Plan>, site: &Site, console: &Console) -> Result<Right, Problem> {
        let path = &self.target.target;
        let Some(plan) = file else {
            let instead = format!(
                "save it with `mdc plan {path} -o plan.json`, let people read it and run `mdc approve \
                 plan.json --key KEY`, then `mdc stage plan.json`"
            );
            return self.glass.for_new(site, &instead);
        };
        claims::fit(plan, site)?;
        self.glass.for_file((plan, path), site, console)
    }
}

/// What is brought to hosts, and what of it is there.
fn bringing(file: Option<Plan>, site: &Site, console: &Console) -> Result<Plan, Problem> {
    let observed = watch::observe(site, console);
    let mut plan = match file {
        Some(plan) => {
            let mut plan = basis::still_written(&plan, site, console)?;
            let comparison = diff::compare(&site.desired, &observed);
            preflight::has_room(site, &observed, &comparison)?;
            mark(&mut plan.steps, &comparison.staged);
            plan
        }
        None => plan::make(site, (&observed, None), Utf8Path::new(""), console)?,
    };
    plan.manifest = plan::locator(&site.path, Utf8Path::new(""));
    Ok(stage(&plan))
}

/// Goes on with the unfinished run that brings the same, or begins one.
fn begin(
    bringing: Plan,
    right: &Right,
    (site, hold): (&Site, &Hold),
    console: &Console,
) -> Result<Run, Problem> {
    if let Some(mut run) = hold.unfinished_stage()? {
        if goes_on(&run, &bringing) {
            console.say(&carry::continuing(&run));
            return Ok(run);
        }
        records::give_up(&mut run, "packages are brought anew", console)?;
        records::leave_nothing(&run, (site, hold), console);
    }
    let entries: Vec<Entry> = right.entry(&hold.lease.holder().who()).into_iter().collect();
    let run = hold.store.begin(&hold.lease, bringing, (Timestamp::now(), &entries))?;
    right.say(console);
    Ok(run)
}

/// Whether the run brings the same, and what it has brought is still there.
fn goes_on(run: &Run, bringing: &Plan) -> bool {
    let same = |(old, new): (&Step, &Step)| {
        let is_there = new.staged || new.copied().is_none();
        (&old.id, &old.commands) == (&new.id, &new.commands)
            && (is_there || !run.progress.done.contains(&*new.id))
    };
    run.plan.steps.len() == bringing.steps.len()
        && run.plan.steps.iter().zip(&bringing.steps).all(same)
}
