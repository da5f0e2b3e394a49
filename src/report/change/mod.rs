//! The change record of a run, for an auditor: what was approved, who carried it out from where, what
//! was done when, what came of it, and whether the record can be trusted.

mod of;

pub use of::of;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{LogReview, PartReport, TestScan};
use crate::address::{ComponentName, HostName};
use crate::approval::Approval;
use crate::catalog::Stage;
use crate::diff::{Action, Reason};
use crate::notice::Told;
use crate::plan::Rehearsed;
use crate::preflight::Waived;
use crate::scan::load::LoadAccount;
use crate::state::{Request, RunEnding, StepOutcome};
use crate::transport::Command;
use crate::value::{Digest, PackageVersion, Period, Version};

/// The format's name, first in every change record.
pub const FORMAT: &str = "mdc/change-record";
/// The format's version.
pub const VERSION: u32 = 1;

/// The whole account of a run, over all its attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ChangeRecord {
    /// Always `mdc/change-record`.
    pub format: String,
    /// The version of this format.
    pub version: u32,
    /// The run's id.
    pub run: String,
    /// The cluster's name.
    pub cluster: String,
    /// What the cluster is for.
    pub environment: String,
    /// The release that the plan leads to.
    pub release: String,
    /// The plan that was carried out.
    pub plan: PlanAccount,
    /// When the run began.
    #[schemars(with = "String")]
    pub began: Timestamp,
    /// When something was last recorded.
    #[schemars(with = "String")]
    pub last: Timestamp,
    /// How it ended.
    pub ending: RunEnding,
    /// Who worked on it when, first to last.
    pub attempts: Vec<AttemptAccount>,
    /// The lease was taken from somebody who may still have been at work.
    pub taken_over: Vec<TakeOver>,
    /// Who had approved the plan, where approvals were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
    /// It was begun without the approvals that were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unapproved: Vec<Exception>,
    /// Its plan had been carried out before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub again: Vec<Exception>,
    /// Where its changes had been rehearsed, where that was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rehearsals: Vec<Rehearsed>,
    /// It was begun without the rehearsals that were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unrehearsed: Vec<UnrehearsedAccount>,
    /// Versions before and after, by component and host.
    pub versions: Vec<VersionAccount>,
    /// Every step of the plan, in its order.
    pub steps: Vec<StepAccount>,
    /// What each part of the plan took, against its forecast; of each step its last try.
    pub parts: Vec<PartReport>,
    /// What test scans came to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scans: Vec<TestScan>,
    /// What came to logs meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<LogReview>,
    /// Who was told of what, first to last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Told>,
    /// What came of the loads that were submitted meanwhile, attempt by attempt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loads: Vec<LoadAccount>,
    /// What other terminals asked for.
    pub requests: Vec<RequestAccount>,
    /// Steps that were left out and are still owed, with the reason.
    pub debts: BTreeMap<String, String>,
    /// The checks that the plan went without.
    pub waivers: Vec<Waived>,
    /// Where all this is from, and whether that can be trusted.
    pub journal: JournalAccount,
}

/// The plan that a run carries out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct PlanAccount {
    /// Its seal.
    pub seal: Digest,
    /// Where its manifest was, seen from its folder.
    pub manifest: String,
    /// The version of `mdc` that made it.
    pub tool: String,
    /// The digest of what was desired: manifest, release and catalog.
    pub desired: Digest,
}

/// One attempt at a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct AttemptAccount {
    /// Who, from where.
    pub controller: String,
    /// The version of `mdc`.
    pub tool: String,
    /// The fencing number.
    pub fence: u64,
    /// When it began.
    #[schemars(with = "String")]
    pub began: Timestamp,
    /// When it ended; none when no end is recorded.
    #[schemars(with = "Option<String>")]
    pub ended: Option<Timestamp>,
    /// Why it ended before all was done.
    pub stopped: Option<String>,
}

/// A lease that changed hands by force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct TakeOver {
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// From whom.
    pub from: String,
    /// By whom.
    pub by: String,
    /// Why, in their words.
    pub reason: String,
}

/// What somebody went on without, or did all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Exception {
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// By whom, from where.
    pub by: String,
    /// Why, in their words.
    pub reason: String,
}

/// A run that was begun without the rehearsals that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct UnrehearsedAccount {
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// By whom, from where.
    pub by: String,
    /// Why, in their words.
    pub reason: String,
    /// What nobody had rehearsed, in words.
    pub missing: Vec<String>,
}

/// A resource's version before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct VersionAccount {
    /// What.
    pub component: ComponentName,
    /// Where.
    pub host: HostName,
    /// The version when the plan was made; none when it was not installed.
    pub before: Option<PackageVersion>,
    /// The version that the plan leads to.
    pub planned: Version,
    /// What the run made of it.
    pub after: After,
}

/// What a run made of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum After {
    /// The planned one was seen on the host.
    Planned,
    /// Nothing was begun.
    Before,
    /// A step began and its good end was not seen: it may be either, or between the two.
    Unclear,
}

/// One step's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct StepAccount {
    /// Its id in the plan.
    pub step: String,
    /// Where.
    pub host: HostName,
    /// To what.
    pub component: ComponentName,
    /// What was to be done.
    pub action: Action,
    /// In which part of the procedure.
    pub stage: Stage,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What it should take.
    pub forecast: Period,
    /// Each time it was begun, first to last.
    pub tries: Vec<TryAccount>,
    /// Why the user left it out, if they did; it may have been done since.
    pub skipped: Option<String>,
    /// What ran, to the letter.
    #[schemars(with = "Vec<Command>")]
    pub commands: Arc<[Command]>,
}

/// One time that a step was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct TryAccount {
    /// Its number. A try that was gone on with after a crash has the same number again.
    pub attempt: u32,
    /// When it began.
    #[schemars(with = "String")]
    pub began: Timestamp,
    /// How it ended; none when that is not recorded.
    pub outcome: Option<StepOutcome>,
    /// What it took; none when its end is not recorded.
    pub took: Option<Period>,
}

/// What another terminal asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RequestAccount {
    /// When the run took it in.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// What.
    pub what: Request,
    /// Who, from where.
    pub by: String,
    /// Why, in their words.
    pub reason: String,
}

/// The journal that a change record is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct JournalAccount {
    /// Where it is.
    pub place: String,
    /// Its good entries.
    pub entries: u64,
    /// The digest of the last one, which vouches for all before it.
    pub head: Digest,
    /// Whether a crash cut a last line off.
    pub torn: bool,
    /// What is wrong after the good entries; none when its chain verifies.
    pub damage: Option<String>,
}

impl StepAccount {
    /// How the step ended at last, if it did.
    #[must_use]
    pub fn outcome(&self) -> Option<&StepOutcome> {
        self.tries.last().and_then(|one| one.outcome.as_ref())
    }
}
