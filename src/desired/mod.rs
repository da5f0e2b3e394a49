//! What should be: every component on every host, with its version, package, unit and health
//! probe, worked out from manifest, release and catalog without touching a host.

mod backup;
mod caution;
mod center;
mod component;
mod digest;
mod durations;
mod failures;
mod file;
mod notice;
mod package;
mod package_file;
mod placed;
mod placement;
mod previous;
mod questions;
mod reboot;
mod relay;
mod removed;
mod resolve;
mod rolling;
mod staged;
mod submissions;
mod windows;
mod written;

pub use center::ControlCenter;
pub use durations::{Durations, Expected};
pub use file::{ManagedFile, SECRET_MARK};
pub use notice::Notice;
pub use relay::{Relay, Relays};
pub use resolve::resolve;
pub use staged::{STAGED_FOLDER, staged_content, staged_path};
pub use written::{Keys, Shared, Subject};

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::{Address, ComponentName, ConnectionName, HostName};
use crate::catalog::{Component, Drain, Format, Procedure};
use crate::diagnostic::{Code, Remark};
use crate::manifest::{After, Gates, Plans, Preflight, Standby, TestScans, Waiver};
use crate::package::Identity;
use crate::value::{Digest, PackageVersion, Version};

/// What should be.
#[derive(Debug, Clone)]
pub struct Desired {
    /// The cluster's name.
    pub cluster: String,
    /// What the cluster is for.
    pub environment: String,
    /// The release's name.
    pub release: String,
    /// Whether going to an older version is allowed.
    pub allow_downgrade: bool,
    /// The hosts.
    pub hosts: BTreeMap<HostName, DesiredHost>,
    /// The catalog's entries for every component that is placed somewhere.
    pub components: BTreeMap<ComponentName, Arc<Component>>,
    /// What should run where. Hosts of one system share what is alike.
    pub resources: BTreeMap<Address, Arc<Resource>>,
    /// What should not be there any more.
    pub removed: BTreeMap<Address, Arc<Resource>>,
    /// The files that are kept there.
    pub files: BTreeMap<Address, Arc<[ManagedFile]>>,
    /// What has to be so before stage 2 begins.
    pub gates: Gates,
    /// Bounds of the checks before anything changes.
    pub preflight: Preflight,
    /// What is looked at when all changes are made.
    pub after: After,
    /// Checks that the cluster goes without for a while.
    pub waivers: Vec<Waiver>,
    /// The scans before the first step and after the last one, if there are any.
    pub scan: Option<TestScans>,
    /// Who is told of what happens, when, how and by which words.
    pub notices: Vec<Notice>,
    /// What every plan tells of the ways to the hosts: what is trusted without proof.
    pub cautions: Vec<Remark>,
    /// Control Center, when components are changed by it.
    pub control_center: Option<ControlCenter>,
    /// Hot backup of standalone MD Core instances.
    pub standby: Option<Standby>,
    /// What steps took before. Not of the meaning: a forecast changes nothing.
    pub durations: Durations,
    /// Which saved plans are carried out. Not of the meaning: it is asked when one begins.
    pub plans: Plans,
    /// Which hosts give package files to the others of their sites.
    pub relays: Relays,
    /// What ran where in the release that the cluster comes from, as far as one is named.
    pub previous: BTreeMap<Address, Arc<Resource>>,
}

/// A host that should be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DesiredHost {
    /// Name or address to connect to.
    pub address: String,
    /// The operating system, as its hosts report it by os-release(5): `debian-12`, `ol-9`.
    pub os: String,
    /// The package format of that system.
    pub format: Format,
    /// How to reach it.
    pub connection: ConnectionName,
    /// What it belongs to, by the name of the label.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: Arc<BTreeMap<String, String>>,
}

impl Desired {
    /// What is asked about on `host`: what should be there, and what shouldn't.
    pub fn asked<'d>(
        &'d self,
        host: &HostName,
    ) -> impl Iterator<Item = (&'d Address, &'d Arc<Resource>)> {
        // Addresses are sorted by host: a host's resources begin at the first component there is.
        let first = self.components.keys().next();
        let of = |all: &'d BTreeMap<Address, Arc<Resource>>| {
            let start = first.map(|first| Address::new(host.clone(), first.clone()));
            let host = host.clone();
            let from = start.into_iter().flat_map(|start| all.range(start..));
            from.take_while(move |(address, _)| address.host == host)
        };
        of(&self.resources).chain(of(&self.removed))
    }

    /// Who needs `component`, directly.
    #[must_use]
    pub fn needed_by(&self, component: &ComponentName) -> Vec<&ComponentName> {
        removed::needed_by(component, &self.components)
    }

    /// The version of each component that is to be somewhere.
    #[must_use]
    pub fn versions(&self) -> BTreeMap<&ComponentName, &Version> {
        let mut versions = BTreeMap::new();
        for (address, resource) in &self.resources {
            versions.entry(&address.component).or_insert(&resource.version);
        }
        versions
    }
}

/// One component on one host, as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// Product version.
    pub version: Version,
    /// The package's name in the host's package database.
    pub package: String,
    /// The package's format.
    pub format: Format,
    /// Where the package comes from.
    pub source: Source,
    /// The service's name.
    pub unit: String,
    /// The health probe, with its ports filled in.
    pub health: Probe,
    /// The command line that prints how much is still to be done, with its ports filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle: Option<String>,
    /// How it is kept from new work while it is changed, with its ports filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain: Option<Drain>,
    /// What is done around a change of its version, with its ports filled in.
    #[serde(skip_serializing_if = "Procedure::is_empty")]
    pub procedure: Procedure,
    /// What it runs on and has to change with it on one host; worked out from what is there.
    #[serde(skip)]
    pub along: Option<Along>,
}

/// Another package that changes together with a component's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Along {
    /// What people call it.
    pub title: String,
    /// Its name; what was built with it comes along, too.
    pub package: String,
    /// The version that is there.
    pub from: PackageVersion,
    /// The version that fits.
    pub to: PackageVersion,
}

impl Along {
    /// What a reviewer should know of it.
    #[must_use]
    pub fn in_words(&self, address: &Address) -> Remark {
        let Self { title, from, to, .. } = self;
        Code::Along.said(format!(
            "{address} takes {title} along, from {} to {}: what else runs on it there changes, too",
            from.upstream(),
            to.upstream()
        ))
    }
}

/// Where a host gets a package from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A file that is copied from the controller.
    File {
        /// Relative to the release file's folder.
        path: Utf8PathBuf,
        /// Pinned content.
        digest: Digest,
        /// Bytes to copy.
        size: u64,
        /// What the file says of itself; none of a format that isn't read. The digest vouches for it.
        #[serde(skip)]
        identity: Option<Arc<Identity>>,
    },
    /// The host's own package repository.
    Repository,
    /// People, who do this, in words.
    Hand(String),
    /// Control Center, which is asked for it and may have to be given this file first.
    Center(Option<Upload>),
}

/// A package file that is sent to Control Center.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Upload {
    /// Relative to the release file's folder.
    pub path: Utf8PathBuf,
    /// Pinned content.
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
}

/// A health probe, asked from the host itself.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Probe {
    /// A URL that answers 200.
    Http(String),
    /// A command line that exits with 0.
    Command(String),
}

#[cfg(test)]
mod tests;
