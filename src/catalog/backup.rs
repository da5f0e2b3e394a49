//! Backups: whether there has to be one, and how it is taken.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether there has to be a backup of a component before stage 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Backup {
    /// No plan of stage 2 is made without evidence of one.
    Required,
    /// A plan of stage 2 says that nobody shows one.
    Advised,
    /// It keeps nothing that has to be restored.
    #[default]
    None,
}

/// How a backup is taken and read: command lines, as handlebars templates over the ports. The file is
/// in `$1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BackupBy {
    /// Writes it, as root.
    #[schemars(length(min = 1))]
    pub take: String,
    /// Reads it, and exits with 0 when it is whole.
    #[schemars(length(min = 1))]
    pub probe: String,
}
