//! Who has to approve a plan before it is carried out, and which snapshots plans are made from.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Manifest;
use crate::catalog::Stage;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label};
use crate::signature::{self, Signers};
use crate::source::{self, At};
use crate::value::Period;

/// How many people have to approve a plan before it is carried out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Approvals {
    /// The file of those who may approve, in the form of ssh-keygen(1), ALLOWED SIGNERS; relative to
    /// this file's folder.
    #[schemars(with = "String", length(min = 1))]
    pub signers: At<Utf8PathBuf>,
    /// How many different people have to approve a plan that changes something of stage 1.
    #[schemars(range(min = 1, max = 100))]
    pub live: At<u32>,
    /// How many different people have to approve a plan that changes something of stage 2.
    #[schemars(range(min = 1, max = 100))]
    pub critical: At<u32>,
}

/// Which snapshots plans are made from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Snapshots {
    /// The file of those who may sign snapshots, in the form of ssh-keygen(1), ALLOWED SIGNERS;
    /// relative to this file's folder. With it, a snapshot without a good signature is refused.
    #[schemars(with = "Option<String>", length(min = 1))]
    pub signers: Option<At<Utf8PathBuf>>,
    /// How old a snapshot may be; default: any age.
    pub max_age: Option<At<Period>>,
}

impl Approvals {
    /// How many people a stage asks for, and where that is written.
    #[must_use]
    pub const fn asked_for(&self, stage: Stage) -> &At<u32> {
        match stage {
            Stage::Live => &self.live,
            Stage::Critical => &self.critical,
        }
    }
}

impl Manifest {
    /// Those who may approve plans; none when plans need no approval.
    ///
    /// # Errors
    /// When the file can't be used, or has fewer people than have to approve.
    pub fn read_approvers(&self) -> Result<Option<(&Approvals, Signers)>, Diagnostics> {
        let Some(rule) = &self.approvals else { return Ok(None) };
        let signers = self.read_signers(&rule.signers)?;
        let people = signers.people(signature::PLAN).len();
        let mut found = Diagnostics::default();
        for number in [&rule.live, &rule.critical] {
            if people < number.value as usize {
                let what = format!(
                    "{} people have to approve, and `{}` has {people} who may",
                    number.value,
                    self.path(&rule.signers)
                );
                found.push(
                    Diagnostic::new(Code::ApprovalRule, what)
                        .at(Label::new(&self.source, number.span.clone(), "can never be met"))
                        .help(
                            "add people to the file, or ask for fewer; several keys of one person, \
                             and several names of one key, count once",
                        ),
                );
            }
        }
        if found.is_empty() { Ok(Some((rule, signers))) } else { Err(found) }
    }

    /// Those who may sign snapshots; none when anybody's snapshot is taken.
    ///
    /// # Errors
    /// When the file can't be used.
    pub fn read_snapshot_signers(&self) -> Result<Option<Signers>, Diagnostics> {
        self.snapshots.signers.as_ref().map(|path| self.read_signers(path)).transpose()
    }

    pub(super) fn read_signers(&self, path: &At<Utf8PathBuf>) -> Result<Signers, Diagnostics> {
        let file = source::read(&self.path(Utf8Path::new(path.as_str()))).map_err(|problem| {
            let named = Label::new(&self.source, path.span.clone(), "named here");
            Diagnostics::from_iter([problem.at(named)])
        })?;
        Signers::parse(&Arc::new(file))
    }
}
