//! An example, loaded as `mdc` loads it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use mdc::desired::{self, Desired};
use mdc::manifest::{self, Manifest, Release};
use mdc::observe::{Limits, Observed, Snapshot, gather};
use mdc::plan::{self, Plan};
use mdc::transport::{Dialer, Target};
use mdc::{catalog, diff, graph};

use crate::examples;

pub(crate) struct Site {
    folder: tempfile::TempDir,
    pub(crate) release: Release,
    pub(crate) desired: Desired,
    pub(crate) observed: Observed,
}

impl Site {
    /// The example `name` as it is before anything is done.
    pub(crate) fn new(name: &str) -> Self {
        Self::with(name, |text| text)
    }

    /// The same, with its manifest changed.
    pub(crate) fn with(name: &str, change: impl Fn(String) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        examples::copy(&examples::folder(), folder.path());
        let path = Utf8Path::from_path(folder.path()).unwrap().join(name).join("mdc.toml");
        fs::write(&path, change(fs::read_to_string(&path).unwrap())).unwrap();
        let (manifest, found) = manifest::read(&path);
        let manifest = manifest.unwrap_or_else(|| panic!("{:?}", found.sorted()));
        let (catalog, _) = catalog::load(&[]);
        let release = manifest.read_release().0.unwrap();
        let (desired, found) = desired::resolve(&manifest, &release, &catalog);
        let mut desired = desired.unwrap_or_else(|| panic!("{:?}", found.sorted()));
        if let Some((Some(previous), _)) = manifest.read_previous_release() {
            desired.come_from(&manifest, &previous, &release.folder);
        }
        let snapshot = path.with_file_name("snapshot.json");
        let observed = match fs::read(&snapshot) {
            Ok(bytes) => Snapshot::parse(&bytes).unwrap().observed,
            Err(_) => observed(&desired, &manifest),
        };
        Self { folder, release, desired, observed }
    }

    pub(crate) fn packages(&self) -> &Utf8Path {
        &self.release.folder
    }

    /// The plan that leads on from what was `observed`.
    pub(crate) fn plan_from(&self, observed: &Observed) -> Plan {
        let comparison = diff::compare(&self.desired, observed);
        assert!(comparison.refusals.is_empty(), "{:?}", comparison.refusals);
        let graph = graph::build(&self.desired, &comparison).unwrap();
        plan::make(&self.desired, &comparison, &graph).unwrap()
    }

    pub(crate) fn plan(&self) -> Plan {
        self.plan_from(&self.observed)
    }

    /// All files of the site, with their content.
    pub(crate) fn files(&self) -> BTreeMap<Utf8PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        all(self.folder.path(), &mut files);
        files
    }
}

fn all(folder: &Path, files: &mut BTreeMap<Utf8PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all(&path, files);
        } else {
            let content = fs::read(&path).unwrap();
            files.insert(Utf8PathBuf::from_path_buf(path).unwrap(), content);
        }
    }
}

fn observed(desired: &Desired, manifest: &Manifest) -> Observed {
    let dialer = Dialer::new();
    let dial = |host: &_| {
        let about = &desired.hosts[host];
        dialer.connect(&Target {
            host,
            address: &about.address,
            format: about.format,
            connection: &manifest.connections[&about.connection],
            folder: &manifest.folder,
        })
    };
    gather(desired, Limits::default(), &dial, &Timestamp::now, &mut |_, _| {})
}
