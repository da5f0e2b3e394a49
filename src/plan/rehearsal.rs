//! Whether a plan has to be rehearsed, and what of it was when it was made: part of what is reviewed.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Plan, Purpose};
use crate::value::{Digest, Period};

/// What is asked of rehearsals, and what there was when the plan was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rehearsal {
    /// What is asked.
    pub rule: RehearsalRule,
    /// The evidence that counted when the plan was made, whatever its age.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Rehearsed>,
    /// What nobody had rehearsed when the plan was made, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Where what was rehearsed on differs from this cluster, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differs: Vec<String>,
}

/// What is asked of rehearsals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RehearsalRule {
    /// The SHA-256 of the file that says who may sign evidence.
    pub signers: Digest,
    /// How long ago a rehearsal may have ended when the plan is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Period>,
    /// Whether a rehearsal on simulated hosts counts.
    pub accept_simulated: bool,
}

/// A rehearsal that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rehearsed {
    /// The name of its evidence's file.
    pub file: String,
    /// The SHA-256 of that.
    pub sha256: Digest,
    /// Who has signed it.
    pub signed_by: String,
    /// The cluster that it was done on.
    pub cluster: String,
    /// Whether that was a simulated one.
    pub simulated: bool,
    /// When it ended (RFC 3339).
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub ended: Timestamp,
}

impl Plan {
    /// The plan with what is asked of rehearsals and what there is, sealed with it.
    #[must_use]
    pub fn rehearsed_by(mut self, rehearsal: Option<Rehearsal>) -> Self {
        // Sealing takes its time for a large cluster; few plans need evidence.
        if self.rehearsal != rehearsal {
            self.rehearsal = rehearsal;
            self.seal = self.digest();
        }
        self
    }

    /// Whether evidence can be asked for: what only goes back, takes backups or drops what was kept
    /// follows from a plan that had it.
    #[must_use]
    pub fn is_rehearsed(&self) -> bool {
        self.purpose == Purpose::Release && !self.is_empty()
    }
}
