//! What is looked at when all changes are made.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is looked at when all changes are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct After {
    /// What the logs of changed components tell.
    pub logs: AfterLogs,
}

/// What the logs of changed components tell, since the run began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct AfterLogs {
    /// Which lines fail a run; all others are only told. Default `failed-migration`.
    pub fail_on: FailOn,
}

/// Which lines of logs fail a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailOn {
    /// Those that tell of a migration that failed.
    #[default]
    FailedMigration,
    /// Those that tell of an error or of a migration that failed.
    Error,
    /// None.
    Never,
}
