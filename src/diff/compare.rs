//! The comparison itself, one resource at a time.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use rayon::prelude::*;

use super::{
    Action, FileChange, LicenceChange, Promise, Reason, Refusal, Takeover, WayBack, center, file,
    licence, promise, role, runtime, warning, warning::warning, way_back,
};
use crate::address::{Address, ComponentName, HostName};
use crate::catalog::Backup;
use crate::desired::{Desired, Resource};
use crate::diagnostic::{Code, Remark};
use crate::observe::{
    ComponentFacts, HostState, Observed, PackageState, Staged, UnitState, Unreadable,
};
use crate::standby::Role;
use crate::value::{PackageVersion, Version};

/// Everything that differs, everything that is not known, and what is worth a warning.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// What has to change, by resource.
    pub changes: BTreeMap<Address, Arc<Change>>,
    /// How many resources were compared, with those that need no change.
    pub compared: usize,
    /// The hosts that could not be read.
    pub unknown: BTreeMap<HostName, Unreadable>,
    /// How many of a component's hosts stay healthy, where that is promised.
    pub promises: BTreeMap<ComponentName, Promise>,
    /// What those say of their role that are one of several hosts of a component with roles.
    pub roles: BTreeMap<Address, String>,
    /// The ports of others, as `address:port`, that hosts could not reach.
    pub unreachable: BTreeMap<HostName, BTreeSet<String>>,
    /// Package files that are on hosts already, with their bytes. Nothing is decided by it.
    pub staged: Staged,
    /// What is done to licences and settings of standalone MD Core instances, in its order.
    pub licences: Vec<LicenceChange>,
    /// Those that take over while another one is changed.
    pub takeovers: Vec<Takeover>,
    /// MD Core instances that are not changed as long as it isn't known who scans: why, in words.
    pub held_back: BTreeMap<HostName, String>,
    /// The parts that MD Core instances of hot backup play.
    pub parts: BTreeMap<HostName, Role>,
    /// MD Core instances that could not be asked for their part.
    pub unasked: BTreeMap<HostName, Unreadable>,
    /// When the snapshot was taken that was compared, if whoever asks for the comparison says so.
    pub snapshot: Option<Timestamp>,
    /// What forbids a plan.
    pub refusals: Vec<Refusal>,
    /// What a reviewer should know besides, in words.
    pub warnings: Vec<Remark>,
}

/// What has to be done to one resource, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is done.
    pub action: Action,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The version that is there, when there is one.
    pub from: Option<PackageVersion>,
    /// What there is.
    pub facts: ComponentFacts,
    /// What there should be.
    pub resource: Arc<Resource>,
    /// The files that have to be written.
    pub files: Vec<FileChange>,
    /// How it is taken back.
    pub way_back: WayBack,
}

impl Change {
    /// Whether what is changed runs, so that it can be asked what it keeps.
    #[must_use]
    pub fn runs(&self) -> bool {
        matches!(self.facts.package, PackageState::Installed(_))
            && self.facts.unit == UnitState::Active
    }

    /// Whether its data have to be moved to another major version.
    #[must_use]
    pub fn moves_data(&self) -> bool {
        let from = self.from.as_ref().map(PackageVersion::upstream);
        from.is_some_and(|from| way_back::moves_data(&self.resource, (self.action, from)))
    }
}

/// So many resources are compared together.
const TOGETHER: usize = 1 << 10;

/// What is done, why, and to which version.
struct Decision {
    action: Action,
    reasons: Vec<Reason>,
    from: Option<PackageVersion>,
}

/// Compares every resource of `desired` with what was observed of it.
#[must_use]
pub fn compare(desired: &Desired, observed: &Observed) -> Comparison {
    let mut comparison = Comparison::default();
    comparison.hosts(desired, observed);
    comparison.staged = observed.staged();
    comparison.resources(desired, observed);
    comparison.removals(desired, observed);
    comparison.backups(desired);
    comparison.replicas(desired);
    let changes = &comparison.changes;
    // None of these needs another, and for a large cluster they take their time.
    let ((warnings, roles), (promises, licences)) = rayon::join(
        || {
            let beside = warning::side_by_side(desired, changes.keys());
            let back = warning::goes_back(changes);
            (beside.into_iter().chain(back).collect::<Vec<_>>(), role::roles(desired, observed))
        },
        || {
            let promises = promise::promises(desired, observed, changes);
            (promises, licence::licences(desired, observed, changes))
        },
    );
    comparison.warnings.extend(warnings);
    comparison.roles = roles;
    comparison.warnings.extend(role::warnings(desired, &comparison));
    comparison.promises = promises;
    comparison.refusals.extend(promise::broken(&comparison.promises, &comparison.changes));
    comparison.warnings.extend(licences.warnings);
    comparison.refusals.extend(licences.refusals);
    (comparison.licences, comparison.takeovers) = (licences.changes, licences.takeovers);
    comparison.parts = licences.roles;
    (comparison.held_back, comparison.unasked) = (licences.held_back, licences.unasked);
    comparison
}

fn not_observed() -> Unreadable {
    Unreadable {
        reason: "the snapshot holds nothing of it".to_owned(),
        hint: "observe again with the present manifest".to_owned(),
    }
}

impl Comparison {
    /// What the component at `address` says of its role, when it is one of several.
    #[must_use]
    pub fn role(&self, address: &Address) -> Option<&str> {
        self.roles.get(address).map(String::as_str)
    }

    /// Which hosts could be read, and which run another system than they should.
    fn hosts(&mut self, desired: &Desired, observed: &Observed) {
        for (name, host) in &desired.hosts {
            let state = observed.hosts.get(name);
            if let Some(HostState::Known(facts)) = state
                && !facts.unreachable.is_empty()
            {
                let ports = facts.unreachable.keys().cloned().collect();
                self.unreachable.insert(name.clone(), ports);
            }
            match state {
                Some(HostState::Known(facts)) if facts.os == host.os => {}
                Some(HostState::Known(facts)) => {
                    self.refusals.push(Refusal::OperatingSystem {
                        host: name.clone(),
                        observed: facts.os.clone(),
                        desired: host.os.clone(),
                    });
                }
                Some(HostState::Unknown(why)) => {
                    self.unknown.insert(name.clone(), why.clone());
                }
                None => {
                    self.unknown.insert(name.clone(), not_observed());
                }
            }
        }
    }

    fn resources(&mut self, desired: &Desired, observed: &Observed) {
        let resources: Vec<(&Address, &Arc<Resource>)> = desired.resources.iter().collect();
        // No resource needs another, and for a large cluster they take their time.
        let parts = resources.par_chunks(TOGETHER).map(|part| {
            let mut compared = Self::default();
            (compared.some(part, desired, observed), compared)
        });
        let mut changes = Vec::new();
        for (changed, compared) in parts.collect::<Vec<_>>() {
            changes.extend(changed);
            self.compared += compared.compared;
            self.unknown.extend(compared.unknown);
            self.warnings.extend(compared.warnings);
            for refusal in compared.refusals {
                self.refuse(refusal);
            }
        }
        self.changes = changes.into_iter().collect();
    }

    /// What has to be done to some resources.
    fn some(
        &mut self,
        resources: &[(&Address, &Arc<Resource>)],
        desired: &Desired,
        observed: &Observed,
    ) -> Vec<(Address, Arc<Change>)> {
        let mut changes = Vec::new();
        // They are in the order of hosts, so that each host is looked up once.
        for of_host in resources.chunk_by(|(one, _), (next, _)| one.host == next.host) {
            let name = of_host.first().map(|(address, _)| &address.host);
            let state = name.and_then(|name| observed.hosts.get(name));
            let Some(HostState::Known(host)) = state else { continue };
            for (address, resource) in of_host {
                let Some(facts) = host.components.get(&address.component) else {
                    self.unknown.insert(address.host.clone(), not_observed());
                    continue;
                };
                if let Some(change) = self.change(desired, address, resource, facts) {
                    let change = runtime::with(desired, (address, host), change);
                    self.warnings
                        .extend(change.resource.along.as_ref().map(|it| it.in_words(address)));
                    changes.push(((*address).clone(), Arc::new(change)));
                }
            }
        }
        changes
    }

    /// Notes that it can't be done; once where much is refused alike.
    fn refuse(&mut self, refusal: Refusal) {
        let is_lack = matches!(refusal, Refusal::NoRoute { .. });
        if !is_lack || !self.refusals.iter().any(|one| one.is_like(&refusal)) {
            self.refusals.push(refusal);
        }
    }

    /// What is to be removed and is still there.
    fn removals(&mut self, desired: &Desired, observed: &Observed) {
        for (address, resource) in &desired.removed {
            let Some(HostState::Known(host)) = observed.hosts.get(&address.host) else { continue };
            let Some(facts) = host.components.get(&address.component) else { continue };
            self.compared += 1;
            let mut stays = desired.resources.keys().filter(|it| it.component == address.component);
            if let Some(unseen) = stays.find(|it| self.unknown.contains_key(&it.host)) {
                self.warnings.push(Code::Stays.said(format!(
                    "{address} is not removed: whether {} is on {}, where it should be, can't be seen",
                    address.component, unseen.host
                )));
                continue;
            }
            let Some(change) = removal(desired, (address, resource), facts) else { continue };
            self.changes.insert(address.clone(), Arc::new(change));
            if keeps_data(desired, &address.component) {
                self.warnings.push(Code::Stays.said(format!(
                    "{address} is removed, but not its data, and nothing moves them to another host"
                )));
            }
        }
    }

    /// What has to be done to one resource; none when it is as desired.
    fn change(
        &mut self,
        desired: &Desired,
        address: &Address,
        resource: &Arc<Resource>,
        facts: &ComponentFacts,
    ) -> Option<Change> {
        self.compared += 1;
        let decision = decide(resource, facts);
        let installs = decision.as_ref().is_some_and(|it| it.action == Action::Install);
        let managed = desired.files.get(address).map_or(&[][..], |files| files);
        let (files, why) = file::differing(managed, facts, installs);
        let Some(Decision { action, mut reasons, from }) = reconfigured(decision, &files, facts)
        else {
            self.warnings.extend(warning(address, resource, facts));
            return None;
        };
        reasons.extend(why);
        if let (Action::Downgrade, false, Some(observed)) = (action, desired.allow_downgrade, &from)
        {
            self.refusals.push(Refusal::Downgrade {
                address: address.clone(),
                observed: observed.clone(),
                desired: resource.version.clone(),
            });
        }
        self.refusals.extend(center::refusal(desired, address, (resource, action)));
        let way_back = way_back::of(desired, (address, resource), (action, from.as_ref()));
        let (facts, resource) = (facts.clone(), Arc::clone(resource));
        let mut change = Change { action, reasons, from, facts, resource, files, way_back };
        if let Some(major) =
            change.resource.procedure.major.as_ref().filter(|_| change.moves_data())
        {
            change.reasons.push(Reason::OldDataStay { what: major.stays.clone() });
        }
        Some(change)
    }
}

fn decide(resource: &Resource, facts: &ComponentFacts) -> Option<Decision> {
    let desired = &resource.version;
    match &facts.package {
        PackageState::Absent => Some(Decision {
            action: Action::Install,
            reasons: vec![Reason::NotInstalled { desired: desired.clone() }],
            from: None,
        }),
        PackageState::Broken { version, status } => {
            let broken =
                Reason::PackageBroken { observed: version.clone(), status: status.clone() };
            let mut decision = moved(version, desired).unwrap_or(Decision {
                action: Action::Repair,
                reasons: Vec::new(),
                from: Some(version.clone()),
            });
            decision.reasons.insert(0, broken);
            Some(decision)
        }
        PackageState::Installed(version) => {
            moved(version, desired).or_else(|| stopped(version, &facts.unit))
        }
    }
}

/// How what is there goes; nothing when it isn't there.
fn removal(
    desired: &Desired,
    (address, resource): (&Address, &Arc<Resource>),
    facts: &ComponentFacts,
) -> Option<Change> {
    let from = match &facts.package {
        PackageState::Absent => return None,
        PackageState::Installed(version) | PackageState::Broken { version, .. } => version,
    };
    let needed_by = desired.needed_by(&address.component).into_iter().cloned().collect();
    let stays = desired.resources.keys().filter(|other| other.component == address.component);
    let stays_on = stays.map(|other| other.host.clone()).collect();
    let resource = Resource { version: from.upstream().clone(), ..(**resource).clone() };
    Some(Change {
        action: Action::Remove,
        reasons: vec![Reason::NotWanted { needed_by, stays_on }],
        from: Some(from.clone()),
        facts: facts.clone(),
        resource: Arc::new(resource),
        files: Vec::new(),
        way_back: WayBack::None(
            "its data and edited settings stay: write it under `components` of the host again, and apply"
                .to_owned(),
        ),
    })
}

/// Whether a component has data of its own, so that there should be a backup of it.
fn keeps_data(desired: &Desired, component: &ComponentName) -> bool {
    desired.components.get(component).is_some_and(|it| it.backup != Backup::None)
}

/// The decision, when `files` have to be written too.
fn reconfigured(
    decision: Option<Decision>,
    files: &[FileChange],
    facts: &ComponentFacts,
) -> Option<Decision> {
    let from = match &facts.package {
        PackageState::Installed(version) if !files.is_empty() => Some(version.clone()),
        _ => return decision,
    };
    match decision {
        None => Some(Decision { action: Action::Reconfigure, reasons: Vec::new(), from }),
        // It comes up with its files.
        Some(Decision { action: Action::Start, reasons, .. }) => {
            Some(Decision { action: Action::Reconfigure, reasons, from })
        }
        other => other,
    }
}

fn moved(observed: &PackageVersion, desired: &Version) -> Option<Decision> {
    let action = match observed.upstream().cmp(desired) {
        Ordering::Less => Action::Upgrade,
        Ordering::Equal => return None,
        Ordering::Greater => Action::Downgrade,
    };
    let reason = Reason::VersionDiffers { observed: observed.clone(), desired: desired.clone() };
    Some(Decision { action, reasons: vec![reason], from: Some(observed.clone()) })
}

fn stopped(version: &PackageVersion, unit: &UnitState) -> Option<Decision> {
    let UnitState::Stopped(observed) = unit else { return None };
    Some(Decision {
        action: Action::Start,
        reasons: vec![Reason::UnitStopped { observed: observed.clone() }],
        from: Some(version.clone()),
    })
}
