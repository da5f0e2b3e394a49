//! What a plan says of itself has to be so. Its seal vouches for nobody: whoever changes a plan can seal
//! it anew, and reviewers compare plans by the ids of their steps and look less closely at what changes
//! nothing.

use std::collections::BTreeSet;

use camino::Utf8Path;

use super::{Feeder, Plan, Purpose, Step, backup};
use crate::catalog::Stage;
use crate::diff::Action;
use crate::transport::{Command, RelayTask, Task};

/// What `plan` says of itself and is not so, in words; none of a plan that `mdc` has made.
pub(super) fn contradiction(plan: &Plan) -> Option<String> {
    let mut earlier: BTreeSet<&str> = BTreeSet::new();
    for step in &plan.steps {
        if let Some(wrong) = of_step(plan, step, &earlier) {
            return Some(format!("the step `{}` {wrong}", step.id));
        }
        earlier.insert(&step.id);
    }
    of_asked(plan, &earlier).or_else(|| of_members(plan)).or_else(|| of_checks(plan))
}

fn of_step(plan: &Plan, step: &Step, earlier: &BTreeSet<&str>) -> Option<String> {
    let action = step.action.as_str();
    if !is_named_by_its_id(step) {
        let Step { host, component, .. } = step;
        return Some(format!("is not what its id says, but {host}/{component}/{action}"));
    }
    if earlier.contains(&*step.id) {
        return Some("is there twice".to_owned());
    }
    if let Some(before) = step.after.iter().find(|id| !earlier.contains(&***id)) {
        return Some(format!("comes after `{before}`, which is no step before it"));
    }
    if let Some(command) = step.commands.iter().find(|it| !may(step.action, &it.task)) {
        let what = command.task.in_words();
        return Some(format!("is there to {action}, and one of its commands to {what}"));
    }
    if let Some(wrong) = step.feeder.as_deref().and_then(Feeder::contradiction) {
        return Some(wrong);
    }
    if step.way_back.is_some() && !step.is_change() {
        return Some(format!("is there to {action}, which nothing takes back, and has a way back"));
    }
    if plan.purpose == Purpose::Stage && !step.action.only_copies() {
        return Some(format!("is there to {action}, and the plan only to bring packages to hosts"));
    }
    if step.is_change() && !plan.purpose.admits(step.action) {
        return Some(format!("is there to {action}, which is not what the plan is for"));
    }
    // Whoever could not be asked when another one took over told nothing.
    let is_known = plan.basis.cores.contains_key(&step.host) || plan.purpose == Purpose::FailOver;
    let rests = plan.facts(step).is_some() || (step.action.is_of_licence() && is_known);
    if step.is_change() && !rests {
        return Some("rests on no facts".to_owned());
    }
    if step.is_change() && !step.action.is_of_licence() && !plan.rests_on_text(step) {
        return Some("rests on nothing that a manifest says".to_owned());
    }
    let back = step.back().map_or(&[][..], |commands| &**commands);
    let foreign = step.commands.iter().chain(back).find_map(foreign_file);
    foreign.map(|path| {
        format!("sends the file `{path}`; package files are named from the release file's folder")
    })
}

/// Notices tell of a stage, and what was kept of several major versions is dropped one by one.
fn is_named_by_its_id(step: &Step) -> bool {
    let Step { id, host, component, action, stage, commands, .. } = step;
    let name = format!("{host}/{component}/{}", action.as_str());
    let Some(which) = id.strip_prefix(&name) else { return false };
    match (action, stage) {
        (action, Stage::Live) if action.tells() => which == "-live",
        (action, _) if action.is_of_relay() => which.starts_with('-'),
        (Action::ProveBackup, Stage::Live) => which == backup::LIVE,
        (action, Stage::Critical) if action.tells() => which == "-critical",
        (Action::Finalise, _) => {
            let major = which.strip_prefix('-');
            let is_of = |task: &Task| matches!(task, Task::CheckGone { from, .. } if Some(from.major()) == major);
            commands.iter().any(|command| is_of(&command.task))
        }
        _ => which.is_empty(),
    }
}

/// Whether a step that is there for `action` may do this. Reviewers trust what changes nothing that runs to
/// change nothing, and approvals don't count it; what changes something may also look.
const fn may(action: Action, task: &Task) -> bool {
    match action {
        Action::Fetch => matches!(task, Task::Fetch { .. }),
        Action::Copy | Action::Keep => {
            let gets = matches!(
                task,
                Task::Relay(RelayTask::OfferKey { .. } | RelayTask::PullFile { .. })
            );
            let copies = matches!(task, Task::FindFile { .. } | Task::ReceiveFile { .. });
            gets || copies || matches!(task, Task::Rehearse { .. })
        }
        Action::Relay => matches!(task, Task::FindFile { .. } | Task::ReceiveFile { .. }),
        Action::Clear => matches!(task, Task::Relay(RelayTask::DropFile { .. })),
        Action::Reboot => matches!(
            task,
            Task::RebootDue {}
                | Task::NoteBoot {}
                | Task::Reboot {}
                | Task::AwaitBoot { .. }
                | Task::Isolate { .. }
                | Task::AwaitIdle { .. }
                | Task::AwaitHealth { .. }
                | Task::CheckUnit { .. }
                | Task::Restore { .. }
        ),
        Action::BackUp => matches!(task, Task::BackUp { .. }),
        Action::ProveBackup => matches!(task, Task::ProveBackup { .. }),
        Action::AwaitIdle => matches!(task, Task::AwaitIdle { .. } | Task::AwaitHistory(_)),
        Action::StillIdle => matches!(task, Task::AwaitAllIdle(_)),
        Action::Confirm => matches!(task, Task::Confirm { .. }),
        Action::KeepHealthy | Action::AwaitHealthy | Action::Verify => {
            matches!(task, Task::AwaitHealthy { .. })
        }
        Action::Reach => matches!(task, Task::AwaitReach { .. } | Task::AwaitHealthy { .. }),
        Action::MarkLogs => matches!(task, Task::MarkLogs { .. }),
        Action::ReadLogs => matches!(task, Task::ReadLogs { .. }),
        Action::ScanBefore | Action::ScanAfter => matches!(task, Task::TestScan { .. }),
        Action::Yield => matches!(task, Task::AwaitLicence(_)),
        Action::Register
        | Action::Unregister
        | Action::Nominate
        | Action::Activate
        | Action::Deactivate
        | Action::ImportSettings => matches!(task, Task::Licence(_) | Task::AwaitLicence(_)),
        Action::TellBefore | Action::TellStart | Action::TellEnd => {
            matches!(task, Task::Tell { .. })
        }
        Action::Install
        | Action::Upgrade
        | Action::Downgrade
        | Action::Repair
        | Action::Start
        | Action::Reconfigure
        | Action::Remove
        | Action::Rollback
        | Action::Finalise => true,
    }
}

/// The file of this machine that the command sends and that no release names: those are named by relative
/// paths, and `..` leads to a release or to packages beside it.
fn foreign_file(command: &Command) -> Option<&str> {
    let from = command.task.sends()?;
    let path = Utf8Path::new(from);
    let mut parts = path.components().skip_while(|part| part.as_str() == "..");
    let is_relative = path.is_relative() && !from.starts_with('\\') && !from.is_empty();
    let is_plain = parts.all(|part| part.as_str() != "..");
    (!is_relative || !is_plain).then_some(from)
}

fn of_asked(plan: &Plan, steps: &BTreeSet<&str>) -> Option<String> {
    let nobody = plan.asked.keys().find(|id| !steps.contains(&***id))?;
    Some(format!("it says whom `{nobody}` asks, which is none of its steps"))
}

fn of_members(plan: &Plan) -> Option<String> {
    plan.members.iter().find_map(|(name, members)| {
        let other = members.0.iter().find(|member| member.component != *name)?;
        Some(format!("it counts {}/{} among those of {name}", other.host, other.component))
    })
}

fn of_checks(plan: &Plan) -> Option<String> {
    plan.checks.iter().find_map(|(name, commands)| {
        let command = commands.iter().find(|command| !command.task.only_looks())?;
        let what = command.task.in_words();
        Some(format!("its check `{name}` does more than look: one of its commands is to {what}"))
    })
}
