//! `mdc resume`: goes on with a run that did not come to its end, or with what it owes.

use clap::Args;

use super::approval::{Glass, Right};
use super::carry::Manner;
use super::console::Console;
use super::evidence::{Proof, Unproved};
use super::hold::Hold;
use super::problem::Problem;
use super::site::Site;
use super::{Common, Exit, ManifestPath, records, rollback};
use crate::address::HostName;
use crate::plan::Plan;
use crate::state::StateError;

/// Goes on with the unfinished run of a cluster; makes no new plan.
///
/// Finished steps are not repeated. A step that was cut off is looked up on its host by the id of
/// its job: one that ended there is taken as it ended, one that still runs is waited for.
#[derive(Debug, Args)]
pub(super) struct Resume {
    #[command(flatten)]
    site: ManifestPath,
    /// Do what was left out before with --only and --skip
    #[arg(long)]
    debts: bool,
    /// Take the record of the run from a host of the cluster first: for when the controller that
    /// began it is lost. Two hosts keep it
    #[arg(long, value_name = "HOST")]
    from_host: Option<HostName>,
    #[command(flatten)]
    glass: Glass,
    #[command(flatten)]
    unproved: Unproved,
    #[command(flatten)]
    manner: Manner,
}

impl Resume {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let site = Site::load(&self.site.manifest, common, console)?;
        self.manner.fits(&site)?;
        let next = format!("mdc resume {}", site.path);
        let hold = Hold::take(&site, &next, self.manner.take_over())?;
        if let Some(host) = &self.from_host {
            let run = records::adopt(&site, &hold, host)?;
            console.say(&format!("The record of the run {run} was taken over from {host}."));
        }
        let found = if self.debts { hold.owing()? } else { hold.unfinished()? };
        let Some(mut run) = found else {
            let what = if self.debts { "owes anything" } else { "is unfinished" };
            console.say(&format!("No run {what}; there is nothing to resume."));
            self.manner.nothing(&Plan::nothing(&site.desired), console)?;
            return Ok(Exit::Done);
        };
        let (right, proof) = match &self.from_host {
            Some(_) => {
                let told = records::told(&run, &hold)?;
                let right = self.glass.for_told(&run, &told, &site)?;
                let proof = self.unproved.proof(&run.plan, &site, console)?;
                records::complete(&mut run, &site, hold.tenure())?;
                (right, proof)
            }
            None => (Right::Free, Proof::Free),
        };
        if self.debts {
            run.progress.skipped.clear();
        }
        if !self.manner.go_on(&mut run, &site, console)? {
            return Ok(Exit::Done);
        }
        let by = hold.lease.holder().who();
        for entry in [right.entry(&by), proof.entry(&by)].into_iter().flatten() {
            run.record(entry).map_err(StateError::from)?;
        }
        right.say(console);
        proof.say(console);
        let carried = self.manner.carry_out(run, (&site, &hold), console, &next)?;
        rollback::by_policy(carried, &self.manner, (&site, &hold), console)
    }
}
