//! What came to the logs of a component while a run went on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::HostName;

/// What came to the logs of a component while a run went on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LogsRead {
    /// The hosts that were asked.
    pub hosts: usize,
    /// Those on which something was found, or whose log could not be read.
    pub found: Vec<LogFound>,
    /// Who has accepted what would have failed the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
}

/// What came to the log of a component on one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LogFound {
    /// The host.
    pub host: HostName,
    /// Lines that tell of a failed migration.
    pub failed_migrations: u64,
    /// Other lines that tell of an error.
    pub errors: u64,
    /// The first of these lines, control characters made harmless.
    pub lines: Vec<String>,
    /// What is not known of it, in words; none when it was read whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
}

impl LogFound {
    /// How much was found, in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        let number = |number: u64, one: &str| match number {
            0 => None,
            1 => Some(format!("1 {one}")),
            number => Some(format!("{number} {one}s")),
        };
        let migrations = number(self.failed_migrations, "failed migration");
        let parts = [migrations, number(self.errors, "error"), self.unread.clone()];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        format!("{}: {}", self.host, parts.join(", "))
    }
}

impl LogsRead {
    /// How much was found, in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        if self.found.is_empty() {
            let hosts = if self.hosts == 1 { "" } else { "s" };
            return format!("nothing was found in the logs of {} host{hosts}", self.hosts);
        }
        let found: Vec<String> = self.found.iter().map(LogFound::in_words).collect();
        let accepted = self.accepted.as_ref().map(|by| format!("; accepted by {by}"));
        format!("{}{}", found.join("; "), accepted.unwrap_or_default())
    }
}
