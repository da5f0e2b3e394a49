//! A cluster of many execution hosts, every host written out, and a stored observation of it in
//! which every component has an older version.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use mdc::catalog::{self, Format};
use mdc::desired::{self, Desired, Resource};
use mdc::manifest;
use mdc::observe::{
    ComponentFacts, HealthState, HostFacts, HostState, Observed, PackageState, Snapshot, UnitState,
};
use mdc::value::Digest;

/// Each on a host of its own, before the execution hosts.
const INFRASTRUCTURE: [&str; 6] =
    ["postgresql", "rabbitmq", "redis", "identity-service", "control-center", "file-storage"];
/// On every execution host.
const EXECUTION: [&str; 4] = ["worker", "md-core", "api-gateway", "callback-service"];

/// A cluster's files.
pub(crate) struct Cluster {
    folder: Utf8PathBuf,
    pub(crate) hosts: usize,
    pub(crate) resources: usize,
}

impl Cluster {
    /// Writes the files of a cluster with `hosts` hosts into a folder of its own, below `target/`.
    pub(crate) fn write(hosts: usize) -> Self {
        let folder = Utf8Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("plan-{hosts}"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("mdc.toml"), manifest_text(hosts)).unwrap();
        fs::write(folder.join("release.toml"), release_text(&folder)).unwrap();
        let mut cluster = Self { folder, hosts, resources: 0 };
        let desired = cluster.desired();
        cluster.resources = desired.resources.len();
        let taken = jiff::Timestamp::UNIX_EPOCH;
        let snapshot = Snapshot::new(&desired.cluster, taken, observed(&desired));
        fs::write(cluster.snapshot(), snapshot.to_json().unwrap()).unwrap();
        cluster
    }

    pub(crate) fn manifest(&self) -> Utf8PathBuf {
        self.folder.join("mdc.toml")
    }

    pub(crate) fn snapshot(&self) -> Utf8PathBuf {
        self.folder.join("snapshot.json")
    }

    pub(crate) fn plan(&self) -> Utf8PathBuf {
        self.folder.join("plan.json")
    }

    /// What GNU time tells of a run.
    pub(crate) fn cost(&self) -> Utf8PathBuf {
        self.folder.join("cost")
    }

    fn desired(&self) -> Desired {
        let (catalog, _) = catalog::load(&[]);
        let manifest = manifest::read(&self.manifest()).0.unwrap();
        let release = manifest.read_release().0.unwrap();
        desired::resolve(&manifest, &release, &catalog).0.unwrap()
    }
}

fn manifest_text(hosts: usize) -> String {
    let mut text = String::from(
        "format-version = 1\n\n[cluster]\nname = \"large\"\nenvironment = \"bench\"\n\
         release = \"release.toml\"\n\n[connections.ssh.ssh]\nuser = \"mdc\"\n\n\
         [defaults]\nconnection = \"ssh\"\nos = \"debian-12\"\n\n\
         [components.postgresql]\nbackup = \"none\"\n\n\
         [components.file-storage]\nbackup = \"none\"\n",
    );
    for (index, component) in INFRASTRUCTURE.iter().enumerate() {
        write_host(&mut text, component, index, &[component]);
    }
    for index in INFRASTRUCTURE.len()..hosts {
        write_host(&mut text, "exec", index, &EXECUTION);
    }
    text
}

fn write_host(text: &mut String, name: &str, index: usize, components: &[&str]) {
    let (high, low) = (index / 250, index % 250 + 1);
    writeln!(
        text,
        "\n[hosts.{name}-{index:05}]\naddress = \"10.{}.{}.{low}\"\ncomponents = {components:?}\n\
         labels = {{ rack = \"r{}\", zone = \"z{}\" }}",
        high / 250,
        high % 250,
        index / 40,
        index % 3,
    )
    .unwrap();
}

/// The smallest package that says who it is (deb(5)).
fn deb(name: &str, version: &str) -> Vec<u8> {
    let control = format!("Package: {name}\nVersion: {version}-1\nArchitecture: all\n");
    let mut header = tar::Header::new_gnu();
    header.set_size(control.len() as u64);
    header.set_mode(0o644);
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_data(&mut header, "control", control.as_bytes()).unwrap();
    let archive = archive.into_inner().unwrap();
    let mut package = b"!<arch>\n".to_vec();
    for (name, content) in [("debian-binary", b"2.0\n".as_slice()), ("control.tar", &archive)] {
        package.extend(format!("{name:<48}{:<10}`\n", content.len()).bytes());
        package.extend(content);
    }
    package
}

/// The release, with a package file for each component.
fn release_text(folder: &Utf8Path) -> String {
    let mut text = String::from("format-version = 1\nname = \"B\"\n");
    let (catalog, _) = catalog::load(&[]);
    for component in INFRASTRUCTURE.into_iter().chain(EXECUTION) {
        let file = format!("{component}_20.0-1_amd64.deb");
        let names = &catalog.component(component).unwrap().package;
        let content = deb(names.get(&Format::Deb).unwrap(), "20.0");
        fs::write(folder.join(&file), &content).unwrap();
        writeln!(
            text,
            "\n[components.{component}]\nversion = \"20.0\"\n\
             packages.deb = {{ file = \"{file}\", sha256 = \"{}\" }}",
            Digest::of(&content)
        )
        .unwrap();
    }
    text
}

/// What the hosts would tell if everything ran in the version before.
fn observed(desired: &Desired) -> Observed {
    let mut hosts: BTreeMap<_, HostFacts> = desired
        .hosts
        .iter()
        .enumerate()
        .map(|(index, (name, host))| (name.clone(), host_facts(index, &host.os)))
        .collect();
    for (address, resource) in &desired.resources {
        let host = hosts.get_mut(&address.host).unwrap();
        host.components.insert(address.component.clone(), facts(resource));
    }
    let known = |(name, facts)| (name, HostState::Known(facts));
    Observed { hosts: hosts.into_iter().map(known).collect(), ..Observed::default() }
}

fn host_facts(index: usize, os: &str) -> HostFacts {
    HostFacts {
        os: os.to_owned(),
        architecture: "x86_64".to_owned(),
        free_disk: 40_000_000_000,
        free_memory: 8_000_000_000,
        clock_ahead: 0,
        boot_id: format!("{index:08x}-0000-4000-8000-000000000000"),
        reboot_pending: false,
        file_systems: BTreeMap::new(),
        unreachable: BTreeMap::new(),
        certificates: BTreeMap::new(),
        packages: BTreeMap::new(),
        offers: BTreeMap::new(),
        runtimes: BTreeMap::new(),
        staged: BTreeMap::new(),
        components: BTreeMap::new(),
    }
}

fn facts(resource: &Resource) -> ComponentFacts {
    assert_eq!(resource.version.as_str(), "20.0");
    ComponentFacts {
        package: PackageState::Installed("19.0-1".parse().unwrap()),
        unit: UnitState::Active,
        health: HealthState::Healthy,
        since: None,
        role: None,
        files: BTreeMap::new(),
        kept: Vec::new(),
    }
}
