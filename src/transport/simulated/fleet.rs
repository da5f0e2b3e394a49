//! A simulated fleet that a program makes and handles, as people do by editing its files: hosts made
//! from facts, commands that go wrong, lines that come to logs.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::connect;
use super::fault::{Fault, key};
use super::file::HostFile;
use super::host::{Host, Unit};
use super::licence::Licences;
use super::managed::Written;
use crate::address::HostName;
use crate::catalog::Format;
use crate::fact::{FileContent, FileState, PackageState, SecretState, UnitState};
use crate::manifest::{self, SimulatedConnection};
use crate::transport::{Connection, Failure, Target, Task};
use crate::value::{Digest, RemotePath};

/// What is known of a host that is to be simulated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The operating system, as `id-version`.
    pub os: String,
    /// The package format.
    pub format: Format,
    /// As `uname -m` tells it.
    pub architecture: String,
    /// Bytes.
    pub free_disk: u64,
    /// Bytes.
    pub free_memory: u64,
    /// Seconds before this machine's clock.
    pub clock_ahead: i64,
    /// Whether it waits for a reboot.
    pub reboot_pending: bool,
    /// By package name.
    pub packages: BTreeMap<String, PackageState>,
    /// When packages were installed, in seconds since 1970, by their name.
    pub since: BTreeMap<String, i64>,
    /// By service name.
    pub units: BTreeMap<String, UnitFacts>,
    /// Managed files, by path.
    pub files: BTreeMap<String, FileState>,
    /// Ports of others, as `address:port`, that it can't reach.
    pub unreachable: BTreeSet<String>,
}

/// What is known of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitFacts {
    /// Whether it runs.
    pub state: UnitState,
    /// Whether it runs but is not healthy.
    pub unhealthy: bool,
    /// Its role among several hosts, as it says it.
    pub role: Option<String>,
    /// The major version whose data are kept.
    pub kept: Option<String>,
}

/// A simulated fleet in a folder.
#[derive(Debug, Clone)]
pub struct Fleet {
    folder: Utf8PathBuf,
}

impl Fleet {
    /// The fleet in `folder`, which is made when it is first used. Nothing in it takes time.
    #[must_use]
    pub const fn new(folder: Utf8PathBuf) -> Self {
        Self { folder }
    }

    /// Its MD Core instances.
    #[must_use]
    pub fn licences(&self) -> Licences {
        Licences::new(self.folder.clone(), BTreeMap::new())
    }

    /// The way to `host`.
    ///
    /// # Errors
    /// When its file can't be used.
    pub fn dial(&self, host: &HostName) -> Result<Box<dyn Connection>, Failure> {
        let connection = manifest::Connection::Simulated(SimulatedConnection {
            folder: Utf8PathBuf::new(),
            speed: 0,
            installed: BTreeMap::new(),
            licences: None,
        });
        let (address, folder) = (host.as_str(), self.folder.as_path());
        connect(&Target { host, address, format: Format::Deb, connection: &connection, folder })
    }

    /// Makes `host` as `facts` say, or makes it so again.
    ///
    /// # Errors
    /// When its file can't be written.
    pub fn make(&self, host: &HostName, facts: Facts) -> Result<(), Failure> {
        self.change(host, |it| *it = Host::of(host, facts))
    }

    /// Lets `host` have a copied file.
    ///
    /// # Errors
    /// When its file can't be written.
    pub fn put(&self, host: &HostName, path: &RemotePath, digest: Digest) -> Result<(), Failure> {
        self.change(host, |it| {
            it.files.insert(path.as_str().to_owned(), digest);
        })
    }

    /// Takes a copied file away from `host`.
    ///
    /// # Errors
    /// When its file can't be written.
    pub fn lose(&self, host: &HostName, path: &RemotePath) -> Result<(), Failure> {
        self.change(host, |it| {
            it.files.remove(path.as_str());
        })
    }

    /// Lets every command of `host` that carries out one of `tasks` say `says` and fail.
    ///
    /// # Errors
    /// When its file can't be written.
    pub fn fail(&self, host: &HostName, tasks: &[Task], says: &str) -> Result<(), Failure> {
        let says = says.to_owned();
        let fault = Fault { says, times: None, lost: false, missed: false, kill: None, cut: None };
        self.change(host, |it| {
            it.faults.fail.extend(tasks.iter().map(|task| (key(task), fault.clone())));
        })
    }

    /// Lets commands of `host` go as they should again.
    ///
    /// # Errors
    /// When its file can't be written.
    pub fn mend(&self, host: &HostName) -> Result<(), Failure> {
        self.change(host, |it| it.faults.fail.clear())
    }

    /// Lets a line come to the log of `unit` on `host`.
    ///
    /// # Errors
    /// When its file can't be written.
    pub fn log(&self, host: &HostName, unit: &str, line: &str) -> Result<(), Failure> {
        self.change(host, |it| {
            if let Some(unit) = it.units.get_mut(unit) {
                unit.log.push(line.to_owned());
            }
        })
    }

    fn change(&self, host: &HostName, change: impl FnOnce(&mut Host)) -> Result<(), Failure> {
        let file = HostFile::open(&self.folder, host)?;
        file.change(host, |it| {
            change(it);
            Ok(())
        })
    }
}

impl Host {
    fn of(name: &HostName, facts: Facts) -> Self {
        let mut host = Self {
            os: Some(facts.os),
            format: facts.format,
            architecture: facts.architecture,
            free_disk: facts.free_disk,
            free_memory: facts.free_memory,
            clock_ahead: facts.clock_ahead,
            reboot_pending: facts.reboot_pending,
            packages: facts.packages,
            since: facts.since,
            ..Self::new(name)
        };
        host.faults.unreachable_ports = facts.unreachable;
        for (name, unit) in facts.units {
            if unit.unhealthy {
                host.faults.unhealthy.insert(name.clone());
            }
            let made = Unit { role: unit.role, kept: unit.kept, ..Unit::new(unit.state) };
            host.units.insert(name, made);
        }
        for (path, state) in facts.files {
            host.files_changed |= matches!(&state, FileState::There(there) if there.restart_due);
            if let Some(written) = Written::of(state) {
                host.managed.insert(path, written);
            }
        }
        host
    }
}

impl Written {
    /// None when there is no file.
    fn of(state: FileState) -> Option<Self> {
        let FileContent { text, touched, mode, owner, stamp, secrets, .. } = match state {
            FileState::There(there) => there,
            FileState::Absent => return None,
            FileState::Unknown => return Some(Self { is_foreign: true, ..Self::default() }),
        };
        Some(Self {
            content: secrets.is_empty().then(|| Digest::of(text.as_bytes())),
            secrets: in_words(&secrets),
            found: stamp,
            text,
            mode,
            owner,
            touched,
            ..Self::default()
        })
    }
}

/// In the place of fingerprints of secrets, which facts don't hold: the word for what is known of each.
fn in_words(secrets: &BTreeMap<String, SecretState>) -> String {
    let word = |state: &SecretState| match state {
        SecretState::Same => SAME,
        SecretState::Differs => DIFFERS,
        SecretState::NotCompared | SecretState::Fingerprint(_) => NOT_COMPARED,
    };
    let words = secrets.iter().map(|(name, state)| format!("{name}={}", word(state)));
    words.collect::<Vec<_>>().join(" ")
}

const SAME: &str = "same";
const DIFFERS: &str = "differs";
const NOT_COMPARED: &str = "not-compared";

/// What is known of a secret in a simulated file, by what stands in the place of its fingerprint. What
/// was written since the host was made is taken to be right.
#[must_use]
pub fn known_secret(fingerprint: &str) -> SecretState {
    match fingerprint {
        DIFFERS => SecretState::Differs,
        NOT_COMPARED => SecretState::NotCompared,
        _ => SecretState::Same,
    }
}
