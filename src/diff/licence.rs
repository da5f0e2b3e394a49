//! Licences of standalone MD Core instances that are not as they should be: the moves of a site, in their
//! order.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Action, Change, Reason, Refusal};
use crate::address::{Address, HostName};
use crate::desired::Desired;
use crate::manifest::{CORE, Standby, StandbyCore, Upgrading};
use crate::observe::{CoreFacts, CoreState, Observed};
use crate::standby::{self, Forbidden, Move, Role, Stage, Standing};
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
pub(super) struct Licences {
    /// In their order; each site is one chain.
    pub(super) changes: Vec<LicenceChange>,
    pub(super) takeovers: Vec<Takeover>,
    pub(super) warnings: Vec<String>,
    pub(super) refusals: Vec<Refusal>,
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

/// The moves that bring every site to what is desired.
pub(super) fn licences(
    desired: &Desired,
    observed: &Observed,
    changes: &BTreeMap<Address, Arc<Change>>,
) -> Licences {
    let mut all = Licences::default();
    let Some(standby) = &desired.standby else { return all };
    for hosts in standby.sites() {
        match seen(standby, observed, &hosts) {
            Ok(cores) => all.site(standby, &cores, changes),
            Err(why) => all.warnings.push(why),
        }
    }
    all
}

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
    Ok((all.changes, dead.collect()))
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
        let production = cores.iter().find(|it| it.facts.role == Role::Production);
        let target = cores.iter().find(|it| it.desired.role == Role::Production);
        // Those that stand by already get their settings first, so that who takes over has them.
        self.imports(standby, (cores, production), &|it| it.facts.role == Role::Backup);
        let taken = production
            .filter(|it| it.desired.role == Role::Production && is_changed(changes, it.host))
            .filter(|_| standby.upgrade != Upgrading::InPlace)
            .and_then(|former| self.upgrade(standby, (cores, former)));
        // Those that have taken turns play their parts; the others follow.
        let stage = |it: &Core<'_>| {
            let mut stage = Stage { now: it.standing(), desired: it.desired.role };
            if let Some((at_end, other)) = taken
                && [at_end, other].contains(&it.host)
            {
                let role = if it.host == at_end { Role::Production } else { Role::Backup };
                (stage.now.role, stage.desired) = (role, role);
            }
            stage
        };
        let stages: Vec<Stage> = cores.iter().map(stage).collect();
        self.moves(cores, &stages, &|core: &Core<'_>| reasons(core));
        let source = production.or(target);
        self.imports(standby, (cores, source), &|it| {
            it.facts.role == Role::Unlicensed && it.desired.role == Role::Backup
        });
    }

    fn warn(&mut self, cores: &[Core<'_>]) {
        for Core { host, desired, facts } in cores {
            if let Some(known) = &desired.deployment
                && *known != facts.deployment
            {
                self.warnings.push(format!(
                    "{host} has the deployment id {}, and the manifest knows it as {known}: a changed network \
                     card or host name makes a new one, which counts as a new activation",
                    facts.deployment
                ));
            }
            if facts.role == Role::Production && facts.days_left.is_some_and(|days| days < 0) {
                self.warnings.push(format!("the licence of {host} has expired: it takes no scans"));
            }
        }
    }

    /// Settings for those that `whom` chooses and that differ from `source`.
    fn imports(
        &mut self,
        standby: &Standby,
        (cores, source): (&[Core<'_>], Option<&Core<'_>>),
        whom: &dyn Fn(&Core<'_>) -> bool,
    ) {
        let Some(source) = source.filter(|_| standby.import_settings) else { return };
        for core in cores.iter().filter(|it| it.host != source.host && whom(it)) {
            let parts = core.facts.differing_settings(source.facts);
            if parts.is_empty() {
                continue;
            }
            let from = source.host.clone();
            self.changes.push(LicenceChange {
                host: core.host.clone(),
                action: Action::ImportSettings,
                reasons: vec![Reason::SettingsDiffer { from: from.clone(), parts }],
                facts: core.facts.clone(),
                other: Some((from, source.facts.clone())),
                settings: source.facts.settings_digest(),
                outage: false,
            });
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
            self.warnings.push(format!(
                "{} is changed while nobody takes over for it: no backup of it was registered online",
                former.host
            ));
            return None;
        };
        let keeps = || vec![Reason::KeepsScanning { host: former.host.clone() }];
        self.takeover((next, former), keeps());
        self.push(former, Action::Register, (keeps(), Some(next)));
        if standby.upgrade == Upgrading::NominateAndReturn {
            self.takeover((former, next), vec![Reason::TakesOverAgain]);
            self.push(next, Action::Register, (vec![Reason::TakesOverAgain], Some(former)));
        } else {
            self.warnings.push(format!(
                "{} is the production instance afterwards, and {} stands by: write that in the manifest \
                 before the next plan, which would move the licence back",
                next.host, former.host
            ));
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
