//! `mdc finalise`: drops what was kept for the way back, once nobody goes back.

use super::approval::{Glass, Right};
use super::carry::{self, Carried, Manner};
use super::console::Console;
use super::form::file;
use super::hold::Hold;
use super::problem::Problem;
use super::records;
use super::site::Site;
use super::{Common, Exit, ManifestPath, approval, plan, show, watch};
use crate::address::Address;
use crate::diagnostic::Code;
use crate::diff::compare;
use crate::observe::{ComponentFacts, HealthState, HostState, Observed, UnitState};
use crate::plan::{Kept, Plan, Purpose, finalise};
use crate::report::moved_data;
use crate::state::Entry;
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

/// Drops what was kept for the way back, such as PostgreSQL's old cluster after a major upgrade.
///
/// Afterwards there is no return but by a backup, and `mdc rollback` refuses. Only what runs of this
/// cluster's record have kept is dropped, and only while the whole cluster is healthy on its release.
#[derive(Debug, Args)]
pub(super) struct Finalise {
    #[command(flatten)]
    site: ManifestPath,
    /// Save the plan, for review and approval, and change nothing
    #[arg(short, long, value_name = "FILE", value_parser = file)]
    output: Option<Utf8PathBuf>,
    /// Carry the plan out that was saved with -o and approved, if it is what would be done now
    #[arg(long, value_name = "FILE", conflicts_with = "output")]
    approved: Option<Utf8PathBuf>,
    #[command(flatten)]
    glass: Glass,
    #[command(flatten)]
    manner: Manner,
}

impl Finalise {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let site = Site::load(&self.site.manifest, common, console)?;
        self.manner.fits(&site)?;
        let saved = self.approved.as_ref().map(|path| show::read(path)).transpose()?;
        let right = self.right(saved.as_ref(), &site, console)?;
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
        let folder =
            self.output.as_ref().and_then(|path| path.parent()).unwrap_or(Utf8Path::new(""));
        plan.manifest = plan::locator(&site.path, folder);
        plan.approvals = approval::rule(&site.manifest)?;
        plan.seal = plan.digest();
        if let Some(saved) = saved.filter(|saved| saved.seal != plan.seal) {
            return Err(not_now(
                format!("the plan {} is not what would be done now", saved.seal.short()),
                "make it again with `mdc finalise -o FILE`, and have that approved",
            ));
        }
        if !plan.is_empty() {
            is_whole(&site, &observed)?;
        }
        carry::show(&plan, "", console)?;
        if let Some(path) = &self.output {
            plan::save(&plan, path)?;
            self.manner.saved(&plan, console)?;
            console.say(&format!("The plan is in {path} (seal {}).", plan.seal.short()));
            return Ok(Exit::Done);
        }
        if plan.is_empty() {
            self.manner.nothing(&plan, console)?;
            return Ok(Exit::Done);
        }
        let left_out = self.manner.left_out(&plan, &site)?;
        console.say("Afterwards there is no return: only a backup leads back.");
        if !self.manner.agrees(&plan, console)? {
            return Ok(Exit::Done);
        }
        let entries: Vec<Entry> = right.entry(&hold.lease.holder().who()).into_iter().collect();
        let mut run = records::begin((plan, &entries), (&site, &hold), console)?;
        right.say(console);
        carry::leave_out(&mut run, left_out)?;
        let next = format!("mdc resume {}", site.path);
        let Carried { exit, report, .. } =
            self.manner.carry_out(run, (&site, &hold), console, &next)?;
        self.manner.account(&report, console)?;
        Ok(exit)
    }
}

impl Finalise {
    /// By what right the plan is carried out, if that is wanted.
    fn right(
        &self,
        saved: Option<&Plan>,
        site: &Site,
        console: &Console,
    ) -> Result<Right, Problem> {
        match (&self.approved, saved) {
            _ if self.output.is_some() => Ok(Right::Free),
            (Some(path), Some(saved)) => self.glass.for_file((saved, path), site, console),
            _ => {
                let instead = "save it with `mdc finalise -o plan.json`, let people read it and run `mdc \
                               approve plan.json --key KEY`, then `mdc finalise --approved plan.json`";
                self.glass.for_new(site, instead)
            }
        }
    }
}

/// Refuses to carry a plan out as any other that drops what leads back: only here is it seen before
/// that the whole cluster is healthy, and what runs of this record have kept.
pub(super) fn is_no_finale(plan: &Plan, path: &Utf8Path) -> Result<(), Problem> {
    if plan.purpose != Purpose::Finalise {
        return Ok(());
    }
    Err(not_now(
        format!("{path} is a plan of `mdc finalise`"),
        format!("carry it out with `mdc finalise --approved {path}`"),
    ))
}

fn not_now(what: impl Into<String>, next: impl Into<String>) -> Problem {
    Problem::new(Code::FinaliseNotNow, format!("nothing is dropped, since {}", what.into()), next)
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
                None => console.warns(
                    Code::Stays,
                    format!(
                        "{address} keeps version {old}, but no run in {} has left it there: it stays. When \
                         nothing in it is wanted, drop it by hand.",
                        hold.store.place()
                    ),
                ),
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
