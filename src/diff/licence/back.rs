//! The parts of a site as they were before a run that is taken back.

use std::collections::{BTreeMap, BTreeSet};

use super::unseen::may_scan;
use super::{Aim, Core, Licences, seen};
use crate::address::HostName;
use crate::diff::Reason;
use crate::manifest::{Standby, Upgrading};
use crate::observe::Observed;
use crate::standby::Role;

/// A site, and what is taken back there.
pub struct Before<'a> {
    /// Its hosts.
    pub hosts: &'a [&'a HostName],
    /// The parts from before; of those that are not named, as they are.
    pub roles: BTreeMap<&'a HostName, Role>,
    /// The hosts whose packages are taken back.
    pub changed: BTreeSet<HostName>,
    /// Why.
    pub reason: Reason,
}

/// The moves that lead a site back to who scanned before, so that the one that scans goes back when another
/// one does.
///
/// # Errors
/// When it is not known who scans, or nobody may take over: those that must stay as they are.
pub fn parts_back(
    standby: &Standby,
    observed: &Observed,
    before: &Before<'_>,
) -> Result<Licences, BTreeSet<HostName>> {
    let cores =
        seen(standby, observed, before.hosts).map_err(|_| may_scan(observed, before.hosts))?;
    // Nobody is left without one that scans.
    let scanned = before.roles.values().any(|role| *role == Role::Production);
    let role = |core: &Core<'_>| {
        let then = before.roles.get(core.host).copied().filter(|_| scanned);
        match (then, core.facts.role) {
            (Some(Role::Production), _) => Role::Production,
            (Some(role), Role::Production) => role,
            (Some(Role::Backup), Role::Unlicensed) => Role::Backup,
            (_, now) => now,
        }
    };
    let returning = match standby.upgrade {
        Upgrading::InPlace => standby.clone(),
        _ => Standby { upgrade: Upgrading::NominateAndReturn, ..standby.clone() },
    };
    let mut all = Licences::default();
    let aim = Aim {
        role: &role,
        is_changed: &|host| before.changed.contains(host),
        reasons: &|_| vec![before.reason.clone()],
    };
    all.lead(&returning, &cores, &aim);
    let is_allowed = all.refusals.is_empty()
        && !all.changes.iter().any(|change| change.lacks_entitlement(standby));
    if is_allowed { Ok(all) } else { Err(may_scan(observed, before.hosts)) }
}
