//! `mdc apply`: carries a plan out, or continues a run that did not come to its end.

use std::collections::BTreeMap;

use camino::Utf8Path;
use clap::Args;

use super::approval::{Glass, Right, reason};
use super::carry::{self, Manner};
use super::console::Console;
use super::evidence::Unproved;
use super::hold::Hold;
use super::problem::Problem;
use super::site::Site;
use super::target::Target;
use super::{
    Common, Exit, approval, basis, claims, debts, evidence, finalise, give_work, plan, preflight,
    records, rollback, staged, watch, window,
};
use crate::observe::Observed;
use crate::plan::{Plan, Step};
use crate::state::{Entry, Run};

/// Carries a plan out, after showing it and asking.
///
/// With a manifest: makes the plan now. With a plan file: exactly that plan, if what it rests on
/// still holds. Either way an unfinished run of the cluster is continued first: finished steps are
/// not repeated.
#[derive(Debug, Args)]
pub(super) struct Apply {
    #[command(flatten)]
    pub(super) target: Target,
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
        let file = self.target.file()?;
        let site = Site::load(&self.target.manifest(file.as_ref()), common, console)?;
        self.manner.fits(&site)?;
        if let Some(plan) = &file {
            finalise::is_no_finale(plan, &self.target.target)?;
            claims::fit(plan, &site)?;
        }
        let next = format!("mdc apply {}", self.target.target);
        let hold = Hold::take(&site, &next, self.manner.take_over())?;
        debts::say(&*hold.store, &site.path, console)?;
        let gives_up = self.give_up.is_some();
        let run = match (hold.unfinished()?, file) {
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
        let carried = self.manner.carry_out(run, (&site, &hold), console, &next)?;
        rollback::by_policy(carried, &self.manner, (&site, &hold), console)
    }

    /// Gives the unfinished run up, if there is one: only when what is to follow may begin.
    fn give_up(
        &self,
        old: Option<Run>,
        (site, hold): (&Site, &Hold),
        console: &Console,
    ) -> Result<(), Problem> {
        let (Some(mut old), Some(reason)) = (old, &self.give_up) else { return Ok(()) };
        give_work::before_giving_up(&mut old, (site, hold), console)?;
        records::give_up(&mut old, reason, console)?;
        records::leave_nothing(&old, (site, hold), console);
        Ok(())
    }

    /// By what right a run begins; refuses before a host is asked for anything.
    fn right(&self, file: Option<&Plan>, site: &Site, console: &Console) -> Result<Right, Problem> {
        if let Some(plan) = file {
            return self.glass.for_file((plan, &self.target.target), site, console);
        }
        let instead = format!(
            "save it with `mdc plan {} -o plan.json`, let people read it and run `mdc approve plan.json \
             --key KEY`, then `mdc apply plan.json`",
            self.target.target
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
        if let Some(plan) = &file {
            basis::young(plan, &self.target.target, site)?;
        }
        let right = self.right(file.as_ref(), site, console)?;
        let proof = file.as_ref().map(|plan| self.unproved.proof(plan, site, console));
        let proof = proof.transpose()?;
        let again = file.as_ref().map(|plan| records::once(plan, self.again.as_deref(), hold));
        let again = again.transpose()?.flatten();
        records::none_elsewhere(site, hold, console)?;
        let observed = watch::observe(site, console);
        let (plan, refused) = match file {
            Some(plan) => {
                let steps: Vec<&Step> = plan.steps.iter().collect();
                let refused = basis::still_holds(&plan, &steps, (site, &observed), console)?;
                preflight::pass_again(&plan, site, &observed, console)?;
                staged::say(&plan, &observed, console);
                (plan, refused)
            }
            None => (self.made(&observed, site, console)?, BTreeMap::new()),
        };
        let rest = plan.without(&refused);
        carry::show(&rest, "", console)?;
        if plan.is_empty() {
            self.give_up(old, (site, hold), console)?;
            self.manner.nothing(&plan, console)?;
            return Ok(Begun::Nothing(carry::left_out(&plan, console)));
        }
        let proof = match proof {
            Some(proof) => proof,
            None => self.unproved.proof(&plan, site, console)?,
        };
        let left_out = self.manner.left_out(&rest, site)?;
        let chosen = rest.steps.iter().filter(|step| !left_out.contains_key(&*step.id));
        window::holds(&rest, chosen, site, console)?;
        if !self.manner.agrees(&rest, console)? {
            return Ok(Begun::Nothing(Exit::Done));
        }
        self.give_up(old, (site, hold), console)?;
        let by = hold.lease.holder().who();
        let entries: Vec<Entry> =
            [right.entry(&by), proof.entry(&by), again].into_iter().flatten().collect();
        let mut run = records::begin((plan, &entries), (site, hold), console)?;
        basis::leave_refused(&mut run, refused)?;
        carry::leave_out(&mut run, left_out)?;
        right.say(console);
        proof.say(console);
        Ok(Begun::Run(Box::new(run)))
    }

    /// The plan that is made now.
    fn made(&self, observed: &Observed, site: &Site, console: &Console) -> Result<Plan, Problem> {
        let plan = plan::make(site, (observed, None), Utf8Path::new(""), console)?;
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
