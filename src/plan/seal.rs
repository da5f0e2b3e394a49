//! The seal: the digest of a plan's meaning.
//!
//! Many steps run the same commands. Each such list enters the seal by its own digest, so that it
//! is hashed once however many steps run it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::{Plan, Step};
use crate::address::{ComponentName, HostName};
use crate::catalog::Stage;
use crate::diff::{Action, Reason};
use crate::transport::Command;
use crate::value::{Digest, PackageVersion, Period, Version};

impl Plan {
    /// The SHA-256 of all that the plan says but `manifest` (a locator, which may differ between
    /// machines) and the seal itself.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut lists = Lists::default();
        Digest::of_json(&Unsealed {
            format: &self.format,
            version: self.version,
            cluster: &self.cluster,
            environment: &self.environment,
            release: &self.release,
            basis: &self.basis,
            checks: &self.checks,
            steps: self.steps.iter().map(|step| lists.seal(step)).collect(),
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
#[derive(Serialize)]
struct Unsealed<'a> {
    format: &'a str,
    version: u32,
    cluster: &'a str,
    environment: &'a str,
    release: &'a str,
    basis: &'a super::Basis,
    checks: &'a BTreeMap<Arc<str>, Arc<[Command]>>,
    steps: Vec<SealedStep<'a>>,
    unknown: &'a [super::Unknown],
    withheld: &'a [super::Withheld],
    warnings: &'a [String],
}

/// A step with the digest of its commands.
#[derive(Serialize)]
struct SealedStep<'a> {
    id: &'a str,
    host: &'a HostName,
    component: &'a ComponentName,
    action: Action,
    stage: Stage,
    wave: u32,
    from: Option<&'a PackageVersion>,
    to: &'a Version,
    after: &'a [Arc<str>],
    needs_healthy: Vec<(&'a HostName, &'a ComponentName, &'a str)>,
    reasons: &'a [Reason],
    impact: &'a str,
    forecast: Period,
    commands: Digest,
}

/// The digests of lists of commands, by where the list is in memory.
#[derive(Default)]
struct Lists(BTreeMap<*const Command, Digest>);

impl Lists {
    fn seal<'a>(&mut self, step: &'a Step) -> SealedStep<'a> {
        // Taken apart by name: a part that is added to steps can't be forgotten here.
        let Step {
            id,
            host,
            component,
            action,
            stage,
            wave,
            from,
            to,
            after,
            needs_healthy,
            reasons,
            impact,
            forecast,
            commands,
        } = step;
        let needs = needs_healthy.iter();
        SealedStep {
            id,
            host,
            component,
            action: *action,
            stage: *stage,
            wave: *wave,
            from: from.as_ref(),
            to,
            after,
            needs_healthy: needs.map(|n| (&n.host, &n.component, n.check.name())).collect(),
            reasons,
            impact,
            forecast: *forecast,
            commands: self.of(commands),
        }
    }

    fn of(&mut self, commands: &Arc<[Command]>) -> Digest {
        // An empty list may share its place with another one.
        if commands.is_empty() {
            return Digest::of(&[]);
        }
        *self.0.entry(commands.as_ptr()).or_insert_with(|| Digest::of_json(commands))
    }
}
