//! Carries a run out and reports how it ended: what `mdc apply` and `mdc resume` share.

use std::collections::BTreeMap;

use clap::Args;
use jiff::Timestamp;

use super::choice::Choice;
use super::console::Console;
use super::events::Events;
use super::form::{Answer, Plain};
use super::hold::Hold;
use super::problem::Problem;
use super::site::Site;
use super::{Exit, basis, give_work, records, show, signals, under_load, watch};
use crate::apply::{self, Control, Ending};
use crate::diagnostic::Code;
use crate::plan::{Plan, Step};
use crate::report::{self, Report, Ways};
use crate::scan::ToGateway;
use crate::scan::load::{self, LoadAccount, Under};
use crate::state::{Entry, JournalError, Progress, Run, StateError};
use crate::transport::{Command, Task};
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
    /// In which form it is reported; with `json` one report alone goes to standard output, and what
    /// people read to standard error
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
    /// What people were shown, and programs have yet to be told.
    pub(super) report: Report,
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
                Code::SettingMissing,
                format!("{} has no `[load]` that --load could submit", site.path),
                "nothing was changed; write `[load]` with a `shape` or a `size` (docs/scans.md)",
            ));
        }
        self.events.open().map(drop)
    }

    /// Gives programs the account of a run.
    pub(super) fn account(&self, report: &Report, console: &Console) -> Result<(), Problem> {
        self.format.answer(&Answer::of("report", report), console)
    }

    /// Tells programs that nothing was to be done by `plan`: people were shown that plan.
    pub(super) fn nothing(&self, plan: &Plan, console: &Console) -> Result<(), Problem> {
        self.account(&unbegun(plan), console)
    }

    /// Gives programs a plan that was saved for later.
    pub(super) fn saved(&self, plan: &Plan, console: &Console) -> Result<(), Problem> {
        match self.format {
            Plain::Text => Ok(()),
            Plain::Json => console.data(&show::json(plan)?),
        }
    }

    /// Whether the user wants `plan` to be carried out. Without it nothing is, and programs are told so.
    pub(super) fn agrees(&self, plan: &Plan, console: &Console) -> Result<bool, Problem> {
        let agreed = self.agrees_to("Carry this plan out?", console)?;
        if !agreed {
            let stopped = Some("nobody agreed to it".to_owned());
            self.account(&Report { stopped, ..unbegun(plan) }, console)?;
        }
        Ok(agreed)
    }

    /// Whether the user is asked.
    pub(super) const fn asks(&self) -> bool {
        !self.yes
    }

    /// Whether the user wants what `question` asks.
    pub(super) fn agrees_to(&self, question: &str, console: &Console) -> Result<bool, Problem> {
        let agreed = self.yes || console.agrees(question)?;
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
                Code::RecordUnusable,
                format!("the record of the run {} doesn't say who had approved its plan", run.id),
                "nothing was changed; `mdc` writes no such record: find out who has touched it, give the run \
                 up with `mdc apply --give-up REASON`, and begin anew",
            ));
        }
        basis::same_for_begun(run, site)?;
        console.say(&continuing(run));
        let observed = watch::observe(site, console);
        let untouched = |step: &&Step| run.progress.is_untouched(&step.id);
        let untouched: Vec<&Step> = run.plan.steps.iter().filter(untouched).collect();
        let mut refused = basis::still_holds(&run.plan, &untouched, (site, &observed), console)?;
        refused.retain(|step, _| run.progress.is_untouched(step));
        let rest = rest(&run.plan, &run.progress).without(&refused);
        show(&rest, "", console)?;
        let left_out = self.left_out(&rest, site)?;
        if !self.agrees(&rest, console)? {
            return Ok(false);
        }
        basis::leave_refused(run, refused)?;
        leave_out(run, left_out)?;
        Ok(true)
    }

    /// The steps of `plan` that the user leaves out, with the reason; refuses a choice that it can't be
    /// carried out in, and moves of licences of which a later one would have no secret.
    pub(super) fn left_out(
        &self,
        plan: &Plan,
        site: &Site,
    ) -> Result<BTreeMap<String, String>, Problem> {
        own_licences(plan, site)?;
        self.choice.left_out(plan)
    }

    /// Carries `run` out to its end and reports it; `next` is the command that goes on from there.
    pub(super) fn carry_out(
        &self,
        mut run: Run,
        (site, hold): (&Site, &Hold),
        console: &Console,
        next: &str,
    ) -> Result<Carried, Problem> {
        let all_work = give_work::to_left_out(&mut run, (site, hold), console)?;
        let (ending, load) = self.attempt(&mut run, (site, hold), (console, next))?;
        let loses = load.as_ref().is_some_and(LoadAccount::loses_too_many);
        let plan = format!("mdc apply {}", site.path);
        let go_back = format!("mdc rollback {}", site.path);
        let debts = format!("mdc resume --debts {}", site.path);
        let ways = Ways { go_on: next, debts: &debts, plan: &plan, go_back: &go_back };
        let report = report::of(&run.plan, &run.id, &ending, &run.place, ways);
        let report = Report { load, ..report };
        console.show(&view::report::document(&report, view::report::Detail::Summary))?;
        let left_out = left_out(&run.plan, console);
        let is_done = report.next.is_empty() && !loses && all_work;
        let exit = if is_done { left_out } else { Exit::Incomplete };
        Ok(Carried { run, ending, exit, report })
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
            in_flight: (site.manifest.copying.bytes(), site.manifest.copying.files()),
            at_once: site.at_once,
            tenure: hold.tenure(),
            patience: self.patience.duration(),
            copied: &copied,
            confirmed: &confirmed,
            gateway,
            history: &|| site.history(),
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
                Code::RecordUnusable,
                format!("the run was stopped, since it could no longer be recorded: {error}"),
                format!("{}; `mdc resume` goes on from there", error.hint()),
            )
        })
    }
}

/// Shows the plan that is to be carried out; `next` is the command for that.
pub(super) fn show(plan: &Plan, next: &str, console: &Console) -> Result<(), Problem> {
    console.show(&view::plan::document(plan, view::plan::Detail::Steps, next))
}

/// Records what the user leaves out of `run`, with the reason. It was judged before the run began: a run that
/// is begun and refused stands in the way of the next.
pub(super) fn leave_out(run: &mut Run, left_out: BTreeMap<String, String>) -> Result<(), Problem> {
    for (step, reason) in left_out {
        if !run.progress.done.contains(&step) {
            run.record(Entry::Skipped { step, reason }).map_err(StateError::from)?;
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
    let what = format!(
        "the cluster is not as desired yet: {} could not be read{withheld}. Make it readable, then \
         apply again.",
        hosts.join(", ")
    );
    console.warns(Code::Unreachable, what);
    Exit::Incomplete
}

/// Reads what the moves of licences take, before the first of them: half of a takeover leaves nobody licensed.
fn own_licences(plan: &Plan, site: &Site) -> Result<(), Problem> {
    let Some(cores) = site.kept_cores() else { return Ok(()) };
    let request = |command: &Command| match &command.task {
        Task::Licence(request) => cores.lacks_secret(request),
        _ => None,
    };
    let mut steps = plan.steps.iter();
    let lacking = steps.find_map(|step| Some((step, step.commands.iter().find_map(request)?)));
    lacking.map_or(Ok(()), |(step, why)| {
        Err(Problem::new(
            Code::SettingMissing,
            format!("{} has no secret: {why}", step.id),
            "nothing was changed; put it where the manifest says, or correct [standby]",
        ))
    })
}

pub(super) fn continuing(run: &Run) -> String {
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

/// The account of a plan of which nothing was begun.
fn unbegun(plan: &Plan) -> Report {
    report::of(plan, "", &Ending::default(), "", Ways::default())
}

/// The part of a plan that is still to be done, for reading.
pub(super) fn rest(plan: &Plan, progress: &Progress) -> Plan {
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
        Code::RunUnfinished,
        format!("the run {} is unfinished, and {why}", run.id),
        "put it back and apply again to finish that run, or give the run up with --give-up REASON: \
         the new plan then begins from what the hosts show",
    )
}
