//! Package files that lie on hosts, and whether a plan may still need them.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::address::HostName;
use crate::desired::staged_content;
use crate::observe::{HostState, Observed};
use crate::value::{Digest, RemotePath};

/// What lies on hosts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct StagedFiles {
    /// File by file, host after host.
    pub files: Vec<StagedFile>,
}

/// A package file on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct StagedFile {
    /// Where.
    pub host: HostName,
    /// Which file.
    pub path: RemotePath,
    /// What its folder says that it holds.
    pub content: Digest,
    /// Bytes.
    pub size: u64,
    /// Whether a plan may still need it.
    pub needed: bool,
}

/// The package files on the hosts that could be read, of which plans need those with a content in `needed`.
#[must_use]
pub fn staged_files(observed: &Observed, needed: &BTreeSet<Digest>) -> StagedFiles {
    let known = observed.hosts.iter().filter_map(|(host, state)| match state {
        HostState::Known(facts) => Some((host, facts)),
        HostState::Unknown(_) => None,
    });
    let files = known.flat_map(|(host, facts)| {
        facts.staged.iter().filter_map(move |(path, size)| {
            let content = staged_content(path)?;
            let (host, path, needed) = (host.clone(), path.clone(), needed.contains(&content));
            Some(StagedFile { host, path, content, size: *size, needed })
        })
    });
    StagedFiles { files: files.collect() }
}
