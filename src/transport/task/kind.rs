//! What tasks are in words, and of what kind each is.

use super::{LogsSince, Task};
use crate::transport::RelayTask;
use crate::value::{Digest, RemotePath};

impl Task {
    /// What is being done, to be read after "while", "could not" or alone: `install md-core 5.14.2`.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a table of words, one a task")]
    pub fn in_words(&self) -> String {
        match self {
            Self::FindFile { path, .. } => format!("look for {}", path.file_name()),
            Self::ReceiveFile { path, .. } => format!("copy {}", path.file_name()),
            Self::Relay(task) => task.in_words(),
            Self::CheckFile { path, .. } => format!("check the content of {}", path.file_name()),
            Self::Rehearse { package, version } => {
                format!("rehearse the installation of {package} {version}")
            }
            Self::Fetch { package, version } => {
                format!("fetch {package} {version} from the host's repository")
            }
            Self::InstallFile { package, version, .. } => format!("install {package} {version}"),
            Self::InstallFromRepository { package, version, .. } => {
                format!("install {package} {version} from the host's repository")
            }
            Self::WriteFile { path, .. } => format!("write {path}"),
            Self::CheckWritten { path, .. } => format!("check that {path} is as it was written"),
            Self::RestoreFile { path, .. } => format!("bring {path} back"),
            Self::RestartUnit { unit } => format!("restart {unit} if its files have changed"),
            Self::StartUnit { unit } => format!("start {unit}"),
            Self::CheckVersion { package, version } => {
                format!("check that {package} is installed in version {version}")
            }
            Self::RemovePackage { package, .. } => format!("remove {package}"),
            Self::CheckRemoved { package } => format!("check that {package} is not installed"),
            Self::ByHand { package, version, .. } => {
                format!("see that people have brought {package} to version {version}")
            }
            Self::CheckUnit { unit } => format!("check that {unit} is active"),
            Self::AwaitHealth { unit, .. } => format!("wait until {unit} is healthy"),
            Self::Isolate { unit } => format!("keep new work from {unit}"),
            Self::Restore { unit } => format!("give work to {unit} again"),
            Self::Prepare { say, .. }
            | Self::Finish { say, .. }
            | Self::HandOver { say, .. }
            | Self::MoveData { say, .. }
            | Self::DropKept { say, .. }
            | Self::MoveBack { say, .. } => say.clone(),
            Self::RebootDue {} => "see whether the host waits for a reboot".to_owned(),
            Self::NoteBoot {} => "note which boot of the host this is".to_owned(),
            Self::Reboot {} => "reboot the host".to_owned(),
            Self::AwaitBoot { give_up } => {
                format!("wait at most {give_up} until the host is back from its reboot")
            }
            Self::CheckData { unit, version } => {
                format!("check that {unit} serves its data in version {}", version.major())
            }
            Self::CheckGone { unit, from } => format!("check that {unit} keeps no data of {from}"),
            Self::CheckRole { unit, .. } => format!("see that {unit} is not the primary"),
            Self::Note { what, .. } => format!("note the {what}"),
            Self::Compare { what, .. } => format!("compare the {what} with those before"),
            Self::AwaitIdle { unit, .. } => format!("wait until {unit} has nothing left to do"),
            Self::AwaitAllIdle(rounds) => {
                let of = rounds.of;
                format!("see that none of {of} that can tell has anything left to do")
            }
            Self::AwaitHistory(_) => "wait until no scan is in progress".to_owned(),
            Self::AwaitHealthy { component, at_least, of, .. } => {
                format!("wait until {at_least} of {of} {component} are healthy")
            }
            Self::ProveBackup { component, .. } => format!("look for the backup of {component}"),
            Self::BackUp { component, .. } => format!("take a backup of {component}"),
            Self::TestScan { .. } => "scan the test files".to_owned(),
            Self::Request(request) => request.say.clone(),
            Self::Licence(request) => request.in_words(),
            Self::AwaitLicence(wait) => wait.in_words(),
            Self::AwaitVersion { package, version, .. } => {
                format!("wait until {package} is installed in version {version}")
            }
            Self::Tell { notice, way, .. } => format!("tell {notice} ({way})"),
            Self::AwaitReach { component, of, .. } => {
                format!("see that {component} is reached from {of} hosts that need it")
            }
            Self::TryPort { component, host, endpoint } => {
                format!("reach {endpoint}, where {component} listens on {host}")
            }
            Self::MarkLogs { component, .. } => format!("note where the logs of {component} end"),
            Self::ReadLogs(LogsSince { component, .. }) => {
                format!("read what came to the logs of {component} since the run began")
            }
            Self::MarkLog { unit } => format!("note where the log of {unit} ends"),
            Self::ReadLog { unit } => format!("read what came to the log of {unit}"),
            Self::Confirm { component, .. } => {
                format!("see that people have done what {component} needs")
            }
        }
    }

    /// The file of the controller that it sends, as the plan names it.
    #[must_use]
    pub fn sends(&self) -> Option<&str> {
        match self {
            Self::ReceiveFile { from, .. } | Self::Relay(RelayTask::PullFile { from, .. }) => {
                Some(from)
            }
            Self::Request(request) => request.upload.as_ref().map(|file| &*file.from),
            _ => None,
        }
    }

    /// The package file that it puts on the host, with its content.
    #[must_use]
    pub const fn brings(&self) -> Option<(&RemotePath, &Digest, u64)> {
        match self {
            Self::ReceiveFile { path, digest, size, .. }
            | Self::Relay(RelayTask::PullFile { path, digest, size, .. }) => {
                Some((path, digest, *size))
            }
            _ => None,
        }
    }

    /// Whether it only looks: running it again changes nothing.
    #[must_use]
    pub const fn only_looks(&self) -> bool {
        matches!(
            self,
            Self::FindFile { .. }
                | Self::CheckFile { .. }
                | Self::CheckWritten { .. }
                | Self::Rehearse { .. }
                | Self::CheckVersion { .. }
                | Self::ByHand { .. }
                | Self::CheckRemoved { .. }
                | Self::CheckUnit { .. }
                | Self::AwaitVersion { .. }
                | Self::AwaitLicence(_)
                | Self::AwaitHealth { .. }
                | Self::CheckRole { .. }
                | Self::RebootDue {}
                | Self::NoteBoot {}
                | Self::AwaitBoot { .. }
                | Self::CheckData { .. }
                | Self::CheckGone { .. }
                | Self::Note { .. }
                | Self::Compare { .. }
                | Self::AwaitIdle { .. }
                | Self::AwaitAllIdle(_)
                | Self::AwaitHistory(_)
                | Self::AwaitHealthy { .. }
                | Self::ProveBackup { .. }
                | Self::Confirm { .. }
                | Self::TestScan { .. }
                | Self::AwaitReach { .. }
                | Self::TryPort { .. }
                | Self::MarkLogs { .. }
                | Self::ReadLogs { .. }
                | Self::MarkLog { .. }
                | Self::ReadLog { .. }
        )
    }

    /// Whether no look tells that all of it is done: it is done again, which comes to the same.
    #[must_use]
    pub const fn is_done_again(&self) -> bool {
        matches!(self, Self::WriteFile { .. } | Self::RestoreFile { .. } | Self::RestartUnit { .. })
    }

    /// Whether it begins a change of its component; what comes before it prepares, drains and looks.
    #[must_use]
    pub const fn brings_change(&self) -> bool {
        matches!(
            self,
            Self::CheckFile { .. }
                | Self::InstallFile { .. }
                | Self::InstallFromRepository { .. }
                | Self::ByHand { .. }
                | Self::Request(_)
                | Self::Licence(_)
                | Self::RestartUnit { .. }
                | Self::StartUnit { .. }
                | Self::Reboot {}
        )
    }

    /// Whether its component may be left half-way by it: it neither looks nor only prepares, drains or brings files.
    #[must_use]
    pub const fn may_leave_half_way(&self) -> bool {
        matches!(
            self,
            Self::WriteFile { .. }
                | Self::InstallFile { .. }
                | Self::InstallFromRepository { .. }
                | Self::RemovePackage { .. }
                | Self::ByHand { .. }
                | Self::Request(_)
                | Self::StartUnit { .. }
                | Self::RestartUnit { .. }
                | Self::Reboot {}
                | Self::RestoreFile { .. }
                | Self::MoveData { .. }
                | Self::MoveBack { .. }
                | Self::HandOver { .. }
        )
    }

    /// Whether it is a job on the host, apart from the connection: everything that changes the host
    /// or waits there. A copy is fed over the connection, and can be sent again.
    #[must_use]
    pub const fn is_job(&self) -> bool {
        matches!(
            self,
            Self::Fetch { .. }
                | Self::InstallFile { .. }
                | Self::InstallFromRepository { .. }
                | Self::RemovePackage { .. }
                | Self::StartUnit { .. }
                | Self::RestartUnit { .. }
                | Self::Reboot {}
                | Self::RestoreFile { .. }
                | Self::Isolate { .. }
                | Self::Restore { .. }
                | Self::Prepare { .. }
                | Self::MoveData { .. }
                | Self::MoveBack { .. }
                | Self::DropKept { .. }
                | Self::HandOver { .. }
                | Self::Finish { .. }
                | Self::AwaitHealth { .. }
                | Self::ProveBackup { .. }
                | Self::BackUp { .. }
        )
    }
}
