//! Data that stay behind when their component moves to another host, while what needs them is upgraded: it would
//! come up with none, and make its own in the new version.

use std::collections::{BTreeMap, BTreeSet};

use super::{About, Finding};
use crate::address::{ComponentName, HostName};
use crate::catalog::{Backup, Component, Kind};
use crate::diagnostic::Code;
use crate::diff::Action;

pub(super) fn check(about: &About<'_>, found: &mut Vec<Finding>) {
    let mut removed: BTreeMap<&ComponentName, Vec<&HostName>> = BTreeMap::new();
    for (host, name, _) in about.changes().filter(|(.., change)| change.action == Action::Remove) {
        removed.entry(name).or_default().push(host);
    }
    removed.retain(|name, _| about.desired.components.get(*name).is_some_and(|it| keeps(it)));
    for (name, hosts) in removed {
        let Some(to) = empty(about, name) else { continue };
        let upgraded = upgraded(about, name);
        if !upgraded.is_empty() {
            found.extend(hosts.into_iter().map(|host| stay((host, name), to, &upgraded)));
        }
    }
}

fn stay(
    (host, name): (&HostName, &ComponentName),
    to: &HostName,
    upgraded: &BTreeSet<&ComponentName>,
) -> Finding {
    let upgraded: Vec<&str> = upgraded.iter().map(|name| name.as_str()).collect();
    let says = format!(
        "is removed and installed on {to} without its data, which nothing moves, and the plan upgrades what needs \
         them: {}",
        upgraded.join(", ")
    );
    let help = format!(
        "move it first, with its data: place it on {to} and keep it on {host}, carry the plan out, move the data \
         by hand, then write it under `removed`; upgrade the others by a later plan"
    );
    Finding::new(Code::DataStay, host, says, help).of(name)
}

/// Whether it keeps what others need. What a service keeps for itself, such as the key of Control Center, is
/// told when it is removed.
fn keeps(component: &Component) -> bool {
    match component.backup {
        Backup::None => false,
        Backup::Required => true,
        Backup::Advised => component.kind == Kind::Infrastructure,
    }
}

/// Where the component comes, if it is nowhere else with its data.
fn empty<'a>(about: &About<'a>, name: &ComponentName) -> Option<&'a HostName> {
    let mut stays = about.desired.resources.keys().filter(|it| it.component == *name);
    let first = stays.clone().next()?;
    let is_new = |action| action == Action::Install;
    let changes = &about.comparison.changes;
    let all_new = stays.all(|it| changes.get(it).is_some_and(|change| is_new(change.action)));
    all_new.then_some(&first.host)
}

/// What needs it and comes to another version.
fn upgraded<'a>(about: &About<'a>, name: &ComponentName) -> BTreeSet<&'a ComponentName> {
    let needs: BTreeSet<&ComponentName> = about.desired.needed_by(name).into_iter().collect();
    let changes = about.changes().filter(|(.., change)| change.action.installs());
    changes.map(|(_, of, _)| of).filter(|of| needs.contains(of)).collect()
}
