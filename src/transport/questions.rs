//! What is asked of a host in one go. `observe` renders the script and parses the answer; the
//! simulated fleet answers the same questions from its folder.

use std::collections::BTreeMap;

use crate::address::ComponentName;
use crate::catalog::Format;
use crate::desired::Probe;

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
    /// The rendered script that asks all of it.
    pub script: String,
}

/// What to ask about one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceQuestions {
    /// The package's name in the host's package database.
    pub package: String,
    /// The service's name.
    pub unit: String,
    /// The health probe.
    pub health: Probe,
}
