//! What can be known of a component on a host, as values: `observe` reads them from hosts, the
//! simulated fleet keeps them in files.

mod core;

pub use self::core::{CoreFacts, EngineFacts};

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::PackageVersion;

/// A package's state on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum PackageState {
    /// Not there.
    Absent,
    /// Completely installed.
    Installed(PackageVersion),
    /// Left half-way by a failed installation.
    Broken {
        /// The version that was being installed.
        version: PackageVersion,
        /// The package manager's word, such as `half-configured`.
        status: String,
    },
}

/// A service's state on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnitState {
    /// It runs.
    Active,
    /// It doesn't; the service manager's word, such as `inactive`, `failed`, `activating`.
    Stopped(String),
    /// The host has no such service.
    Absent,
}

/// The answer of a health probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HealthState {
    /// Healthy.
    Healthy,
    /// Not healthy; what the probe said.
    Unhealthy(String),
    /// Not asked, with the reason (the package is absent, the host has no `curl`).
    NotAsked(String),
}

/// A managed file on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileState {
    /// Not there.
    Absent,
    /// There, but nobody knows what it holds: it is not read, and `mdc` has not written it.
    Unknown,
    /// There, with this content.
    There(FileContent),
}

/// What a managed file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FileContent {
    /// The text: as it was read; or, of a file with secrets, as `mdc` wrote it, with marks in their
    /// places.
    pub text: String,
    /// Whether somebody has changed it since `mdc` wrote it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub touched: bool,
    /// Who may read and write it, in octal digits.
    pub mode: String,
    /// Whose it is, as `user:group`.
    pub owner: String,
    /// What identifies this content without reading it: number, size and time of the last change.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stamp: String,
    /// Whether its service was not restarted since `mdc` changed it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restart_due: bool,
    /// The secrets in it, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SecretState>,
}

/// Whether a secret in a file is what it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SecretState {
    /// It is.
    Same,
    /// It is another one.
    Differs,
    /// Nobody has compared them.
    NotCompared,
    /// What tells secrets apart, as the host has it. It is compared before facts are used or kept.
    #[serde(skip)]
    Fingerprint(String),
}
