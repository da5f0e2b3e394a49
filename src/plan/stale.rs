//! Whether the world still is what a plan rests on.

use super::{Plan, Step, UsedCore, UsedFacts};
use crate::diff::Action;
use crate::observe::{CoreState, HostState, Observed, PackageState, UnitState};
use crate::transport::{Command, Task};

/// A fact that moved since the plan was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The step that rests on it.
    pub step: String,
    /// Which fact, in words.
    pub fact: String,
    /// Who says what is there now.
    pub says: Says,
    /// What the plan rests on.
    pub planned: String,
    /// What is there now.
    pub observed: String,
}

/// Who says what is there now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// The host, or the instance on it.
    Host,
    /// Nobody: it can't be read, which is not known to have moved.
    Nobody,
    /// Manifest, release or catalog.
    Text,
}

/// The facts that moved under those `steps` of the plan that were not yet begun.
#[must_use]
pub fn moved<'a>(
    plan: &Plan,
    steps: impl Iterator<Item = &'a Step>,
    observed: &Observed,
) -> Vec<Moved> {
    let mut found = Vec::new();
    // Gates rest on nothing but what they see when they are passed.
    // A reboot rests on the installation before it, which may be done.
    let rests = |step: &&Step| !step.action.is_gate() && step.action != Action::Reboot;
    for step in steps.filter(rests) {
        if step.action.is_of_licence() {
            found.extend(moved_core(plan, step, observed));
            continue;
        }
        let Some(planned) = plan.facts(step) else { continue };
        let mut add = |fact: &str, planned: String, observed: String| {
            if planned != observed {
                let (step, fact) = (step.id.to_string(), fact.to_owned());
                found.push(Moved { step, fact, says: Says::Host, planned, observed });
            }
        };
        match observed.hosts.get(&step.host) {
            Some(HostState::Known(facts)) => {
                let Some(now) = facts.components.get(&step.component).map(UsedFacts::from) else {
                    continue;
                };
                if is_done_by_hand(step, &now.package) {
                    continue;
                }
                for ((fact, planned), (_, now)) in
                    planned.in_words().into_iter().zip(now.in_words())
                {
                    add(fact, planned, now);
                }
                for (name, planned) in &planned.files {
                    let now = now.files.get(name).cloned().unwrap_or_default();
                    add("file", format!("{name}: {planned}"), format!("{name}: {now}"));
                }
            }
            Some(HostState::Unknown(why)) => found.push(unread(step, "host", &why.reason)),
            None => found.push(unread(step, "host", "not observed")),
        }
    }
    found
}

/// That what the step rests on can't be read.
fn unread(step: &Step, what: &str, why: &str) -> Moved {
    let (step, fact) = (step.id.to_string(), what.to_owned());
    let (planned, observed) = ("readable".to_owned(), why.to_owned());
    Moved { step, fact, says: Says::Nobody, planned, observed }
}

/// The facts that moved under a move of a licence: of its instance, and of those that it has to do with.
fn moved_core(plan: &Plan, step: &Step, observed: &Observed) -> Vec<Moved> {
    let Some(planned) = plan.basis.cores.get(&step.host) else { return Vec::new() };
    let moved = |fact: &str, planned, observed| {
        let (step, fact) = (step.id.to_string(), fact.to_owned());
        Moved { step, fact, says: Says::Host, planned, observed }
    };
    let now = match observed.cores.get(&step.host) {
        Some(CoreState::Known(facts)) => UsedCore::from(facts),
        Some(CoreState::Unknown(why)) => {
            return vec![unread(step, "instance", &why.reason)];
        }
        None => return vec![unread(step, "instance", "not observed")],
    };
    // What an earlier step of the plan moves is not as it was when the plan was made.
    let earlier = plan.steps.iter().take_while(|it| it.id != step.id);
    let follows = earlier.filter(|it| it.host == step.host).any(|it| it.action.is_of_licence());
    let differ = |((fact, planned), (_, now)): &((&str, String), (&str, String))| {
        planned != now && (!follows || *fact == "deployment id")
    };
    let pairs = planned.in_words().into_iter().zip(now.in_words());
    pairs.filter(differ).map(|((fact, planned), (_, now))| moved(fact, planned, now)).collect()
}

impl Plan {
    /// What was seen of the step's component on its host when the plan was made, if the step rests on that.
    #[must_use]
    pub fn facts(&self, step: &Step) -> Option<&UsedFacts> {
        self.basis.facts.get(&format!("{}/{}", step.host, step.component))
    }
}

impl UsedFacts {
    /// Each but the files, with what it is.
    #[must_use]
    pub fn in_words(&self) -> [(&'static str, String); 3] {
        let role = self.role.clone().unwrap_or_else(|| "not known".to_owned());
        [("package", package(&self.package)), ("service", unit(&self.unit)), ("role", role)]
    }
}

/// Whether others have already done what the step would ask people or Control Center for.
fn is_done_by_hand(step: &Step, now: &PackageState) -> bool {
    let by_hand =
        |command: &Command| matches!(command.task, Task::ByHand { .. } | Task::AwaitVersion { .. });
    step.commands.iter().any(by_hand)
        && matches!(now, PackageState::Installed(version) if *version.upstream() == step.to)
}

fn package(state: &PackageState) -> String {
    match state {
        PackageState::Absent => "not installed".to_owned(),
        PackageState::Installed(version) => version.to_string(),
        PackageState::Broken { version, status } => format!("{version} ({status})"),
    }
}

fn unit(state: &UnitState) -> String {
    match state {
        UnitState::Active => "active".to_owned(),
        UnitState::Stopped(word) => word.clone(),
        UnitState::Absent => "absent".to_owned(),
    }
}
