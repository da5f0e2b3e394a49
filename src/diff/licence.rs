//! Licences of standalone MD Core instances that are not as they should be: the moves of a site, in their
//! order.

mod back;
mod settings;
mod take_over;
mod unseen;

pub use back::{Before, parts_back};
pub use take_over::{TakeoverProblem, take_over};

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Action, Change, Reason, Refusal};
use crate::address::{Address, HostName};
use crate::desired::Desired;
use crate::diagnostic::{Code, Remark};
use crate::manifest::{CORE, Standby, StandbyCore, Upgrading};
use crate::observe::{CoreFacts, CoreState, Observed, Unreadable};
use crate::standby::{self, Move, Role, Stage, Standing};
use crate::value::Digest;

/// One thing that is done to an instance's licence or settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenceChange {
    /// Where.
    pub host: HostName,
    /// What is done.
    pub action: Action,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What the instance told.
    pub facts: CoreFacts,
    /// The other instance that it has to do with: whose settings it gets, for whom it stands by, whom it
    /// replaces, or by whom it is replaced.
    pub other: Option<(HostName, CoreFacts)>,
    /// The settings that it gets.
    pub settings: Option<Digest>,
    /// Whether nobody of the site scans meanwhile.
    pub outage: bool,
    /// Whether it comes before all that changes the version of who gets something or of who gives it.
    pub first: bool,
}

impl LicenceChange {
    /// Whether it takes a key or a `license.yml` that the manifest doesn't have.
    fn lacks_entitlement(&self, standby: &Standby) -> bool {
        let production = match self.action {
            Action::Register => self.other.as_ref().map(|(host, _)| host),
            Action::Activate => Some(&self.host),
            _ => return false,
        };
        production.and_then(|it| standby.entitlement(&self.host, it)).is_none()
    }
}

/// An instance that takes over while another one is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Takeover {
    /// The one that is changed.
    pub former: HostName,
    /// The one that takes over.
    pub next: HostName,
}

/// What has to be done at all sites.
#[derive(Debug, Clone, Default)]
pub struct Licences {
    /// In their order; each site is one chain.
    pub changes: Vec<LicenceChange>,
    /// Those that take over while another one is changed.
    pub takeovers: Vec<Takeover>,
    /// Those that may be the one that scans, and are not changed before another one does: why.
    pub held_back: BTreeMap<HostName, String>,
    /// The part that each plays that could be asked.
    pub roles: BTreeMap<HostName, Role>,
    /// Those that could not be asked for their part.
    pub unasked: BTreeMap<HostName, Unreadable>,
    /// What a reviewer should know besides, in words.
    pub warnings: Vec<Remark>,
    /// What forbids a plan.
    pub refusals: Vec<Refusal>,
}

/// An instance of a site.
#[derive(Clone, Copy)]
struct Core<'a> {
    host: &'a HostName,
    desired: &'a StandbyCore,
    facts: &'a CoreFacts,
}

impl Core<'_> {
    fn standing(&self) -> Standing {
        let offline = self.facts.role == Role::Backup && self.facts.online == Some(false);
        Standing { role: self.facts.role, offline: offline || self.desired.offline }
    }
}

/// Where a site is to be led.
struct Aim<'a> {
    role: &'a dyn Fn(&Core<'_>) -> Role,
    /// Whether what scans is interrupted on a host.
    is_changed: &'a dyn Fn(&HostName) -> bool,
    reasons: &'a dyn Fn(&Core<'_>) -> Vec<Reason>,
}

/// The moves that bring every site to what is desired.
pub(super) fn licences(
    desired: &Desired,
    observed: &Observed,
    changes: &BTreeMap<Address, Arc<Change>>,
) -> Licences {
    let mut all = Licences::default();
    let Some(standby) = &desired.standby else { return all };
    let role = |host: &HostName| observed.cores.get(host)?.known().map(|facts| facts.role);
    let roles = standby.cores.keys().filter_map(|host| Some((host.clone(), role(host)?)));
    all.roles = roles.collect();
    all.unasked = unseen::unasked(standby, observed);
    for hosts in standby.sites() {
        match seen(standby, observed, &hosts) {
            Ok(cores) => all.site(standby, &cores, changes),
            Err(why) => {
                all.hold_back((standby, observed), &hosts);
                all.warnings.push(Code::PartUnknown.said(why));
            }
        }
    }
    let lacking = all.changes.iter().filter(|change| change.lacks_entitlement(standby));
    let refusals = lacking.map(|change| Refusal::Unentitled { host: change.host.clone() });
    all.refusals.extend(refusals);
    all
}

fn seen<'a>(
    standby: &'a Standby,
    observed: &'a Observed,
    hosts: &[&'a HostName],
) -> Result<Vec<Core<'a>>, String> {
    let core = |&host: &&'a HostName| {
        let desired = standby.cores.get(host).ok_or_else(String::new)?;
        match observed.cores.get(host) {
            Some(CoreState::Known(facts)) => Ok(Core { host, desired, facts }),
            Some(CoreState::Unknown(why)) => Err(format!(
                "no licence is moved at the site of {host}, which can't be asked for its part: {}; {}. When \
                 it is the production instance and stays down: `mdc failover`",
                why.reason, why.hint
            )),
            None => Err(format!(
                "no licence is moved at the site of {host}: what was observed holds nothing of its part"
            )),
        }
    };
    hosts.iter().map(core).collect()
}

impl Licences {
    fn site(
        &mut self,
        standby: &Standby,
        cores: &[Core<'_>],
        changes: &BTreeMap<Address, Arc<Change>>,
    ) {
        self.warn(cores);
        let first = (self.changes.len(), self.takeovers.len());
        let is_changed = |host: &HostName| is_changed(changes, host);
        let role = |core: &Core<'_>| core.desired.role;
        self.lead(standby, cores, &Aim { role: &role, is_changed: &is_changed, reasons: &reasons });
        if standby.import_settings {
            self.settings(cores, first, &is_changed);
        }
    }

    /// The moves that lead a site to its parts, so that the one that scans is changed when another one does.
    fn lead(&mut self, standby: &Standby, cores: &[Core<'_>], aim: &Aim<'_>) {
        let production = cores.iter().find(|it| it.facts.role == Role::Production);
        let target = cores.iter().find(|it| (aim.role)(it) == Role::Production);
        let changed = production.filter(|it| (aim.is_changed)(it.host));
        let taken = match changed.zip(target) {
            Some((former, target)) if former.host != target.host => {
                let (former, next) = (former.host.clone(), target.host.clone());
                self.takeovers.push(Takeover { former, next });
                None
            }
            Some((former, _)) if standby.upgrade != Upgrading::InPlace => {
                self.upgrade(standby, (cores, former))
            }
            _ => None,
        };
        // Those that have taken turns play their parts; the others follow.
        let stage = |it: &Core<'_>| {
            let mut stage = Stage { now: it.standing(), desired: (aim.role)(it) };
            if let Some((at_end, other)) = taken
                && [at_end, other].contains(&it.host)
            {
                let role = if it.host == at_end { Role::Production } else { Role::Backup };
                (stage.now.role, stage.desired) = (role, role);
            }
            stage
        };
        let stages: Vec<Stage> = cores.iter().map(stage).collect();
        self.moves(cores, &stages, aim.reasons);
    }

    fn warn(&mut self, cores: &[Core<'_>]) {
        for Core { host, desired, facts } in cores {
            if let Some(known) = &desired.deployment
                && *known != facts.deployment
            {
                let moved = format!("{host}: {}", facts.moved_from(known));
                self.warnings.push(Code::DeploymentMoved.said(moved));
            }
            self.warnings.extend(facts.unanswered.values().map(|why| {
                Code::PartUnknown.said(format!(
                    "{host} has not told all that it was asked for, such as its settings: {why}"
                ))
            }));
            if facts.role == Role::Production && facts.days_left.is_some_and(|days| days < 0) {
                let over = format!("the licence of {host} has expired: it takes no scans");
                self.warnings.push(Code::LicenceOver.said(over));
            }
        }
    }

    /// The moves of the shortest way.
    fn moves(
        &mut self,
        cores: &[Core<'_>],
        stages: &[Stage],
        reasons: &dyn Fn(&Core<'_>) -> Vec<Reason>,
    ) {
        let target = stages.iter().position(|it| it.desired == Role::Production);
        let production = target.and_then(|at| cores.get(at));
        let before = cores.iter().find(|it| it.facts.role == Role::Production);
        for step in standby::path(stages) {
            let Some(core) = cores.get(step.core) else { continue };
            let lost: Vec<&Core<'_>> =
                step.unregisters.iter().filter_map(|at| cores.get(*at)).collect();
            let other = match step.what {
                Move::Nominate => lost.first().copied(),
                // A way to production by way of a registration begins while the former one is there.
                Move::Register if Some(step.core) == target => before,
                Move::Register => production,
                _ => None,
            };
            self.push(core, step.what.into(), (reasons(core), other));
            if let Some(last) = self.changes.last_mut() {
                last.outage = step.outage && before.is_some();
            }
            for core in lost {
                let by = production.unwrap_or(core);
                let step = format!("{}/{CORE}/{}", by.host, Action::Nominate.as_str());
                self.push(core, Action::Yield, (vec![Reason::UnregisteredBy { step }], Some(by)));
            }
        }
    }

    /// The backup takes over while the production instance is changed; who is the production instance at
    /// the end, and who stands by.
    fn upgrade<'a>(
        &mut self,
        standby: &Standby,
        (cores, former): (&[Core<'a>], &Core<'a>),
    ) -> Option<(&'a HostName, &'a HostName)> {
        let next = cores.iter().find(|it| it.facts.role == Role::Backup && !it.standing().offline);
        let Some(next) = next else {
            let offline = cores.iter().find(|it| it.facts.role == Role::Backup);
            if let Some(core) = offline
                && let Err(forbidden) = core.standing().after(Move::Nominate)
            {
                let host = core.host.clone();
                self.refusals.push(Refusal::ForbiddenMove { host, forbidden });
                return None;
            }
            self.warnings.push(Code::NobodyTakesOver.said(format!(
                "{} is changed while nobody takes over for it: no backup of it was registered online",
                former.host
            )));
            return None;
        };
        let keeps = || vec![Reason::KeepsScanning { host: former.host.clone() }];
        self.takeover((next, former), keeps());
        self.push(former, Action::Register, (keeps(), Some(next)));
        if standby.upgrade == Upgrading::NominateAndReturn {
            self.takeover((former, next), vec![Reason::TakesOverAgain]);
            self.push(next, Action::Register, (vec![Reason::TakesOverAgain], Some(former)));
        } else {
            self.warnings.push(Code::PartsSwapped.said(format!(
                "{} is the production instance afterwards, and {} stands by: write that in the manifest \
                 before the next plan, which would move the licence back",
                next.host, former.host
            )));
        }
        let (former, next) = (former.host, next.host);
        self.takeovers.push(Takeover { former: former.clone(), next: next.clone() });
        Some(match standby.upgrade {
            Upgrading::NominateAndReturn => (former, next),
            _ => (next, former),
        })
    }

    fn takeover(&mut self, (next, former): (&Core<'_>, &Core<'_>), reasons: Vec<Reason>) {
        self.push(next, Action::Nominate, (reasons, Some(former)));
        let step = format!("{}/{CORE}/{}", next.host, Action::Nominate.as_str());
        self.push(former, Action::Yield, (vec![Reason::UnregisteredBy { step }], Some(next)));
    }

    fn push(
        &mut self,
        core: &Core<'_>,
        action: Action,
        (reasons, other): (Vec<Reason>, Option<&Core<'_>>),
    ) {
        self.changes.push(LicenceChange {
            host: core.host.clone(),
            action,
            reasons,
            facts: core.facts.clone(),
            other: other.map(|it| (it.host.clone(), it.facts.clone())),
            settings: None,
            outage: false,
            first: false,
        });
    }
}

impl From<Move> for Action {
    fn from(what: Move) -> Self {
        match what {
            Move::Deactivate => Self::Deactivate,
            Move::Unregister => Self::Unregister,
            Move::Nominate => Self::Nominate,
            Move::Activate => Self::Activate,
            Move::Register => Self::Register,
        }
    }
}

/// Why an instance moves; where the way that seems shorter is forbidden, that too.
fn reasons(core: &Core<'_>) -> Vec<Reason> {
    let standing = core.standing();
    let mut reasons =
        vec![Reason::RoleDiffers { observed: standing.role, desired: core.desired.role }];
    let tried = match (standing.role, core.desired.role) {
        (Role::Production, Role::Backup) => Some(Move::Register),
        (Role::Backup, Role::Production) if standing.offline => Some(Move::Nominate),
        (Role::Backup, Role::Production) => Some(Move::Activate),
        _ => None,
    };
    if let Some(Err(forbidden)) = tried.map(|tried| standing.after(tried)) {
        let why = forbidden.why().to_owned();
        reasons.push(Reason::Forbidden { tried: forbidden.tried, why });
    }
    reasons
}

fn is_changed(changes: &BTreeMap<Address, Arc<Change>>, host: &HostName) -> bool {
    let mut changes = changes.iter();
    changes.any(|(address, change)| {
        address.host == *host && address.component.as_str() == CORE && change.action.interrupts()
    })
}
