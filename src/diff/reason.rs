//! Why something is done.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FileDifference;
use crate::address::{ComponentName, HostName};
use crate::catalog::RebootWhen;
use crate::standby::{Move, Role};
use crate::value::{PackageVersion, RemotePath, Version};

/// Why something is done, with the values that it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
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
    /// These hosts of its site get the file from it.
    Feeds {
        /// The hosts.
        hosts: Vec<HostName>,
    },
    /// These hosts have got the file from it, and nothing on it needs the file.
    Fed {
        /// The hosts.
        hosts: Vec<HostName>,
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
    /// Nothing at all is changed before this is so.
    BeforeAll,
    /// Stage 2 begins only when this is so.
    BeforeCritical,
    /// Stage 2 begins with a backup of this moment.
    BacksUpFirst,
    /// The host may be rebooted after this step.
    Reboots {
        /// The step.
        step: String,
        /// When it is.
        when: RebootWhen,
    },
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
    /// An MD Core instance plays another part than it should.
    RoleDiffers {
        /// The part that it plays.
        observed: Role,
        /// The part that it should play.
        desired: Role,
    },
    /// The way that seems shorter is forbidden.
    Forbidden {
        /// What is not done.
        tried: Move,
        /// Why not, in words.
        why: String,
    },
    /// The settings are not those of the production instance.
    SettingsDiffer {
        /// The production instance.
        from: HostName,
        /// The parts that differ.
        parts: Vec<String>,
    },
    /// Another instance is nominated, which unregisters this one.
    UnregisteredBy {
        /// The step.
        step: String,
    },
    /// Somebody scans while this instance is changed.
    KeepsScanning {
        /// The instance that is changed.
        host: HostName,
    },
    /// The instance takes over again when it is changed.
    TakesOverAgain,
    /// Somebody asked for the takeover.
    TakeoverAsked,
    /// A run is rolled back that did this step.
    Undoes {
        /// The run.
        run: String,
        /// The step.
        step: String,
    },
}
