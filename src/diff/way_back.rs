//! What would take a change back.

use std::sync::Arc;

use super::{Action, Comparison, Lack, center};
use crate::address::Address;
use crate::catalog;
use crate::desired::{Desired, Resource, Source};
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::manifest::Manifest;
use crate::value::{PackageVersion, Version};

/// How a change is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WayBack {
    /// By the package of the version before.
    Package {
        /// What the resource was.
        before: Arc<Resource>,
        /// What is lost by that or may be needed besides, in words; empty when nothing.
        loses: String,
    },
    /// By the data of another major version, which were kept.
    Data {
        /// The version before.
        to: Version,
        /// What is lost by that, in words.
        loses: String,
    },
    /// By the files as they were, which are kept.
    Files,
    /// Not at all: why, in words.
    None(String),
}

/// How `action`, which leads away from version `from` at `address`, is taken back.
pub(super) fn of(
    desired: &Desired,
    (address, resource): (&Address, &Resource),
    (action, from): (Action, Option<&PackageVersion>),
) -> WayBack {
    if action == Action::Reconfigure {
        return WayBack::Files;
    }
    if let (Some(from), Some(major)) =
        (from.map(PackageVersion::upstream), &resource.procedure.major)
        && moves_data(resource, (action, from))
    {
        return WayBack::Data { to: from.clone(), loses: major.loses.clone() };
    }
    match known(desired, address, (action, from)) {
        Ok((before, loses)) => {
            WayBack::Package { before: Arc::clone(before), loses: loses.to_owned() }
        }
        Err(why) => WayBack::None(why),
    }
}

/// Whether `action`, which leads away from version `from`, moves data to another major version.
pub(super) fn moves_data(resource: &Resource, (action, from): (Action, &Version)) -> bool {
    let major = resource.procedure.major.as_ref();
    let knows = major.is_some_and(|major| major.packages.contains_key(&resource.format));
    knows && action == Action::Upgrade && from.major() != resource.version.major()
}

/// That changes have no way back only because nobody says from which release they come.
#[must_use]
pub fn without_previous(
    manifest: &Manifest,
    desired: &Desired,
    comparison: &Comparison,
) -> Option<Diagnostic> {
    let goes_back = |address: &Address| {
        let component = desired.components.get(&address.component);
        component.is_some_and(|it| matches!(it.way_back, catalog::WayBack::Package(_)))
    };
    let lacks = comparison.changes.iter().filter(|(address, change)| {
        let by_file = matches!(change.resource.source, Source::File { .. });
        let is_lacking = matches!(change.way_back, WayBack::None(_)) && goes_back(address);
        is_lacking && by_file && change.action.interrupts()
    });
    let lacks = lacks.count();
    if lacks == 0 || !desired.previous.is_empty() {
        return None;
    }
    let message = format!(
        "nothing leads back from this plan: `previous-release` is missing, by whose packages {lacks} of \
         its changes could be taken back"
    );
    let help = "name the release that the cluster comes from as `previous-release` under [cluster]: its \
                packages are then put on the hosts before anything changes, and `mdc rollback` can \
                take the changes back";
    let span = manifest.cluster.release_span.clone();
    let label = Label::new(&manifest.source, span, "from which release it comes is not said");
    Some(Diagnostic::new(Code::NoPrevious, message).at(label).help(help))
}

fn known<'d>(
    desired: &'d Desired,
    address: &Address,
    (action, from): (Action, Option<&PackageVersion>),
) -> Result<(&'d Arc<Resource>, &'d str), String> {
    let Some(from) = from.filter(|_| action.interrupts()) else {
        return Err(match action {
            Action::Install => "it was not there before, and stays".to_owned(),
            _ => "it did not run before, and is left running".to_owned(),
        });
    };
    let loses = match desired.components.get(&address.component).map(|it| &it.way_back) {
        Some(catalog::WayBack::Package(loses)) => loses.as_str(),
        Some(catalog::WayBack::None(why)) => return Err(why.clone()),
        None => return Err("the catalog has no such component".to_owned()),
    };
    if desired.previous.is_empty() {
        return Err("the manifest names no `previous-release`".to_owned());
    }
    let Some(before) = desired.before(address) else {
        return Err("the previous release has no package of it for this system".to_owned());
    };
    // What was left half-way in the new version goes back to the release before it.
    if action != Action::Repair && *from.upstream() != before.version {
        return Err(format!(
            "{} is installed, and the previous release has {}",
            from.upstream(),
            before.version
        ));
    }
    if let Source::Hand(_) = before.source {
        return Err("people change it, by hand".to_owned());
    }
    let back = if action == Action::Downgrade { Action::Upgrade } else { Action::Downgrade };
    match center::lacking(desired, address, (before, back)) {
        Some(Lack::Route(way)) => {
            let (way, name) = (way.as_str(), &address.component);
            return Err(format!(
                "no return through Control Center, whose routes have no `[{way}.{name}]`: by hand"
            ));
        }
        Some(Lack::File(_)) => {
            return Err(
                "no return through Control Center: the previous release has no package file \
                        that it could be given; by hand"
                    .to_owned(),
            );
        }
        None => {}
    }
    if before.source == Source::Repository {
        return Err(
            "the previous release takes it from the host's repository, which may no longer \
                    have it"
                .to_owned(),
        );
    }
    Ok((before, loses))
}
