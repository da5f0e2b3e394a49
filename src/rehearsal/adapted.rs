//! A plan as a twin can carry it out. Nothing changes by itself on a twin, so that each wait looks
//! once; what needs something real is left out; people do at once what they are asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::plan::{Plan, Step};
use crate::transport::{Command, LicenceRequest, LicenceUntil, Rounds, Task};
use crate::value::{Period, SecretReference};

/// The file in a twin's folder that is read in the place of every secret.
pub(super) const SECRET: &str = "secret";

/// A step that a twin can't carry out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The step's id in the plan.
    pub step: String,
    /// Why, in words.
    pub why: String,
}

/// The plan for a twin, with what is left out of it.
pub(super) fn adapted(plan: &Plan) -> (Plan, Vec<LeftOut>) {
    let mut left_out = Vec::new();
    let mut adapted = plan.clone();
    adapted.window = None;
    adapted.notices.clear();
    adapted.steps.retain(|step| match needs(step) {
        Some(why) => {
            left_out.push(LeftOut { step: step.id.to_string(), why: why.to_owned() });
            false
        }
        None => true,
    });
    for members in adapted.asked.values_mut() {
        members.0.retain(|member| {
            let counts = |command: &Command| matches!(command.task, Task::AwaitHistory(_));
            !member.check.iter().any(counts)
        });
    }
    order_as_before(plan, &mut adapted.steps);
    for step in &mut adapted.steps {
        step.commands = commands(&step.commands);
    }
    adapted.seal = adapted.digest();
    (adapted, left_out)
}

/// What a step needs that a twin doesn't have.
fn needs(step: &Step) -> Option<&'static str> {
    if step.action.tells() {
        return Some("nobody is told of a rehearsal");
    }
    step.commands.iter().find_map(|command| match &command.task {
        Task::TestScan { .. } => Some("a simulated cluster scans nothing"),
        Task::AwaitHistory(_) => Some("a simulated cluster has no history of scans"),
        Task::Request(_) | Task::AwaitVersion { .. } => Some("Control Center is not asked"),
        _ => None,
    })
}

/// Lets steps come after what those came after that are gone.
fn order_as_before(plan: &Plan, steps: &mut [Step]) {
    let stays: BTreeSet<Arc<str>> = steps.iter().map(|step| Arc::clone(&step.id)).collect();
    // Steps stand behind all that they come after.
    let mut before: BTreeMap<&str, BTreeSet<&Arc<str>>> = BTreeMap::new();
    for step in plan.steps.iter().filter(|step| !stays.contains(&step.id)) {
        let after = own_and_others(&step.after, &before);
        before.insert(&step.id, after);
    }
    for step in steps.iter_mut().filter(|step| !step.after.iter().all(|id| stays.contains(id))) {
        step.after = own_and_others(&step.after, &before).into_iter().cloned().collect();
    }
}

/// `after`, with what those come after that are gone in their place.
fn own_and_others<'p>(
    after: &'p [Arc<str>],
    before: &BTreeMap<&str, BTreeSet<&'p Arc<str>>>,
) -> BTreeSet<&'p Arc<str>> {
    let mut all = BTreeSet::new();
    for id in after {
        match before.get(&**id) {
            Some(others) => all.extend(others),
            None => drop(all.insert(id)),
        }
    }
    all
}

fn commands(commands: &[Command]) -> Arc<[Command]> {
    let unit = commands.iter().find_map(|command| match &command.task {
        Task::AwaitHealth { unit, .. } | Task::CheckUnit { unit } => Some(unit.clone()),
        _ => None,
    });
    let by_hand = !commands.iter().any(|command| matches!(command.task, Task::Licence(_)));
    let adapt = |command: &Command| {
        let mut command = command.clone();
        match &mut command.task {
            Task::AwaitIdle { samples, every, give_up, .. }
            | Task::AwaitAllIdle(Rounds { samples, every, give_up, .. }) => {
                (*samples, *every, *give_up) = (1, Period::default(), Period::default());
            }
            Task::AwaitHealthy { give_up, .. }
            | Task::AwaitReach { give_up, .. }
            | Task::Confirm { give_up, .. } => {
                *give_up = Period::default();
            }
            Task::Licence(request) => {
                if let Some(secret) = request.secret_mut() {
                    *secret = SecretReference::File(SECRET.into());
                }
            }
            Task::AwaitLicence(wait)
                if by_hand && matches!(wait.until, LicenceUntil::GivenBack(_)) =>
            {
                let key = SecretReference::File(SECRET.into());
                let route = String::new();
                command.task = Task::Licence(Box::new(LicenceRequest::Deactivate {
                    route,
                    key,
                    deployment: None,
                }));
            }
            Task::AwaitLicence(wait) => wait.give_up = Period::default(),
            Task::WriteFile { secrets, .. } => {
                for reference in secrets.values_mut() {
                    *reference = SecretReference::File(SECRET.into());
                }
            }
            Task::ByHand { package, version, .. } => {
                let (package, version) = (package.clone(), version.clone());
                let unit = unit.clone().unwrap_or_else(|| package.clone());
                command.task = Task::InstallFromRepository { package, version, unit };
            }
            _ => {}
        }
        command
    };
    commands.iter().map(adapt).collect()
}
