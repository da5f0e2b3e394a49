//! What a component runs on, and which versions of both fit.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Format;
use super::by_format::names_by_format;
use crate::value::Version;

/// What a component runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Runtime {
    /// Its name for people.
    #[schemars(length(min = 1))]
    pub title: String,
    /// The names that its package has, by format; the first that is installed counts.
    #[schemars(schema_with = "names_by_format")]
    pub packages: BTreeMap<Format, Vec<String>>,
    /// Which of its versions fit, for versions of the component; of what none of them names, a plan says that
    /// it isn't checked.
    pub fits: Vec<Fit>,
}

/// Versions of a runtime that fit versions of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Fit {
    /// The first version of the component.
    pub version: Version,
    /// The first that it doesn't hold for any more.
    pub before: Version,
    /// The oldest of the runtime that fits.
    pub from: Version,
    /// The first that is too new.
    pub below: Version,
}

impl Runtime {
    /// Which of its versions fit `version` of the component, if that is known.
    #[must_use]
    pub fn fit(&self, version: &Version) -> Option<&Fit> {
        self.fits.iter().find(|fit| *version >= fit.version && *version < fit.before)
    }
}

impl Fit {
    /// Whether `runtime` is one of them.
    #[must_use]
    pub fn admits(&self, runtime: &Version) -> bool {
        *runtime >= self.from && *runtime < self.below
    }
}
