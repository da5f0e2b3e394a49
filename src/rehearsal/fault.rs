//! How a step is made to fail, and nothing else with it: what goes wrong does so from the moment when
//! the journal has the step's beginning until it has its end, and nothing else runs meanwhile.

use serde::Deserialize;

use crate::address::HostName;
use crate::manifest::FailOn;
use crate::plan::{HealthyBefore, Plan, Step};
use crate::state::{Copies, Entry};
use crate::transport::simulated::Fleet;
use crate::transport::{Command, LogsSince, RelayTask, Task};

/// What a command says that is made to fail.
const SAYS: &str = "made to fail by a drill";
/// What comes to a log: by either word it tells of a failed migration.
const LINE: &str = "drill: the migration failed with an error";

/// What makes a step fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// Commands that carry these tasks out, on these hosts.
    Commands(Vec<(HostName, Vec<Task>)>),
    /// A line that comes to the log of this service.
    Log(HostName, String),
    /// An MD Core instance that can't be asked.
    Instance(HostName),
    /// Nobody confirms it.
    Unconfirmed,
}

impl Fault {
    /// What makes `step` fail; none when nothing is known to.
    pub(super) fn of(plan: &Plan, step: &Step) -> Option<Self> {
        let task = step.commands.first().map(|command| &command.task)?;
        match task {
            Task::AwaitHealthy { component, at_least, without, .. } => {
                let members = plan.members.get(component.as_str()).map_or(&[][..], |it| &it.0);
                let asked = members.iter().filter(|it| !without.contains(&it.host));
                let asked: Vec<_> = asked.map(check).collect();
                // So many that too few are left.
                let enough = (asked.len() + 1).saturating_sub(*at_least);
                (*at_least > 0).then(|| Self::Commands(asked.into_iter().take(enough).collect()))
            }
            Task::AwaitAllIdle(_) | Task::AwaitReach { .. } => {
                let first = plan.asked.get(&step.id)?.0.first()?;
                Some(Self::Commands(vec![check(first)]))
            }
            // Who can't tell where a log ends fails nothing.
            Task::MarkLogs { .. } | Task::ReadLogs(LogsSince { fail_on: FailOn::Never, .. }) => {
                None
            }
            Task::ReadLogs { .. } => {
                let first = plan.asked.get(&step.id)?.0.first()?;
                let unit = first.check.iter().find_map(|command| match &command.task {
                    Task::ReadLog { unit } => Some(unit.clone()),
                    _ => None,
                })?;
                Some(Self::Log(first.host.clone(), unit))
            }
            Task::Licence(_) | Task::AwaitLicence(_) => Some(Self::Instance(step.host.clone())),
            Task::Confirm { verified: false, .. } => Some(Self::Unconfirmed),
            _ => {
                let tasks = from_telling(&step.commands);
                (!tasks.is_empty()).then(|| Self::Commands(vec![(step.host.clone(), tasks)]))
            }
        }
    }

    /// Listens to a journal and lets the fault be while `step` is at work.
    pub(super) fn during(self, step: &str, fleet: Fleet) -> Copies {
        let step = step.to_owned();
        Box::new(move |_, line| {
            let Ok(Line { entry }) = serde_json::from_str(line) else { return };
            match entry {
                Entry::Intent { step: begun, .. } if begun == step => self.set(&fleet),
                Entry::Result { step: ended, .. } if ended == step => self.clear(&fleet),
                _ => {}
            }
        })
    }

    /// A host that can't be changed lets the step come to its end, and that is told.
    fn set(&self, fleet: &Fleet) {
        match self {
            Self::Commands(hosts) => {
                for (host, tasks) in hosts {
                    let _ = fleet.fail(host, tasks, SAYS);
                }
            }
            Self::Log(host, unit) => drop(fleet.log(host, unit, LINE)),
            Self::Instance(host) => drop(fleet.licences().set_reach(host, Some(SAYS))),
            Self::Unconfirmed => {}
        }
    }

    fn clear(&self, fleet: &Fleet) {
        match self {
            Self::Commands(hosts) => {
                for (host, _) in hosts {
                    let _ = fleet.mend(host);
                }
            }
            Self::Instance(host) => drop(fleet.licences().set_reach(host, None)),
            Self::Log(..) | Self::Unconfirmed => {}
        }
    }
}

/// A line of a journal, as far as it is listened to.
#[derive(Deserialize)]
struct Line {
    entry: Entry,
}

fn check(member: &HealthyBefore) -> (HostName, Vec<Task>) {
    (member.host.clone(), member.check.iter().map(|command| command.task.clone()).collect())
}

/// The task whose failure tells most, with all that come after it: the first of them that is carried out
/// fails.
fn from_telling(commands: &[Command]) -> Vec<Task> {
    let may_fail = |task: &&Task| !matches!(task, Task::FindFile { .. } | Task::Restore { .. });
    let tasks: Vec<&Task> = commands.iter().map(|it| &it.task).filter(may_fail).collect();
    let telling = tasks.iter().enumerate().min_by_key(|(_, task)| rank(task));
    let first = telling.map_or(0, |(place, _)| place);
    tasks.into_iter().skip(first).cloned().collect()
}

/// Lower: its failure leaves more behind.
const fn rank(task: &Task) -> u8 {
    match task {
        Task::InstallFile { .. } | Task::InstallFromRepository { .. } => 0,
        Task::MoveData { .. } => 1,
        Task::RemovePackage { .. } => 2,
        Task::RestartUnit { .. } => 3,
        Task::StartUnit { .. } => 4,
        Task::WriteFile { .. }
        | Task::ReceiveFile { .. }
        | Task::Relay(RelayTask::PullFile { .. }) => 5,
        _ => 6,
    }
}
