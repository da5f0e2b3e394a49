//! The takeover of a site that somebody asks for.

use super::{Core, LicenceChange, Licences};
use crate::address::HostName;
use crate::desired::Desired;
use crate::diff::Reason;
use crate::observe::{CoreState, Observed};
use crate::standby::{Forbidden, Move, Role, Stage};

/// The takeover of a site by `to` that somebody asks for, in few words: whoever can't be asked is passed
/// over.
///
/// # Errors
/// When it is no instance of hot backup, can't be asked, or the rules forbid it.
pub fn take_over(
    desired: &Desired,
    observed: &Observed,
    to: &HostName,
) -> Result<(Vec<LicenceChange>, Vec<HostName>), TakeoverProblem> {
    let standby = desired.standby.as_ref().ok_or(TakeoverProblem::NotThere)?;
    let hosts = standby.sites().into_iter().find(|site| site.contains(&to));
    let hosts = hosts.ok_or(TakeoverProblem::NotThere)?;
    let facts = |host: &HostName| observed.cores.get(host).and_then(CoreState::known);
    let known: Vec<Core<'_>> = hosts
        .iter()
        .filter_map(|&host| {
            Some(Core { host, desired: standby.cores.get(host)?, facts: facts(host)? })
        })
        .collect();
    let dead = hosts.iter().filter(|host| facts(host).is_none()).map(|host| (*host).clone());
    let target = known.iter().find(|it| it.host == to).ok_or(TakeoverProblem::Unknown)?;
    let standing = target.standing();
    if standing.role != Role::Backup {
        let forbidden = standing.after(Move::Nominate).err();
        return Err(forbidden.map_or(TakeoverProblem::NotThere, TakeoverProblem::Forbidden));
    }
    let stage = |it: &Core<'_>| Stage {
        now: it.standing(),
        desired: match it.facts.role {
            _ if it.host == to => Role::Production,
            Role::Backup => Role::Backup,
            Role::Production | Role::Unlicensed => Role::Unlicensed,
        },
    };
    let stages: Vec<Stage> = known.iter().map(stage).collect();
    let mut all = Licences::default();
    all.moves(&known, &stages, &|_| vec![Reason::TakeoverAsked]);
    match all.changes.iter().find(|change| change.lacks_entitlement(standby)) {
        Some(change) => Err(TakeoverProblem::Unentitled(change.host.clone())),
        None => Ok((all.changes, dead.collect())),
    }
}

/// Why there is no takeover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakeoverProblem {
    /// `[standby]` doesn't have it.
    NotThere,
    /// It can't be asked.
    Unknown,
    /// The rules forbid it.
    Forbidden(Forbidden),
    /// There is nothing to license an instance by.
    Unentitled(HostName),
}
