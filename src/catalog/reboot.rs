//! Whether a host is rebooted after a change of a component.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::Period;

/// That the component's host may be rebooted after an installation, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Reboot {
    /// When it is.
    pub when: RebootWhen,
    /// How long the host may take to be back.
    #[serde(default = "within")]
    pub within: Period,
}

/// When a host is rebooted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RebootWhen {
    /// After each installation.
    After,
    /// After an installation, when the host itself says that it waits for one.
    WhenAsked,
}

/// Servers that check their memory and disks first take minutes.
const fn within() -> Period {
    Period::seconds(15 * 60)
}
