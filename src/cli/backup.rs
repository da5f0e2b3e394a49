//! `mdc backup`: takes the backups that the manifest says how to take.

use std::collections::BTreeMap;

use clap::Args;
use jiff::Timestamp;

use super::carry::{self, Carried, Manner};
use super::console::Console;
use super::hold::Hold;
use super::problem::Problem;
use super::site::Site;
use super::{Common, Exit, ManifestPath, records};
use crate::address::ComponentName;
use crate::desired::Desired;
use crate::diagnostic::Code;
use crate::plan::{Plan, backup};
use crate::source::did_you_mean;

/// Takes backups now, reads them back, and records what vouches for them.
///
/// Those of the manifest's `[gates.backup]` that have `take`. It stands beside an unfinished run, whose
/// gates see what was taken: `mdc resume` goes on with it afterwards.
#[derive(Debug, Args)]
pub(super) struct Backup {
    #[command(flatten)]
    site: ManifestPath,
    /// Take only the backup of this component; may be given several times
    #[arg(long, value_name = "COMPONENT")]
    component: Vec<ComponentName>,
    #[command(flatten)]
    manner: Manner,
}

impl Backup {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let site = Site::load(&self.site.manifest, common, console)?;
        self.manner.fits(&site)?;
        let (chosen, others) = self.chosen(&site)?;
        let mut plan = backup(&site.desired, &chosen);
        plan.manifest = super::plan::locator(&site.path, camino::Utf8Path::new(""));
        plan.seal = plan.digest();
        carry::show(&plan, "", console)?;
        for other in others {
            console.say(&format!(
                "The backup of {other} is taken by somebody else (`[gates.backup.{other}]` has no `take`)."
            ));
        }
        if plan.is_empty() {
            self.manner.nothing(&plan, console)?;
            return Ok(Exit::Done);
        }
        let left_out = self.manner.left_out(&plan, &site)?;
        if !self.manner.agrees(&plan, console)? {
            return Ok(Exit::Done);
        }
        self.carry_out((plan, left_out), &site, console)
    }

    fn carry_out(
        &self,
        (plan, left_out): (Plan, BTreeMap<String, String>),
        site: &Site,
        console: &Console,
    ) -> Result<Exit, Problem> {
        let purpose = format!("mdc backup {}", site.path);
        let hold = Hold::take(site, &purpose, self.manner.take_over())?;
        if let Some(mut run) = hold.unfinished_backup()? {
            records::give_up(&mut run, "backups are taken anew", console)?;
            records::leave_nothing(&run, (site, &hold), console);
        }
        let mut run = hold.store.begin(&hold.lease, plan, (Timestamp::now(), &[]))?;
        carry::leave_out(&mut run, left_out)?;
        let Carried { exit, report, .. } =
            self.manner.carry_out(run, (site, &hold), console, &purpose)?;
        self.manner.account(&report, console)?;
        if let Some(run) = hold.unfinished()? {
            console
                .say(&format!("The run {} is unfinished: `mdc resume` goes on with it.", run.id));
        }
        Ok(exit)
    }

    /// The components whose backups are taken, and those of which somebody else does.
    fn chosen<'s>(
        &self,
        site: &'s Site,
    ) -> Result<(Vec<&'s ComponentName>, Vec<&'s ComponentName>), Problem> {
        let (taken, others) = takes(&site.desired);
        if let Some(unknown) = self.component.iter().find(|name| !taken.contains(name)) {
            return Err(Problem::new(
                Code::SettingMissing,
                format!("{} doesn't say that mdc takes a backup of {unknown}", site.path),
                format!(
                    "write `take = \"on-demand\"` under `[gates.backup.{unknown}]`; {}",
                    did_you_mean(
                        unknown.as_str(),
                        taken.iter().map(|name| name.as_str()),
                        "there is one for"
                    )
                ),
            ));
        }
        if self.component.is_empty() {
            return Ok((taken, others));
        }
        Ok((taken.into_iter().filter(|name| self.component.contains(name)).collect(), Vec::new()))
    }
}

/// The components of which mdc takes backups, and those of which somebody else does.
fn takes(desired: &Desired) -> (Vec<&ComponentName>, Vec<&ComponentName>) {
    let gates = desired.gates.backup.iter();
    let (taken, others): (Vec<_>, Vec<_>) = gates.partition(|(_, gate)| gate.take.is_some());
    let names = |(name, _)| name;
    (taken.into_iter().map(names).collect(), others.into_iter().map(names).collect())
}
