//! Hosts that can't be read when stage 2 is to begin: what they still have to do, and in which versions
//! they are, nobody knows.

use super::{About, Finding};
use crate::address::HostName;
use crate::catalog::Stage;
use crate::desired::Desired;
use crate::diagnostic::Code;

pub(super) fn check(about: &About<'_>, found: &mut Vec<Finding>) {
    let stage = |component| about.desired.components.get(component).map(|it| it.stage);
    let mut changes = about.changes();
    let is_critical = changes.any(|(_, component, change)| {
        stage(component) == Some(Stage::Critical) && !change.action.restores()
    });
    if !is_critical {
        return;
    }
    for host in about.comparison.unknown.keys() {
        let says = "can't be read, and stage 2 begins only when all hosts are seen";
        let help = "make it readable and plan again: until then stage 2 is withheld";
        found.push(Finding::new(Code::Unseen, host, says, help));
    }
}

/// Whether somebody has decided that stage 2 may begin though `host` can't be read.
#[must_use]
pub fn goes_without(desired: &Desired, host: &HostName) -> bool {
    let fits = |on: &Option<HostName>| on.as_ref().is_none_or(|on| on == host);
    desired.waivers.iter().any(|waiver| waiver.check == Code::Unseen && fits(&waiver.host))
}
