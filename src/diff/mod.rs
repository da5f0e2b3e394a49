//! What has to change: desired against observed. Each change is an action with its reasons.

mod center;
mod compare;
mod file;
mod lacking;
mod licence;
mod promise;
mod reason;
mod refusal;
mod role;
mod runtime;
mod warning;
mod way_back;

pub use center::Lack;
pub use compare::{Change, Comparison, compare};
pub use file::{FileChange, FileDifference};
pub use licence::{
    Before, LicenceChange, Licences, Takeover, TakeoverProblem, parts_back, take_over,
};
pub use promise::Promise;
pub use reason::Reason;
pub use refusal::Refusal;
pub use way_back::{WayBack, without_previous};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::manifest::Moment;
use crate::standby::Move;

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
    /// Puts a package file on a host that gives it to the others of its site; changes nothing that runs.
    Relay,
    /// Removes that from it again; changes nothing that runs.
    Clear,
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
    /// Reboots the host after an installation.
    Reboot,
    /// Goes back to the version before this plan.
    Rollback,
    /// Drops what was kept for the way back; changes nothing that runs.
    Finalise,
    /// Takes a backup; changes nothing that runs.
    BackUp,
    /// Registers an MD Core instance as a backup.
    Register,
    /// Takes its registration from a backup.
    Unregister,
    /// Makes a backup the production instance, and unregisters the one before.
    Nominate,
    /// Activates an MD Core instance.
    Activate,
    /// Gives an MD Core instance's licence back.
    Deactivate,
    /// Gives an MD Core instance the settings of its production instance.
    ImportSettings,
    /// Sees that an instance was unregistered by the nomination of another one.
    Yield,
    /// Looks for evidence of a backup.
    ProveBackup,
    /// Waits until nothing is left to be done.
    AwaitIdle,
    /// Sees right before stage 2 that nothing is left to be done anywhere, at the same time.
    StillIdle,
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
            Self::Relay => "relay",
            Self::Clear => "clear",
            Self::Install => "install",
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
            Self::Repair => "repair",
            Self::Start => "start",
            Self::Reconfigure => "reconfigure",
            Self::Remove => "remove",
            Self::Reboot => "reboot",
            Self::Rollback => "rollback",
            Self::Finalise => "finalise",
            Self::BackUp => "back-up",
            Self::Register => Move::Register.as_str(),
            Self::Unregister => Move::Unregister.as_str(),
            Self::Nominate => Move::Nominate.as_str(),
            Self::Activate => Move::Activate.as_str(),
            Self::Deactivate => Move::Deactivate.as_str(),
            Self::ImportSettings => "import-settings",
            Self::Yield => "yield",
            Self::ProveBackup => "prove-backup",
            Self::AwaitIdle => "await-idle",
            Self::StillIdle => "still-idle",
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
        matches!(self, Self::Copy | Self::Fetch | Self::Keep) || self.is_of_relay()
    }

    /// Whether it is done on a host for others of its site.
    #[must_use]
    pub const fn is_of_relay(self) -> bool {
        matches!(self, Self::Relay | Self::Clear)
    }

    /// Whether it changes nothing and only sees that something is so.
    #[must_use]
    pub const fn is_gate(self) -> bool {
        matches!(
            self,
            Self::ProveBackup
                | Self::AwaitIdle
                | Self::StillIdle
                | Self::Confirm
                | Self::KeepHealthy
                | Self::AwaitHealthy
                | Self::Verify
                | Self::Reach
                | Self::MarkLogs
                | Self::ReadLogs
                | Self::Yield
        ) || self.scans()
            || self.tells()
    }

    /// Whether stage 2 begins only when it is passed.
    #[must_use]
    pub const fn precedes_critical(self) -> bool {
        matches!(
            self,
            Self::ProveBackup
                | Self::AwaitIdle
                | Self::StillIdle
                | Self::Confirm
                | Self::AwaitHealthy
        )
    }

    /// Whether it asks many hosts.
    #[must_use]
    pub const fn asks_all(self) -> bool {
        matches!(
            self,
            Self::StillIdle | Self::KeepHealthy | Self::AwaitHealthy | Self::Verify | Self::Reach
        ) || self.logs()
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
                | Self::Reboot
        )
    }

    /// Whether it is done by an MD Core instance's own interface, not on its host.
    #[must_use]
    pub const fn is_of_licence(self) -> bool {
        matches!(
            self,
            Self::Register
                | Self::Unregister
                | Self::Nominate
                | Self::Activate
                | Self::Deactivate
                | Self::ImportSettings
                | Self::Yield
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
            | Self::Relay
            | Self::Clear
            | Self::Install
            | Self::Upgrade
            | Self::Downgrade
            | Self::Repair
            | Self::Start
            | Self::Reconfigure
            | Self::Remove
            // Which boot it was is noted before.
            | Self::Reboot
            | Self::Rollback
            | Self::Finalise
            | Self::BackUp
            // Each is observed before it is done again.
            | Self::Register
            | Self::Unregister
            | Self::Nominate
            | Self::Activate
            | Self::Deactivate
            | Self::ImportSettings
            | Self::Yield
            | Self::ProveBackup
            | Self::AwaitIdle
            | Self::StillIdle
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
