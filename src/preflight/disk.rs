//! Room on disks: for the packages that are copied, for what they unpack to (the files of the version
//! before stay until the new ones are there: dpkg(1), rpm(8)), and for what is kept for the way back.

use std::collections::{BTreeMap, BTreeSet};

use super::{About, Finding, bytes};
use crate::address::{ComponentName, HostName};
use crate::catalog::Format;
use crate::desired::{Resource, Source, staged_path};
use crate::diagnostic::Code;
use crate::diff::{Change, WayBack};
use crate::observe::{HostFacts, Offer};
use crate::value::RemotePath;

/// The folder that packages are copied to.
const COPIES: &str = "/var/cache";
/// The folder that the systems' own packages unpack most of their files to (FHS 3.0, section 4).
const UNPACKED: &str = "/usr";
/// The same on Windows hosts, and what packages unpack most of their files to.
const WINDOWS_COPIES: &str = r"C:\ProgramData";
const WINDOWS_PROGRAMS: &str = r"C:\Program Files";

pub(super) fn check(about: &About<'_>, found: &mut Vec<Finding>) {
    let changes: Vec<_> = about.changes().collect();
    let mut carried = carried(about);
    for of_host in changes.chunk_by(|(one, ..), (next, ..)| one == next) {
        let Some((host, ..)) = of_host.first() else { continue };
        if let Some(facts) = about.facts(host) {
            let own = of_host.iter().map(|(_, name, change)| (*name, *change));
            let own = Coming { own: own.collect(), carried: carried.remove(host).unwrap_or(0) };
            lacking(about, (host, facts), &own, found);
        }
    }
    for (host, carried) in carried {
        if let Some(facts) = about.facts(host) {
            lacking(about, (host, facts), &Coming { own: Vec::new(), carried }, found);
        }
    }
}

/// What comes to a host: packages for its own changes, and bytes that it carries for others of its site.
struct Coming<'a> {
    own: Vec<(&'a ComponentName, &'a Change)>,
    carried: u64,
}

/// The bytes of the files that relays don't have, nor get for their own changes.
fn carried<'a>(about: &About<'a>) -> BTreeMap<&'a HostName, u64> {
    if about.desired.relays.is_empty() {
        return BTreeMap::new();
    }
    let mut files: BTreeMap<&HostName, BTreeMap<RemotePath, u64>> = BTreeMap::new();
    let mut own: BTreeSet<(&HostName, RemotePath)> = BTreeSet::new();
    for (host, _, change) in about.changes().filter(|(.., change)| change.action.installs()) {
        let before = match &change.way_back {
            WayBack::Package { before, .. } => Some(&**before),
            _ => None,
        };
        for resource in std::iter::once(&*change.resource).chain(before) {
            let Ok(Some(path)) = staged_path(&resource.source, resource.format) else { continue };
            match about.desired.relay_of(host) {
                Some((_, relay)) => {
                    let facts = about.facts(&relay.host);
                    let size = facts.map_or(0, |facts| to_copy(resource, facts));
                    files.entry(&relay.host).or_default().insert(path, size);
                }
                None => drop(own.insert((host, path))),
            }
        }
    }
    let sum = |host: &HostName, files: BTreeMap<RemotePath, u64>| {
        let more = files.into_iter().filter(|(path, _)| !own.contains(&(host, path.clone())));
        more.map(|(_, size)| size).fold(0, u64::saturating_add)
    };
    files.into_iter().map(|(host, files)| (host, sum(host, files))).collect()
}

fn lacking(
    about: &About<'_>,
    (host, facts): (&HostName, &HostFacts),
    coming: &Coming<'_>,
    found: &mut Vec<Finding>,
) {
    let settings = &about.desired.preflight;
    let mut needed: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let mut need = |folder: &str, number: u64| {
        if number > 0
            && let Some((place, free)) = file_system(facts, folder)
        {
            let (sum, _) = needed.entry(place).or_insert((0, free));
            *sum = sum.saturating_add(number);
        }
    };
    let (copies, programs) = match about.desired.hosts.get(host).map(|it| it.format) {
        Some(Format::Msi) => (WINDOWS_COPIES, WINDOWS_PROGRAMS),
        _ => (COPIES, settings.unpacks_to()),
    };
    need(copies, coming.carried);
    for (name, change) in coming.own.iter().filter(|(_, change)| change.action.installs()) {
        let offered = match facts.offers.get(*name) {
            Some(Offer::Whole { download, unpacked }) if is_fetched(change) => {
                (*download, *unpacked)
            }
            _ => (0, 0),
        };
        need(copies, to_copy(&change.resource, facts));
        need(COPIES, offered.0);
        need(programs, unpacked(&change.resource));
        need(UNPACKED, offered.1);
        if let WayBack::Package { before, .. } = &change.way_back {
            need(copies, to_copy(before, facts));
        }
    }
    for (place, (needed, free)) in needed {
        let wanted = needed.saturating_add(u64::from(settings.free_disk) << 20);
        if free < wanted {
            let says = format!(
                "has too little room on {place}: the plan brings {} there, and {} MiB have to stay free",
                bytes(needed),
                settings.free_disk
            );
            let help = format!(
                "make {} free on {place}, for instance from old logs and packages (`du -xh {place}`); \
                 nothing was changed",
                bytes(wanted - free)
            );
            found.push(
                Finding::new(Code::Disk, host, says, help)
                    .measured(format!("{} are free", bytes(free))),
            );
        }
    }
}

/// The file system that holds `folder`, and its free bytes.
fn file_system<'f>(facts: &'f HostFacts, folder: &str) -> Option<(&'f str, u64)> {
    let holds = |mounted: &str| {
        let below = folder.strip_prefix(mounted.trim_end_matches(['/', '\\']));
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '\\']))
    };
    let mounted = facts.file_systems.iter().filter(|(mounted, _)| holds(mounted));
    let nearest = mounted.max_by_key(|(mounted, _)| mounted.len());
    // A snapshot of an older mdc has only the one that packages are copied to.
    nearest
        .map(|(mounted, free)| (mounted.as_str(), *free))
        .or_else(|| (folder == COPIES).then_some((COPIES, facts.free_disk)))
}

/// The bytes that still have to come: none of what is there already.
fn to_copy(resource: &Resource, facts: &HostFacts) -> u64 {
    let size = size(resource);
    if facts.staged.is_empty() {
        return size;
    }
    let path = staged_path(&resource.source, resource.format).ok().flatten();
    let there = path.and_then(|path| facts.staged.get(&path));
    if there == Some(&size) { 0 } else { size }
}

fn size(resource: &Resource) -> u64 {
    match &resource.source {
        Source::File { size, .. } => *size,
        // What comes from a repository, the host's package manager tells the size of.
        Source::Repository | Source::Hand(_) | Source::Center(_) => 0,
    }
}

fn is_fetched(change: &Change) -> bool {
    change.resource.source == Source::Repository
}

fn unpacked(resource: &Resource) -> u64 {
    match &resource.source {
        Source::File { identity: Some(identity), .. } => identity.unpacked,
        _ => 0,
    }
}
