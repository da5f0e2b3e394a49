//! What has to change: desired against observed. Each change is an action with its reasons.

mod compare;
mod refusal;

pub use compare::{Change, Comparison, compare};
pub use refusal::Refusal;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::{PackageVersion, Version};

/// What is done to a resource.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Puts the package file on the host; changes nothing that runs.
    Copy,
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
}

impl Action {
    /// The word of file formats and step ids.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Install => "install",
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
            Self::Repair => "repair",
            Self::Start => "start",
        }
    }

    /// Whether the package manager has work to do.
    #[must_use]
    pub const fn installs(self) -> bool {
        matches!(self, Self::Install | Self::Upgrade | Self::Downgrade | Self::Repair)
    }

    /// Whether doing it twice comes to the same as doing it once, so that it may be tried again when
    /// its end is not known.
    #[must_use]
    pub const fn may_repeat(self) -> bool {
        match self {
            Self::Copy
            | Self::Install
            | Self::Upgrade
            | Self::Downgrade
            | Self::Repair
            | Self::Start => true,
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
    /// A later step of this plan installs this file.
    NeededBy {
        /// The step.
        step: String,
    },
}
