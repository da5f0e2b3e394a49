//! The digest of what should be, in its meaning: places in texts, comments, the order of writing and
//! the controller's own paths don't count.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{ControlCenter, Desired, DesiredHost, ManagedFile, Notice, Relays, Resource};
use crate::address::{Address, ComponentName, HostName};
use crate::catalog::Component;
use crate::diagnostic::Remark;
use crate::manifest::{After, Gates, Preflight, Standby, TestScans, Waiver};
use crate::value::Digest;

/// All of [`Desired`] in a form with one text: sorted maps, plain keys.
#[derive(Serialize)]
struct Canonical<'d> {
    cluster: &'d str,
    environment: &'d str,
    release: &'d str,
    allow_downgrade: bool,
    gates: &'d Gates,
    preflight: &'d Preflight,
    after: &'d After,
    waivers: &'d [Waiver],
    #[serde(skip_serializing_if = "Option::is_none")]
    scan: Option<&'d TestScans>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notices: &'d [Notice],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    cautions: &'d [Remark],
    #[serde(skip_serializing_if = "Option::is_none")]
    control_center: Option<&'d ControlCenter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    standby: Option<&'d Standby>,
    #[serde(skip_serializing_if = "Relays::is_empty")]
    relays: &'d Relays,
    hosts: &'d BTreeMap<HostName, DesiredHost>,
    components: BTreeMap<&'d ComponentName, &'d Component>,
    #[serde(serialize_with = "by_address")]
    resources: &'d BTreeMap<Address, Arc<Resource>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "by_address")]
    removed: &'d BTreeMap<Address, Arc<Resource>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    files: BTreeMap<String, &'d [ManagedFile]>,
    #[serde(serialize_with = "by_address")]
    previous: &'d BTreeMap<Address, Arc<Resource>>,
}

/// Each resource as its own digest: hosts share resources, so that few are to be digested.
fn by_address<S: Serializer>(
    resources: &BTreeMap<Address, Arc<Resource>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut digests: BTreeMap<*const Resource, String> = BTreeMap::new();
    for resource in resources.values() {
        let digest = || Digest::of_json(resource).to_string();
        digests.entry(Arc::as_ptr(resource)).or_insert_with(digest);
    }
    let digest = |resource: &Arc<Resource>| digests.get(&Arc::as_ptr(resource));
    serializer.collect_map(resources.iter().map(|(address, r)| (address.to_string(), digest(r))))
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
            gates: &self.gates,
            preflight: &self.preflight,
            after: &self.after,
            waivers: &self.waivers,
            scan: self.scan.as_ref(),
            notices: &self.notices,
            cautions: &self.cautions,
            control_center: self.control_center.as_ref(),
            standby: self.standby.as_ref(),
            relays: &self.relays,
            hosts: &self.hosts,
            components: self.components.iter().map(|(name, c)| (name, c.as_ref())).collect(),
            resources: &self.resources,
            removed: &self.removed,
            files: self.files.iter().map(|(at, files)| (at.to_string(), &**files)).collect(),
            previous: &self.previous,
        };
        // Nothing in it can fail to become JSON: all keys are texts and all numbers are whole.
        Digest::of_json(&canonical)
    }
}
