//! `mdc finalise`: drops what was kept for the way back, once nobody goes back.

use camino::Utf8Path;
use clap::Args;
use jiff::Timestamp;

use super::carry::{Carried, Manner};
use super::console::Console;
use super::hold::Hold;
use super::problem::Problem;
use super::site::Site;
use super::{Common, Exit, ManifestPath, plan, watch};
use crate::address::Address;
use crate::diff::compare;
use crate::observe::{ComponentFacts, HealthState, HostState, Observed, UnitState};
use crate::plan::{Kept, finalise};
use crate::report::moved_data;
use crate::view;

/// Drops what was kept for the way back, such as PostgreSQL's old cluster after a major upgrade.
///
/// Afterwards there is no return but by a backup, and `mdc rollback` refuses. Only what runs of this
/// cluster's record have kept is dropped, and only while the whole cluster is healthy on its release.
#[derive(Debug, Args)]
pub(super) struct Finalise {
    #[command(flatten)]
    site: ManifestPath,
    #[command(flatten)]
    manner: Manner,
}

impl Finalise {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let site = Site::load(&self.site.manifest, common, console)?;
        self.manner.fits(&site)?;
        let purpose = format!("mdc finalise {}", site.path);
        let hold = Hold::take(&site, &purpose, self.manner.take_over())?;
        if let Some(run) = hold.unfinished()? {
            return Err(not_now(
                format!("the run {} is unfinished", run.id),
                "finish it with `mdc resume`, or take it back; then finalise",
            ));
        }
        let observed = watch::observe(&site, console);
        let kept = kept(&site, &hold, &observed, console)?;
        let mut plan = finalise(&site.desired, &kept);
        plan.manifest = plan::locator(&site.path, Utf8Path::new(""));
        plan.seal = plan.digest();
        if !plan.is_empty() {
            is_whole(&site, &observed)?;
        }
        console.show(&view::plan::document(&plan, view::plan::Detail::Steps, ""))?;
        if plan.is_empty() {
            return Ok(Exit::Done);
        }
        self.manner.check(&plan)?;
        console.say("Afterwards there is no return: only a backup leads back.");
        if !self.manner.agrees(console)? {
            return Ok(Exit::Done);
        }
        let mut run = hold.store.begin(&hold.lease, plan, Timestamp::now())?;
        self.manner.leave_out(&mut run)?;
        let next = format!("mdc resume {}", site.path);
        let Carried { exit, .. } = self.manner.carry_out(run, (&site, &hold), console, &next)?;
        Ok(exit)
    }
}

fn not_now(what: impl Into<String>, next: impl Into<String>) -> Problem {
    Problem::new(format!("nothing is dropped, since {}", what.into()), next)
}

fn facts<'o>(observed: &'o Observed, address: &Address) -> Option<&'o ComponentFacts> {
    match observed.hosts.get(&address.host)? {
        HostState::Known(host) => host.components.get(&address.component),
        HostState::Unknown(_) => None,
    }
}

/// What runs of this record have kept, and hosts still have. Only what is older than what serves: a newer
/// one was left by a way back, and may hold what nothing else does.
fn kept<'o>(
    site: &Site,
    hold: &Hold,
    observed: &'o Observed,
    console: &Console,
) -> Result<Vec<Kept<'o>>, Problem> {
    let mut found = Vec::new();
    for (address, resource) in &site.desired.resources {
        let Some(facts) = facts(observed, address) else { continue };
        let number = |text: &str| text.parse::<u64>().ok();
        let serves = number(resource.version.major());
        for old in facts.kept.iter().filter(|old| number(old) < serves && number(old).is_some()) {
            match moved_data(&*hold.store, address, old)? {
                Some((run, from)) => {
                    found.push(Kept { address: address.clone(), from, run, facts });
                }
                None => console.say(&format!(
                    "{address} keeps version {old}, but no run in {} has left it there: it stays. When \
                     nothing in it is wanted, drop it by hand.",
                    hold.store.place()
                )),
            }
        }
    }
    Ok(found)
}

/// Refuses as long as anything is not as the release says, or not healthy.
fn is_whole(site: &Site, observed: &Observed) -> Result<(), Problem> {
    let comparison = compare(&site.desired, observed);
    if let Some((host, why)) = comparison.unknown.first_key_value() {
        return Err(not_now(
            format!("{host} can't be read: {}", why.reason),
            format!("{}; then finalise", why.hint),
        ));
    }
    if let Some((address, change)) = comparison.changes.first_key_value() {
        return Err(not_now(
            format!(
                "the cluster is not on release {} yet: {address} has to {} (and {} more)",
                site.desired.release,
                change.action.as_str(),
                comparison.changes.len() - 1
            ),
            "bring it there with `mdc apply`, see that it works, then finalise",
        ));
    }
    let healthy = |facts: &ComponentFacts| {
        facts.unit == UnitState::Active && facts.health == HealthState::Healthy
    };
    let mut resources = site.desired.resources.keys();
    let ill = resources.find(|address| !facts(observed, address).is_some_and(healthy));
    ill.map_or(Ok(()), |address| {
        Err(not_now(
            format!("{address} is not healthy"),
            "see `mdc status`, mend it, then finalise: until then the way back may be needed",
        ))
    })
}
