//! What of a plan can be done days before: its package files are brought to their hosts, and nothing else.
//! A plan itself stays as it is, with its seal and its approvals: its steps look for each file by its content
//! and send what isn't there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Plan, Purpose, Step};
use crate::diff::Action;
use crate::observe::Staged;
use crate::transport::{Command, Task};
use crate::value::{Digest, Period, RemotePath};

/// Bytes a second that a host is expected to read when it looks whether a file is what it should be.
const EXPECTED_READ_RATE: u64 = 300_000_000;

/// The plan that brings the packages of `plan` to their hosts, or has hosts fetch them, and does nothing
/// else: no package manager rehearses, and nobody is told.
#[must_use]
pub fn stage(plan: &Plan) -> Plan {
    // What a relay has for others is removed by the plan itself, which may need it again.
    let brings = |step: &&Step| step.action.only_copies() && step.action != Action::Clear;
    let steps: Vec<Step> = plan.steps.iter().filter(brings).map(only_brings).collect();
    let kept: BTreeSet<Arc<str>> = steps.iter().map(|step| Arc::clone(&step.id)).collect();
    let steps = steps.into_iter().map(|mut step| {
        step.after.retain(|id| kept.contains(id));
        step
    });
    let mut staged = Plan {
        purpose: Purpose::Stage,
        steps: steps.collect(),
        window: None,
        on_failure: BTreeMap::new(),
        checks: BTreeMap::new(),
        members: BTreeMap::new(),
        asked: BTreeMap::new(),
        notices: Vec::new(),
        warnings: Vec::new(),
        waivers: Vec::new(),
        // What it does was approved with the plan that holds it.
        approvals: None,
        rehearsal: None,
        ..plan.clone()
    };
    staged.seal = staged.digest();
    staged
}

fn only_brings(step: &Step) -> Step {
    let rehearses = |command: &Command| matches!(command.task, Task::Rehearse { .. });
    let commands = step.commands.iter().filter(|command| !rehearses(command)).cloned();
    Step { commands: commands.collect(), ..step.clone() }
}

/// Says of every step of `steps` whether the file that it copies is on its host already.
pub fn mark(steps: &mut [Step], staged: &Staged) {
    for step in steps.iter_mut().filter(|step| step.action.only_copies()) {
        let there = staged.get(&step.host);
        let Some((path, size)) = step.copied() else { continue };
        step.staged = there.is_some_and(|there| there.get(path) == Some(&size));
        if step.staged {
            step.forecast = Period::seconds(1 + size / EXPECTED_READ_RATE);
            // What copies took before says nothing of looking.
            step.slow = None;
        }
    }
}

impl Step {
    /// The package file that it brings to its host, with its bytes.
    #[must_use]
    pub fn copied(&self) -> Option<(&RemotePath, u64)> {
        let (path, _, size) = self.commands.iter().find_map(|command| command.task.brings())?;
        Some((path, size))
    }

    /// The bytes that have to come to its host: none when the file is there.
    #[must_use]
    pub fn brings(&self) -> u64 {
        self.copied().filter(|_| !self.staged).map_or(0, |(_, size)| size)
    }

    /// Those of them that come from the controller, and not from another host of the site.
    #[must_use]
    pub fn sends(&self) -> u64 {
        if self.feeder.is_some() { 0 } else { self.brings() }
    }
}

impl Plan {
    /// The contents of all package files that it copies, installs or goes back to.
    pub fn files(&self) -> impl Iterator<Item = Digest> {
        let commands = self.steps.iter().flat_map(|step| {
            step.commands.iter().chain(step.back().into_iter().flat_map(|back| back.iter()))
        });
        commands.filter_map(|command| match &command.task {
            Task::CheckFile { digest, .. } => Some(*digest),
            task => task.brings().map(|(_, digest, _)| *digest),
        })
    }
}
