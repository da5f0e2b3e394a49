//! How a change goes over the hosts of a component that runs on several.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::{Period, Share};

/// How a change goes over the hosts of a component that runs on several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Rolling {
    /// How many hosts go first, one after another, before `at-once` counts.
    #[schemars(range(min = 1, max = 100))]
    pub canary: u32,
    /// For how long each of those has to stay healthy before it counts; without it as long as all
    /// others, `limits.settle`.
    pub soak: Option<Period>,
    /// How many of its hosts stay healthy, whatever happens: nothing is begun that would leave fewer.
    /// A part of all is rounded up.
    pub min_healthy: Share,
    /// A label of hosts, such as `zone`: hosts with one value of it are finished before those with the
    /// next one begin.
    pub per: Option<String>,
    /// How an instance is kept from new work and finishes its own before it is changed.
    pub drain: Option<Drain>,
}

impl Default for Rolling {
    fn default() -> Self {
        Self { canary: 1, soak: None, min_healthy: Share::default(), per: None, drain: None }
    }
}

/// How an instance is kept from new work and finishes its own. Command lines run as root on its host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Drain {
    /// Keeps it from new work; running it twice comes to the same.
    #[schemars(length(min = 1))]
    pub isolate: String,
    /// Gives it work again; also after a step that failed.
    #[schemars(length(min = 1))]
    pub restore: String,
    /// How long it may take to finish what it has, told by `idle`.
    #[serde(default = "drained")]
    pub within: Period,
}

/// The grace period of the vendor's containers (Helm chart `mdcluster` 2.9.0).
const fn drained() -> Period {
    Period::seconds(1800)
}
