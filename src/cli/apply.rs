//! `mdc apply`: carries a plan out, or continues a run that did not come to its end.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use jiff::Timestamp;

use super::console::Console;
use super::problem::Problem;
use super::site::Site;
use super::{Common, Exit, plan, show, watch, who};
use crate::apply::{self, Ending, Stop};
use crate::plan::{Moved, Plan, Step, moved};
use crate::report;
use crate::state::{Lease, Progress, Run, Store};
use crate::view;
use crate::view::progress::Subject;

/// Carries a plan out, after showing it and asking.
///
/// With a manifest: makes the plan now. With a plan file: exactly that plan, if what it rests on
/// still holds. Either way an unfinished run of the cluster is continued first: finished steps are
/// not repeated.
#[derive(Debug, Args)]
pub(super) struct Apply {
    /// A manifest, or a plan file (`*.json`) that `mdc plan -o` wrote
    #[arg(value_name = "MANIFEST|PLAN", default_value = "mdc.toml")]
    target: Utf8PathBuf,
    /// The manifest of the plan file, when it is no longer where it was
    #[arg(long, value_name = "MANIFEST")]
    manifest: Option<Utf8PathBuf>,
    /// Don't ask
    #[arg(long)]
    yes: bool,
    /// Give an unfinished run up, with the reason for the record, and go on with a new plan
    #[arg(long, value_name = "REASON")]
    give_up: Option<String>,
}

impl Apply {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let file = match self.target.extension() {
            Some("json") => Some(show::read(&self.target)?),
            _ => None,
        };
        let site = Site::load(&self.manifest_path(file.as_ref()), common, console)?;
        if let Some(plan) = &file {
            same_basis(plan, &site)?;
        }
        let store = site.store();
        let lease = store.acquire(&who::claim(format!("mdc apply {}", self.target)), None)?;
        let unfinished = self.unfinished((&*store, &lease), console)?;
        let mut run = match (unfinished, file) {
            (Some(run), file) => match self.go_on(run, file.as_ref(), &site, console)? {
                Some(run) => run,
                None => return Ok(Exit::Done),
            },
            (None, file) => match self.begin(file, &site, (&*store, &lease), console)? {
                Begun::Run(run) => *run,
                Begun::Nothing(exit) => return Ok(exit),
            },
        };
        let ending = carry_out(&mut run, &site, console)?;
        self.report(&run, &ending, console)
    }

    fn manifest_path(&self, plan: Option<&Plan>) -> Utf8PathBuf {
        match (&self.manifest, plan) {
            (Some(path), _) => path.clone(),
            (None, None) => self.target.clone(),
            (None, Some(plan)) => {
                let folder = self.target.parent().unwrap_or(Utf8Path::new(""));
                folder.join(&plan.manifest)
            }
        }
    }

    fn unfinished(
        &self,
        (store, lease): (&dyn Store, &Lease),
        console: &Console,
    ) -> Result<Option<Run>, Problem> {
        let Some(mut run) = store.unfinished(lease)? else { return Ok(None) };
        let Some(reason) = &self.give_up else { return Ok(Some(run)) };
        run.give_up(reason).map_err(crate::state::StateError::from)?;
        console.say(&format!("The run {} is given up: {reason}", run.id));
        Ok(None)
    }

    /// Begins a run of the plan file, or of a plan made now.
    fn begin(
        &self,
        file: Option<Plan>,
        site: &Site,
        (store, lease): (&dyn Store, &Lease),
        console: &Console,
    ) -> Result<Begun, Problem> {
        let observed = watch::observe(site, console);
        let plan = match file {
            Some(plan) => {
                still_holds(&plan, plan.steps.iter(), &observed)?;
                plan
            }
            None => plan::make(site, &observed, Utf8Path::new(""))?,
        };
        console.show(&view::plan::document(&plan, view::plan::Detail::Steps, ""))?;
        if plan.is_empty() {
            return Ok(Begun::Nothing(left_out(&plan, console)));
        }
        if !self.agrees(console)? {
            return Ok(Begun::Nothing(Exit::Done));
        }
        Ok(Begun::Run(Box::new(store.begin(lease, plan, Timestamp::now())?)))
    }

    /// Continues `run`, if the rest of its plan still holds.
    fn go_on(
        &self,
        run: Run,
        file: Option<&Plan>,
        site: &Site,
        console: &Console,
    ) -> Result<Option<Run>, Problem> {
        if file.is_some_and(|plan| plan.seal != run.plan.seal) {
            return Err(another_plan(&run, "this plan file is another one"));
        }
        if run.plan.basis.desired != site.desired.digest() {
            return Err(another_plan(&run, "manifest, release or catalog changed since"));
        }
        console.say(&continuing(&run));
        let observed = watch::observe(site, console);
        let untouched = |step: &&Step| run.progress.is_untouched(&step.id);
        still_holds(&run.plan, run.plan.steps.iter().filter(untouched), &observed)?;
        let rest = rest(&run.plan, &run.progress);
        console.show(&view::plan::document(&rest, view::plan::Detail::Steps, ""))?;
        Ok(self.agrees(console)?.then_some(run))
    }

    fn agrees(&self, console: &Console) -> Result<bool, Problem> {
        let agreed = self.yes || console.agrees("Carry this plan out?")?;
        if !agreed {
            console.say("Nothing was changed.");
        }
        Ok(agreed)
    }

    fn report(&self, run: &Run, ending: &Ending, console: &Console) -> Result<Exit, Problem> {
        let next = format!("mdc apply {}", self.target);
        let report = report::of(&run.plan, &run.id, ending, &run.place, &next);
        console.show(&view::report::document(&report, view::report::Detail::Summary))?;
        let left_out = left_out(&run.plan, console);
        Ok(if report.next.is_empty() { left_out } else { Exit::Incomplete })
    }
}

/// What came of the wish to begin a run.
enum Begun {
    /// A run.
    Run(Box<Run>),
    /// No run: there is nothing to do, or nobody agreed.
    Nothing(Exit),
}

/// Says what the plan could not hold, so that nobody takes a part for the whole.
fn left_out(plan: &Plan, console: &Console) -> Exit {
    if plan.unknown.is_empty() && plan.withheld.is_empty() {
        return Exit::Done;
    }
    let hosts: Vec<&str> = plan.unknown.iter().map(|unknown| unknown.host.as_str()).collect();
    console.say(&format!(
        "The cluster is not as desired yet: {} could not be read, and {} changes that come after or \
         need it were left out of the plan. Make it readable, then apply again.",
        hosts.join(", "),
        plan.withheld.len()
    ));
    Exit::Incomplete
}

fn carry_out(run: &mut Run, site: &Site, console: &Console) -> Result<Ending, Problem> {
    let (stop, inbox) = Stop::channel();
    // The first signal lets running steps end; there is no second handler to lose.
    let handled = ctrlc::set_handler(move || stop.stop("interrupted by a signal (Ctrl-C)"));
    handled.map_err(|error| {
        Problem::new(format!("signals can't be handled: {error}"), "nothing was changed; try again")
    })?;
    let dial = site.dial();
    let packages = &site.release.folder;
    let apply = apply::Apply { dial: &dial, packages, at_once: site.at_once };
    let plan = run.plan.clone();
    let place = run.place.clone();
    let ended = watch::watching(console, Subject::Plan(&plan), |progress, start| {
        apply::run(&apply, run, inbox, &mut |event| match event {
            Some(event) => progress.event(start.elapsed(), &event),
            None => progress.tick(start.elapsed()),
        })
    });
    ended.map_err(|error| {
        Problem::new(
            format!("the run was stopped, since it could no longer be recorded: {error}"),
            format!("make room for {place}, then apply again: it continues"),
        )
    })
}

fn continuing(run: &Run) -> String {
    format!(
        "The run {} did not come to its end: {} of {} steps are done, {} failed, {} were cut off. \
         It is continued.",
        run.id,
        run.progress.done.len(),
        run.plan.steps.len(),
        run.progress.failed.len(),
        run.progress.interrupted.len(),
    )
}

/// The part of a plan that is still to be done, for reading.
fn rest(plan: &Plan, progress: &Progress) -> Plan {
    let mut rest = plan.clone();
    rest.steps.retain(|step| !progress.done.contains(&*step.id));
    for step in &mut rest.steps {
        step.after.retain(|id| !progress.done.contains(&**id));
    }
    rest
}

fn another_plan(run: &Run, why: &str) -> Problem {
    Problem::new(
        format!("the run {} is unfinished, and {why}", run.id),
        "put it back and apply again to finish that run, or give the run up with --give-up REASON: \
         the new plan then begins from what the hosts show",
    )
}

fn same_basis(plan: &Plan, site: &Site) -> Result<(), Problem> {
    if plan.basis.desired == site.desired.digest() {
        return Ok(());
    }
    Err(Problem::new(
        format!(
            "the plan is stale: {}, its release or the catalog say something else now than when it \
             was made",
            site.path
        ),
        "make the plan again and have it reviewed",
    ))
}

fn still_holds<'a>(
    plan: &Plan,
    steps: impl Iterator<Item = &'a Step>,
    observed: &crate::observe::Observed,
) -> Result<(), Problem> {
    let moved = moved(plan, steps, observed);
    if moved.is_empty() {
        return Ok(());
    }
    let line = |moved: &Moved| {
        format!("\n  {}: {} was {}, is {}", moved.step, moved.fact, moved.planned, moved.observed)
    };
    Err(Problem::new(
        format!(
            "the plan is stale, since facts that it rests on have moved:{}",
            moved.iter().map(line).collect::<String>()
        ),
        "nothing was changed; make the plan again and have it reviewed",
    ))
}
