//! The two forms of a plan as JSON: the file, and what the seal is taken of. They differ in how a
//! step's commands stand in them, and in that the seal is taken of steps apart from the rest. Hosts that are alike share their commands, so that each list is
//! turned into its form once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::seen::Seen;
use super::way_back::WayBackForm;
use super::{
    Approvals, Basis, Feeder, HealthyBefore, Members, Notice, Plan, Purpose, Rehearsal, Step,
    Unknown, WayBack, Withheld, needs,
};
use crate::address::{ComponentName, HostName};
use crate::catalog::{OnFailure, Stage};
use crate::diagnostic::Remark;
use crate::diff::{Action, Reason};
use crate::preflight::Waived;
use crate::transport::Command;
use crate::value::{Digest, PackageVersion, Period, Version, Window};

/// A form of each list of commands, by where the list is in memory (an empty one may share its place
/// with another).
pub(super) type Forms<C> = BTreeMap<(usize, usize), C>;

fn place(commands: &[Command]) -> (usize, usize) {
    (commands.as_ptr().addr(), commands.len())
}

/// How many levels deep the commands of a step stand in a plan, and those of its way back.
const COMMANDS_DEPTH: usize = 3;
const BACK_DEPTH: usize = 5;

/// What `form` makes of the commands of `steps` and their ways back, and of how deep they stand.
pub(super) fn forms<C, E>(
    steps: &[Step],
    form: impl Fn(&[Command], usize) -> Result<C, E>,
) -> Result<Forms<C>, E> {
    let mut forms = Forms::new();
    let mut seen = Seen::new();
    for step in steps {
        let own = (&step.commands, COMMANDS_DEPTH);
        let back = step.back().map(|commands| (commands, BACK_DEPTH));
        for (commands, depth) in std::iter::once(own).chain(back) {
            if seen.is_new(place(commands)) {
                forms.insert(place(commands), form(commands, depth)?);
            }
        }
    }
    Ok(forms)
}

/// A plan whose steps have the form `S`.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct PlanForm<'a, S: Serialize> {
    format: &'a str,
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    seal: Option<&'a Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<&'a str>,
    cluster: &'a str,
    environment: &'a str,
    release: &'a str,
    #[serde(skip_serializing_if = "is_release")]
    purpose: &'a Purpose,
    basis: &'a Basis,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<&'a Window>,
    on_failure: &'a BTreeMap<ComponentName, OnFailure>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    windows: &'a BTreeSet<HostName>,
    checks: &'a BTreeMap<Arc<str>, Arc<[Command]>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    members: &'a BTreeMap<ComponentName, Members>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    asked: &'a BTreeMap<Arc<str>, Members>,
    steps: S,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notices: &'a [Notice],
    unknown: &'a [Unknown],
    withheld: &'a [Withheld],
    warnings: &'a [Remark],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    waivers: &'a [Waived],
    #[serde(skip_serializing_if = "Option::is_none")]
    approvals: Option<&'a Approvals>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rehearsal: Option<&'a Rehearsal>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference to the field")]
fn is_release(purpose: &&Purpose) -> bool {
    **purpose == Purpose::Release
}

impl<'a, S: Serialize> PlanForm<'a, S> {
    /// The plan without its seal and its locator, and with `steps` for its own.
    pub(super) fn bare(plan: &'a Plan, steps: S) -> Self {
        Self {
            format: &plan.format,
            version: plan.version,
            seal: None,
            manifest: None,
            cluster: &plan.cluster,
            environment: &plan.environment,
            release: &plan.release,
            purpose: &plan.purpose,
            basis: &plan.basis,
            window: plan.window.as_ref(),
            on_failure: &plan.on_failure,
            windows: &plan.windows,
            checks: &plan.checks,
            members: &plan.members,
            asked: &plan.asked,
            steps,
            notices: &plan.notices,
            unknown: &plan.unknown,
            withheld: &plan.withheld,
            warnings: &plan.warnings,
            waivers: &plan.waivers,
            approvals: plan.approvals.as_ref(),
            rehearsal: plan.rehearsal.as_ref(),
        }
    }

    /// The whole plan, whose steps have this form.
    pub(super) fn whole(plan: &'a Plan, steps: S) -> Self {
        let (seal, manifest) = (Some(&plan.seal), Some(plan.manifest.as_str()));
        Self { seal, manifest, ..Self::bare(plan, steps) }
    }
}

/// Steps whose commands have the form `C`.
pub(super) struct Steps<'a, C> {
    pub(super) steps: &'a [Step],
    pub(super) forms: &'a Forms<C>,
}

impl<C: Serialize> Serialize for Steps<'_, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.steps.iter().map(|step| StepForm::of(step, self.forms)))
    }
}

/// [`Step`], key by key.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct StepForm<'a, C: Serialize> {
    id: &'a str,
    host: &'a HostName,
    component: &'a ComponentName,
    action: Action,
    stage: Stage,
    wave: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a PackageVersion>,
    to: &'a Version,
    after: &'a [Arc<str>],
    #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "needs::serialize")]
    needs_healthy: &'a [HealthyBefore],
    reasons: &'a [Reason],
    #[serde(skip_serializing_if = "str::is_empty")]
    impact: &'a str,
    forecast: Period,
    #[serde(skip_serializing_if = "Option::is_none")]
    slow: Option<Period>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    canary: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    staged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    feeder: Option<&'a Feeder>,
    commands: Option<&'a C>,
    #[serde(skip_serializing_if = "Option::is_none")]
    way_back: Option<WayBackForm<'a, C>>,
}

impl<'a, C: Serialize> StepForm<'a, C> {
    fn of(step: &'a Step, forms: &'a Forms<C>) -> Self {
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
            slow,
            canary,
            staged,
            feeder,
            commands,
            way_back,
        } = step;
        let way_back = way_back.as_ref().map(|way_back| match way_back {
            WayBack::Package { to, loses, commands } => {
                WayBackForm::Package { to, loses, commands: forms.get(&place(commands)) }
            }
            WayBack::Files { commands } => {
                WayBackForm::Files { commands: forms.get(&place(commands)) }
            }
            WayBack::ByHand(how) => WayBackForm::ByHand(how),
            WayBack::None(why) => WayBackForm::None(why),
        });
        Self {
            id,
            host,
            component,
            action: *action,
            stage: *stage,
            wave: *wave,
            from: from.as_ref(),
            to,
            after,
            needs_healthy,
            reasons,
            impact,
            forecast: *forecast,
            slow: *slow,
            canary: *canary,
            staged: *staged,
            feeder: feeder.as_deref(),
            commands: forms.get(&place(commands)),
            way_back,
        }
    }
}
