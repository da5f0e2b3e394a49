//! Rules of the catalog between the version that is there and the one that is to come.

use super::{About, Finding};
use crate::address::{ComponentName, HostName};
use crate::catalog::{Component, Runtime};
use crate::diagnostic::Code;
use crate::diff::Change;
use crate::value::Version;

pub(super) fn check(about: &About<'_>, found: &mut Vec<Finding>) {
    for (host, name, change) in about.changes().filter(|(.., change)| change.action.installs()) {
        let Some(component) = about.desired.components.get(name) else { continue };
        found.extend(jump(component, (host, name, change)));
        found.extend(component.runtime.as_ref().and_then(|runtime| {
            let packages = &about.facts(host)?.packages;
            let names = runtime.packages.get(&change.resource.format)?;
            let installed = names.iter().find_map(|name| packages.get(name))?;
            unfit(runtime, installed.upstream(), (host, name, change))
        }));
    }
    older_than(about, found);
}

/// A component that comes to an older version than one that it must not be older than, where either
/// changes.
fn older_than(about: &About<'_>, found: &mut Vec<Finding>) {
    let resource = |name: &ComponentName| {
        let mut resources = about.desired.resources.iter();
        resources.find(|(address, _)| address.component == *name)
    };
    let changed = |name: &ComponentName| {
        about.changes().any(|(_, of, change)| of == name && change.action.installs())
    };
    for (name, component) in &about.desired.components {
        for other in &component.not_older_than {
            // One release has one version of each component, wherever it runs.
            let (Some((address, own)), Some((_, newer))) = (resource(name), resource(other)) else {
                continue;
            };
            if own.version < newer.version && (changed(name) || changed(other)) {
                let says = format!(
                    "would be {} and older than {other} {}, which it must not be",
                    own.version, newer.version
                );
                let help = format!("release {name} {} or newer", newer.version);
                let finding = Finding::new(Code::OlderThan, &address.host, says, help);
                found.push(finding.of(name));
            }
        }
    }
}

type What<'a> = (&'a HostName, &'a ComponentName, &'a Change);

fn jump(component: &Component, (host, name, change): What<'_>) -> Option<Finding> {
    let (from, to) = (change.from.as_ref()?.upstream(), &change.resource.version);
    let finding =
        |says: String, help: String| Some(Finding::new(Code::Jump, host, says, help).of(name));
    if component.within_major && from.major() != to.major() && !change.moves_data() {
        return finding(
            format!(
                "would go from {from} to {to} by its package alone, and another major version doesn't \
                 take over the data"
            ),
            format!(
                "move the data by {}'s own means (its manual tells how), then plan again; or release a \
                 version {}.x",
                component.title,
                from.major()
            ),
        );
    }
    let between = || {
        let leaves_out = |from_at_least: &Version| from < from_at_least && from < to;
        let left_out =
            component.jumps.iter().filter(move |it| *to >= it.to && leaves_out(&it.from));
        left_out.map(|jump| &jump.from)
    };
    let (first, last) = (between().min()?, between().max()?);
    finding(
        format!("would go from {from} to {to}, which can only be gone to from {last}"),
        format!("plan a release with {} {first} first", component.title),
    )
}

fn unfit(
    runtime: &Runtime,
    installed: &Version,
    (host, name, change): What<'_>,
) -> Option<Finding> {
    let to = &change.resource.version;
    let fit = runtime.fits.iter().find(|fit| *to >= fit.version && *to < fit.before)?;
    if *installed >= fit.from && *installed < fit.below {
        return None;
    }
    let title = &runtime.title;
    let says = format!(
        "is to run {to}, which needs {title} from {} and below {}, and the host has {installed}",
        fit.from, fit.below
    );
    let help = format!(
        "bring a version of {title} to the host that fits the old and the new one, then plan again"
    );
    Some(Finding::new(Code::Runtime, host, says, help).of(name))
}
