//! `mdc apply`: carries a plan out, or continues a run that did not come to its end.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use jiff::Timestamp;

use super::approval::{Glass, Right, reason};
use super::carry::{self, Manner};
use super::console::Console;
use super::evidence::Unproved;
use super::hold::Hold;
use super::problem::Problem;
use super::site::Site;
use super::{
    Common, Exit, approval, claims, evidence, finalise, plan, preflight, records, rollback, show,
    watch, window,
};
use crate::observe::Observed;
use crate::plan::Plan;
use crate::state::{Entry, Run};

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
    /// Give an unfinished run up, with the reason for the record, and go on with a new plan
    #[arg(long, value_name = "REASON")]
    give_up: Option<String>,
    /// Carry a plan file out that was carried out before, with the reason for the record
    #[arg(long, value_name = "REASON", value_parser = reason)]
    again: Option<String>,
    #[command(flatten)]
    glass: Glass,
    #[command(flatten)]
    unproved: Unproved,
    #[command(flatten)]
    pub(super) manner: Manner,
}

impl Apply {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let file = self.file()?;
        let site = Site::load(&self.manifest_path(file.as_ref()), common, console)?;
        self.manner.fits(&site)?;
        if let Some(plan) = &file {
            carry::same_basis(plan, &site)?;
            finalise::is_no_finale(plan, &self.target)?;
            claims::same_stages(plan, &site)?;
            claims::own_steps(plan, &site)?;
        }
        let next = format!("mdc apply {}", self.target);
        let hold = Hold::take(&site, &next, self.manner.take_over())?;
        carry::say_debts(&*hold.store, console)?;
        let gives_up = self.give_up.is_some();
        let mut run = match (hold.unfinished()?, file) {
            (Some(run), Some(plan)) if !gives_up && plan.seal != run.plan.seal => {
                return Err(carry::another_plan(&run, "this plan file is another one"));
            }
            (Some(mut run), _) if !gives_up => {
                if !self.manner.go_on(&mut run, &site, console)? {
                    return Ok(Exit::Done);
                }
                run
            }
            (old, file) => match self.begin((file, old), &site, &hold, console)? {
                Begun::Run(run) => *run,
                Begun::Nothing(exit) => return Ok(exit),
            },
        };
        self.manner.leave_out(&mut run)?;
        let carried = self.manner.carry_out(run, (&site, &hold), console, &next)?;
        rollback::by_policy(carried, &self.manner, (&site, &hold), console)
    }

    /// The plan file, if it is one that was named.
    pub(super) fn file(&self) -> Result<Option<Plan>, Problem> {
        let is_plan = self.target.extension() == Some("json");
        is_plan.then(|| show::read(&self.target)).transpose()
    }

    pub(super) fn manifest_path(&self, plan: Option<&Plan>) -> Utf8PathBuf {
        match (&self.manifest, plan) {
            (Some(path), _) => path.clone(),
            (None, None) => self.target.clone(),
            (None, Some(plan)) => {
                let folder = self.target.parent().unwrap_or(Utf8Path::new(""));
                folder.join(&plan.manifest)
            }
        }
    }

    /// Gives the unfinished run up, if there is one: only when what is to follow may begin.
    fn give_up(
        &self,
        old: Option<Run>,
        (site, hold): (&Site, &Hold),
        console: &Console,
    ) -> Result<(), Problem> {
        let (Some(mut old), Some(reason)) = (old, &self.give_up) else { return Ok(()) };
        records::give_up(&mut old, reason, (site, hold), console)
    }

    /// By what right a run begins; refuses before a host is asked for anything.
    fn right(&self, file: Option<&Plan>, site: &Site, console: &Console) -> Result<Right, Problem> {
        if let Some(plan) = file {
            return self.glass.for_file((plan, &self.target), site, console);
        }
        let instead = format!(
            "save it with `mdc plan {} -o plan.json`, let people read it and run `mdc approve plan.json \
             --key KEY`, then `mdc apply plan.json`",
            self.target
        );
        self.glass.for_new(site, &instead)
    }

    /// Begins a run of the plan file, or of a plan made now.
    fn begin(
        &self,
        (file, old): (Option<Plan>, Option<Run>),
        site: &Site,
        hold: &Hold,
        console: &Console,
    ) -> Result<Begun, Problem> {
        let right = self.right(file.as_ref(), site, console)?;
        let proof = file.as_ref().map(|plan| self.unproved.proof(plan, site, console));
        let proof = proof.transpose()?;
        let again = file.as_ref().map(|plan| records::once(plan, self.again.as_deref(), hold));
        let again = again.transpose()?.flatten();
        records::none_elsewhere(site, hold)?;
        let observed = watch::observe(site, console);
        let plan = match file {
            Some(plan) => {
                carry::still_holds(&plan, plan.steps.iter(), &observed)?;
                preflight::pass_again(&plan, site, &observed, console)?;
                window::holds(&plan, site, console)?;
                plan
            }
            None => self.made(&observed, site, console)?,
        };
        self.manner.show(&plan, "", console)?;
        if plan.is_empty() {
            self.give_up(old, (site, hold), console)?;
            return Ok(Begun::Nothing(carry::left_out(&plan, console)));
        }
        let proof = match proof {
            Some(proof) => proof,
            None => self.unproved.proof(&plan, site, console)?,
        };
        self.manner.check(&plan)?;
        if !self.manner.agrees(console)? {
            return Ok(Begun::Nothing(Exit::Done));
        }
        self.give_up(old, (site, hold), console)?;
        let by = hold.lease.holder().who();
        let entries: Vec<Entry> =
            [right.entry(&by), proof.entry(&by), again].into_iter().flatten().collect();
        let run = hold.store.begin(&hold.lease, plan, (Timestamp::now(), &entries))?;
        right.say(console);
        proof.say(console);
        Ok(Begun::Run(Box::new(run)))
    }

    /// The plan that is made now.
    fn made(&self, observed: &Observed, site: &Site, console: &Console) -> Result<Plan, Problem> {
        let plan = plan::make(site, (observed, None), Utf8Path::new(""), console)?;
        window::holds(&plan, site, console)?;
        // Rules that can't be read are none when nobody may be waited for.
        let plan = match approval::rule(&site.manifest) {
            Err(Problem::Diagnostics(_)) if self.glass.is_broken() => plan,
            rule => plan.approved_by(rule?),
        };
        match evidence::of_plan(site, &plan, console) {
            Err(_) if self.unproved.is_broken() => Ok(plan),
            rehearsal => Ok(plan.rehearsed_by(rehearsal?)),
        }
    }
}

/// What came of the wish to begin a run.
enum Begun {
    /// A run.
    Run(Box<Run>),
    /// No run: there is nothing to do, or nobody agreed.
    Nothing(Exit),
}
