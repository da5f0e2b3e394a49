//! The plan that takes back what a run has done, by the ways back that its own plan holds: reviewed
//! with it, and rendered when it was made.

mod parts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::notices;
use super::{Basis, Compared, HealthyBefore, Plan, Purpose, Step, UsedFacts, WayBack};
use crate::desired::{ControlCenter, Desired};
use crate::diagnostic::{Code, Remark};
use crate::diff::{Action, Reason};
use crate::fact::{PackageState, UnitState};
use crate::observe::{ComponentFacts, HostState, Observed};
use crate::transport::{Command, Task};
use crate::value::{PackageVersion, Version};

/// What is taken back.
#[derive(Debug, Clone, Copy)]
pub struct Taken<'a> {
    /// The run.
    pub run: &'a str,
    /// Its plan.
    pub plan: &'a Plan,
    /// Its steps that are taken back, in the reverse of their order: those that it has begun, or some
    /// of them.
    pub steps: &'a BTreeSet<&'a str>,
    /// Those of them that did not come to their end, so that what they change may still be kept from new
    /// work.
    pub half_way: &'a BTreeSet<&'a str>,
}

/// The plan that takes `what` back from what was observed now. What has no way back, or can't be seen,
/// stays, and is in the plan's warnings. A resource that is in the version before already needs no
/// step. Where another MD Core instance scans now than before, the one from before scans again.
#[must_use]
pub fn rollback(what: Taken<'_>, (desired, observed): (&Desired, &Observed)) -> Plan {
    let mut back =
        Back { what, observed, steps: Vec::new(), warnings: Vec::new(), before: BTreeMap::new() };
    for step in what.plan.steps.iter().rev() {
        back.take(step);
    }
    let Back { mut steps, mut warnings, .. } = back;
    steps.sort_by(|a, b| (a.wave, &a.component, &a.host).cmp(&(b.wave, &b.component, &b.host)));
    let parts = parts::put(&mut steps, what, (desired, observed));
    warnings.extend(parts.warnings);
    let plan = what.plan;
    let components: BTreeSet<_> = steps.iter().map(|step| &step.component).collect();
    let on_failure = plan.on_failure.iter().filter(|(name, _)| components.contains(name));
    let basis = Basis { cores: parts.used, ..basis(plan, &steps, observed) };
    let needs = steps.iter().flat_map(|step| &step.needs_healthy);
    let checks = needs.map(|need| need.check.entry()).collect();
    let on_failure = on_failure.map(|(name, policy)| (name.clone(), *policy)).collect();
    notices::put(&mut steps, &plan.notices);
    let mut rolled = Plan {
        purpose: Purpose::RollBack(what.run.to_owned()),
        // What has to be taken back is not left as it is because the hour has passed.
        window: None,
        basis,
        on_failure,
        checks,
        members: BTreeMap::new(),
        asked: BTreeMap::new(),
        unknown: Vec::new(),
        withheld: Vec::new(),
        warnings,
        steps,
        // What leads back was approved with the plan that holds it.
        approvals: None,
        rehearsal: None,
        ..plan.clone()
    };
    rolled.seal = rolled.digest();
    rolled
}

impl Plan {
    /// Where it leads, in words: to its release, back from it, to backups, or to where no
    /// way leads back.
    #[must_use]
    pub fn goal(&self) -> String {
        match &self.purpose {
            Purpose::Release => self.release.clone(),
            Purpose::RollBack(_) => format!("{}, rolled back", self.release),
            Purpose::BackUp => "none (backups)".to_owned(),
            Purpose::Stage => format!("{} (packages only)", self.release),
            Purpose::FailOver => "none (takeover)".to_owned(),
            Purpose::Finalise => format!("{}, finalised", self.release),
        }
    }
}

struct Back<'a> {
    what: Taken<'a>,
    observed: &'a Observed,
    steps: Vec<Step>,
    warnings: Vec<Remark>,
    /// For each step of the plan that is not yet reached: what has to be taken back before it.
    before: BTreeMap<&'a str, BTreeSet<usize>>,
}

impl<'a> Back<'a> {
    /// Takes in a step; all that come after it were taken in before.
    fn take(&mut self, step: &'a Step) {
        let mut after = self.before.remove(&*step.id).unwrap_or_default();
        // A reboot leaves nothing that could be taken back.
        if self.what.steps.contains(&*step.id)
            // Who scans is seen to as a whole.
            && !step.action.is_of_licence()
            && step.action != Action::Reboot
            && let Some(way_back) = &step.way_back
        {
            match self.inverse(step, way_back, &after) {
                Ok(Some(inverse)) => {
                    after = BTreeSet::from([self.steps.len()]);
                    self.steps.push(inverse);
                }
                Ok(None) => {}
                Err(why) => {
                    let stays = format!("{}/{} stays as it is: {why}", step.host, step.component);
                    self.warnings.push(Code::Stays.said(stays));
                }
            }
        }
        for id in &step.after {
            self.before.entry(id).or_default().extend(&after);
        }
    }

    /// The step that takes `step` back; none when there is nothing to take back; why it can't be.
    fn inverse(
        &self,
        step: &Step,
        way_back: &WayBack,
        after: &BTreeSet<usize>,
    ) -> Result<Option<Step>, String> {
        let facts = facts(step, self.observed)?;
        let no_loss = Arc::default();
        let is_half_way = self.what.half_way.contains(&*step.id);
        // What was not changed yet may have been kept from new work, also where no other way leads back.
        let given = restoring(&step.commands).filter(|_| is_half_way);
        let (to, loses, commands) = match way_back {
            WayBack::Package { to, loses, commands } => (to, loses, commands),
            WayBack::Files { commands } => (&step.to, &no_loss, commands),
            WayBack::ByHand(_) | WayBack::None(_) if is_before(step, facts) => {
                let Some((from, commands)) = step.from.as_ref().zip(given.as_ref()) else {
                    return Ok(None);
                };
                (from.upstream(), &no_loss, commands)
            }
            WayBack::ByHand(why) | WayBack::None(why) => return Err(why.to_string()),
        };
        let restore = restoring(commands)
            .filter(|_| is_half_way && is_at(facts, to) && !brings_files_back(commands));
        if is_at(facts, to) && restore.is_none() && !brings_files_back(commands) {
            return Ok(None);
        }
        let commands = restore.unwrap_or_else(|| Arc::clone(commands));
        let earlier = || after.iter().filter_map(|&place| self.steps.get(place));
        let mut reasons =
            vec![Reason::Undoes { run: self.what.run.to_owned(), step: step.id.to_string() }];
        reasons.extend((!loses.is_empty()).then(|| Reason::Loses { what: loses.to_string() }));
        Ok(Some(Step {
            id: format!("{}/{}/{}", step.host, step.component, Action::Rollback.as_str()).into(),
            action: Action::Rollback,
            wave: earlier().map(|step| step.wave).max().unwrap_or_default() + 1,
            from: version(facts).cloned(),
            to: to.clone(),
            after: earlier().map(|step| Arc::clone(&step.id)).collect(),
            needs_healthy: needs(step, &commands),
            reasons,
            commands,
            way_back: None,
            ..step.clone()
        }))
    }
}

/// Whether files are brought back, which the facts don't tell; doing so twice comes to the same.
fn brings_files_back(commands: &[Command]) -> bool {
    commands.iter().any(|command| matches!(command.task, Task::RestoreFile { .. }))
}

/// What is taken back is not held up by what it needed, but for Control Center, where that is asked.
fn needs(step: &Step, commands: &[Command]) -> Vec<HealthyBefore> {
    let asks = commands.iter().any(|command| matches!(command.task, Task::Request(_)));
    let needed = |need: &&HealthyBefore| asks && ControlCenter::is_needed(&need.component);
    step.needs_healthy.iter().filter(needed).cloned().collect()
}

/// The command among `commands` that gives work again.
fn restoring(commands: &[Command]) -> Option<Arc<[Command]>> {
    let restore = commands.iter().find(|it| matches!(it.task, Task::Restore { .. }))?;
    Some([restore.clone()].into())
}

fn facts<'o>(step: &Step, observed: &'o Observed) -> Result<&'o ComponentFacts, String> {
    match observed.hosts.get(&step.host) {
        Some(HostState::Known(host)) => {
            host.components.get(&step.component).ok_or_else(|| "it was not observed".to_owned())
        }
        Some(HostState::Unknown(why)) => Err(format!("its host can't be read: {}", why.reason)),
        None => Err("its host was not observed".to_owned()),
    }
}

fn version(facts: &ComponentFacts) -> Option<&PackageVersion> {
    match &facts.package {
        PackageState::Installed(version) | PackageState::Broken { version, .. } => Some(version),
        PackageState::Absent => None,
    }
}

/// Whether it runs in this version.
fn is_at(facts: &ComponentFacts, to: &Version) -> bool {
    matches!(&facts.package, PackageState::Installed(version) if version.upstream() == to)
        && facts.unit == UnitState::Active
}

/// Whether the step has changed nothing.
fn is_before(step: &Step, facts: &ComponentFacts) -> bool {
    match &step.from {
        Some(from) => is_at(facts, from.upstream()) && *from.upstream() != step.to,
        None => facts.package == PackageState::Absent,
    }
}

fn basis(plan: &Plan, steps: &[Step], observed: &Observed) -> Basis {
    let used = steps.iter().filter_map(|step| {
        let facts = facts(step, observed).ok()?;
        Some((format!("{}/{}", step.host, step.component), UsedFacts::from(facts)))
    });
    let hosts: BTreeSet<_> = steps.iter().map(|step| &step.host).collect();
    Basis {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        desired: plan.basis.desired,
        max_age: plan.basis.max_age,
        written: plan.basis.written.clone(),
        snapshot: None,
        compared: Compared { hosts: hosts.len(), resources: steps.len() },
        facts: used.collect(),
        cores: BTreeMap::new(),
    }
}
