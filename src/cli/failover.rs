//! `mdc failover`: lets a standby of MD Core take over at once.

use std::time::Instant;

use camino::Utf8Path;
use clap::Args;
use jiff::Timestamp;

use super::approval::{Glass, reason};
use super::carry::{Carried, Manner};
use super::console::Console;
use super::hold::Hold;
use super::problem::Problem;
use super::site::Site;
use super::{Common, Exit, ManifestPath, plan, records};
use crate::address::HostName;
use crate::cores::Depth;
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::diff::{Action, LicenceChange, TakeoverProblem, take_over};
use crate::observe::{self, CoreState, Observed};
use crate::plan::{Plan, Purpose, Step, fail_over, owed};
use crate::standby::{Forbidden, Role};
use crate::state::{Entry, Run};
use crate::value::Period;
use crate::view;

/// Lets a standby of MD Core take over at once: observes the instances, makes the smallest plan, asks
/// once and carries it out.
///
/// A production instance that can't be asked holds nothing up; that it has lost its licence is owed, and
/// seen by `mdc resume --debts` when it is back. A planned takeover swaps the roles in the manifest.
#[derive(Debug, Args)]
pub(super) struct Failover {
    #[command(flatten)]
    site: ManifestPath,
    /// The standby that takes over
    #[arg(long, value_name = "HOST")]
    to: String,
    /// Give an unfinished run up, with the reason for the record
    #[arg(long, value_name = "REASON", value_parser = reason)]
    give_up: Option<String>,
    #[command(flatten)]
    glass: Glass,
    #[command(flatten)]
    manner: Manner,
}

impl Failover {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let site = Site::load(&self.site.manifest, common, console)?;
        self.manner.fits(&site)?;
        let to: HostName = self.to.parse().map_err(|_| unknown(&self.to, &site))?;
        let instead = "have the takeover planned and approved: swap the roles in the manifest, then `mdc plan \
                       -o plan.json`";
        let right = self.glass.for_new(&site, instead)?;
        let purpose = format!("mdc failover {} --to {to}", site.path);
        let hold = Hold::take(&site, &purpose, self.manner.take_over())?;
        let next = format!("mdc resume {}", site.path);
        if let Some(run) = self.unfinished(&hold, (&site, &to), console)? {
            return self.carry_out(run, (&site, &hold), (console, &next));
        }
        let start = Instant::now();
        let observed = observed(&site, &to)?;
        let (changes, dead) = take_over(&site.desired, &observed, &to)
            .map_err(|problem| refused(&problem, (&site, &to), &observed))?;
        let plan = Self::plan(&site, &changes, &dead);
        let asked = start.elapsed();
        say(&site, (&observed, &to), console);
        console.show(&view::plan::document(&plan, view::plan::Detail::Steps, ""))?;
        if !self.manner.agrees(console)? {
            return Ok(Exit::Done);
        }
        let agreed = Instant::now();
        let by = hold.lease.holder().who();
        let mut entries: Vec<Entry> = right.entry(&by).into_iter().collect();
        entries.extend(debts(&plan, &dead));
        let run = hold.store.begin(&hold.lease, plan, (Timestamp::now(), &entries))?;
        right.say(console);
        let exit = self.carry_out(run, (&site, &hold), (console, &next))?;
        let millis = |time: std::time::Duration| {
            Period::millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
        };
        console.say(&format!(
            "The instances were asked in {}, and the takeover took {} from your yes.",
            millis(asked),
            millis(agreed.elapsed())
        ));
        console.say(&format!(
            "The manifest still says otherwise: write `role = \"production\"` for {to} before the next plan."
        ));
        Ok(exit)
    }

    fn carry_out(
        &self,
        run: Run,
        (site, hold): (&Site, &Hold),
        (console, next): (&Console, &str),
    ) -> Result<Exit, Problem> {
        let Carried { exit, .. } = self.manner.carry_out(run, (site, hold), console, next)?;
        Ok(exit)
    }

    /// The same takeover, when it did not come to its end; any other run is in the way.
    fn unfinished(
        &self,
        hold: &Hold,
        (site, to): (&Site, &HostName),
        console: &Console,
    ) -> Result<Option<Run>, Problem> {
        let Some(mut run) = hold.unfinished()? else { return Ok(None) };
        let leads = |step: &Step| {
            step.host == *to && matches!(step.action, Action::Nominate | Action::Activate)
        };
        if run.plan.purpose == Purpose::FailOver && run.plan.steps.iter().any(leads) {
            console
                .say(&format!("The takeover {} did not come to its end; it is continued.", run.id));
            return Ok(Some(run));
        }
        if let Some(reason) = &self.give_up {
            records::give_up(&mut run, reason, (site, hold), console)?;
            return Ok(None);
        }
        Err(Problem::new(
            format!("the run {} is unfinished", run.id),
            "give it up with --give-up REASON and let the standby take over; what it has done stays, and a new \
             plan begins from what there is",
        ))
    }

    fn plan(site: &Site, changes: &[LicenceChange], dead: &[HostName]) -> Plan {
        let owing: Vec<Step> =
            former(site, changes, dead).iter().filter_map(|it| owed(&site.desired, it)).collect();
        let mut plan = fail_over(&site.desired, changes, &owing);
        plan.manifest = plan::locator(&site.path, Utf8Path::new(""));
        plan.seal = plan.digest();
        plan
    }
}

/// Those that may be the production instance and can't be asked.
fn former(site: &Site, changes: &[LicenceChange], dead: &[HostName]) -> Vec<HostName> {
    let is_found =
        |change: &LicenceChange| matches!(change.action, Action::Yield | Action::Deactivate);
    if changes.iter().any(is_found) {
        return Vec::new();
    }
    let role = |host: &HostName| {
        site.desired.standby.as_ref().and_then(|it| it.cores.get(host)).map(|core| core.role)
    };
    let production: Vec<HostName> =
        dead.iter().filter(|host| role(host) == Some(Role::Production)).cloned().collect();
    if production.is_empty() { dead.to_vec() } else { production }
}

/// What is owed from the beginning: nobody waits for it.
fn debts(plan: &Plan, dead: &[HostName]) -> Vec<Entry> {
    let owed = plan.steps.iter().filter(|it| it.action == Action::Yield && dead.contains(&it.host));
    let entry = |step: &Step| Entry::Skipped {
        step: step.id.to_string(),
        reason: format!(
            "{} could not be asked when another instance took over: see that it has lost its licence, then \
             register it as a backup",
            step.host
        ),
    };
    owed.map(entry).collect()
}

/// The instances, each by its own interface; no host is asked for anything else.
fn observed(site: &Site, to: &HostName) -> Result<Observed, Problem> {
    let cores = site.kept_cores().ok_or_else(|| unknown(to.as_str(), site))?;
    Ok(Observed { cores: observe::cores(cores, Depth::Brief), ..Observed::default() })
}

/// Whether it is ready, and who can't be asked.
fn say(site: &Site, (observed, to): (&Observed, &HostName), console: &Console) {
    for (host, state) in &observed.cores {
        if let CoreState::Unknown(why) = state {
            console.say(&format!("{host} can't be asked: {}", why.reason));
        }
    }
    let known = |host: &HostName| observed.cores.get(host).and_then(CoreState::known);
    let of = site.desired.standby.as_ref().and_then(|it| it.cores.get(to)?.of.as_ref());
    let Some(facts) = known(to) else { return };
    for why in facts.not_ready(of.and_then(known)) {
        console.say(&format!("Warning: {to} is not ready: {why}."));
    }
}

fn unknown(host: &str, site: &Site) -> Problem {
    let known: Vec<&str> =
        site.desired.standby.iter().flat_map(|it| it.cores.keys()).map(HostName::as_str).collect();
    Problem::new(
        format!("`{host}` is no instance of hot backup in {}", site.path),
        if known.is_empty() {
            "nothing was changed; write `[standby]` (docs/standby.md)".to_owned()
        } else {
            format!("nothing was changed; the instances are {}", known.join(", "))
        },
    )
}

fn refused(
    problem: &TakeoverProblem,
    (site, to): (&Site, &HostName),
    observed: &Observed,
) -> Problem {
    match problem {
        TakeoverProblem::NotThere => unknown(to.as_str(), site),
        TakeoverProblem::Unknown => {
            let (reason, hint) = match observed.cores.get(to) {
                Some(CoreState::Unknown(why)) => (why.reason.clone(), why.hint.clone()),
                _ => ("it was not asked".to_owned(), String::new()),
            };
            Problem::new(format!("{to} can't be asked, and can't take over: {reason}"), hint)
        }
        TakeoverProblem::Forbidden(forbidden) => forbidden_move(forbidden, (site, to)),
    }
}

/// A move that the rules forbid, with the way that they allow.
fn forbidden_move(forbidden: &Forbidden, (site, to): (&Site, &HostName)) -> Problem {
    let message = match forbidden.from.role {
        Role::Production => format!("{to} is the production instance already"),
        _ => format!(
            "{to} is {} and can't be nominated: {}",
            forbidden.from.role.as_str(),
            forbidden.why()
        ),
    };
    let help = forbidden.legal().map_or_else(
        || "nothing was changed, and nothing has to be".to_owned(),
        |legal| {
            format!(
                "nothing was changed; the legal way is: {legal}. Write `role = \"production\"` for it, and \
                 `mdc plan` finds the way"
            )
        },
    );
    let problem = Diagnostic::new(Code::ForbiddenMove, message).help(help);
    let core = site.manifest.standby.as_ref().and_then(|it| it.value.cores.get(to));
    Problem::Diagnostics(vec![match core {
        Some(core) => {
            problem.at(Label::new(&site.manifest.source, core.span.clone(), "this instance"))
        }
        None => problem,
    }])
}
