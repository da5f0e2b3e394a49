//! Whether standbys of MD Core could take over now, and if not, why.

use schemars::JsonSchema;
use serde::Serialize;

use crate::address::HostName;
use crate::desired::Desired;
use crate::manifest::{Standby, StandbyCore};
use crate::observe::{CoreFacts, CoreState, Observed};
use crate::standby::Role;

/// One instance of hot backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Readiness {
    /// Where.
    pub host: HostName,
    /// The part that it should play.
    pub desired: Role,
    /// The part that it plays; none when it could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The production instance that it stands by for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<HostName>,
    /// Days until its licence expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_left: Option<i64>,
    /// The other production instances of its site, of which there should be none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<HostName>,
    /// Whether it could take over now; of a production instance, whether it scans.
    pub ready: bool,
    /// Why not, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// What is worth knowing besides, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Every instance of hot backup, by host.
#[must_use]
pub fn readiness(desired: &Desired, observed: &Observed) -> Vec<Readiness> {
    let known = |host: &HostName| observed.cores.get(host).and_then(CoreState::known);
    let cores = desired.standby.iter().flat_map(|standby| &standby.cores);
    let one = |(host, core): (&HostName, &StandbyCore)| {
        let facts = known(host);
        // Another one than the manifest says may be the production instance.
        let productions = productions((desired, observed), host);
        let production = productions.first().copied();
        let beside: Vec<HostName> =
            productions.into_iter().filter(|it| *it != host).cloned().collect();
        let why = match (facts, observed.cores.get(host)) {
            (Some(facts), _) if facts.role == Role::Production => scans(facts, &beside),
            (Some(facts), _) => {
                let why = facts.not_ready(production.and_then(known)).into_iter();
                why.chain(unentitled(desired, (host, facts))).collect()
            }
            (None, Some(CoreState::Unknown(why))) => {
                vec![format!("it can't be asked: {}", why.reason)]
            }
            (None, _) => vec!["it was not asked".to_owned()],
        };
        let scans = facts.is_some_and(|facts| facts.role == Role::Production);
        Readiness {
            host: host.clone(),
            desired: core.role,
            role: facts.map(|it| it.role),
            of: production.filter(|it| *it != host).cloned(),
            beside: if scans { beside } else { Vec::new() },
            days_left: facts.and_then(|it| it.days_left),
            ready: why.is_empty(),
            why,
            notes: facts
                .map(|facts| notes(core, facts, production.and_then(known)))
                .unwrap_or_default(),
        }
    };
    cores.map(one).collect()
}

/// Those of the site of `host` that are production instances now.
fn productions<'a>(
    (desired, observed): (&'a Desired, &Observed),
    host: &HostName,
) -> Vec<&'a HostName> {
    let known = |host: &HostName| observed.cores.get(host).and_then(CoreState::known);
    let plays = |it: &&HostName| known(it).is_some_and(|it| it.role == Role::Production);
    let mut sites = desired.standby.iter().flat_map(Standby::sites);
    let site = sites.find(|site| site.contains(&host)).unwrap_or_default();
    site.into_iter().filter(plays).collect()
}

fn scans(facts: &CoreFacts, beside: &[HostName]) -> Vec<String> {
    let expired = facts.days_left.is_some_and(|days| days < 0);
    let expired = expired.then(|| "its licence has expired".to_owned());
    let twice = |host: &HostName| {
        format!("{host} is a production instance, too: one of both has to give its licence back")
    };
    let unhealthy = facts.unhealthy.clone().into_iter();
    unhealthy.chain(expired).chain(beside.iter().map(twice)).collect()
}

/// Why it couldn't be activated, which a takeover by one that was registered offline ends with.
fn unentitled(desired: &Desired, (host, facts): (&HostName, &CoreFacts)) -> Option<String> {
    let standby = desired.standby.as_ref()?;
    let offline = facts.online == Some(false) || standby.cores.get(host)?.offline;
    let lacks = offline && standby.entitlement(host, host).is_none();
    lacks.then(|| "the manifest has no `license-file` for it to be activated by".to_owned())
}

fn notes(core: &StandbyCore, facts: &CoreFacts, production: Option<&CoreFacts>) -> Vec<String> {
    let is_backup = facts.role == Role::Backup;
    let newer = production.filter(|_| is_backup).map(|it| facts.notes(it)).unwrap_or_default();
    let known = core.deployment.as_ref().filter(|known| **known != facts.deployment);
    let moved = known.map(|known| facts.moved_from(known));
    newer.into_iter().chain(moved).collect()
}
