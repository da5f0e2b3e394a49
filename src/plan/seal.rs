//! The seal: the digest of a plan's meaning.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Plan;
use crate::transport::Command;
use crate::value::Digest;

impl Plan {
    /// The SHA-256 of the plan's JSON with an empty `manifest` (a locator, which may differ between
    /// machines) and an empty seal.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of_json(&Unsealed {
            format: &self.format,
            version: self.version,
            cluster: &self.cluster,
            environment: &self.environment,
            release: &self.release,
            basis: &self.basis,
            checks: &self.checks,
            steps: &self.steps,
            unknown: &self.unknown,
            withheld: &self.withheld,
            warnings: &self.warnings,
        })
    }

    /// Whether the plan is still the one that was sealed.
    #[must_use]
    pub fn seal_holds(&self) -> bool {
        self.seal == self.digest()
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// Everything that the seal holds.
#[derive(serde::Serialize)]
struct Unsealed<'a> {
    format: &'a str,
    version: u32,
    cluster: &'a str,
    environment: &'a str,
    release: &'a str,
    basis: &'a super::Basis,
    checks: &'a BTreeMap<Arc<str>, Arc<[Command]>>,
    steps: &'a [super::Step],
    unknown: &'a [super::Unknown],
    withheld: &'a [super::Withheld],
    warnings: &'a [String],
}
