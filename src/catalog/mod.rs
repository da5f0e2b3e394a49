//! What can be deployed, as data: one entry a component, embedded, overridable from `--catalog DIR`
//! and from the manifest.

mod backup;
mod by_format;
mod embedded;
mod file;
pub mod health;
mod lint;
mod load;
mod logs;
mod major;
mod on_failure;
mod overlay;
mod procedure;
mod reboot;
mod replicas;
mod rolling;
mod runtime;
mod stage;
mod system;
mod windows;

pub use backup::{Backup, BackupBy};
pub use file::{FileTemplate, Setting, Write};
pub use lint::lint;
pub use load::{Catalog, load};
pub use logs::Logs;
pub use major::Major;
pub use on_failure::{OnFailure, Then};
pub use overlay::Override;
pub use procedure::{Act, Keep, Procedure, Role, Rule};
pub use reboot::{Reboot, RebootWhen};
pub use replicas::Replicas;
pub use rolling::{Drain, Rolling};
pub use runtime::{Fit, Runtime};
pub use system::{SYSTEMS, is_package_key, package_keys, reported};
pub use windows::OnWindows;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use by_format::{by_format, names_by_format};

use crate::address::ComponentName;
use crate::value::{Batch, Period, SecretReference, Version};

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

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Deb => "deb",
            Self::Rpm => "rpm",
            Self::Msi => "msi",
        })
    }
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

/// The JSON schema of `component.toml`. Only a component that isn't embedded needs all its keys.
#[must_use]
pub fn schema() -> serde_json::Value {
    crate::source::schema::<Override>()
}

/// One component, after overrides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Component {
    /// Its id: the name of its folder.
    #[schemars(skip)]
    pub name: ComponentName,
    /// Its name for people.
    #[schemars(length(min = 1))]
    pub title: String,
    /// What it is to the cluster.
    pub kind: Kind,
    /// Whether a cluster has at most one.
    #[serde(default)]
    pub singleton: bool,
    /// Whether a cluster can do without.
    #[serde(default)]
    pub optional: bool,
    /// When it is upgraded.
    pub stage: Stage,
    /// Place among the upgrades, smallest first.
    pub upgrade_order: u32,
    /// Place in a fresh installation, smallest first.
    pub install_order: u32,
    /// What has to be healthy when a change of it starts.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// How many hosts may change at once: a number, or a part of all that have it; in stage 2 one.
    pub at_once: Batch,
    /// Who changes it; by default `manual` when `by-hand` says what people do, or when the release has
    /// no package of it and `in-console` does; else `package`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<Driver>,
    /// When people change it, not this program: what they do, in words. Each step then waits for them,
    /// and goes on when the version is seen on the host.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub by_hand: Option<String>,
    /// What people do in Control Center, in words, where nothing else is configured: no `driver`, and no
    /// package in the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub in_console: Option<String>,
    /// How a change goes over its hosts.
    #[serde(default)]
    pub rolling: Rolling,
    /// How many copies of a file it keeps on its hosts, where it keeps files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<Replicas>,
    /// Whether its host may be rebooted after an installation; without it no step reboots one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reboot: Option<Reboot>,
    /// What users notice while it changes, in words.
    pub impact: String,
    /// The package's name, by format; a format that isn't there is not supported.
    #[schemars(schema_with = "by_format")]
    pub package: BTreeMap<Format, String>,
    /// The service's name, by format; a format that isn't there is not supported.
    #[schemars(schema_with = "by_format")]
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
    /// What follows when a step of it fails.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// How a change of its version is taken back.
    #[serde(default)]
    pub way_back: WayBack,
    /// How it tells, on its own host, how much is still to be done: a command line that prints one
    /// number, as a handlebars template over the ports. Asked before stage 2, which begins at 0.
    #[serde(default)]
    pub idle: Option<String>,
    /// What its own documentation asks for around a change of its version.
    #[serde(default, skip_serializing_if = "Procedure::is_empty")]
    pub procedure: Procedure,
    /// Files that are kept on its hosts, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, FileTemplate>,
    /// What its files are made from besides what the manifest says anyway.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, Setting>,
    /// What its files hold that nobody may read, and where it is had when a file is written.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SecretReference>,
    /// Which log it writes, and what in it tells of trouble.
    #[serde(default)]
    pub logs: Logs,
    /// What of this is otherwise on Windows.
    #[serde(default, skip_serializing_if = "OnWindows::is_empty")]
    pub windows: OnWindows,
    /// Whether there has to be a backup before stage 2.
    #[serde(default)]
    pub backup: Backup,
    /// How a backup of it is taken on its own host, and read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_by: Option<BackupBy>,
    /// The oldest version that the cluster works with.
    #[serde(default)]
    pub minimum_version: Option<Version>,
    /// The first version that is newer than any that is known to have been tried with the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested_below: Option<Version>,
    /// Components that it must not become older than.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_older_than: Vec<ComponentName>,
    /// Versions that can't be upgraded to from any older one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jumps: Vec<Jump>,
    /// Whether installing another package leaves it without its data unless the major version (the
    /// first number) stays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub within_major: bool,
    /// What it runs on, when that comes as a package of its own whose version has to fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// How sure each fact is, by its key. Not part of what a component means, so not serialised.
    #[serde(default, skip_serializing)]
    pub sure: BTreeMap<String, Sure>,
}

/// Who brings a component to its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Driver {
    /// The package manager of its host.
    Package,
    /// Control Center, which is asked for it.
    ControlCenter,
    /// People.
    Manual,
}

impl Component {
    /// Who brings it to its version.
    #[must_use]
    pub fn driver(&self) -> Driver {
        let default = if self.by_hand.is_some() { Driver::Manual } else { Driver::Package };
        self.driver.unwrap_or(default)
    }

    /// For how long it has to stay healthy after a change, before it counts.
    #[must_use]
    pub fn settle(&self, canary: bool) -> Period {
        self.rolling.soak.filter(|_| canary).unwrap_or(self.limits.settle)
    }
}

/// How sure a fact is, with its source in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sure {
    /// A page of the vendor says so.
    Documented(String),
    /// Two pages of the vendor say different things.
    Disputed(String),
    /// Nobody says so: what it was concluded from.
    Guess(String),
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

/// A version that has to be gone to from not too old a one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Jump {
    /// This version, and every newer one.
    pub to: Version,
    /// The oldest that may be there.
    pub from: Version,
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
    #[serde(default = "settle")]
    pub settle: Period,
}

/// Long enough to see a service that starts, answers once and dies.
const fn settle() -> Period {
    Period::seconds(5)
}

/// How a change of a component's version is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum WayBack {
    /// By installing the package of the version before. What is lost by that or may be needed
    /// besides, in words; empty when nothing.
    Package(String),
    /// Not at all: why, and what helps instead, in words.
    None(String),
}

/// A component that nobody has said anything of is not taken back.
impl Default for WayBack {
    fn default() -> Self {
        Self::None("the catalog names no way back for this component".to_owned())
    }
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

#[cfg(test)]
mod tests;
