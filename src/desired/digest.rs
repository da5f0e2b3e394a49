//! The digest of what should be, in its meaning: places in texts, comments, the order of writing and
//! the controller's own paths don't count.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Desired, DesiredHost, Resource};
use crate::address::{ComponentName, HostName};
use crate::catalog::Component;
use crate::value::Digest;

/// All of [`Desired`] in a form with one text: sorted maps, plain keys.
#[derive(Serialize)]
struct Canonical<'d> {
    cluster: &'d str,
    environment: &'d str,
    release: &'d str,
    allow_downgrade: bool,
    hosts: &'d BTreeMap<HostName, DesiredHost>,
    components: BTreeMap<&'d ComponentName, &'d Component>,
    resources: BTreeMap<String, &'d Resource>,
}

impl Desired {
    /// The digest of all that is desired. Two manifests that mean the same have the same one.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let canonical = Canonical {
            cluster: &self.cluster,
            environment: &self.environment,
            release: &self.release,
            allow_downgrade: self.allow_downgrade,
            hosts: &self.hosts,
            components: self.components.iter().map(|(name, c)| (name, c.as_ref())).collect(),
            resources: self.resources.iter().map(|(address, r)| (address.to_string(), r)).collect(),
        };
        // Nothing in it can fail to become JSON: all keys are texts and all numbers are whole.
        Digest::of(&serde_json::to_vec(&canonical).unwrap_or_default())
    }
}
