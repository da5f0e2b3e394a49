//! What people write: the manifest (which cluster, which hosts, what runs where) and the release
//! (which version of what, from which package).

mod after;
mod approvals;
mod backup;
pub mod center;
mod connection;
mod convert;
mod copying;
mod forecast;
mod gates;
mod history;
mod host;
mod machine;
pub mod notice;
mod plans;
mod preflight;
mod range;
mod rehearsal;
pub mod release;
mod scan;
mod standby;
mod state;
mod text;
mod window;
mod winrm;

pub use after::{After, AfterLogs, FailOn};
pub use approvals::{Approvals, Snapshots};
pub use backup::{BackupGate, Take, TakeWhen};
pub use center::ControlCenter;
pub use connection::{
    Connection, LocalConnection, SimulatedConnection, SshConnection, SshTimeouts, Sudo,
};
pub use copying::{Copying, Otherwise, RelayText};
pub use forecast::Forecast;
pub use gates::{ConfirmGate, Gates, IdleGate};
pub use history::{HistoryGate, Submissions};
pub use notice::{Channel, Moment, Notice};
pub use plans::Plans;
pub use preflight::{Preflight, Waiver};
pub use rehearsal::Rehearsal;
pub use release::{Codes, PackageKey, PackageSource, Release, ReleaseComponent, ReleasePackage};
pub use scan::{Load, TestScans};
pub use standby::{CORE, CoreLogin, Entitlement, Standby, StandbyCore, Upgrading};
pub use state::{PostgresState, State};
pub use winrm::{ClientCertificate, Pull, TlsTrust, WinrmAuth, WinrmConnection, WinrmTimeouts};

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::address::{ComponentName, ConnectionName, HostName};
use crate::catalog::Override;
use crate::diagnostic::{Code, Diagnostics, Label, SourceText};
use crate::source::{self, At};

pub use crate::source::Span;

/// The manifest that `text` holds. `name` is what its reader calls the file, `folder` is where
/// relative paths start. With an error there is no manifest; a warning leaves it.
#[must_use]
pub fn parse(name: &str, text: &str, folder: &Utf8Path) -> (Option<Manifest>, Diagnostics) {
    let source = Arc::new(SourceText { name: name.to_owned(), text: text.to_owned() });
    let (written, found) = source::parse::<text::ManifestText>(&source);
    let Some(written) = written else { return (None, found) };
    let (manifest, found) = convert::convert(&source, folder.to_owned(), written);
    ((!found.has_errors()).then_some(manifest), found)
}

/// The manifest in the file at `path`.
#[must_use]
pub fn read(path: &Utf8Path) -> (Option<Manifest>, Diagnostics) {
    match source::read(path) {
        Ok(file) => parse(&file.name, &file.text, source::folder_of(path)),
        Err(problem) => (None, Diagnostics::from_iter([*problem])),
    }
}

/// The JSON schema of a manifest.
#[must_use]
pub fn schema() -> serde_json::Value {
    source::schema::<text::ManifestText>()
}

/// The JSON schema of a file with the routes of Control Center.
#[must_use]
pub fn routes_schema() -> serde_json::Value {
    center::routes_schema()
}

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
    /// What has to be so before stage 2 begins.
    pub gates: Gates,
    /// Bounds of the checks before anything changes.
    pub preflight: Preflight,
    /// What is looked at when all changes are made.
    pub after: After,
    /// How much is copied at once, and by which way.
    pub copying: Copying,
    /// What forecasts rest on.
    pub forecast: Forecast,
    /// Checks that the cluster goes without for a while.
    pub waivers: Vec<At<Waiver>>,
    /// Who has to approve plans, if anybody.
    pub approvals: Option<Approvals>,
    /// Which snapshots plans are made from.
    pub snapshots: Snapshots,
    /// Which saved plans are carried out.
    pub plans: Plans,
    /// Whether plans have to be rehearsed first.
    pub rehearsal: Option<Rehearsal>,
    /// How test scans are submitted, if they are.
    pub scan: Option<TestScans>,
    /// What is submitted while a plan runs, for a rehearsal.
    pub load: Option<Load>,
    /// Who is told of what happens, when and how.
    pub notices: Vec<At<Notice>>,
    /// Where Control Center is, for components that it changes.
    pub control_center: Option<At<ControlCenter>>,
    /// Hot backup of standalone MD Core instances, if there is any.
    pub standby: Option<At<Standby>>,
    /// What this cluster does differently from the catalog, and where that was written.
    pub components: BTreeMap<ComponentName, At<Override>>,
}

impl Manifest {
    /// `path` as written in the manifest, seen from the folder that `mdc` runs in.
    #[must_use]
    pub fn path(&self, path: &Utf8Path) -> Utf8PathBuf {
        if self.folder == "." { path.to_owned() } else { self.folder.join(path) }
    }

    /// The release that the manifest names.
    #[must_use]
    pub fn read_release(&self) -> (Option<Release>, Diagnostics) {
        self.read_named("release", &self.cluster.release, &self.cluster.release_span)
    }

    /// The release that the cluster comes from, when the manifest names one.
    #[must_use]
    pub fn read_previous_release(&self) -> Option<(Option<Release>, Diagnostics)> {
        let At { span, value } = self.cluster.previous_release.as_ref()?;
        Some(self.read_named("previous-release", value, span))
    }

    fn read_named(
        &self,
        key: &str,
        path: &Utf8Path,
        span: &Span,
    ) -> (Option<Release>, Diagnostics) {
        match source::read(&self.path(path)) {
            Ok(file) => {
                release::parse(&file.name, &file.text, source::folder_of(file.name.as_ref()))
            }
            Err(problem) => {
                let problem = problem.at(Label::new(&self.source, span.clone(), "named here"));
                let problem = match problem.code {
                    Code::FileUnreadable => problem.help(format!(
                        "correct `{key}`: the path starts from the manifest's folder"
                    )),
                    _ => problem,
                };
                (None, Diagnostics::from_iter([problem]))
            }
        }
    }
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
    /// The release that the cluster comes from, for the way back.
    pub previous_release: Option<At<Utf8PathBuf>>,
    /// Whether a plan may go to an older version.
    pub allow_downgrade: bool,
    /// Where runs are recorded.
    pub state: State,
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
    /// Where the connection was written.
    pub connection_span: Span,
    /// What runs on it, and where that was written.
    pub components: BTreeMap<ComponentName, Span>,
    /// What is to be removed from it, and where that was written.
    pub removed: BTreeMap<ComponentName, Span>,
    /// Words for choosing hosts, such as `zone = "a"`.
    pub labels: Arc<BTreeMap<String, String>>,
}

#[cfg(test)]
mod tests;
