//! Bounds of a test scan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::Period;

/// How much longer than before a scan may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScanBounds {
    /// At most so many times as long …
    pub slower_than: u32,
    /// … but this much longer is always allowed.
    pub grace: Period,
}
