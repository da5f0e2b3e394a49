//! What came of looking at a manifest and all that it leads to.

use schemars::JsonSchema;
use serde::Serialize;

use crate::desired::Desired;
use crate::diagnostic::{Diagnostic, Found};

/// What came of looking at a manifest, its release, the catalog and the package files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Validation {
    /// Always `mdc/validation`.
    pub format: String,
    /// The version of this format.
    pub version: u32,
    /// Whether a plan can be made from it.
    pub valid: bool,
    /// What it describes; none when it isn't valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub describes: Option<Described>,
    /// Everything that is wrong or should be known.
    pub problems: Vec<Found>,
}

/// What a manifest describes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Described {
    /// The cluster's name.
    pub cluster: String,
    /// What the cluster is for.
    pub environment: String,
    /// The release that is desired.
    pub release: String,
    /// How many hosts it has.
    pub hosts: usize,
    /// How many components on them, together.
    pub resources: usize,
}

impl Validation {
    /// Of what was found on the way to `desired`, which is none when nothing can be planned from it.
    #[must_use]
    pub fn of(desired: Option<&Desired>, problems: &[Diagnostic]) -> Self {
        Self {
            format: "mdc/validation".to_owned(),
            version: 1,
            valid: desired.is_some(),
            describes: desired.map(|desired| Described {
                cluster: desired.cluster.clone(),
                environment: desired.environment.clone(),
                release: desired.release.clone(),
                hosts: desired.hosts.len(),
                resources: desired.resources.len(),
            }),
            problems: problems.iter().map(Found::from).collect(),
        }
    }
}
