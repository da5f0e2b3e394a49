//! Commands: what a step runs on a host, as an exact text and as the task that the text carries
//! out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Task;
use crate::value::Period;

/// One command of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Command {
    /// The exact text for the host's shell.
    pub run: String,
    /// Whose rights it needs; the connection says how a command becomes root.
    pub account: Account,
    /// The time after which it is given up.
    pub within: Period,
    /// What the text carries out.
    pub task: Task,
}

/// Whose rights a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Account {
    /// The login user's.
    Login,
    /// The administrator's.
    Root,
}
