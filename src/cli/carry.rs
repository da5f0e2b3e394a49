//! Carries a run out and reports how it ended: what `mdc apply` and `mdc resume` share.

use clap::Args;
use jiff::Timestamp;

use super::choice::Choice;
use super::console::Console;
use super::events::Events;
use super::form::Plain;
use super::hold::Hold;
use super::problem::Problem;
use super::site::Site;
use super::{Exit, claims, records, signals, under_load, watch};
use crate::apply::{self, Control, Ending};
use crate::plan::{Moved, Plan, Step, moved};
use crate::report::{self, Report, Ways};
use crate::scan::ToGateway;
use crate::scan::load::{self, LoadAccount, Under};
use crate::state::{Entry, JournalError, Progress, Run, StateError, Store};
use crate::value::Period;
use crate::view;
use crate::view::progress::Subject;

/// How a run is carried out.
#[derive(Debug, Args)]
pub(super) struct Manner {
    /// Don't ask
    #[arg(long)]
    yes: bool,
    /// For how long a host that can't be reached is tried again while the run goes on
    #[arg(long, value_name = "PERIOD", default_value = "5m")]
    patience: Period,
    /// Take the cluster over from a controller that may still be at work, with the reason for the
    /// record; that one can then change nothing any more
    #[arg(long, value_name = "REASON")]
    take_over: Option<String>,
    /// Confirm what a gate of this component asks people for (see the plan); may be given several
    /// times
    #[arg(long, value_name = "COMPONENT")]
    confirm: Vec<String>,
    /// Submit the files of the manifest's `[load]` to the API Gateway while the plan runs, and report
    /// what became of them: for rehearsals
    #[arg(long)]
    load: bool,
    /// In which form it is reported; with `json` the report alone goes to standard output, and the plan
    /// to standard error
    #[arg(long, default_value = "text")]
    pub(super) format: Plain,
    #[command(flatten)]
    events: Events,
    #[command(flatten)]
    choice: Choice,
}

/// A run that was carried out, and how that ended.
pub(super) struct Carried {
    pub(super) run: Run,
    pub(super) ending: Ending,
    pub(super) exit: Exit,
}

impl Manner {
    /// Why the lease may be taken by force.
    pub(super) fn take_over(&self) -> Option<&str> {
        self.take_over.as_deref()
    }

    /// Refuses a load that the manifest doesn't describe.
    pub(super) fn fits(&self, site: &Site) -> Result<(), Problem> {
        if self.load && site.manifest.load.is_none() {
            return Err(Problem::new(
                format!("{} has no `[load]` that --load could submit", site.path),
                "nothing was changed; write `[load]` with a `shape` or a `size` (docs/scans.md)",
            ));
        }
        self.events.open().map(drop)
    }

    /// Shows the plan that is to be carried out; `next` is the command for that.
    pub(super) fn show(&self, plan: &Plan, next: &str, console: &Console) -> Result<(), Problem> {
        let document = view::plan::document(plan, view::plan::Detail::Steps, next);
        match self.format {
            Plain::Text => console.show(&document),
            Plain::Json => {
                console.tell(&document);
                Ok(())
            }
        }
    }

    /// Whether the user wants this plan to be carried out.
    pub(super) fn agrees(&self, console: &Console) -> Result<bool, Problem> {
        let agreed = self.yes || console.agrees("Carry this plan out?")?;
        if !agreed {
            console.say("Nothing was changed.");
        }
        Ok(agreed)
    }

    /// Continues `run`, if the rest of its plan still holds and the user agrees.
    pub(super) fn go_on(
        &self,
        run: &mut Run,
        site: &Site,
        console: &Console,
    ) -> Result<bool, Problem> {
        if run.plan.approvals.is_some() && !run.progress.has_right {
            return Err(Problem::new(
                format!("the record of the run {} doesn't say who had approved its plan", run.id),
                "nothing was changed; `mdc` writes no such record: find out who has touched it, give the run \
                 up with `mdc apply --give-up REASON`, and begin anew",
            ));
        }
        if run.plan.basis.desired != site.desired.digest() {
            return Err(another_plan(run, "manifest, release or catalog changed since"));
        }
        console.say(&continuing(run));
        let observed = watch::observe(site, console);
        let untouched = |step: &&Step| run.progress.is_untouched(&step.id);
        still_holds(&run.plan, run.plan.steps.iter().filter(untouched), &observed)?;
        let rest = rest(&run.plan, &run.progress);
        self.show(&rest, "", console)?;
        self.agrees(console)
    }

    /// Records what the user leaves out of `run`.
    pub(super) fn leave_out(&self, run: &mut Run) -> Result<(), Problem> {
        let left_out = self.choice.left_out(&rest(&run.plan, &run.progress))?;
        for (step, reason) in left_out {
            run.record(Entry::Skipped { step, reason }).map_err(StateError::from)?;
        }
        Ok(())
    }

    /// Refuses a choice that `plan` can't be carried out in.
    pub(super) fn check(&self, plan: &Plan) -> Result<(), Problem> {
        self.choice.left_out(plan).map(drop)
    }

    /// Carries `run` out to its end and reports it; `next` is the command that goes on from there.
    pub(super) fn carry_out(
        &self,
        mut run: Run,
        (site, hold): (&Site, &Hold),
        console: &Console,
        next: &str,
    ) -> Result<Carried, Problem> {
        let (ending, load) = self.attempt(&mut run, (site, hold), (console, next))?;
        let loses = load.as_ref().is_some_and(LoadAccount::loses_too_many);
        let plan = format!("mdc apply {}", site.path);
        let go_back = format!("mdc rollback {}", site.path);
        let ways = Ways { go_on: next, plan: &plan, go_back: &go_back };
        let report = report::of(&run.plan, &run.id, &ending, &run.place, ways);
        let report = Report { load, ..report };
        let document = || view::report::document(&report, view::report::Detail::Summary);
        self.format.show(&report, document, console)?;
        let left_out = left_out(&run.plan, console);
        let exit = if report.next.is_empty() && !loses { left_out } else { Exit::Incomplete };
        Ok(Carried { run, ending, exit })
    }

    fn attempt(
        &self,
        run: &mut Run,
        (site, hold): (&Site, &Hold),
        (console, next): (&Console, &str),
    ) -> Result<(Ending, Option<LoadAccount>), Problem> {
        let (control, inbox) = Control::channel();
        signals::handle(control.clone())?;
        let mut events = self.events.open()?;
        let dial = site.dial();
        let by = hold.lease.holder().who();
        let confirmed =
            self.confirm.iter().map(|component| (component.clone(), by.clone())).collect();
        let copied = records::copied(run, site, hold)?;
        let gateway: &ToGateway<'_> = &|| site.gateway();
        let center = site.center();
        let apply = apply::Apply {
            dial: &dial,
            packages: &site.release.folder,
            at_once: site.at_once,
            tenure: hold.tenure(),
            patience: self.patience.duration(),
            copied: &copied,
            confirmed: &confirmed,
            gateway,
            center: center.as_ref(),
            cores: site.kept_cores(),
            telling: &site.telling(next),
            clock: &Timestamp::now,
        };
        let plan = run.plan.clone();
        let load = site.manifest.load.as_ref().filter(|_| self.load);
        let under = load.map(|load| Under { load, gateway, enough: &signals::are_heard });
        let ended = hold.beating(&control, || {
            let (ended, load) = load::under(under.as_ref(), |meter| {
                let ended = watch::watching(console, Subject::Plan(&plan), |progress, start| {
                    apply::run(&apply, run, inbox, &mut |event| match event {
                        Some(event) => {
                            events.write(&event, console);
                            under_load::hear(meter, &event);
                            progress.event(start.elapsed(), &event);
                        }
                        None => progress.tick(start.elapsed()),
                    })
                });
                under_load::ends(meter, (ended.as_ref().ok(), &plan, load), console);
                ended
            });
            let ending = ended?;
            if let Some(load) = &load {
                run.record(Entry::Loaded { load: Box::new(load.clone()) })?;
            }
            Ok((ending, load))
        });
        ended.map_err(|error: JournalError| {
            Problem::new(
                format!("the run was stopped, since it could no longer be recorded: {error}"),
                format!("{}; `mdc resume` goes on from there", error.hint()),
            )
        })
    }
}

/// Says what earlier runs left out and nobody has done since.
pub(super) fn say_debts(store: &dyn Store, console: &Console) -> Result<(), Problem> {
    for run in store.runs()? {
        if !run.debts.is_empty() {
            console.say(&format!("The run {} still owes what was left out of it:", run.run));
            for (step, reason) in &run.debts {
                console.say(&format!("  {step}: {reason}"));
            }
        }
    }
    Ok(())
}

/// Says what the plan could not hold, so that nobody takes a part for the whole.
pub(super) fn left_out(plan: &Plan, console: &Console) -> Exit {
    if plan.unknown.is_empty() && plan.withheld.is_empty() {
        return Exit::Done;
    }
    let hosts: Vec<&str> = plan.unknown.iter().map(|unknown| unknown.host.as_str()).collect();
    let withheld = match plan.withheld.len() {
        0 => String::new(),
        1 => ", and 1 change that comes after or needs it was left out of the plan".to_owned(),
        more => {
            format!(", and {more} changes that come after or need it were left out of the plan")
        }
    };
    console.say(&format!(
        "The cluster is not as desired yet: {} could not be read{withheld}. Make it readable, then \
         apply again.",
        hosts.join(", ")
    ));
    Exit::Incomplete
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
    let over = |id: &str| progress.done.contains(id) || progress.skipped.contains_key(id);
    rest.steps.retain(|step| !over(&step.id));
    for step in &mut rest.steps {
        step.after.retain(|id| !over(id));
    }
    rest
}

pub(super) fn another_plan(run: &Run, why: &str) -> Problem {
    Problem::new(
        format!("the run {} is unfinished, and {why}", run.id),
        "put it back and apply again to finish that run, or give the run up with --give-up REASON: \
         the new plan then begins from what the hosts show",
    )
}

pub(super) fn same_basis(plan: &Plan, site: &Site) -> Result<(), Problem> {
    if plan.basis.desired == site.desired.digest() {
        return claims::own_secrets(plan, site);
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

pub(super) fn still_holds<'a>(
    plan: &Plan,
    steps: impl Iterator<Item = &'a Step>,
    observed: &crate::observe::Observed,
) -> Result<(), Problem> {
    let moved = moved(plan, steps, observed);
    if moved.is_empty() {
        return Ok(());
    }
    let line = |moved: &Moved| {
        format!("{}: {} was {}, is {}", moved.step, moved.fact, moved.planned, moved.observed)
    };
    Err(Problem::new(
        format!(
            "the plan is stale, since facts that it rests on have moved: {}",
            moved.iter().map(line).collect::<Vec<_>>().join("; ")
        ),
        "nothing was changed; make the plan again and have it reviewed",
    ))
}
