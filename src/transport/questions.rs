//! What is asked of a host in one go. `observe` renders the script and parses the answer; the
//! simulated fleet answers the same questions from its folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::address::ComponentName;
use crate::catalog::Format;
use crate::desired::Probe;
use crate::value::{RemotePath, Version};

/// How every line of an answer to questions begins.
pub const MARK: &str = "@mdc ";

/// Everything to ask of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Questions {
    /// The operating system that should be there, as `id-version`.
    pub os: String,
    /// Which package database to ask.
    pub format: Format,
    /// The resources to ask about.
    pub resources: BTreeMap<ComponentName, ResourceQuestions>,
    /// What to ask besides, of the machine.
    pub also: Also,
    /// The script that asks all of it.
    pub script: String,
    /// What the script is called with: a script for POSIX has everything in itself.
    pub words: Vec<String>,
}

/// What to ask of a machine besides its components.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Also {
    /// Where the host's components need to connect to.
    pub reach: BTreeSet<Endpoint>,
    /// Certificates in files.
    pub certificates: BTreeSet<RemotePath>,
    /// Packages that components run on.
    pub packages: BTreeSet<String>,
    /// Folders on whose file systems there has to be room.
    pub folders: BTreeSet<RemotePath>,
}

/// A port of another host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// Name or address.
    pub address: String,
    /// The port.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.address.contains(':') {
            return write!(f, "[{}]:{}", self.address, self.port);
        }
        write!(f, "{}:{}", self.address, self.port)
    }
}

/// What to ask about one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceQuestions {
    /// The package's name in the host's package database.
    pub package: String,
    /// The packages of its other major versions, newest first: one of them is there before a change.
    pub others: Vec<String>,
    /// The version that is to come from the host's own repositories, if it does.
    pub repository: Option<Version>,
    /// The service's name.
    pub unit: String,
    /// The health probe.
    pub health: Probe,
    /// The command line that prints its role, when it has one.
    pub role: Option<String>,
    /// Its managed files, by name.
    pub files: BTreeMap<String, FileQuestion>,
    /// The command line that prints which old major versions are kept, when there may be any.
    pub kept: Option<String>,
}

/// What to ask of a managed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileQuestion {
    /// Where it is.
    pub path: RemotePath,
    /// Where the host keeps what `mdc` wrote there last.
    pub record: RemotePath,
    /// Whether it holds secrets, so that it is not read.
    pub holds_secrets: bool,
}

impl ResourceQuestions {
    /// All packages that may be there, its own first.
    pub fn packages(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.package).chain(&self.others).map(String::as_str)
    }
}
