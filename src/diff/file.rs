//! Managed files: how they differ from what they should be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use similar::TextDiff;

use super::Reason;
use crate::desired::ManagedFile;
use crate::observe::{ComponentFacts, FileContent, FileState, SecretState};
use crate::value::Digest;

/// Lines around a difference that are shown.
const AROUND: usize = 2;

/// How a file differs from what it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileDifference {
    /// It isn't there.
    Missing,
    /// Nobody knows what it holds: with secrets it is not read, and `mdc` has not written it.
    Unknown,
    /// Somebody has changed it since `mdc` wrote it, and with secrets it is not read.
    Touched,
    /// Its lines differ: the differences as diff(1) prints them with `-u`, without its first lines.
    Lines(String),
    /// A secret in it is another one now.
    Secret(String),
    /// The service was not restarted since it was changed.
    NotRestarted,
    /// Others may read or write it, or it is another's: what is observed and what is desired.
    Access {
        /// What is there.
        observed: String,
        /// What should be there.
        desired: String,
    },
}

/// A file that has to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// What it should be.
    pub file: ManagedFile,
    /// What tells this change from all others of the file, also from those that lead to the same: what
    /// was there is kept for the way back under it.
    pub key: String,
}

impl FileChange {
    fn of(file: &ManagedFile, state: Option<&FileState>) -> Self {
        let stamp = match state {
            Some(FileState::There(there)) => there.stamp.as_str(),
            _ => "",
        };
        let ManagedFile { content, mode, owner, .. } = file;
        let key = Digest::of(format!("{content}\0{mode}\0{owner}\0{stamp}").as_bytes()).short();
        Self { file: file.clone(), key }
    }
}

/// The files that have to be written, with the reasons.
pub(super) fn differing(
    files: &[ManagedFile],
    facts: &ComponentFacts,
    installs: bool,
) -> (Vec<FileChange>, Vec<Reason>) {
    let mut differing = Vec::new();
    let mut reasons = Vec::new();
    for file in files.iter().filter(|file| installs || !file.only_on_install) {
        let state = facts.files.get(&file.name);
        let why = differences(file, state);
        if why.is_empty() {
            continue;
        }
        differing.push(FileChange::of(file, state));
        reasons.extend(why.into_iter().map(|how| Reason::FileDiffers {
            file: file.name.clone(),
            path: file.path.clone(),
            how,
        }));
    }
    (differing, reasons)
}

fn differences(file: &ManagedFile, state: Option<&FileState>) -> Vec<FileDifference> {
    let there = match state {
        None | Some(FileState::Unknown) => return vec![FileDifference::Unknown],
        Some(FileState::Absent) => return vec![FileDifference::Missing],
        Some(FileState::There(there)) => there,
    };
    let mut found = Vec::new();
    if there.touched {
        found.push(FileDifference::Touched);
    }
    if there.text != *file.content {
        found.push(FileDifference::Lines(lines(&there.text, &file.content)));
    }
    let changed = there.secrets.iter().filter(|(_, state)| **state == SecretState::Differs);
    found.extend(changed.map(|(name, _)| FileDifference::Secret(name.clone())));
    found.extend(access(file, there));
    if there.restart_due && file.restart {
        found.push(FileDifference::NotRestarted);
    }
    found
}

fn lines(before: &str, after: &str) -> String {
    TextDiff::from_lines(before, after).unified_diff().context_radius(AROUND).to_string()
}

/// Without a group in the manifest, any will do.
fn access(file: &ManagedFile, there: &FileContent) -> Option<FileDifference> {
    let owner = if file.owner.contains(':') {
        there.owner.as_str()
    } else {
        there.owner.split(':').next().unwrap_or_default()
    };
    let mode = |mode: &str| format!("{:0>4}", mode.trim_start_matches('0'));
    let observed = format!("{} {owner}", mode(&there.mode));
    let desired = format!("{} {}", mode(&file.mode), file.owner);
    (observed != desired).then_some(FileDifference::Access { observed, desired })
}
