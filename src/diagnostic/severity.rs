//! How bad problems are, and which of them people may judge.

use schemars::JsonSchema;
use serde::Serialize;

use super::Code;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nothing is done until it is mended.
    Error,
    /// Worth reading; the work goes on.
    Warning,
    /// Good to know.
    Note,
}

impl Code {
    /// Whether a waiver in the manifest may let a plan be made all the same.
    #[must_use]
    pub const fn is_waivable(self) -> bool {
        matches!(
            self,
            Self::Disk
                | Self::Memory
                | Self::Clock
                | Self::Reboot
                | Self::Unhealthy
                | Self::NeededUnhealthy
                | Self::Unseen
                | Self::Port
                | Self::CertificateExpired
                | Self::CertificateExpires
                | Self::Jump
                | Self::DataStay
                | Self::NoReturn
                | Self::TooOld
                | Self::OlderThan
                | Self::Runtime
                | Self::RuntimeUnknown
                | Self::NotInstallable
                | Self::NotOffered
        )
    }
}
