//! Package files that lie on hosts: which of them a plan may still need, and removing the others.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::carry::Manner;
use super::console::Console;
use super::form::Answer;
use super::hold::Hold;
use super::problem::Problem;
use super::site::Site;
use super::{Exit, show, watch};
use crate::address::HostName;
use crate::apply::each;
use crate::desired::Source;
use crate::diagnostic::Code;
use crate::observe::{HostState, Observed};
use crate::plan::{self, Plan};
use crate::report::{self, StagedFiles};
use crate::transport::{Order, Verdict};
use crate::value::Digest;
use crate::view;

/// Plans that count besides what the manifest says and the last runs.
pub(super) struct Plans<'a> {
    pub(super) given: Option<&'a Plan>,
    pub(super) saved: &'a [Utf8PathBuf],
}

/// Shows what is there.
pub(super) fn list(
    plans: &Plans<'_>,
    site: &Site,
    (manner, console): (&Manner, &Console),
) -> Result<Exit, Problem> {
    let observed = watch::observe(site, console);
    let files = found(plans, site, &observed)?;
    manner.format.show(
        &Answer::of("staged-files", &files),
        || view::staged::document(&files),
        console,
    )?;
    Ok(unread(&observed))
}

/// Removes what no plan needs.
pub(super) fn clean(
    plans: &Plans<'_>,
    site: &Site,
    (manner, console): (&Manner, &Console),
) -> Result<Exit, Problem> {
    let hold = Hold::take(site, &format!("mdc stage --clean {}", site.path), manner.take_over())?;
    let observed = watch::observe(site, console);
    let mut files = found(plans, site, &observed)?;
    files.files.retain(|file| !file.needed);
    manner.format.show(
        &Answer::of("staged-files", &files),
        || view::staged::document(&files),
        console,
    )?;
    if files.files.is_empty() || !manner.agrees_to("Remove these files?", console)? {
        return Ok(unread(&observed));
    }
    let mut unneeded: BTreeMap<&HostName, BTreeSet<Digest>> = BTreeMap::new();
    for file in &files.files {
        unneeded.entry(&file.host).or_default().insert(file.content);
    }
    let (dial, mut exit) = (site.dial(), unread(&observed));
    let remove = |host: &HostName| {
        let contents: Vec<Digest> = unneeded.get(host).into_iter().flatten().copied().collect();
        let order = Order::Discard { contents: &contents };
        match dial(host).and_then(|mut host| host.order(hold.tenure(), &order)) {
            Ok(Verdict::Done) => Ok(()),
            Ok(Verdict::Cannot(why)) => Err(why),
            Ok(other) => Err(format!("its answer doesn't fit: {other:?}")),
            Err(failure) => Err(failure.to_string()),
        }
    };
    each(&unneeded.keys().copied().collect(), site.at_once, remove, |host, removed| {
        if let Err(why) = removed {
            console.warns(Code::LeftBehind, format!("what is on {host} stays there: {why}"));
            exit = Exit::Incomplete;
        }
    });
    Ok(exit)
}

/// What is on hosts that are not read is not known.
fn unread(observed: &Observed) -> Exit {
    let unknown = observed.hosts.values().any(|state| matches!(state, HostState::Unknown(_)));
    if unknown { Exit::Incomplete } else { Exit::Done }
}

fn found(plans: &Plans<'_>, site: &Site, observed: &Observed) -> Result<StagedFiles, Problem> {
    Ok(report::staged_files(observed, &needed(plans, site)?))
}

/// What a plan may still need: of this manifest in both directions, of the plans that were named, of the
/// newest run, which may be gone on with or taken back, and of the newest that brought packages.
fn needed(plans: &Plans<'_>, site: &Site) -> Result<BTreeSet<Digest>, Problem> {
    let desired = &site.desired;
    let resources =
        desired.resources.values().chain(desired.removed.values()).chain(desired.previous.values());
    let mut needed: BTreeSet<Digest> = resources
        .filter_map(|resource| match &resource.source {
            Source::File { digest, .. } => Some(*digest),
            _ => None,
        })
        .collect();
    let mut count = |plan: &Plan| needed.extend(plan.files());
    plans.given.into_iter().for_each(&mut count);
    for path in plans.saved {
        count(&show::read(path)?);
    }
    let store = site.store();
    for id in [store.newest_change()?, store.newest_stage()?].into_iter().flatten() {
        count(&store.plan(&id)?);
    }
    Ok(needed)
}

/// Says how much of a plan that was made before is on its hosts by now.
pub(super) fn say(plan: &Plan, observed: &Observed, console: &Console) {
    let mut steps = plan.steps.clone();
    plan::mark(&mut steps, &observed.staged());
    let copies: Vec<_> = steps.iter().filter(|step| step.copied().is_some()).collect();
    let there = copies.iter().filter(|step| step.staged).count();
    if there > 0 {
        let left = copies.iter().map(|step| step.brings()).fold(0, u64::saturating_add);
        console.say(&format!("{}.", view::plan::staged_of(left, (there, copies.len()))));
    }
}
