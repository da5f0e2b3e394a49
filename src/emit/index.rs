//! What programs read of an emitted folder, and by what `mdc` knows one again.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::host;
use super::item::Hosts;
use super::package::{PackageFile, Packages};
use crate::address::HostName;
use crate::plan::Plan;
use crate::value::Digest;

/// The format's name, first in every index.
pub const FORMAT: &str = "mdc/emit";

/// The JSON schema of `index.json`.
#[must_use]
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Index<'static>>()
}

/// The content of `index.json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Index<'p> {
    /// Always `mdc/emit`.
    format: &'static str,
    /// The version of this format.
    version: u32,
    /// The seal of the plan.
    seal: Digest,
    /// The cluster's name.
    cluster: &'p str,
    /// What it is for.
    environment: &'p str,
    /// The release that the plan leads to.
    release: &'p str,
    /// What there is for each host.
    hosts: BTreeMap<&'p HostName, HostIndex<'p>>,
    /// Files that people give to Control Center.
    control_center: Vec<&'p PackageFile>,
}

/// What there is for a host.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct HostIndex<'p> {
    /// Its script.
    script: String,
    /// Its steps.
    steps: Vec<StepIndex<'p>>,
    /// The package files that its script copies.
    packages: Vec<&'p PackageFile>,
}

/// A step of a script.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct StepIndex<'p> {
    /// Its number in the script.
    number: usize,
    /// Its id in the plan.
    id: &'p str,
    /// Its wave.
    wave: u32,
}

impl<'p> Index<'p> {
    pub(super) fn of(plan: &'p Plan, hosts: &'p Hosts<'_>, packages: &'p Packages) -> Self {
        let hosts = hosts.iter().map(|(name, items)| {
            let step = |item: &'p super::item::Item<'_>| StepIndex {
                number: item.number,
                id: &item.step.id,
                wave: item.step.wave,
            };
            let index = HostIndex {
                script: host::path(plan, name).into_string(),
                steps: items.iter().map(step).collect(),
                packages: packages.on(name).collect(),
            };
            (name, index)
        });
        Self {
            format: FORMAT,
            version: 1,
            seal: plan.seal,
            cluster: &plan.cluster,
            environment: &plan.environment,
            release: &plan.release,
            hosts: hosts.collect(),
            control_center: packages.to_center().collect(),
        }
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}
