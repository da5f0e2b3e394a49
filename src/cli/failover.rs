//! `mdc failover`: lets a standby of MD Core take over at once.

use std::time::Instant;

use camino::Utf8Path;
use clap::Args;
use jiff::Timestamp;

use super::approval::{Glass, reason};
use super::carry::{self, Carried, Manner};
use super::console::Console;
use super::hold::Hold;
use super::problem::Problem;
use super::site::Site;
use super::{Common, Exit, ManifestPath, plan, records};
use crate::address::HostName;
use crate::cores::{Cores, Depth};
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::diff::{Action, LicenceChange, Refusal, TakeoverProblem, take_over};
use crate::manifest::Standby;
use crate::observe::{self, CoreState, Observed};
use crate::plan::{Plan, Purpose, Step, fail_over, owed};
use crate::standby::{Forbidden, Role};
use crate::state::{Entry, Run};
use crate::value::Period;
use crate::view;

/// Lets a standby of MD Core take over at once: observes the instances, makes the smallest plan, asks
/// once and carries it out.
///
/// A production instance that can't be asked holds nothing up; what it owes (to have lost its licence, or to
/// give it back) is done by `mdc resume --debts` when it is back. Exits with 0 when the standby has taken over. A planned takeover swaps the roles in the manifest.
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

/// What becomes of an unfinished run before this one.
enum Old<'a> {
    /// It is the same takeover, and goes on.
    Continued(Box<Run>),
    /// It is given up, for this reason, when the user has agreed to what follows.
    GivenUp(Box<Run>, &'a str),
    /// It is over, and owes something.
    Owing(Box<Run>),
    /// There is none.
    Nothing,
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
        let old = match self.old(&hold, &to)? {
            Old::Continued(run) => {
                return self.go_on((*run, &to), (&site, &hold), (console, &next));
            }
            old => old,
        };
        let start = Instant::now();
        let observed = observed(&site, &to)?;
        let (changes, dead) = take_over(&site.desired, &observed, &to)
            .map_err(|problem| refused(&problem, (&site, &to), &observed))?;
        let plan = Self::plan(&site, &changes, &dead);
        let asked = start.elapsed();
        say(&site, (&observed, &to), console);
        console.show(&view::plan::document(&plan, view::plan::Detail::Steps, ""))?;
        let left_out = self.manner.left_out(&plan, &site)?;
        if !self.agrees(&plan, &site, console)? {
            return Ok(Exit::Done);
        }
        let agreed = Instant::now();
        let old = old.leave(console)?;
        let by = hold.lease.holder().who();
        let mut entries: Vec<Entry> = right.entry(&by).into_iter().collect();
        entries.extend(debts(&plan, &dead));
        let mut run = hold.store.begin(&hold.lease, plan, (Timestamp::now(), &entries))?;
        carry::leave_out(&mut run, left_out)?;
        right.say(console);
        let carried = self.carry_out((run, &to), (&site, &hold), (console, &next));
        let known = agreed.elapsed();
        let millis = |time: std::time::Duration| {
            Period::millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
        };
        // Nothing is cleared away while nobody scans.
        if let Some(old) = old {
            records::leave_nothing(&old, (&site, &hold), console);
        }
        let exit = carried?;
        console.say(&format!(
            "The instances were asked in {}, and what came of it was known {} after your yes.",
            millis(asked),
            millis(known)
        ));
        Ok(exit)
    }

    /// Goes on with the same takeover. What each move needs is looked at right before it, as always.
    fn go_on(
        &self,
        (mut run, to): (Run, &HostName),
        (site, hold): (&Site, &Hold),
        (console, next): (&Console, &str),
    ) -> Result<Exit, Problem> {
        console.say(&carry::continuing(&run));
        let rest = carry::rest(&run.plan, &run.progress);
        carry::show(&rest, "", console)?;
        let left_out = self.manner.left_out(&rest, site)?;
        if !self.agrees(&rest, site, console)? {
            return Ok(Exit::Done);
        }
        carry::leave_out(&mut run, left_out)?;
        self.carry_out((run, to), (site, hold), (console, next))
    }

    /// Whether the user agrees to `plan`; while somebody thinks, others may act.
    fn agrees(&self, plan: &Plan, site: &Site, console: &Console) -> Result<bool, Problem> {
        let agreed = self.manner.agrees(plan, console)?;
        if self.manner.asks() {
            site.kept_cores().into_iter().for_each(Cores::doubt);
        }
        Ok(agreed)
    }

    /// Carries the takeover out. What is owed by whoever is dead is no failure of it.
    fn carry_out(
        &self,
        (run, to): (Run, &HostName),
        (site, hold): (&Site, &Hold),
        (console, next): (&Console, &str),
    ) -> Result<Exit, Problem> {
        let Carried { run, ending, report, .. } =
            self.manner.carry_out(run, (site, hold), console, next)?;
        self.manner.account(&report, console)?;
        let mut leads = run.plan.steps.iter().filter(|step| leads_to(step, to));
        if !leads.any(|step| ending.is_done(&step.id)) {
            console.say(&format!(
                "{to} has not taken over. `mdc status {}` shows which part each instance plays now.",
                site.path
            ));
            return Ok(Exit::Incomplete);
        }
        console.say(&format!(
            "{to} has taken over. The manifest still says otherwise: before the next plan, write `role = \
             \"production\"` for {to}{}.",
            replaced(site, to)
        ));
        for (step, reason) in &ending.skipped {
            console.say(&format!("Still owed, see `mdc resume --debts`: {step}: {reason}."));
        }
        Ok(if ending.has_changed_all(&run.plan) { Exit::Done } else { Exit::Incomplete })
    }

    /// What there was before; refuses beside an unfinished run that is neither the same takeover nor given up.
    fn old(&self, hold: &Hold, to: &HostName) -> Result<Old<'_>, Problem> {
        let Some(run) = hold.unfinished()? else {
            return Ok(hold.owing()?.map_or(Old::Nothing, |run| Old::Owing(Box::new(run))));
        };
        let leads = run.plan.steps.iter().any(|step| leads_to(step, to));
        match &self.give_up {
            Some(reason) => Ok(Old::GivenUp(Box::new(run), reason)),
            None if run.plan.purpose == Purpose::FailOver && leads => {
                Ok(Old::Continued(Box::new(run)))
            }
            None => Err(Problem::new(
                Code::RunUnfinished,
                format!("the run {} is unfinished", run.id),
                "give it up with --give-up REASON and let the standby take over; what it has done stays, and a new \
                 plan begins from what there is",
            )),
        }
    }

    fn plan(site: &Site, changes: &[LicenceChange], dead: &[HostName]) -> Plan {
        let nominated = changes.iter().any(|change| change.action == Action::Nominate);
        let owed = |host: &HostName| owed(&site.desired, host, nominated);
        let owing: Vec<Step> = former(site, changes, dead).iter().filter_map(owed).collect();
        let mut plan = fail_over(&site.desired, changes, &owing);
        plan.manifest = plan::locator(&site.path, Utf8Path::new(""));
        plan.seal = plan.digest();
        plan
    }
}

impl Old<'_> {
    /// Gives it up when that is what becomes of it; the run of which hosts are to keep nothing then.
    fn leave(self, console: &Console) -> Result<Option<Run>, Problem> {
        match self {
            Self::GivenUp(mut run, reason) => {
                records::give_up(&mut run, reason, console)?;
                Ok(Some(*run))
            }
            Self::Owing(run) | Self::Continued(run) => Ok(Some(*run)),
            Self::Nothing => Ok(None),
        }
    }
}

/// Whether it is by this step that `to` takes over.
fn leads_to(step: &Step, to: &HostName) -> bool {
    step.host == *to && matches!(step.action, Action::Nominate | Action::Activate)
}

/// What has to be written of those that the manifest has as production instances of the site.
fn replaced(site: &Site, to: &HostName) -> String {
    let standby = site.desired.standby.as_ref();
    let of_site = standby.into_iter().flat_map(Standby::sites).find(|it| it.contains(&to));
    let role = |host: &HostName| standby.and_then(|it| it.cores.get(host)).map(|it| it.role);
    let mut former = of_site.into_iter().flatten();
    let former = former.find(|host| *host != to && role(host) == Some(Role::Production));
    former.map(|host| format!(" and `role = \"backup\"` for {host}")).unwrap_or_default()
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
    let owed = plan.steps.iter().filter(|it| dead.contains(&it.host));
    let entry = |step: &Step| {
        let how = match step.action {
            Action::Yield => "see that it has lost its licence",
            _ => "its licence has to be given back",
        };
        let reason = format!(
            "{} could not be asked when another instance took over: {how}, then register it as a backup",
            step.host
        );
        Entry::Skipped { step: step.id.to_string(), reason }
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
            console.warns(Code::PartUnknown, format!("{host} can't be asked: {}", why.reason));
        }
    }
    let known = |host: &HostName| observed.cores.get(host).and_then(CoreState::known);
    let of = site.desired.standby.as_ref().and_then(|it| it.cores.get(to)?.of.as_ref());
    let Some(facts) = known(to) else { return };
    for why in facts.not_ready(of.and_then(known)) {
        console.warns(Code::NotReady, format!("{to} is not ready: {why}"));
    }
}

fn unknown(host: &str, site: &Site) -> Problem {
    let known: Vec<&str> =
        site.desired.standby.iter().flat_map(|it| it.cores.keys()).map(HostName::as_str).collect();
    Problem::new(
        Code::UnknownName,
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
            Problem::new(
                Code::Unreachable,
                format!("{to} can't be asked, and can't take over: {reason}"),
                hint,
            )
        }
        TakeoverProblem::Forbidden(forbidden) => forbidden_move(forbidden, (site, to)),
        TakeoverProblem::Unentitled(host) => {
            let refusal = Refusal::Unentitled { host: host.clone() };
            Problem::Diagnostics(vec![refusal.diagnose(&site.manifest)])
        }
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
