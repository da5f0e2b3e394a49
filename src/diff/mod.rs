//! What has to change: desired against observed. Each change is an action with its reasons.

mod center;
mod compare;
mod file;
mod promise;
mod refusal;
mod role;
mod way_back;

pub use center::Lack;
pub use compare::{Change, Comparison, compare};
pub use file::{FileChange, FileDifference};
pub use promise::Promise;
pub use refusal::Refusal;
pub use way_back::{WayBack, without_previous};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::{ComponentName, HostName};
use crate::manifest::Moment;
use crate::value::{PackageVersion, RemotePath, Version};

/// What is done to a resource.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Puts the package file on the host; changes nothing that runs.
    Copy,
    /// Has the host load the package from its own repository; changes nothing that runs.
    Fetch,
    /// Puts the package of the version before on the host, for the way back; changes nothing that
    /// runs.
    Keep,
    /// Installs what isn't there.
    Install,
    /// Goes to a newer version.
    Upgrade,
    /// Goes to an older version.
    Downgrade,
    /// Finishes an installation of this version that was left half-way.
    Repair,
    /// Starts a service that should run.
    Start,
    /// Writes files of a component that stays in its version.
    Reconfigure,
    /// Takes away what should not be there.
    Remove,
    /// Goes back to the version before this plan.
    Rollback,
    /// Drops what was kept for the way back; changes nothing that runs.
    Finalise,
    /// Takes a backup; changes nothing that runs.
    BackUp,
    /// Looks for evidence of a backup.
    ProveBackup,
    /// Waits until nothing is left to be done.
    AwaitIdle,
    /// Sees that people have done something.
    Confirm,
    /// Sees that enough others are healthy before some of them are taken away.
    KeepHealthy,
    /// Waits until a component is healthy on all its hosts, before stage 2.
    AwaitHealthy,
    /// Sees at the end that a component is healthy on all its hosts.
    Verify,
    /// Scans test files before anything is changed.
    ScanBefore,
    /// Scans the same files after the last change.
    ScanAfter,
    /// Sees that those that need a component reach it after its change.
    Reach,
    /// Notes where the logs of a component end, before anything is changed.
    MarkLogs,
    /// Reads what came to them, when everything is changed.
    ReadLogs,
    /// Tells people of a stage that is to come.
    TellBefore,
    /// Tells people that a stage begins.
    TellStart,
    /// Tells people that a stage has ended.
    TellEnd,
}

impl Action {
    /// The word of file formats and step ids.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Fetch => "fetch",
            Self::Keep => "keep",
            Self::Install => "install",
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
            Self::Repair => "repair",
            Self::Start => "start",
            Self::Reconfigure => "reconfigure",
            Self::Remove => "remove",
            Self::Rollback => "rollback",
            Self::Finalise => "finalise",
            Self::BackUp => "back-up",
            Self::ProveBackup => "prove-backup",
            Self::AwaitIdle => "await-idle",
            Self::Confirm => "confirm",
            Self::KeepHealthy => "keep-healthy",
            Self::AwaitHealthy => "await-healthy",
            Self::Verify => "verify",
            Self::ScanBefore => "scan-before",
            Self::ScanAfter => "scan-after",
            Self::Reach => "reach",
            Self::MarkLogs => "mark-logs",
            Self::ReadLogs => "read-logs",
            Self::TellBefore => "tell-before",
            Self::TellStart => "tell-start",
            Self::TellEnd => "tell-end",
        }
    }

    /// Whether it only puts packages on their host.
    #[must_use]
    pub const fn only_copies(self) -> bool {
        matches!(self, Self::Copy | Self::Fetch | Self::Keep)
    }

    /// Whether it changes nothing and only sees that something is so.
    #[must_use]
    pub const fn is_gate(self) -> bool {
        matches!(
            self,
            Self::ProveBackup
                | Self::AwaitIdle
                | Self::Confirm
                | Self::KeepHealthy
                | Self::AwaitHealthy
                | Self::Verify
                | Self::Reach
                | Self::MarkLogs
                | Self::ReadLogs
        ) || self.scans()
            || self.tells()
    }

    /// Whether stage 2 begins only when it is passed.
    #[must_use]
    pub const fn precedes_critical(self) -> bool {
        matches!(self, Self::ProveBackup | Self::AwaitIdle | Self::Confirm | Self::AwaitHealthy)
    }

    /// Whether it asks many hosts.
    #[must_use]
    pub const fn asks_all(self) -> bool {
        matches!(self, Self::KeepHealthy | Self::AwaitHealthy | Self::Verify | Self::Reach)
            || self.logs()
    }

    /// Whether it looks at the logs of a component.
    #[must_use]
    pub const fn logs(self) -> bool {
        matches!(self, Self::MarkLogs | Self::ReadLogs)
    }

    /// Whether it sees, through the API Gateway, that files are scanned.
    #[must_use]
    pub const fn scans(self) -> bool {
        matches!(self, Self::ScanBefore | Self::ScanAfter)
    }

    /// Whether it tells people something.
    #[must_use]
    pub const fn tells(self) -> bool {
        matches!(self, Self::TellBefore | Self::TellStart | Self::TellEnd)
    }

    /// What tells people of `moment`; a failure is no step's.
    #[must_use]
    pub const fn telling(moment: Moment) -> Option<Self> {
        match moment {
            Moment::Before => Some(Self::TellBefore),
            Moment::Start => Some(Self::TellStart),
            Moment::End => Some(Self::TellEnd),
            Moment::Failure => None,
        }
    }

    /// Of what it tells people.
    #[must_use]
    pub const fn moment(self) -> Option<Moment> {
        match self {
            Self::TellBefore => Some(Moment::Before),
            Self::TellStart => Some(Moment::Start),
            Self::TellEnd => Some(Moment::End),
            _ => None,
        }
    }

    /// Whether the package manager has work to do.
    #[must_use]
    pub const fn installs(self) -> bool {
        matches!(
            self,
            Self::Install | Self::Upgrade | Self::Downgrade | Self::Repair | Self::Rollback
        )
    }

    /// Whether what runs is interrupted by it.
    #[must_use]
    pub const fn interrupts(self) -> bool {
        matches!(
            self,
            Self::Upgrade
                | Self::Downgrade
                | Self::Repair
                | Self::Rollback
                | Self::Reconfigure
                | Self::Remove
        )
    }

    /// Whether doing it twice comes to the same as doing it once, so that it may be tried again when
    /// its end is not known.
    #[must_use]
    pub const fn may_repeat(self) -> bool {
        match self {
            Self::Copy
            | Self::Fetch
            | Self::Keep
            | Self::Install
            | Self::Upgrade
            | Self::Downgrade
            | Self::Repair
            | Self::Start
            | Self::Reconfigure
            | Self::Remove
            | Self::Rollback
            | Self::Finalise
            | Self::BackUp
            | Self::ProveBackup
            | Self::AwaitIdle
            | Self::Confirm
            | Self::KeepHealthy
            | Self::AwaitHealthy
            | Self::Verify
            | Self::ScanBefore
            | Self::ScanAfter
            | Self::Reach
            | Self::MarkLogs
            | Self::ReadLogs => true,
            // People would be told twice.
            Self::TellBefore | Self::TellStart | Self::TellEnd => false,
        }
    }

    /// Whether it brings something up that is missing or down, rather than moving what runs from
    /// one version to another. What is missing has to be there before those who need it change.
    #[must_use]
    pub const fn restores(self) -> bool {
        matches!(self, Self::Install | Self::Repair | Self::Start)
    }
}

/// Why something is done, with the values that it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reason {
    /// The package isn't there.
    NotInstalled {
        /// What should be there.
        desired: Version,
    },
    /// The version differs.
    VersionDiffers {
        /// What is there.
        observed: PackageVersion,
        /// What should be there.
        desired: Version,
    },
    /// An installation was left half-way.
    PackageBroken {
        /// The version that was being installed.
        observed: PackageVersion,
        /// The package manager's word for it.
        status: String,
    },
    /// The service doesn't run.
    UnitStopped {
        /// The service manager's word for it.
        observed: String,
    },
    /// The manifest says that it is to be removed.
    NotWanted {
        /// Who needs a component of this kind, by name.
        needed_by: Vec<ComponentName>,
        /// The hosts that still have one.
        stays_on: Vec<HostName>,
    },
    /// A managed file is not as it should be.
    FileDiffers {
        /// Its name.
        file: String,
        /// Where it is.
        path: RemotePath,
        /// How it differs.
        how: FileDifference,
    },
    /// A later step of this plan installs this file.
    NeededBy {
        /// The step.
        step: String,
    },
    /// The way back of a step of this plan installs this file.
    WayBackOf {
        /// The step.
        step: String,
    },
    /// Going back loses something, or may need something besides.
    Loses {
        /// What, in words.
        what: String,
    },
    /// The data of the version before stay until somebody drops them.
    OldDataStay {
        /// What they are good for and how they are dropped, in words.
        what: String,
    },
    /// Stage 2 begins only when this is so.
    BeforeCritical,
    /// Stage 2 begins with a backup of this moment.
    BacksUpFirst,
    /// Somebody has decided that nobody goes back any more.
    FinaliseAsked {
        /// The run that has kept it.
        run: String,
    },
    /// Somebody asked for a backup.
    BackupAsked,
    /// Some of those that have the component are taken away next, and so many have to stay.
    KeepsPromise,
    /// A change is over only when this is so.
    AfterAll,
    /// Nothing is changed in a cluster that doesn't scan, and times afterwards need a measure.
    MeasuresScans,
    /// The cluster has to scan afterwards as it did before.
    ComparesScans,
    /// Nothing else of stage 2 changes before those that need the component reach it again.
    NeededAgain,
    /// What came to the logs while the run went on is read at its end.
    MarksLogs,
    /// Something may have failed without anybody's noticing.
    ReviewsLogs,
    /// People have asked to be told.
    TellsPeople,
    /// A run is rolled back that did this step.
    Undoes {
        /// The run.
        run: String,
        /// The step.
        step: String,
    },
}
