//! What is set to go wrong on a simulated host.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::transport::{LogsSince, Task};

/// The faults of one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub(super) struct Faults {
    /// Why nobody can connect.
    pub(super) unreachable: Option<String>,
    /// Commands that go wrong, by key (see [`key`]).
    pub(super) fail: BTreeMap<String, Fault>,
    /// Services that run but are not healthy.
    pub(super) unhealthy: BTreeSet<String>,
    /// Ports of others, as `address:port`, that refuse this host's connections.
    pub(super) unreachable_ports: BTreeSet<String>,
    /// Whether it is out of reach after a reboot, until somebody mends that.
    pub(super) stays_down: bool,
    /// How many times slower than its durations the host is.
    pub(super) slow: u32,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            unreachable: None,
            fail: BTreeMap::new(),
            unhealthy: BTreeSet::new(),
            unreachable_ports: BTreeSet::new(),
            stays_down: false,
            slow: 1,
        }
    }
}

/// One command that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Fault {
    /// What it prints, or why the connection breaks.
    pub(super) says: String,
    /// How many times still; every time when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) times: Option<u32>,
    /// The command does its work, but the connection breaks before its end is seen.
    #[serde(default)]
    pub(super) lost: bool,
    /// The connection breaks before the host has heard of the job.
    #[serde(default)]
    pub(super) missed: bool,
    /// The controller dies (SIGKILL) at this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kill: Option<Moment>,
    /// The job is cut off half-way and its end is never known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cut: Option<Cut>,
}

/// What cuts a job off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Cut {
    /// The host reboots.
    Reboot,
    /// The kernel kills it, for want of memory.
    Kill,
}

/// A moment of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Moment {
    /// Before the host has heard of it.
    Before,
    /// While the host works on it: the host goes on.
    During,
}

impl Fault {
    /// Whether the command itself fails.
    pub(super) const fn fails(&self) -> bool {
        !self.lost && !self.missed && self.kill.is_none()
    }
}

impl Faults {
    /// The fault that the command `key` meets now, counted.
    pub(super) fn meet(&mut self, key: &str) -> Option<Fault> {
        let fault = self.fail.get_mut(key)?;
        if let Some(times) = &mut fault.times {
            *times = times.checked_sub(1)?;
        }
        Some(fault.clone())
    }
}

/// The key under which a fault of `task` is set: what is done, and to what.
pub(super) fn key(task: &Task) -> String {
    match task {
        Task::FindFile { path, .. } => format!("find:{path}"),
        Task::ReceiveFile { path, .. } => format!("receive:{path}"),
        Task::Relay(task) => format!("{}:{}", task.word(), task.path()),
        Task::CheckFile { path, .. } => format!("check-file:{path}"),
        Task::Rehearse { package, .. } => format!("rehearse:{package}"),
        Task::Fetch { package, .. } => format!("fetch:{package}"),
        Task::InstallFile { package, .. } | Task::InstallFromRepository { package, .. } => {
            format!("install:{package}")
        }
        Task::RemovePackage { package, .. } => format!("remove:{package}"),
        Task::CheckRemoved { package } => format!("check-removed:{package}"),
        Task::WriteFile { path, .. } => format!("write:{path}"),
        Task::CheckWritten { path, .. } => format!("check-written:{path}"),
        Task::RestoreFile { path, .. } => format!("restore-file:{path}"),
        Task::RestartUnit { unit } => format!("restart:{unit}"),
        Task::StartUnit { unit } => format!("start:{unit}"),
        Task::Isolate { unit } => format!("isolate:{unit}"),
        Task::Restore { unit } => format!("restore:{unit}"),
        Task::Prepare { unit, say } => format!("prepare:{unit}/{say}"),
        Task::Finish { unit, say } => format!("finish:{unit}/{say}"),
        Task::DropKept { unit, say } => format!("drop-kept:{unit}/{say}"),
        Task::CheckGone { unit, .. } => format!("check-gone:{unit}"),
        Task::MoveData { unit, say, .. } => format!("move-data:{unit}/{say}"),
        Task::MoveBack { unit, say, .. } => format!("move-back:{unit}/{say}"),
        Task::CheckData { unit, .. } => format!("check-data:{unit}"),
        Task::HandOver { unit, .. } => format!("hand-over:{unit}"),
        Task::CheckRole { unit, .. } => format!("check-role:{unit}"),
        Task::RebootDue {} => "reboot-due".to_owned(),
        Task::NoteBoot {} => "note-boot".to_owned(),
        Task::Reboot {} => "reboot".to_owned(),
        Task::AwaitBoot { .. } => "await-boot".to_owned(),
        Task::Note { unit, what } => format!("note:{unit}/{what}"),
        Task::Compare { unit, what, .. } => format!("compare:{unit}/{what}"),
        Task::ByHand { package, .. } => format!("by-hand:{package}"),
        Task::CheckVersion { package, .. } => format!("check-version:{package}"),
        Task::AwaitVersion { package, .. } => format!("await-version:{package}"),
        Task::Request(request) => format!("request:{}", request.say),
        Task::Licence(request) => format!("licence:{}", request.in_words()),
        Task::AwaitLicence(wait) => format!("await-licence:{}", wait.in_words()),
        Task::CheckUnit { unit } => format!("check-unit:{unit}"),
        Task::AwaitHealth { unit, .. } => format!("await-health:{unit}"),
        Task::AwaitIdle { unit, .. } => format!("await-idle:{unit}"),
        Task::AwaitAllIdle(_) => "await-all-idle".to_owned(),
        Task::AwaitHistory(_) => "await-history".to_owned(),
        Task::AwaitHealthy { component, .. } => format!("await-healthy:{component}"),
        Task::ProveBackup { component, .. } => format!("prove-backup:{component}"),
        Task::BackUp { component, .. } => format!("back-up:{component}"),
        Task::AwaitReach { component, .. } => format!("await-reach:{component}"),
        Task::TryPort { endpoint, .. } => format!("try-port:{endpoint}"),
        Task::MarkLogs { component, .. } => format!("mark-logs:{component}"),
        Task::ReadLogs(LogsSince { component, .. }) => format!("read-logs:{component}"),
        Task::MarkLog { unit } => format!("mark-log:{unit}"),
        Task::ReadLog { unit } => format!("read-log:{unit}"),
        Task::Confirm { component, .. } => format!("confirm:{component}"),
        Task::TestScan { .. } => "test-scan".to_owned(),
        Task::Tell { notice, .. } => format!("tell:{notice}"),
    }
}
