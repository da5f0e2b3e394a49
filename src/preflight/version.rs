//! Rules of the catalog between the version that is there and the one that is to come.

use super::{About, Finding};
use crate::address::{ComponentName, HostName};
use crate::catalog::{Component, Runtime, Sure, WayBack};
use crate::diagnostic::Code;
use crate::diff::{Action, Change};
use crate::value::Version;

pub(super) fn check(about: &About<'_>, found: &mut Vec<Finding>) {
    for (host, name, change) in about.changes().filter(|(.., change)| change.action.installs()) {
        let Some(component) = about.desired.components.get(name) else { continue };
        found.extend(jump(component, (host, name, change)));
        found.extend(no_return(component, (host, name, change)));
        found.extend(below_minimum(component, (host, name, change)));
        found.extend(component.runtime.as_ref().and_then(|runtime| {
            let packages = &about.facts(host)?.packages;
            let mut names = runtime.packages.get(&change.resource.format).into_iter().flatten();
            let installed = names.find_map(|name| packages.get(name));
            let Some(installed) = installed else {
                return Some(unjudged(runtime, None, (host, name, change)));
            };
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

/// What a change would bring, and is older than the vendor asks for. That what is there already is so, is a
/// warning of the release; and so is what nobody documents.
fn below_minimum(component: &Component, (host, name, change): What<'_>) -> Option<Finding> {
    let to = &change.resource.version;
    let minimum = component.minimum_version.as_ref().filter(|minimum| to < minimum)?;
    if matches!(component.sure.get("minimum-version"), Some(Sure::Guess(_))) {
        return None;
    }
    let title = &component.title;
    let says =
        format!("would be changed to {to}, and the vendor asks for {title} {minimum} or newer");
    let help = format!("release {name} {minimum} or newer");
    Some(Finding::new(Code::TooOld, host, says, help).of(name))
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

/// An older version in place of one that nothing leads back from: that older versions are allowed says nothing
/// of what it would find there.
fn no_return(component: &Component, (host, name, change): What<'_>) -> Option<Finding> {
    let WayBack::None(why) = &component.way_back else { return None };
    let from = change.from.as_ref().filter(|_| change.action == Action::Downgrade)?.upstream();
    let (to, title) = (&change.resource.version, &component.title);
    let says = format!("would go back from {from} to {to} in place, which can't be done: {why}");
    let help = format!(
        "release {name} {from}, so that it stays; or bring {title} back by hand, from the backup that was taken \
         before {from}, and plan again. `mdc rollback` takes back what can be of a run, and leaves this as it is"
    );
    Some(Finding::new(Code::NoReturn, host, says, help).of(name))
}

fn unfit(
    runtime: &Runtime,
    installed: &Version,
    (host, name, change): What<'_>,
) -> Option<Finding> {
    let to = &change.resource.version;
    let Some(fit) = runtime.fit(to) else {
        return Some(unjudged(runtime, Some(installed), (host, name, change)));
    };
    if fit.admits(installed) || change.resource.along.is_some() {
        return None;
    }
    let title = &runtime.title;
    let says = format!(
        "is to run {to}, which needs {title} from {} and below {}, and the host has {installed} and is offered none that fits",
        fit.from, fit.below
    );
    let help = format!(
        "bring such a version of {title} into the host's repositories: it comes along with the change then; \
         or bring one to the host that fits the old and the new version; then plan again"
    );
    Some(Finding::new(Code::Runtime, host, says, help).of(name))
}

/// Nobody knows whether both fit: either which is there isn't seen, or which would fit isn't known.
fn unjudged(
    runtime: &Runtime,
    installed: Option<&Version>,
    (host, name, change): What<'_>,
) -> Finding {
    let (to, title) = (&change.resource.version, &runtime.title);
    let seen = installed.map_or_else(
        || format!("no package of {title} was seen there"),
        |installed| format!("the host has {title} {installed}"),
    );
    let known = runtime.fit(to).map_or_else(
        || format!("the catalog doesn't know which versions of {title} fit that"),
        |fit| format!("that needs {title} from {} and below {}", fit.from, fit.below),
    );
    let says = format!("is to run {to}; {known}, and {seen}: whether they fit is not checked");
    let help = format!(
        "see on the host which {title} there is, and in the vendor's table whether it fits; what you find can be \
         written as `runtime` under `[components.{name}]`: `packages`, or a row of `fits`"
    );
    Finding::new(Code::RuntimeUnknown, host, says, help).of(name)
}
