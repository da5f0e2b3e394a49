//! Whether standbys of MD Core could take over now, and if not, why.

use schemars::JsonSchema;
use serde::Serialize;

use crate::address::HostName;
use crate::desired::Desired;
use crate::manifest::{Standby, StandbyCore};
use crate::observe::{CoreState, Observed};
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
    /// Whether it could take over now; of a production instance, whether it scans.
    pub ready: bool,
    /// Why not, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
}

/// Every instance of hot backup, by host.
#[must_use]
pub fn readiness(desired: &Desired, observed: &Observed) -> Vec<Readiness> {
    let known = |host: &HostName| observed.cores.get(host).and_then(CoreState::known);
    let cores = desired.standby.iter().flat_map(|standby| &standby.cores);
    let one = |(host, core): (&HostName, &StandbyCore)| {
        let facts = known(host);
        // Another one than the manifest says may be the production instance.
        let production = desired.standby.iter().flat_map(Standby::sites).find_map(|site| {
            let plays = |it: &&&HostName| known(it).is_some_and(|it| it.role == Role::Production);
            site.contains(&host).then(|| site.iter().find(plays).copied())?
        });
        let why = match (facts, observed.cores.get(host)) {
            (Some(facts), _) if facts.role == Role::Production => scans(facts),
            (Some(facts), _) => facts.not_ready(production.and_then(known)),
            (None, Some(CoreState::Unknown(why))) => {
                vec![format!("it can't be asked: {}", why.reason)]
            }
            (None, _) => vec!["it was not asked".to_owned()],
        };
        Readiness {
            host: host.clone(),
            desired: core.role,
            role: facts.map(|it| it.role),
            of: production.filter(|it| *it != host).cloned(),
            days_left: facts.and_then(|it| it.days_left),
            ready: why.is_empty(),
            why,
        }
    };
    cores.map(one).collect()
}

fn scans(facts: &crate::observe::CoreFacts) -> Vec<String> {
    let expired = facts.days_left.is_some_and(|days| days < 0);
    let expired = expired.then(|| "its licence has expired".to_owned());
    facts.unhealthy.clone().into_iter().chain(expired).collect()
}
