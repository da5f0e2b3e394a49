//! What makes a change the same on another cluster.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::{Address, ComponentName};
use crate::catalog::Format;
use crate::desired::Desired;
use crate::diff::Action;
use crate::plan::{Plan, Step};
use crate::transport::Task;
use crate::value::{Digest, Version};

/// A change, without where it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Change {
    /// To what.
    pub component: ComponentName,
    /// What is done.
    pub action: Action,
    /// The product version before, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Version>,
    /// The product version after.
    pub to: Version,
    /// The package format of the host.
    pub format: Format,
    /// The SHA-256 of the package file; none when no file is installed by it, such as where the host's own
    /// repository has the package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<Digest>,
    /// The shape of its commands, in their order: of what kind each is, and to what.
    pub commands: Vec<String>,
}

/// The changes of `plan` that can be rehearsed, each once, with the steps that do it. What only mends (a
/// repair or a start in the version that is there) brings nothing that is new.
#[must_use]
pub fn changes<'p>(plan: &'p Plan, desired: &Desired) -> Vec<(Change, Vec<&'p Step>)> {
    let mut all: Vec<(Change, Vec<&Step>)> = Vec::new();
    for step in &plan.steps {
        let Some(change) = Change::of(step, desired) else { continue };
        match all.iter_mut().find(|(known, _)| *known == change) {
            Some((_, steps)) => steps.push(step),
            None => all.push((change, vec![step])),
        }
    }
    all
}

impl Change {
    fn of(step: &Step, desired: &Desired) -> Option<Self> {
        let stays = step.from.as_ref().is_some_and(|from| *from.upstream() == step.to);
        let mends = matches!(step.action, Action::Repair | Action::Start) && stays;
        let address = Address::new(step.host.clone(), step.component.clone());
        let wanted = desired.resources.get(&address).or_else(|| desired.removed.get(&address));
        let resource = wanted.filter(|_| step.is_change() && !mends)?;
        Some(Self {
            component: step.component.clone(),
            action: step.action,
            from: step.from.as_ref().map(|version| version.upstream().clone()),
            to: step.to.clone(),
            format: resource.format,
            package: step.commands.iter().find_map(|command| package(&command.task)),
            commands: step.commands.iter().map(|command| shape(&command.task)).collect(),
        })
    }
}

/// The package file that a command installs, or has others install: what runs counts, not what the
/// release says.
fn package(task: &Task) -> Option<Digest> {
    match task {
        Task::CheckFile { digest, .. } => Some(*digest),
        Task::Request(request) => request.upload.as_ref().map(|upload| upload.digest),
        _ => None,
    }
}

/// Of what kind a command is, and to what it is done: not where its files are, what they hold or how long
/// it may take, which differ from site to site.
fn shape(task: &Task) -> String {
    let subject = match task {
        Task::Rehearse { package, .. }
        | Task::InstallFile { package, .. }
        | Task::InstallFromRepository { package, .. }
        | Task::RemovePackage { package, .. }
        | Task::CheckVersion { package, .. }
        | Task::CheckRemoved { package }
        | Task::AwaitVersion { package, .. }
        | Task::ByHand { package, .. } => package,
        Task::WriteFile { path, .. }
        | Task::CheckWritten { path, .. }
        | Task::RestoreFile { path, .. } => path.as_str(),
        Task::RestartUnit { unit }
        | Task::StartUnit { unit }
        | Task::CheckUnit { unit }
        | Task::Isolate { unit }
        | Task::Restore { unit }
        | Task::CheckData { unit, .. }
        | Task::CheckRole { unit, .. }
        | Task::AwaitIdle { unit, .. }
        | Task::AwaitHealth { unit, .. } => unit,
        Task::Prepare { say, .. }
        | Task::Finish { say, .. }
        | Task::MoveData { say, .. }
        | Task::MoveBack { say, .. }
        | Task::HandOver { say, .. } => say,
        Task::Note { what, .. } | Task::Compare { what, .. } => what,
        Task::Request(request) => &request.say,
        _ => "",
    };
    format!("{} {subject}", kind(task)).trim_end().to_owned()
}

/// The word of the plan's format.
fn kind(task: &Task) -> String {
    match serde_json::to_value(task) {
        Ok(serde_json::Value::Object(tagged)) => tagged.keys().next().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}
