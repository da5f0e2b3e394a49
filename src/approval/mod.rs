//! What people have signed of a plan, and whether that is enough.
//!
//! Approvals lie beside the plan, in a folder of its name with the ending `.approvals`: for each one a
//! text, which says what is approved, and with `.sig` after its name the signature over that text, as
//! `ssh-keygen -Y sign -n mdc.plan` makes it. The text is that of [`Statement`], to the byte.

mod diagnose;
mod folder;
mod judge;
mod statement;

pub use diagnose::other_rule;
pub use folder::{folder_of, read};
pub use judge::{Judged, Refused, judge};
pub use statement::{Statement, StatementError};

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::Stage;
pub use crate::signature::File;

/// What somebody has approved, in a way that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Approval {
    /// Who, as the file of signers names them.
    pub person: String,
    /// The SHA-256 of the key, as `ssh-keygen -l` shows it.
    pub key: String,
    /// Which stages of the plan.
    pub stages: BTreeSet<Stage>,
    /// What they have said to it, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The text that was signed.
    #[serde(default)]
    pub text: String,
    /// Its signature, in the armour of `ssh-keygen -Y sign`.
    #[serde(default)]
    pub signature: String,
}

#[cfg(test)]
mod tests;
