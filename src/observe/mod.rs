//! What is: the facts of every host, read in one command a host. A host that can't be read is
//! *unknown*, with the reason.

mod answer;
mod cores;
mod fact;
mod gather;
mod parse;
mod places;
mod questions;
mod secrets;
mod snapshot;
mod vouched;

pub use cores::cores;
pub use fact::clock::Exchange;
pub use fact::reach::{try_port, why as why_unreachable};
pub use fact::reboot::DUE as REBOOT_DUE;
pub use fact::windows::SCRIPT as WINDOWS_FACTS;
pub use gather::{Ask, Limits, Now, gather, read};
pub use parse::parse;
pub(crate) use places::Places;
pub(crate) use places::relay as relay_endpoint;
pub use questions::questions;
pub use secrets::compare_secrets;
pub use snapshot::{FORMAT, Snapshot, SnapshotError, VERSION};
pub use vouched::{fresh, signed};

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::fact::{
    CoreFacts, EngineFacts, FileContent, FileState, HealthState, PackageState, SecretState,
    UnitState,
};

use crate::address::{ComponentName, HostName};
use crate::value::{PackageVersion, RemotePath, steers};

/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 2000;

/// What is, on every host that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Observed {
    /// By host.
    pub hosts: BTreeMap<HostName, HostState>,
    /// Standalone MD Core instances by their own interface, by host.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cores: BTreeMap<HostName, CoreState>,
}

/// Whether an MD Core instance could be asked by its own interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CoreState {
    /// It answered.
    Known(CoreFacts),
    /// It could not be asked.
    Unknown(Unreadable),
}

impl CoreState {
    /// What it tells, when it could be asked.
    #[must_use]
    pub const fn known(&self) -> Option<&CoreFacts> {
        match self {
            Self::Known(facts) => Some(facts),
            Self::Unknown(_) => None,
        }
    }
}

impl Observed {
    /// The package files on those hosts that have any.
    #[must_use]
    pub fn staged(&self) -> Staged {
        let there = self.hosts.iter().filter_map(|(host, state)| match state {
            HostState::Known(facts) if !facts.staged.is_empty() => {
                Some((host.clone(), facts.staged.clone()))
            }
            _ => None,
        });
        there.collect()
    }

    /// The hosts that could not be read.
    pub fn unknown(&self) -> impl Iterator<Item = (&HostName, &Unreadable)> {
        self.hosts.iter().filter_map(|(host, state)| match state {
            HostState::Known(_) => None,
            HostState::Unknown(why) => Some((host, why)),
        })
    }
}

/// Package files that are on hosts, by path, with their bytes.
pub type Staged = BTreeMap<HostName, BTreeMap<RemotePath, u64>>;

/// Whether a host could be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "nearly all hosts are known")]
pub enum HostState {
    /// It answered.
    Known(HostFacts),
    /// It could not be read.
    Unknown(Unreadable),
}

/// Why a host could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Unreadable {
    /// What happened.
    pub reason: String,
    /// What to do next.
    pub hint: String,
}

impl Unreadable {
    /// Both may hold words of the host, and go into snapshots and plans: they are kept short and
    /// free of what steers.
    fn new(reason: impl AsRef<str>, hint: impl AsRef<str>) -> Self {
        let plain = |c: char| if steers(c) { ' ' } else { c };
        let kept = |text: &str| text.chars().take(LONGEST_REASON).map(plain).collect();
        Self { reason: kept(reason.as_ref()), hint: kept(hint.as_ref()) }
    }
}

/// What a host told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HostFacts {
    /// The operating system, as `id-version` of os-release(5), only the major version for
    /// systems that number their minor ones (`rocky-9`).
    pub os: String,
    /// The machine's architecture, as `uname -m` tells it.
    pub architecture: String,
    /// Free bytes of the file system that packages are copied to.
    pub free_disk: u64,
    /// Free bytes of memory.
    pub free_memory: u64,
    /// Seconds by which the host's clock is ahead of the controller's (negative: behind).
    pub clock_ahead: i64,
    /// This boot's id (proc(5), `random/boot_id`).
    pub boot_id: String,
    /// Whether the host says that it waits for a reboot.
    pub reboot_pending: bool,
    /// Free bytes of file systems, by the folder that each is mounted on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub file_systems: BTreeMap<String, u64>,
    /// Ports that the host's components need and that it couldn't reach, as `address:port`, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unreachable: BTreeMap<String, String>,
    /// Certificates, by component or by file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub certificates: BTreeMap<String, Certificate>,
    /// Packages that components run on, as far as they are installed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub packages: BTreeMap<String, PackageVersion>,
    /// What the host's repositories offer of versions that are to come from there and aren't there yet. No
    /// plan rests on it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub offers: BTreeMap<ComponentName, Offer>,
    /// Versions of those that the host's repositories offer. A plan that takes one of them along names it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub runtimes: BTreeMap<String, Vec<PackageVersion>>,
    /// Package files that were copied there before, by path, with their bytes. No plan rests on it: what a
    /// plan copies is looked for by its content when the step begins.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, u64>")]
    pub staged: BTreeMap<RemotePath, u64>,
    /// The components that were asked about.
    pub components: BTreeMap<ComponentName, ComponentFacts>,
}

/// What is known of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Certificate {
    /// When it expires (RFC 3339).
    Until(#[schemars(with = "String", extend("format" = "date-time"))] Timestamp),
    /// Why it can't be read.
    Unreadable(String),
}

/// What a host's repositories have of a version, by the lists that the host has of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Offer {
    /// It, and what it needs.
    Whole {
        /// Bytes to download.
        download: u64,
        /// Bytes that the packages unpack to.
        unpacked: u64,
    },
    /// No such version.
    Missing,
    /// Something that the package manager would not install, in its words.
    Refused(String),
    /// The package manager could not be asked, in its words: somebody else holds its lock, or it needs
    /// rights that the login doesn't have.
    NotAsked(String),
}

/// What a host told about one component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ComponentFacts {
    /// The package.
    pub package: PackageState,
    /// The service.
    pub unit: UnitState,
    /// The probe's answer.
    pub health: HealthState,
    /// Since when this package is there, by the host's package manager and clock; none when that is not
    /// known. No plan rests on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub since: Option<Timestamp>,
    /// What it says of its role among several hosts; none when it is not asked or doesn't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Its managed files, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, FileState>,
    /// The old major versions whose data are kept. No plan rests on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<String>,
}
