//! What can be known of a component on a host, as values: `observe` reads them from hosts, the
//! simulated fleet keeps them in files.

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
