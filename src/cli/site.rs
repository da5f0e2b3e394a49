//! What a command works on: manifest, release and catalog, resolved.

use std::num::NonZeroUsize;
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};

use super::Common;
use super::console::Console;
use super::problem::Problem;

use crate::address::HostName;
use crate::apply::Telling;
use crate::catalog;
use crate::center::Center;
use crate::cores::Cores;
use crate::desired::{self, Desired};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::manifest::{self, Connection as Way, Manifest, Release};
use crate::observe;
use crate::scan::{Gateway, History, Trouble};
use crate::state::{self, Store};
use crate::transport::simulated::Licences;
use crate::transport::{Connection, Dialer, Failure, Problem as Cause, Target};
use crate::value::Digest;
use crate::view::words;

/// A disk gives some 200 MB a second: more files than that take longer than may pass in silence.
const LONG: u64 = 200_000_000;

/// A manifest with everything that it leads to.
pub(super) struct Site {
    pub(super) path: Utf8PathBuf,
    pub(super) manifest: Manifest,
    pub(super) release: Release,
    pub(super) desired: Desired,
    pub(super) at_once: NonZeroUsize,
    /// The same, where somebody said it.
    said_at_once: Option<NonZeroUsize>,
    dialer: Dialer,
    cores: OnceLock<Option<Cores>>,
}

impl Site {
    /// Reads everything and says what is wrong with it.
    pub(super) fn load(
        path: &Utf8Path,
        common: &Common,
        console: &Console,
    ) -> Result<Self, Problem> {
        let (site, found) = Self::read(path, common, console);
        let Some(site) = site else { return Err(Problem::Diagnostics(found)) };
        console.diagnostics(&found);
        Ok(site)
    }

    /// Reads everything; beside it what is wrong with it, with which there may be no site.
    pub(super) fn read(
        path: &Utf8Path,
        common: &Common,
        console: &Console,
    ) -> (Option<Self>, Vec<Diagnostic>) {
        let mut found = Diagnostics::default();
        let (manifest, catalog) =
            rayon::join(|| manifest::read(path), || catalog::load(&common.catalog));
        let manifest = taken(&mut found, manifest);
        let catalog = taken_whole(&mut found, catalog);
        let release =
            manifest.as_ref().and_then(|manifest| taken(&mut found, manifest.read_release()));
        let previous = manifest.as_ref().and_then(Manifest::read_previous_release);
        let previous = previous.and_then(|previous| taken(&mut found, previous));
        for release in release.iter().chain(&previous) {
            say_how_much(release, console);
        }
        let desired = match (&manifest, &release) {
            (Some(manifest), Some(release)) => {
                let mut desired = taken(&mut found, desired::resolve(manifest, release, &catalog));
                if let (Some(desired), Some(previous)) = (&mut desired, &previous) {
                    found.extend(desired.come_from(manifest, previous, &release.folder));
                }
                desired
            }
            _ => None,
        };
        let failed = found.has_errors();
        let shown = found.sorted();
        let (Some(manifest), Some(release), Some(desired), false) =
            (manifest, release, desired, failed)
        else {
            return (None, shown);
        };
        let site = Self {
            path: path.to_owned(),
            manifest,
            release,
            desired,
            at_once: common.at_once(),
            said_at_once: common.at_once,
            dialer: Dialer::new(),
            cores: OnceLock::new(),
        };
        (Some(site), shown)
    }

    /// Where runs are recorded.
    pub(super) fn store(&self) -> Box<dyn Store> {
        state::of(&self.manifest)
    }

    /// How hard to press when hosts are read. A host on the way to others takes a few logins at once only
    /// (`sshd_config(5)`, `MaxStartups`): where there may be one, no more are begun.
    pub(super) fn limits(&self) -> observe::Limits<'_> {
        let direct = |way: &Way| match way {
            Way::Ssh(settings) => settings.jump.is_empty() && settings.ssh_config.is_none(),
            Way::Winrm(_) | Way::Local(_) | Way::Simulated(_) => true,
        };
        let direct = self.manifest.connections.values().all(direct);
        let turns = Some(self.dialer.turns());
        match self.said_at_once {
            Some(said) => observe::Limits { turns, ..observe::Limits::always(said.get()) },
            None if direct => observe::Limits { turns, ..observe::Limits::default() },
            None => observe::Limits { turns, ..observe::Limits::default().through_others() },
        }
    }

    /// The name under which hosts keep what belongs to this site: safe in paths, and its own also
    /// beside another site whose names differ only in unsafe characters.
    pub(super) fn name(&self) -> String {
        let cluster = &self.manifest.cluster;
        let whole = format!("{}-{}", cluster.name, cluster.environment);
        let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
        let name: String = whole.chars().take(80).map(safe).collect();
        if name == whole {
            name
        } else {
            format!("{name}-{}", Digest::of(whole.as_bytes()).short())
        }
    }

    /// The way to the API Gateway, with its key.
    pub(super) fn gateway(&self) -> Result<Gateway, Trouble> {
        match &self.manifest.scan {
            Some(scans) => Gateway::of(scans, &self.manifest.folder),
            None => Err(Trouble::Here("the manifest has no `[scan]`".to_owned())),
        }
    }

    /// The way to what counts the scans in progress, with its key.
    pub(super) fn history(&self) -> Result<History, Trouble> {
        match &self.manifest.gates.history {
            Some(gate) => History::of(gate, &self.manifest.folder),
            None => Err(Trouble::Here("the manifest has no `[gates.history]`".to_owned())),
        }
    }

    /// The way to Control Center, when components are changed by it.
    pub(super) fn center(&self) -> Option<Center<'_>> {
        let settings = self.desired.control_center.as_ref()?;
        Some(Center::new(settings, &self.manifest.folder))
    }

    /// The ways to standalone MD Core instances, when there are any. Sessions end when it is dropped.
    pub(super) fn cores(&self) -> Option<Cores> {
        let settings = self.desired.standby.as_ref()?;
        let simulated = settings.cores.keys().filter_map(|host| {
            let connection = &self.desired.hosts.get(host)?.connection;
            let Some(Way::Simulated(fleet)) = self.manifest.connections.get(connection) else {
                return None;
            };
            let folder = self.manifest.folder.join(&fleet.folder);
            Some((host.clone(), Licences::new(folder, fleet.licences.clone()?)))
        });
        Some(Cores::new(settings.clone(), self.manifest.folder.clone(), simulated.collect()))
    }

    /// The same ways for as long as the site is worked on, with their sessions.
    pub(super) fn kept_cores(&self) -> Option<&Cores> {
        self.cores.get_or_init(|| self.cores()).as_ref()
    }

    /// The way to people; `next` is the command that goes on after a failure.
    pub(super) fn telling<'a>(&'a self, next: &'a str) -> Telling<'a> {
        Telling { notices: &self.desired.notices, folder: &self.manifest.folder, next }
    }

    /// The way to a host of this site.
    pub(super) fn dial(&self) -> impl Fn(&HostName) -> Result<Box<dyn Connection>, Failure> + Sync {
        |host| {
            let desired = self.desired.hosts.get(host);
            let way = desired.and_then(|desired| {
                Some((desired, self.manifest.connections.get(&desired.connection)?))
            });
            let Some((desired, connection)) = way else {
                return Err(Failure {
                    host: host.clone(),
                    during: "connect".to_owned(),
                    problem: Cause::Here("the manifest has no such host".to_owned()),
                    hint: "use the manifest that the plan was made from".to_owned(),
                });
            };
            self.dialer.connect(&Target {
                host,
                address: &desired.address,
                format: desired.format,
                connection,
                folder: &self.manifest.folder,
            })
        }
    }
}

fn taken<T>(all: &mut Diagnostics, (value, found): (Option<T>, Diagnostics)) -> Option<T> {
    all.extend(found);
    value
}

fn taken_whole<T>(all: &mut Diagnostics, (value, found): (T, Diagnostics)) -> T {
    all.extend(found);
    value
}

/// Says that package files take their time.
fn say_how_much(release: &Release, console: &Console) {
    let bytes = release.bytes_of_files();
    if bytes > LONG {
        console.say(&format!(
            "reading package files of the release {}, up to {}, to compare them with what it pins",
            release.name,
            words::bytes(bytes)
        ));
    }
}
