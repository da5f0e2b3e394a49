//! The manifest as it is written. These types are the declaration of its keys: what they don't
//! have is refused, and their comments are the descriptions in the JSON schema.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::center::CenterText;
use super::gates::GatesText;
use super::notice::NoticeText;
use super::preflight::WaiverText;
use super::scan::{LoadText, ScanText};
use super::standby::StandbyText;
use super::state::StateText;
use super::winrm::WinrmText;
use super::{After, Approvals, Copying, Forecast, Plans, Preflight, Rehearsal, Snapshots};
use super::{LocalConnection, SshConnection};
use crate::address::{ComponentName, ConnectionName, HostName};
use crate::catalog::Override;
use crate::source::{At, FormatVersion};
use crate::standby::Role;
use crate::value::Version;

/// The manifest of one cluster: its hosts, how they are reached, and what runs on them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "mdc manifest")]
pub(super) struct ManifestText {
    /// The version of this file format: write `format-version = 1` as the first line.
    #[expect(dead_code, reason = "checked against the schema; only its presence counts")]
    format_version: FormatVersion,
    /// The cluster as a whole.
    pub(super) cluster: ClusterText,
    /// Ways to reach hosts, by name.
    #[serde(default)]
    pub(super) connections: BTreeMap<At<ConnectionName>, ConnectionText>,
    /// What holds for hosts that don't say otherwise.
    #[serde(default)]
    pub(super) defaults: DefaultsText,
    /// The hosts, by name. A range (`core-[01..08]`) or list (`core-[a,b]`) in brackets stands for
    /// several hosts.
    #[serde(default)]
    pub(super) hosts: BTreeMap<At<String>, HostText>,
    /// What has to be so before stage 2 begins.
    #[serde(default)]
    pub(super) gates: GatesText,
    /// Bounds of the checks before anything changes.
    #[serde(default)]
    pub(super) preflight: Preflight,
    /// What is looked at when all changes are made.
    #[serde(default)]
    pub(super) after: After,
    /// How much is copied at once, and by which way.
    #[serde(default)]
    pub(super) copying: Copying,
    /// What forecasts rest on.
    #[serde(default)]
    pub(super) forecast: Forecast,
    /// Checks that the cluster goes without for a while; shown in every plan.
    #[serde(default)]
    pub(super) waivers: Vec<WaiverText>,
    /// Who has to approve a plan before it is carried out; without it, nobody.
    pub(super) approvals: Option<Approvals>,
    /// Which snapshots plans are made from.
    #[serde(default)]
    pub(super) snapshots: Snapshots,
    /// Which saved plans are carried out.
    #[serde(default)]
    pub(super) plans: Plans,
    /// What has to have been rehearsed before a plan is carried out; without it, nothing.
    pub(super) rehearsal: Option<Rehearsal>,
    /// How clients reach the API Gateway, for test scans before and after a plan.
    pub(super) scan: Option<At<ScanText>>,
    /// Files that are submitted while a plan runs, for rehearsals.
    pub(super) load: Option<At<LoadText>>,
    /// Who is told of what happens to the cluster, when and how.
    #[serde(default)]
    pub(super) notices: Vec<NoticeText>,
    /// Control Center, for components with `driver = "control-center"`.
    pub(super) control_center: Option<At<CenterText>>,
    /// Hot backup of standalone MD Core instances.
    pub(super) standby: Option<At<StandbyText>>,
    /// What this cluster does differently from the catalog, by component.
    #[serde(default)]
    pub(super) components: BTreeMap<At<ComponentName>, Override>,
}

/// The cluster as a whole.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ClusterText {
    /// The cluster's name.
    #[schemars(with = "ComponentName")]
    pub(super) name: String,
    /// What the cluster is for, in one word: `production`, `staging` or any other.
    #[schemars(with = "ComponentName")]
    pub(super) environment: String,
    /// The release file, relative to this file's folder.
    #[schemars(length(min = 1))]
    pub(super) release: At<String>,
    /// The release that the cluster comes from, relative to this file's folder: with it every step
    /// has a way back, whose packages are on the hosts before anything changes.
    #[schemars(length(min = 1))]
    pub(super) previous_release: Option<At<String>>,
    /// Whether a plan may go to an older version; default no.
    #[serde(default)]
    pub(super) allow_downgrade: bool,
    /// Where runs are recorded: a folder, relative to this file's folder (default `.mdc`), or a
    /// PostgreSQL database.
    #[serde(default)]
    pub(super) state: StateText,
}

/// One way to reach hosts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ConnectionText {
    /// By SSH.
    Ssh(Box<SshConnection>),
    /// By WinRM, for Windows.
    Winrm(Box<WinrmText>),
    /// This machine itself.
    Local(LocalConnection),
    /// A simulated fleet, for trying things out.
    Simulated(SimulatedText),
}

/// A simulated fleet.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct SimulatedText {
    /// The folder that holds the fleet, relative to this file's folder; made on the first use.
    #[schemars(length(min = 1))]
    pub(super) folder: String,
    /// How many times faster than the modelled durations it runs; 0 means without any waiting;
    /// default 1.
    pub(super) speed: Option<u32>,
    /// The versions that are installed when the fleet is first made, by `component` or
    /// `host/component`; what is not named starts without the component.
    #[serde(default)]
    pub(super) installed: BTreeMap<At<String>, Version>,
    /// The parts that MD Core instances play when the fleet is first made, by host; one that is not named
    /// has no licence. With it, the instances of `[standby]` are simulated too, and nobody is asked at
    /// their `url`.
    pub(super) licences: Option<BTreeMap<HostName, Role>>,
}

/// What holds for hosts that don't say otherwise.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct DefaultsText {
    /// The connection that hosts are reached by.
    pub(super) connection: Option<At<ConnectionName>>,
    /// The hosts' operating system, such as `debian-12`.
    #[schemars(length(min = 1))]
    pub(super) os: Option<At<String>>,
}

/// One host, or as many as its name stands for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct HostText {
    /// The name or address to connect to; default the host's name. Ranges expand in step with the
    /// name's.
    #[schemars(length(min = 1))]
    pub(super) address: Option<At<String>>,
    /// The operating system, such as `debian-12`; default from `[defaults]`.
    #[schemars(length(min = 1))]
    pub(super) os: Option<At<String>>,
    /// The connection that the host is reached by; default from `[defaults]`.
    pub(super) connection: Option<At<ConnectionName>>,
    /// What runs on the host.
    #[serde(default)]
    pub(super) components: Vec<At<ComponentName>>,
    /// What is to be removed from the host, where it is there: its package goes, its data and edited settings stay.
    #[serde(default)]
    pub(super) removed: Vec<At<ComponentName>>,
    /// Words for choosing hosts, such as `zone = "a"`.
    #[serde(default)]
    pub(super) labels: Arc<BTreeMap<String, String>>,
}
