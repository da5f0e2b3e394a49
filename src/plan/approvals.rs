//! Who has to approve a plan before it is carried out: part of what is reviewed and sealed, so that
//! nobody who was not seen by the reviewers can approve it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Plan;
use crate::catalog::Stage;
use crate::signature::{self, Signers};
use crate::value::Digest;

/// Who has to approve a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Approvals {
    /// How many people, if something of stage 1 is changed.
    pub live: u32,
    /// How many people, if something of stage 2 is changed.
    pub critical: u32,
    /// The SHA-256 of the file that says who may.
    pub signers: Digest,
    /// Who may, as it says, with the SHA-256 of their keys.
    pub people: BTreeMap<String, Vec<String>>,
}

impl Approvals {
    /// So many of `signers`.
    #[must_use]
    pub fn of(signers: &Signers, (live, critical): (u32, u32)) -> Self {
        let mut people: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for signer in signers.all.iter().filter(|signer| signer.may_sign_for(signature::PLAN)) {
            let keys = people.entry(signer.person.clone()).or_default();
            if !keys.contains(&signer.fingerprint) {
                keys.push(signer.fingerprint.clone());
            }
        }
        Self { live, critical, signers: signers.digest, people }
    }

    /// How many people have to approve `stage`.
    #[must_use]
    pub const fn asked_for(&self, stage: Stage) -> u32 {
        match stage {
            Stage::Live => self.live,
            Stage::Critical => self.critical,
        }
    }

    /// Whose the key with this SHA-256 is.
    #[must_use]
    pub fn person(&self, fingerprint: &str) -> Option<&str> {
        let whose = |(_, keys): &(&String, &Vec<String>)| keys.iter().any(|key| key == fingerprint);
        self.people.iter().find(whose).map(|(person, _)| person.as_str())
    }
}

impl Plan {
    /// The plan with the rule under which it was made, sealed with it.
    #[must_use]
    pub fn approved_by(mut self, rule: Option<Approvals>) -> Self {
        // Sealing takes its time for a large cluster; few plans need approvals.
        if self.approvals != rule {
            self.approvals = rule;
            self.seal = self.digest();
        }
        self
    }

    /// The stages of which something is done, so that they need approval; one at least, unless there is
    /// nothing to do. What only asks counts as the first: were it nothing, then whoever writes a plan
    /// by hand could call everything so.
    #[must_use]
    pub fn stages(&self) -> Vec<Stage> {
        let of =
            |stage| self.steps.iter().any(|step| step.stage == stage && !step.action.is_gate());
        match (of(Stage::Live), of(Stage::Critical)) {
            _ if self.is_empty() => Vec::new(),
            (true, true) => vec![Stage::Live, Stage::Critical],
            (false, true) => vec![Stage::Critical],
            _ => vec![Stage::Live],
        }
    }
}
