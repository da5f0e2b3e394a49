//! Whether plans have to be rehearsed before they are carried out, and by whose word.

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Manifest;
use crate::diagnostic::Diagnostics;
use crate::signature::Signers;
use crate::source::At;
use crate::value::Period;

/// What has to have been rehearsed before a plan is carried out: every change of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rehearsal {
    /// The file of those who may sign evidence, in the form of ssh-keygen(1), ALLOWED SIGNERS; relative
    /// to this file's folder.
    #[schemars(with = "String", length(min = 1))]
    pub signers: At<Utf8PathBuf>,
    /// The folder of evidence, each with its signature beside it; relative to this file's folder.
    #[serde(default = "folder")]
    #[schemars(with = "String", length(min = 1))]
    pub evidence: Utf8PathBuf,
    /// How long ago a rehearsal may have ended; default: any time.
    pub max_age: Option<At<Period>>,
    /// Whether a rehearsal on simulated hosts counts; default: only one on hosts does.
    #[serde(default)]
    pub accept_simulated: bool,
}

fn folder() -> Utf8PathBuf {
    "evidence".into()
}

impl Manifest {
    /// Those who may sign evidence; none when plans need none.
    ///
    /// # Errors
    /// When the file can't be used.
    pub fn read_witnesses(&self) -> Result<Option<(&Rehearsal, Signers)>, Diagnostics> {
        let Some(rule) = &self.rehearsal else { return Ok(None) };
        Ok(Some((rule, self.read_signers(&rule.signers)?)))
    }
}
