//! Moves of MD Core's licence as steps of the plan: the moves of a site one after the other, each behind
//! what changes on its host; where one takes over while another is changed, that one waits for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Basis, Compared, Plan, Purpose, Step, WayBack, waves};
use crate::address::{Address, ComponentName, HostName};
use crate::catalog::Stage;
use crate::desired::Desired;
use crate::diff::{Action, Comparison, LicenceChange, Reason, Takeover};
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

/// How every impact begins of a step during which a site takes no scans.
const OUTAGE: &str = "Nobody of the site scans";

impl Step {
    /// Whether a site of hot backup takes no scans meanwhile, or may take none.
    #[must_use]
    pub fn stops_scans(&self) -> bool {
        self.impact.starts_with(OUTAGE)
    }
}

impl Plan {
    /// The parts that instances play right before `step`: as they were seen, and as earlier steps have moved
    /// them that were not `left_out`.
    #[must_use]
    pub fn parts_before(
        &self,
        step: &Step,
        left_out: &dyn Fn(&Step) -> bool,
    ) -> BTreeMap<&HostName, Role> {
        let seen = self.basis.cores.iter().map(|(host, used)| (host, used.role));
        let mut parts: BTreeMap<&HostName, Role> = seen.collect();
        let earlier = self.steps.iter().take_while(|it| it.id != step.id);
        for step in earlier.filter(|it| !left_out(it)) {
            let role = match step.action {
                Action::Register => Role::Backup,
                Action::Nominate | Action::Activate => Role::Production,
                Action::Unregister | Action::Deactivate | Action::Yield => Role::Unlicensed,
                _ => continue,
            };
            parts.insert(&step.host, role);
        }
        parts
    }
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
    waves::raise(steps);
}

/// The moves of one site, one after the other.
fn chain(
    steps: &mut Vec<Step>,
    (desired, standby): (&Desired, &Standby),
    (changes, takeover): (&[&LicenceChange], Option<&Takeover>),
) {
    let mut last: Option<Arc<str>> = None;
    let handover = takeover.and_then(|it| handed_over(changes, it));
    for (place, change) in changes.iter().enumerate() {
        let Some(made) = made((desired, standby), change, false) else { continue };
        // Before the one that is replaced is changed.
        let ahead = handover.is_some_and(|handover| place <= handover);
        if change.first {
            let ends = changes.get(place + 1).is_none_or(|next| !next.first);
            last = Some(early(steps, (change, made, ends), last));
            continue;
        }
        // Whoever is replaced goes when the next one is ready to come.
        let mut after = match takeover.filter(|it| ahead && it.former == change.host) {
            Some(Takeover { next, .. }) => package_steps(steps, next),
            None => package_steps(steps, &change.host),
        };
        after.extend(last.iter().cloned());
        let made = Step { after, ..made };
        last = Some(Arc::clone(&made.id));
        match takeover.filter(|_| ahead) {
            Some(Takeover { former, .. }) => {
                let first = first_package_step(steps, former).unwrap_or(steps.len());
                let id = Arc::clone(&made.id);
                steps.insert(first, made);
                if handover == Some(place) {
                    let of_former = |it: &&mut Step| is_package_step(it, former);
                    steps.iter_mut().filter(of_former).for_each(|it| it.after.push(id.clone()));
                }
            }
            None => steps.push(made),
        }
    }
}

/// Puts a step before all that changes packages of its host, and the one that `ends` them before those of the
/// other host, too, that gives the settings; its id. It is done to the version from before.
fn early(
    steps: &mut Vec<Step>,
    (change, made, ends): (&LicenceChange, Step, bool),
    last: Option<Arc<str>>,
) -> Arc<str> {
    let id = Arc::clone(&made.id);
    let other = change.other.as_ref().map(|(host, _)| host).filter(|_| ends);
    let waits = |step: &&mut Step| {
        let mut hosts = [Some(&change.host), other].into_iter().flatten();
        hosts.any(|host| is_package_step(step, host))
    };
    steps.iter_mut().filter(waits).for_each(|step| step.after.push(Arc::clone(&id)));
    let first = steps.iter().position(|step| is_package_step(step, &step.host));
    let own = steps.iter().find(|step| is_package_step(step, &change.host));
    let to = own.and_then(|step| step.from.as_ref()).map(|from| from.upstream().clone());
    let to = to.unwrap_or_else(|| made.to.clone());
    let step = Step { after: last.into_iter().collect(), to, ..made };
    steps.insert(first.unwrap_or(steps.len()), step);
    id
}

/// The place of the move from which on the former instance is not the one that scans.
fn handed_over(changes: &[&LicenceChange], takeover: &Takeover) -> Option<usize> {
    let place = |action: Action, host: &HostName| {
        changes.iter().position(|it| it.action == action && it.host == *host)
    };
    place(Action::Yield, &takeover.former)
        .or_else(|| place(Action::Activate, &takeover.next))
        .or_else(|| place(Action::Deactivate, &takeover.former))
}

pub(super) fn is_package_step(step: &Step, host: &HostName) -> bool {
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

fn made(
    (desired, standby): (&Desired, &Standby),
    change: &LicenceChange,
    at_once: bool,
) -> Option<Step> {
    let component: ComponentName = CORE.parse().ok()?;
    let address = Address::new(change.host.clone(), component);
    let resource = desired.resources.get(&address)?;
    let commands = step::licence(standby, change, at_once)?;
    let Address { host, component } = &address;
    let stage = desired.components.get(component).map_or(Stage::Live, |it| it.stage);
    let step = Step::bare((host, component), change.action, &resource.version, commands.into());
    let way_back = step.is_change().then(|| way_back(change));
    Some(Step {
        stage,
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
            format!("{OUTAGE} until {host} is activated; it takes scans then")
        }
        (Action::Deactivate, _) if change.outage => {
            format!("{OUTAGE} from now on, until another instance is activated")
        }
        _ if change.outage => format!("{OUTAGE} meanwhile"),
        _ => String::new(),
    }
}

/// What users notice while an instance of hot backup is changed; none of what is no such instance.
pub(super) fn impact_of_change(
    desired: &Desired,
    comparison: &Comparison,
    (host, component): (&HostName, &ComponentName),
) -> Option<String> {
    let is_standby = desired.standby.as_ref().is_some_and(|it| it.cores.contains_key(host));
    if !is_standby || component.as_str() != CORE {
        return None;
    }
    let takes_turns = comparison.takeovers.iter().any(|it| it.former == *host);
    Some(match comparison.parts.get(host) {
        Some(Role::Backup | Role::Unlicensed) => String::new(),
        Some(Role::Production) if takes_turns => String::new(),
        Some(Role::Production) => format!("{OUTAGE} meanwhile"),
        None => format!("{OUTAGE} meanwhile when it is the one that scans, which is not known"),
    })
}

fn way_back(change: &LicenceChange) -> WayBack {
    let host = &change.host;
    let how = match change.action {
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
        _ => {
            let why = format!("the settings that {host} had are not kept: export them before");
            return WayBack::None(why.into());
        }
    };
    WayBack::ByHand(how.into())
}

/// The plan of a takeover that somebody asked for: these moves and nothing else. Whoever is `dead` owes to
/// have no licence any more.
#[must_use]
pub fn fail_over(desired: &Desired, changes: &[LicenceChange], dead: &[Step]) -> Plan {
    let compared = Compared { hosts: changes.len(), resources: changes.len() };
    let basis = Basis { compared, cores: used(changes), ..Basis::of(desired) };
    let mut steps: Vec<Step> = Vec::new();
    let standby = desired.standby.as_ref();
    for change in changes {
        let made = standby.and_then(|standby| made((desired, standby), change, true));
        let after = steps.last().map(|step| Arc::clone(&step.id)).into_iter().collect();
        steps.extend(made.map(|step| Step { after, ..step }));
    }
    let last: Vec<Arc<str>> = steps.last().map(|step| Arc::clone(&step.id)).into_iter().collect();
    steps.extend(dead.iter().map(|step| Step { after: last.clone(), ..step.clone() }));
    waves::raise(&mut steps);
    Plan { purpose: Purpose::FailOver, ..Plan::of(desired, basis, steps) }.grounded(desired)
}

/// What an instance owes that can't be asked: to show that it has lost its licence, which a nomination takes
/// from it; without one, that licence is to be given back.
#[must_use]
pub fn owed(desired: &Desired, host: &HostName, nominated: bool) -> Option<Step> {
    let standby = desired.standby.as_ref()?;
    let change = LicenceChange {
        host: host.clone(),
        action: if nominated { Action::Yield } else { Action::Deactivate },
        reasons: vec![Reason::TakeoverAsked],
        facts: CoreFacts {
            role: Role::Production,
            deployment: standby.cores.get(host)?.deployment.clone().unwrap_or_default(),
            online: None,
            days_left: None,
            version: String::new(),
            unhealthy: None,
            ailing: Vec::new(),
            unanswered: BTreeMap::new(),
            engines: BTreeMap::new(),
            settings: None,
        },
        other: None,
        settings: None,
        outage: false,
        first: false,
    };
    let step = made((desired, standby), &change, true)?;
    let impact = if nominated {
        String::new()
    } else {
        format!("{host} may scan, too, until its licence is given back")
    };
    Some(Step { impact: impact.into(), ..step })
}
