//! For how long a plan may be carried out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::Period;

/// Which saved plans are carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Plans {
    /// How old what a plan rests on may be when the plan begins to be carried out; default `7d`. It is as
    /// old as its snapshot; without one, as its file.
    pub max_age: Period,
}

impl Default for Plans {
    fn default() -> Self {
        Self { max_age: Period::seconds(7 * 24 * 3600) }
    }
}
