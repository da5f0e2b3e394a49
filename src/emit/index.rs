//! What programs read of an emitted folder, and by what `mdc` knows one again.

use std::collections::BTreeMap;

use serde::Serialize;

use super::host;
use super::item::Hosts;
use super::package::{PackageFile, Packages};
use crate::address::HostName;
use crate::plan::Plan;
use crate::value::Digest;

/// The format's name, first in every index.
pub const FORMAT: &str = "mdc/emit";

/// The content of `index.json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Index<'p> {
    format: &'static str,
    version: u32,
    seal: Digest,
    cluster: &'p str,
    environment: &'p str,
    release: &'p str,
    hosts: BTreeMap<&'p HostName, HostIndex<'p>>,
    control_center: Vec<&'p PackageFile>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct HostIndex<'p> {
    script: String,
    steps: Vec<StepIndex<'p>>,
    packages: Vec<&'p PackageFile>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct StepIndex<'p> {
    number: usize,
    id: &'p str,
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
                script: host::path(name).into_string(),
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
