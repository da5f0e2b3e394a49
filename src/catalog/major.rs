//! How a component comes to another major version where installing another package leaves its data behind.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Act, Format, health};

/// How the data come to another major version, and back. In all command lines `$from` and `$to` are the
/// major versions. The old data stay until somebody drops them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Major {
    /// The packages of all major versions, newest first, by format: when the component's own package is
    /// not there, the first of these that is tells the version.
    #[schemars(schema_with = "super::names_by_format")]
    pub packages: BTreeMap<Format, Vec<String>>,
    /// What moves the data, in this order, once the new package is installed.
    pub moves: Vec<Act>,
    /// Succeeds when the new version serves the data.
    #[schemars(length(min = 1))]
    pub check: String,
    /// What goes back to the old data, in this order; the new package is gone afterwards.
    pub back: Vec<Act>,
    /// What is lost on the way back, in words.
    #[schemars(length(min = 1))]
    pub loses: String,
    /// How it is told which old major versions are still kept: a command line that prints them as words, and
    /// runs as the login user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub kept: Option<String>,
    /// What drops the old data of `$from` for good (`mdc finalise`), while `$to` serves; does nothing when they
    /// are gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finalise: Option<Act>,
    /// That the old data stay, and how they are dropped once nobody goes back, in words.
    #[schemars(length(min = 1))]
    pub stays: String,
}

impl Major {
    /// The same with its ports filled in.
    ///
    /// # Errors
    /// Which command line can't be made, and what is wrong with it, in words.
    pub(super) fn filled(&self, ports: &BTreeMap<String, u16>) -> Result<Self, String> {
        let mut filled = self.clone();
        for act in filled.moves.iter_mut().chain(&mut filled.back).chain(&mut filled.finalise) {
            act.run = health::fill(&act.run, ports).map_err(|e| format!("`{}`: {e}", act.say))?;
        }
        filled.check = health::fill(&self.check, ports).map_err(|e| format!("`check`: {e}"))?;
        let kept = self.kept.as_ref().map(|line| health::fill(line, ports)).transpose();
        filled.kept = kept.map_err(|e| format!("`kept`: {e}"))?;
        Ok(filled)
    }

    /// The packages of other major versions than that of `package`, newest first.
    pub fn others<'m>(
        &'m self,
        format: Format,
        package: &'m str,
    ) -> impl Iterator<Item = &'m String> {
        self.packages.get(&format).into_iter().flatten().filter(move |name| *name != package)
    }
}
