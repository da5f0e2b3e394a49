//! What people write: the manifest (which cluster, which hosts, what runs where) and the release
//! (which version of what, from which package).

mod connection;
mod release;

pub use connection::{
    Connection, LocalConnection, SimulatedConnection, SshConnection, SshTimeouts, Sudo,
};
pub use release::{PackageKey, PackageSource, Release, ReleaseComponent, ReleasePackage};

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use camino::Utf8PathBuf;

use crate::address::{ComponentName, ConnectionName, HostName};
use crate::diagnostic::SourceText;

/// Where in its source text something was written.
pub type Span = Range<usize>;

/// A manifest with its ranges expanded and its defaults filled in.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The text it was read from; all spans point into it.
    pub source: Arc<SourceText>,
    /// The folder that relative paths start from.
    pub folder: Utf8PathBuf,
    /// The cluster as a whole.
    pub cluster: Cluster,
    /// How to reach hosts, by name.
    pub connections: BTreeMap<ConnectionName, Connection>,
    /// The hosts, by name.
    pub hosts: BTreeMap<HostName, Host>,
}

/// The cluster as a whole.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// What it is for: `production`, `staging` …
    pub environment: String,
    /// The release file, relative to the manifest's folder.
    pub release: Utf8PathBuf,
    /// Where `release` was written.
    pub release_span: Span,
    /// Whether a plan may go to an older version.
    pub allow_downgrade: bool,
    /// Where runs are recorded, relative to the manifest's folder.
    pub state: Utf8PathBuf,
}

/// One machine.
#[derive(Debug, Clone)]
pub struct Host {
    /// Where it was written (its header, also for one out of a range).
    pub span: Span,
    /// Name or address to connect to.
    pub address: String,
    /// Where the address was written.
    pub address_span: Span,
    /// The operating system, as `id-version` of os-release(5): `debian-12`, `rocky-9`.
    pub os: String,
    /// Where the operating system was written.
    pub os_span: Span,
    /// How to reach it.
    pub connection: ConnectionName,
    /// What runs on it, and where that was written.
    pub components: BTreeMap<ComponentName, Span>,
    /// Words for choosing hosts, such as `zone = "a"`.
    pub labels: BTreeMap<String, String>,
}
