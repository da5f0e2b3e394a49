//! Moves of MD Core's licence as steps of the plan: the moves of a site one after the other, each behind
//! what changes on its host; where one takes over while another is changed, that one waits for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Basis, Compared, Plan, Purpose, Step, WayBack};
use crate::address::{Address, ComponentName, HostName};
use crate::catalog::Stage;
use crate::desired::Desired;
use crate::diff::{Action, LicenceChange, Takeover};
use crate::fact::CoreFacts;
use crate::manifest::{CORE, Standby};
use crate::standby::Role;
use crate::step;
use crate::value::{Digest, Period};

/// What a decision about an instance's licence rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UsedCore {
    /// The part that it plays.
    pub role: Role,
    /// Its deployment id.
    pub deployment: String,
    /// Its settings, all parts together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Digest>,
}

impl From<&CoreFacts> for UsedCore {
    fn from(facts: &CoreFacts) -> Self {
        Self {
            role: facts.role,
            deployment: facts.deployment.clone(),
            settings: facts.settings_digest(),
        }
    }
}

impl UsedCore {
    /// Each fact with what it is.
    #[must_use]
    pub fn in_words(&self) -> [(&'static str, String); 3] {
        let settings = self.settings.map_or("not known".to_owned(), |it| it.short());
        [
            ("part", self.role.as_str().to_owned()),
            ("deployment id", self.deployment.clone()),
            ("settings", settings),
        ]
    }
}

/// What the moves rest on: those that are moved, and those that have to do with it.
pub(super) fn used(changes: &[LicenceChange]) -> BTreeMap<HostName, UsedCore> {
    let own = changes.iter().map(|it| (&it.host, &it.facts));
    let others = changes.iter().filter_map(|it| it.other.as_ref().map(|(host, it)| (host, it)));
    own.chain(others).map(|(host, facts)| (host.clone(), facts.into())).collect()
}

/// Puts the moves among the changes that are planned already.
pub(super) fn put(
    steps: &mut Vec<Step>,
    desired: &Desired,
    (changes, takeovers): (&[LicenceChange], &[Takeover]),
) {
    let Some(standby) = desired.standby.as_ref().filter(|_| !changes.is_empty()) else { return };
    let sites = standby.sites();
    for site in sites {
        let of_site: Vec<&LicenceChange> =
            changes.iter().filter(|it| site.contains(&&it.host)).collect();
        let takeover = takeovers.iter().find(|it| site.contains(&&it.former));
        chain(steps, (desired, standby), (&of_site, takeover));
    }
    in_waves(steps);
}

/// The moves of one site, one after the other.
fn chain(
    steps: &mut Vec<Step>,
    (desired, standby): (&Desired, &Standby),
    (changes, takeover): (&[&LicenceChange], Option<&Takeover>),
) {
    let mut last: Option<Arc<str>> = None;
    // Before the one that is replaced is changed.
    let mut ahead = takeover.is_some();
    for change in changes {
        let Some(made) = made((desired, standby), change, false) else { continue };
        let is_yield = change.action == Action::Yield;
        let own = package_steps(steps, &change.host);
        let waits = !(ahead && takeover.is_some_and(|it| it.former == change.host));
        let mut after: Vec<Arc<str>> = if waits { own } else { Vec::new() };
        after.extend(last.iter().cloned());
        let made = Step { after, ..made };
        last = Some(Arc::clone(&made.id));
        match takeover.filter(|_| ahead) {
            Some(Takeover { former, .. }) => {
                let place = first_package_step(steps, former).unwrap_or(steps.len());
                let id = Arc::clone(&made.id);
                steps.insert(place, made);
                if is_yield {
                    ahead = false;
                    let of_former = |it: &&mut Step| is_package_step(it, former);
                    steps.iter_mut().filter(of_former).for_each(|it| it.after.push(id.clone()));
                }
            }
            None => steps.push(made),
        }
    }
}

fn is_package_step(step: &Step, host: &HostName) -> bool {
    step.host == *host
        && step.component.as_str() == CORE
        && step.is_change()
        && !step.action.is_of_licence()
}

fn package_steps(steps: &[Step], host: &HostName) -> Vec<Arc<str>> {
    let own = steps.iter().filter(|step| is_package_step(step, host));
    own.map(|step| Arc::clone(&step.id)).collect()
}

fn first_package_step(steps: &[Step], host: &HostName) -> Option<usize> {
    steps.iter().position(|step| is_package_step(step, host))
}

/// A step's wave is one more than the highest of those that it comes after.
fn in_waves(steps: &mut [Step]) {
    let mut waves: BTreeMap<Arc<str>, u32> = BTreeMap::new();
    for step in steps.iter_mut() {
        let before = step.after.iter().filter_map(|id| waves.get(id)).max();
        step.wave = before.map_or(step.wave, |wave| step.wave.max(wave + 1));
        waves.insert(Arc::clone(&step.id), step.wave);
    }
    steps.sort_by_key(|step| step.wave);
}

fn made(
    (desired, standby): (&Desired, &Standby),
    change: &LicenceChange,
    at_once: bool,
) -> Option<Step> {
    let component: ComponentName = CORE.parse().ok()?;
    let address = Address::new(change.host.clone(), component);
    let resource = desired.resources.get(&address)?;
    let commands = step::licence(standby, change, at_once);
    let Address { host, component } = &address;
    let step = Step::bare((host, component), change.action, &resource.version, commands.into());
    let way_back = step.is_change().then(|| WayBack::None(way_back(change).into()));
    Some(Step {
        stage: Stage::Live,
        reasons: change.reasons.clone(),
        impact: impact(change).into(),
        forecast: forecast(change.action),
        way_back,
        ..step
    })
}

/// What moves should take: guesses.
const fn forecast(action: Action) -> Period {
    Period::seconds(match action {
        Action::Yield => 5,
        Action::ImportSettings => 30,
        _ => 20,
    })
}

fn impact(change: &LicenceChange) -> String {
    let other = change.other.as_ref().map(|(host, _)| host);
    let host = &change.host;
    match (change.action, other) {
        (Action::Nominate, Some(former)) => {
            format!("{host} takes scans from now on; {former} takes none any more")
        }
        (Action::Nominate, None) => format!("{host} takes scans from now on"),
        (Action::Activate, _) if change.outage => {
            format!("Nobody of the site scans until {host} is activated; it takes scans then")
        }
        (Action::Deactivate, _) if change.outage => {
            "Nobody of the site scans from now on, until another instance is activated".to_owned()
        }
        _ if change.outage => "Nobody of the site scans meanwhile".to_owned(),
        _ => String::new(),
    }
}

fn way_back(change: &LicenceChange) -> String {
    let host = &change.host;
    match change.action {
        Action::Nominate => match &change.other {
            Some((former, _)) => {
                format!(
                    "register {former} as a backup, then nominate it (swap the roles, then plan)"
                )
            }
            None => "nominate another backup".to_owned(),
        },
        Action::Register => format!("unregister {host}"),
        Action::Unregister => format!("register {host} again"),
        Action::Activate => format!("deactivate {host}"),
        Action::Deactivate => format!("activate {host} again"),
        _ => format!("the settings that {host} had are not kept: export them before"),
    }
}

/// The plan of a takeover that somebody asked for: these moves and nothing else. Whoever is `dead` owes to
/// show that it has lost its licence.
#[must_use]
pub fn fail_over(desired: &Desired, changes: &[LicenceChange], dead: &[Step]) -> Plan {
    let basis = Basis {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        desired: desired.digest(),
        snapshot: None,
        compared: Compared { hosts: changes.len(), resources: changes.len() },
        facts: BTreeMap::new(),
        cores: used(changes),
    };
    let mut steps: Vec<Step> = Vec::new();
    let standby = desired.standby.as_ref();
    for change in changes {
        let made = standby.and_then(|standby| made((desired, standby), change, true));
        let after = steps.last().map(|step| Arc::clone(&step.id)).into_iter().collect();
        steps.extend(made.map(|step| Step { after, ..step }));
    }
    let last: Vec<Arc<str>> = steps.last().map(|step| Arc::clone(&step.id)).into_iter().collect();
    steps.extend(dead.iter().map(|step| Step { after: last.clone(), ..step.clone() }));
    in_waves(&mut steps);
    let on_failure = super::make::on_failure(desired, &steps);
    let purpose = Purpose::FailOver;
    let mut plan = Plan { purpose, on_failure, steps, ..Plan::bare(desired, basis) };
    plan.seal = plan.digest();
    plan
}

/// The step by which an instance that can't be asked shows that it has lost its licence.
#[must_use]
pub fn owed(desired: &Desired, host: &HostName) -> Option<Step> {
    let standby = desired.standby.as_ref()?;
    let change = LicenceChange {
        host: host.clone(),
        action: Action::Yield,
        reasons: vec![crate::diff::Reason::TakeoverAsked],
        facts: CoreFacts {
            role: Role::Production,
            deployment: String::new(),
            online: None,
            days_left: None,
            version: String::new(),
            unhealthy: None,
            engines: BTreeMap::new(),
            settings: None,
        },
        other: None,
        settings: None,
        outage: false,
    };
    made((desired, standby), &change, true)
}
