//! What can be deployed, as data: one entry a component, embedded, overridable from `--catalog DIR`
//! and from the manifest.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::ComponentName;
use crate::value::{Period, Version};

/// What a component is to the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A database, queue or cache by another vendor.
    Infrastructure,
    /// A service of the cluster.
    Service,
    /// One on every execution host.
    Agent,
    /// What an agent deploys.
    Instance,
}

/// The part of the procedure that a change belongs to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Stage 1: files go on being processed.
    Live,
    /// Stage 2: in a maintenance window, one at a time.
    Critical,
}

/// A package format, which says how a host installs and asks.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// dpkg and apt.
    Deb,
    /// rpm and dnf.
    Rpm,
    /// Windows Installer.
    Msi,
}

/// What to do with changes that come after a component whose host can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WhenUnknown {
    /// Leave them out of the plan, and say so.
    Block,
    /// Plan them all the same.
    Skip,
}

/// One component, after overrides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Component {
    /// Its id.
    pub name: ComponentName,
    /// Its name for people.
    pub title: String,
    /// What it is to the cluster.
    pub kind: Kind,
    /// Whether a cluster has at most one.
    pub singleton: bool,
    /// Whether a cluster can do without.
    pub optional: bool,
    /// When it is upgraded.
    pub stage: Stage,
    /// Place among the upgrades, smallest first.
    pub upgrade_order: u32,
    /// Place in a fresh installation, smallest first.
    pub install_order: u32,
    /// What has to be healthy when a change of it starts.
    pub needs: Vec<Need>,
    /// How many hosts may change at once.
    pub at_once: u32,
    /// What users notice while it changes, in words.
    pub impact: String,
    /// The package's name, by format.
    pub package: BTreeMap<Format, String>,
    /// The service's name, by format.
    pub unit: BTreeMap<Format, String>,
    /// The ports it listens on, by role; `main` is the one that health is asked on.
    pub ports: BTreeMap<String, u16>,
    /// How health is asked on the host itself.
    pub health: Health,
    /// Time limits.
    pub limits: Limits,
    /// Modelled durations, for forecasts and the simulated fleet.
    pub durations: Durations,
    /// What follows when its host can't be read.
    pub when_unknown: WhenUnknown,
    /// The oldest version that the cluster works with.
    pub minimum_version: Option<Version>,
}

/// A component that has to be healthy first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Need {
    /// Which one.
    pub component: ComponentName,
    /// Only the one on the same host.
    #[serde(default)]
    pub same_host: bool,
}

/// How health is asked, from the host itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Health {
    /// A URL that answers 200 when healthy; a handlebars template over the ports.
    Http(String),
    /// A command line that exits with 0 when healthy; a handlebars template over the ports.
    Command(String),
}

/// Time limits of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Limits {
    /// For the package manager.
    pub install: Period,
    /// From the end of the installation until it has been healthy for `settle`.
    pub healthy: Period,
    /// For how long it has to stay healthy before it counts.
    pub settle: Period,
}

/// Modelled durations of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Durations {
    /// The package manager's work.
    pub install: Period,
    /// From start to healthy.
    pub start: Period,
}
