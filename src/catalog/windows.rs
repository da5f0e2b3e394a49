//! What is otherwise on Windows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Drain, Health, Procedure};
use crate::value::Guid;

/// What is said of a component on Windows in the place of what is said of it elsewhere. A text that begins
/// with `cmd.exe ` is a command line; any other is PowerShell, which fails by an error, by the exit
/// code of the last program, or by `False` as its last word.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct OnWindows {
    /// What Windows Installer knows all versions of its package by; a package file with another one is
    /// refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_code: Option<Guid>,
    /// How health is asked on the host itself; a URL that is asked elsewhere is asked on Windows too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// How it tells how much is still to be done: a text that prints one number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub idle: Option<String>,
    /// How an instance is kept from new work and finishes its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain: Option<Drain>,
    /// What is done around a change of its version; an empty table when nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub procedure: Option<Procedure>,
    /// Files that it writes besides the event log, as paths in which `*` and `?` stand for anything and for
    /// one character.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<String>,
}

impl OnWindows {
    /// Whether nothing is otherwise.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
