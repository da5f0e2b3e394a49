//! A simulated host: what its file holds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fault::Faults;
use super::job::{Job, Lease};
use super::managed::{Kept, Written};
use crate::address::HostName;
use crate::catalog::Format;
use crate::desired::Probe;
use crate::fact::{PackageState, UnitState};
use crate::transport::Questions;
use crate::value::{Digest, PackageVersion, Period, Version};

/// A host. Every key may be left out of its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub(super) struct Host {
    /// The operating system; what the manifest says when it is first asked.
    pub(super) os: Option<String>,
    pub(super) format: Format,
    pub(super) architecture: String,
    pub(super) free_disk: u64,
    pub(super) free_memory: u64,
    /// Seconds before the controller's clock.
    pub(super) clock_ahead: i64,
    pub(super) boot_id: String,
    pub(super) reboot_pending: bool,
    /// By package name; a package that is not here is absent.
    pub(super) packages: BTreeMap<String, PackageState>,
    /// When a package was installed, by its name, in seconds since 1970; nothing sets it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) since: BTreeMap<String, i64>,
    /// What repositories offer of packages that components run on, newest first.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) runtimes: BTreeMap<String, Vec<PackageVersion>>,
    /// By service name.
    pub(super) units: BTreeMap<String, Unit>,
    /// The digests of files that were copied here, by path.
    pub(super) files: BTreeMap<String, Digest>,
    /// How many bytes they have, where that is known.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) sizes: BTreeMap<String, u64>,
    /// The keys that may read one of them, by their marks.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) admitted: BTreeMap<String, String>,
    /// The files that are to be got by keys that are here.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) keys: BTreeSet<String>,
    /// Managed files, by path.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) managed: BTreeMap<String, Written>,
    /// What those were before they were last changed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) kept: BTreeMap<String, Kept>,
    /// Managed files have changed, and nothing was restarted since.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) files_changed: bool,
    /// The newest lease that was here.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) lease: Lease,
    /// Jobs, by `run/job`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) jobs: BTreeMap<String, Job>,
    /// What was done here, in order: commands that change a host, by the key of their faults.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) log: Vec<String>,
    pub(super) durations: Durations,
    pub(super) faults: Faults,
}

/// A service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Unit {
    pub(super) state: UnitState,
    /// Its health probe, as far as the host was asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) probe: Option<Probe>,
    /// It was started, and nobody has waited for it yet.
    #[serde(default)]
    pub(super) starting: bool,
    /// How much is still to be done.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) left: u64,
    /// What it keeps through a change, by the words of the catalog.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) holds: BTreeMap<String, String>,
    /// Its role among several hosts, as it says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<String>,
    /// Its data were moved to another major version.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) moved: bool,
    /// The major version whose data are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kept: Option<String>,
    /// The lines of its log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) log: Vec<String>,
    /// What it logs when it is installed next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) logs_next: Vec<String>,
    /// It is kept from new work.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) isolated: bool,
}

/// How long the host takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub(super) struct Durations {
    /// For all questions together.
    pub(super) ask: Period,
    /// For one check.
    pub(super) check: Period,
    /// The package manager's work.
    pub(super) install: Period,
    /// From a service's start until it is healthy.
    pub(super) start: Period,
    /// From a reboot until the host lets somebody in.
    pub(super) boot: Period,
    /// Bytes a second of a copy.
    pub(super) bytes_per_second: u64,
}

impl Default for Durations {
    fn default() -> Self {
        Self {
            ask: Period::millis(200),
            check: Period::millis(50),
            install: Period::seconds(8),
            start: Period::seconds(4),
            boot: Period::seconds(40),
            bytes_per_second: 100_000_000,
        }
    }
}

impl Default for Host {
    fn default() -> Self {
        Self {
            os: None,
            format: Format::Deb,
            architecture: "x86_64".to_owned(),
            free_disk: 50 << 30,
            free_memory: 8 << 30,
            clock_ahead: 0,
            boot_id: "00000000-0000-4000-8000-000000000000".to_owned(),
            reboot_pending: false,
            packages: BTreeMap::new(),
            runtimes: BTreeMap::new(),
            since: BTreeMap::new(),
            units: BTreeMap::new(),
            files: BTreeMap::new(),
            sizes: BTreeMap::new(),
            admitted: BTreeMap::new(),
            keys: BTreeSet::new(),
            managed: BTreeMap::new(),
            kept: BTreeMap::new(),
            files_changed: false,
            lease: Lease::default(),
            jobs: BTreeMap::new(),
            log: Vec::new(),
            durations: Durations::default(),
            faults: Faults::default(),
        }
    }
}

impl Host {
    /// A host that has only a boot id of its own, the same each time.
    pub(super) fn new(name: &HostName) -> Self {
        let boot = Digest::of(name.as_str().as_bytes()).short();
        Self { boot_id: format!("00000000-0000-4000-8000-{boot}"), ..Self::default() }
    }

    /// Takes in what the questions tell: the system, and components that were not asked about
    /// before, which are as `installed` says.
    pub(super) fn learn<'a>(
        &mut self,
        questions: &Questions,
        installed: impl Fn(&str) -> Option<&'a Version>,
    ) {
        self.os.get_or_insert_with(|| questions.os.clone());
        self.format = questions.format;
        for (component, asked) in &questions.resources {
            let package = self.packages.entry(asked.package.clone()).or_insert_with(|| {
                let version =
                    installed(component.as_str()).and_then(|it| packaged(it, questions.format));
                version.map_or(PackageState::Absent, PackageState::Installed)
            });
            let state = match package {
                PackageState::Installed(_) => UnitState::Active,
                PackageState::Broken { .. } => UnitState::Stopped("inactive".to_owned()),
                PackageState::Absent => UnitState::Absent,
            };
            let unit = self.units.entry(asked.unit.clone()).or_insert_with(|| Unit::new(state));
            unit.probe = Some(asked.health.clone());
        }
    }

    pub(super) fn is_active(&self, unit: &str) -> bool {
        self.units.get(unit).is_some_and(|unit| unit.state == UnitState::Active)
    }

    pub(super) fn is_healthy(&self, unit: &str) -> bool {
        self.is_active(unit) && !self.faults.unhealthy.contains(unit)
    }

    /// What something takes that should take `period`.
    pub(super) fn takes(&self, period: Period) -> Duration {
        period.duration().saturating_mul(self.faults.slow)
    }
}

impl Unit {
    pub(super) const fn new(state: UnitState) -> Self {
        Self {
            state,
            probe: None,
            starting: false,
            left: 0,
            holds: BTreeMap::new(),
            role: None,
            moved: false,
            kept: None,
            log: Vec::new(),
            logs_next: Vec::new(),
            isolated: false,
        }
    }
}

/// A product's version as its package has it: with the first packaging revision, which Windows Installer
/// doesn't know.
pub(super) fn packaged(version: &Version, format: Format) -> Option<PackageVersion> {
    let revision = if format == Format::Msi { "" } else { "-1" };
    format!("{version}{revision}").parse().ok()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
