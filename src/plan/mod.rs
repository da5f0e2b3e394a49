//! The plan: what is reviewed and what runs. A value with a versioned file format.

mod approvals;
mod backup;
mod bare;
mod changed;
mod claims;
mod commands;
mod elapsed;
mod file;
mod finalise;
mod followed;
mod forecast;
mod form;
mod gates;
mod healthy;
mod impact;
mod left_out;
mod licences;
mod lines;
mod logs;
mod make;
mod needed;
mod needs;
mod notices;
mod parts;
mod reach;
mod reboot;
mod refused;
mod rehearsal;
mod relays;
mod render;
mod rollback;
mod scans;
mod seal;
mod seen;
mod shared;
mod stage;
mod stale;
mod waived;
mod waves;
mod way_back;
mod window;
mod written;

pub use approvals::Approvals;
pub use backup::backup;
pub use changed::changed_hosts;
pub use commands::Commands;
pub use elapsed::{Clock, elapsed, slowest, spent, waves};
pub use file::{FileError, LARGEST, parse, read, write};
pub use finalise::{Kept, finalise};
pub use impact::{Impact, impacts};
pub use licences::{UsedCore, fail_over, owed};
pub use make::make;
pub use needs::Members;
pub use notices::Notice;
pub use parts::{Part, parts};
pub use refused::{REFUSED, refused};
pub use rehearsal::{Rehearsal, RehearsalRule, Rehearsed};
pub use relays::{Feeder, Given, by_hand, feeding};
pub use rollback::{Taken, rollback};
pub use stage::{mark, stage};
pub use stale::{Moved, Says, moved};
pub use way_back::WayBack;
pub use written::{Written, rewording, rewritten};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::{ComponentName, HostName};
use crate::catalog::{OnFailure, Stage};
use crate::diagnostic::Remark;
use crate::diff::{Action, Reason};
use crate::observe::{ComponentFacts, FileContent, FileState, PackageState, UnitState};
use crate::preflight::Waived;
use crate::transport::Command;
use crate::value::{Digest, PackageVersion, Period, Version, Window};

/// The format's name, first in every plan file.
pub const FORMAT: &str = "mdc/plan";
/// The format's version that this `mdc` writes and reads.
pub const VERSION: u32 = 1;

/// An ordered, complete answer to "what will be done".
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, remote = "Self")]
pub struct Plan {
    /// Always `mdc/plan`.
    pub format: String,
    /// The version of this format.
    pub version: u32,
    /// The digest of everything else but `manifest`.
    pub seal: Digest,
    /// Where the manifest is, seen from the folder that the plan was written to. Only a locator:
    /// what the manifest says is held by `basis`.
    pub manifest: String,
    /// The cluster's name.
    pub cluster: String,
    /// What the cluster is for.
    pub environment: String,
    /// The release that the plan leads to.
    pub release: String,
    /// What it is for.
    #[serde(default)]
    pub purpose: Purpose,
    /// What the plan rests on.
    pub basis: Basis,
    /// When steps of stage 2 may begin; at any time when there is none.
    #[serde(default)]
    pub window: Option<Window>,
    /// What follows when a step fails, by component.
    pub on_failure: BTreeMap<ComponentName, OnFailure>,
    /// The hosts that run Windows: their commands are texts for PowerShell and lines for cmd, those of all
    /// others are for a POSIX shell.
    #[serde(default)]
    pub windows: BTreeSet<HostName>,
    /// How components are asked for their health before steps that need them, by name.
    pub checks: BTreeMap<Arc<str>, Arc<[Command]>>,
    /// Those that have a component and could be read, by component: whom gates ask for their health.
    #[serde(default)]
    pub members: BTreeMap<ComponentName, Members>,
    /// Whom steps ask that are not one host's, and by which commands, by step.
    #[serde(default)]
    pub asked: BTreeMap<Arc<str>, Members>,
    /// The steps, in an order in which they could run one by one.
    pub steps: Vec<Step>,
    /// Who is told of what it does.
    #[serde(default)]
    pub notices: Vec<Notice>,
    /// Resources that could not be read, and why.
    pub unknown: Vec<Unknown>,
    /// Changes that are left out because something before them is unknown.
    pub withheld: Vec<Withheld>,
    /// What a reviewer should know besides the steps, in words.
    #[schemars(with = "Vec<String>")]
    pub warnings: Vec<Remark>,
    /// The checks that it goes without, with what was found and is covered by that.
    #[serde(default)]
    pub waivers: Vec<Waived>,
    /// Who has to approve it before it is carried out, when anybody has to.
    #[serde(default)]
    pub approvals: Option<Approvals>,
    /// What of it had been rehearsed, when rehearsals are asked for.
    #[serde(default)]
    pub rehearsal: Option<Rehearsal>,
}

/// What a plan is for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Purpose {
    /// To lead to its release.
    #[default]
    Release,
    /// To take this run back: its steps lead away from the release.
    RollBack(String),
    /// To take backups: its steps change nothing that runs.
    BackUp,
    /// To drop what was kept for ways back: afterwards there is no return.
    Finalise,
    /// To let a standby take over at once.
    FailOver,
    /// To bring packages to their hosts before they are needed: its steps change nothing that runs.
    Stage,
}

impl Purpose {
    /// Whether a plan for this makes such a change.
    fn admits(&self, action: Action) -> bool {
        match self {
            Self::Release => !matches!(action, Action::Rollback | Action::Finalise),
            Self::RollBack(_) => action == Action::Rollback || action.is_of_licence(),
            Self::BackUp | Self::Stage => false,
            Self::Finalise => action == Action::Finalise,
            Self::FailOver => action.is_of_licence(),
        }
    }

    /// Whether a run for this changes nothing that runs and stands beside those that do.
    #[must_use]
    pub const fn stands_beside(&self) -> bool {
        matches!(self, Self::BackUp | Self::Stage)
    }

    /// The run that is taken back.
    #[must_use]
    pub fn rolls_back(&self) -> Option<&str> {
        match self {
            Self::RollBack(run) => Some(run),
            Self::Release | Self::BackUp | Self::Finalise | Self::FailOver | Self::Stage => None,
        }
    }
}

/// What a plan rests on; when any of it moved, the plan is stale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Basis {
    /// The version of `mdc` that made the plan.
    pub tool: String,
    /// What should be: manifest, release and catalog in their meaning, not their text. A plan whose steps rest
    /// on nothing that moved holds also when this is another one.
    pub desired: Digest,
    /// How old that which it rests on may be when it begins to be carried out: its snapshot, or its file.
    pub max_age: Period,
    /// What the steps took from manifest, release and catalog.
    pub written: Written,
    /// When the snapshot that it was made from was taken; absent when hosts were read for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub snapshot: Option<Timestamp>,
    /// How many hosts and resources were compared.
    pub compared: Compared,
    /// The facts that the steps' decisions used, by `host/component`.
    pub facts: BTreeMap<String, UsedFacts>,
    /// What moves of licences rest on, by host.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cores: BTreeMap<HostName, UsedCore>,
}

/// How much was compared with the desired state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Compared {
    /// Hosts that could be read.
    pub hosts: usize,
    /// Components on them.
    pub resources: usize,
}

/// What a decision about one resource rests on. Health is not part of it: it comes and goes, and
/// is asked again when a step starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UsedFacts {
    /// The package.
    pub package: PackageState,
    /// The service.
    pub unit: UnitState,
    /// What it says of its role among several hosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Its managed files, by name: what they hold, in a word.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
}

impl From<&ComponentFacts> for UsedFacts {
    fn from(facts: &ComponentFacts) -> Self {
        let files = facts.files.iter().map(|(name, state)| (name.clone(), file(state)));
        Self {
            package: facts.package.clone(),
            unit: facts.unit.clone(),
            role: facts.role.clone(),
            files: files.collect(),
        }
    }
}

/// What a file holds, in a word.
fn file(state: &FileState) -> String {
    match state {
        FileState::Absent => "absent".to_owned(),
        FileState::Unknown => "not known".to_owned(),
        FileState::There(FileContent { text, touched, mode, owner, restart_due, .. }) => {
            let touched = if *touched { ", changed since it was written" } else { "" };
            let due = if *restart_due { ", its service not restarted" } else { "" };
            format!("{} {mode} {owner}{touched}{due}", Digest::of(text.as_bytes()).short())
        }
    }
}

/// One step: one thing done to one resource.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Step {
    /// `host/component/action`.
    pub id: Arc<str>,
    /// Where.
    pub host: HostName,
    /// To what.
    pub component: ComponentName,
    /// What is done.
    pub action: Action,
    /// In which part of the procedure.
    pub stage: Stage,
    /// Which steps may run together, counted through the plan from 1.
    pub wave: u32,
    /// The version before, when there is one.
    #[serde(default)]
    pub from: Option<PackageVersion>,
    /// The version after.
    pub to: Version,
    /// The steps that come first.
    pub after: Vec<Arc<str>>,
    /// What is checked when the step starts, on other components: by its address, the name of the
    /// commands that check it.
    #[serde(default, deserialize_with = "needs::deserialize")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub needs_healthy: Vec<HealthyBefore>,
    /// Why it is done.
    pub reasons: Vec<Reason>,
    /// What users notice meanwhile; empty when nothing.
    #[serde(default)]
    pub impact: Arc<str>,
    /// What it should take: the median of what such steps took before, or the catalog's durations.
    pub forecast: Period,
    /// What it takes in a slow case, where steps like it were seen before.
    #[serde(default)]
    pub slow: Option<Period>,
    /// Whether it is of a host that goes first, so that its failure is not tolerated; said only where
    /// failures of others may be.
    #[serde(default)]
    pub canary: bool,
    /// Whether the package file that it copies was on its host already when the plan was made: it is looked
    /// for by its content when the step begins, and sent only if it is gone by then.
    #[serde(default)]
    pub staged: bool,
    /// The host of its site that it gets its package file from, and what that host runs for it; absent when
    /// the controller sends the file.
    #[serde(default)]
    pub feeder: Option<Box<Feeder>>,
    /// What runs, in this order; the first that fails ends the step.
    #[serde(deserialize_with = "shared::deserialize")]
    #[schemars(with = "Vec<Command>")]
    pub commands: Arc<[Command]>,
    /// How it is taken back; absent for a step that changes nothing that runs.
    #[serde(default)]
    pub way_back: Option<WayBack>,
}

/// A component that has to be healthy when a step starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthyBefore {
    /// Where.
    pub host: HostName,
    /// What.
    pub component: ComponentName,
    /// How it is asked, on that host: the name of an entry of the plan's `checks`.
    pub check: Commands,
}

/// A resource whose state is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Unknown {
    /// Where.
    pub host: HostName,
    /// The components that should be there.
    pub components: Vec<ComponentName>,
    /// Why it can't be read.
    pub reason: String,
    /// What to do next.
    pub hint: String,
}

/// A change that is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Withheld {
    /// Where.
    pub host: HostName,
    /// To what.
    pub component: ComponentName,
    /// What would be done.
    pub action: Action,
    /// What stands in the way, in words.
    pub reason: String,
}
