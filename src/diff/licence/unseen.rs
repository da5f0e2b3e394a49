//! Sites of which not every instance could be asked for its part.

use std::collections::{BTreeMap, BTreeSet};

use super::Licences;
use crate::address::HostName;
use crate::manifest::{Standby, Upgrading};
use crate::observe::{CoreState, Observed, Unreadable};
use crate::standby::Role;

/// The question for settings, without which nobody knows whether they are to be imported.
const EXPORT: &str = "/admin/export";

impl Licences {
    /// Where another one should scan while an instance is changed, one that may be the only one that scans is not
    /// changed as long as nobody knows the others' parts.
    pub(super) fn hold_back(
        &mut self,
        (standby, observed): (&Standby, &Observed),
        hosts: &[&HostName],
    ) {
        let stays = |host: &&HostName| {
            let core = standby.cores.get(*host);
            core.is_some_and(|core| core.role == Role::Production)
        };
        let scanning = scanning(observed, hosts);
        if standby.upgrade == Upgrading::InPlace && scanning.iter().all(stays) {
            return;
        }
        let why = "it may be the only one of its site that scans, and who could take over first can't be asked";
        let may_scan = may_scan(observed, hosts).into_iter();
        self.held_back.extend(may_scan.map(|host| (host, why.to_owned())));
    }
}

fn scanning<'a>(observed: &Observed, hosts: &[&'a HostName]) -> Vec<&'a HostName> {
    let part = |host: &HostName| Some(observed.cores.get(host)?.known()?.role);
    hosts.iter().copied().filter(|it| part(it) == Some(Role::Production)).collect()
}

/// Those that could not be asked, and why.
pub(super) fn unasked(standby: &Standby, observed: &Observed) -> BTreeMap<HostName, Unreadable> {
    let why = |host: &HostName| match observed.cores.get(host) {
        Some(CoreState::Known(facts)) => facts.unanswered.get(EXPORT).map(|why| Unreadable {
            reason: format!("its settings can't be seen: {why}"),
            hint: "see what it and its log say, then plan again".to_owned(),
        }),
        Some(CoreState::Unknown(why)) => Some(why.clone()),
        None => Some(Unreadable {
            reason: "nothing of its part was observed".to_owned(),
            hint: "observe again".to_owned(),
        }),
    };
    standby.cores.keys().filter_map(|host| Some((host.clone(), why(host)?))).collect()
}

/// Those of `hosts` that scan, as far as anybody knows.
pub(super) fn may_scan(observed: &Observed, hosts: &[&HostName]) -> BTreeSet<HostName> {
    let is_unknown =
        |host: &&&HostName| observed.cores.get(**host).and_then(CoreState::known).is_none();
    let mut scanning = scanning(observed, hosts);
    if scanning.is_empty() {
        scanning = hosts.iter().filter(is_unknown).copied().collect();
    }
    scanning.into_iter().cloned().collect()
}
