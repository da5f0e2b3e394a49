//! What commands that carry plans out ask of approvals, before they touch a host.

use camino::Utf8Path;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use jiff::Timestamp;

use super::console::Console;
use super::problem::Problem;
use super::site::Site;
use crate::approval::{self, Approval, Judged};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label};
use crate::manifest::{self, Manifest};
use crate::plan::{self, Plan};
use crate::signature::Signers;
use crate::state::{Entry, Run, StateError};

/// How a plan goes without approvals.
#[derive(Debug, Args)]
pub(super) struct Glass {
    /// Go on without the approvals that the manifest asks for, with the reason for the record: for
    /// emergencies
    #[arg(long, value_name = "REASON", value_parser = NonEmptyStringValueParser::new())]
    without_approval: Option<String>,
}

/// By what right a run begins.
#[derive(Debug)]
pub(super) enum Right {
    /// Nobody has to approve it.
    Free,
    /// By these approvals.
    Approved(Vec<Approval>),
    /// By a reason that somebody gave instead.
    Without(String),
}

/// The rule that plans of this manifest are made under.
pub(super) fn rule(manifest: &Manifest) -> Result<Option<plan::Approvals>, Problem> {
    let approvers = approvers(manifest)?;
    Ok(approvers.map(|(written, signers)| of(written, &signers)))
}

fn approvers(manifest: &Manifest) -> Result<Option<(&manifest::Approvals, Signers)>, Problem> {
    manifest.read_approvers().map_err(|found| Problem::Diagnostics(found.sorted()))
}

fn of(written: &manifest::Approvals, signers: &Signers) -> plan::Approvals {
    plan::Approvals::of(signers, (written.live.value, written.critical.value))
}

/// What came of looking at the approvals of the plan in the file at `path`, and what is wrong with
/// them; nothing when nobody has to approve it.
pub(super) fn judged(
    manifest: &Manifest,
    plan: &Plan,
    path: &Utf8Path,
) -> Result<Option<(Judged, Diagnostics)>, Problem> {
    let approvers = approvers(manifest)?;
    let rule = approvers.as_ref().map(|(written, signers)| of(written, signers));
    if plan.approvals != rule {
        return Err(Problem::Diagnostics(vec![approval::other_rule(manifest, path)]));
    }
    let (Some((written, signers)), Some(rule)) = (approvers, rule) else { return Ok(None) };
    let folder = approval::folder_of(path);
    let files = approval::read(&folder).map_err(|error| {
        Problem::file(&folder, &error, "nothing was changed; make the folder readable")
    })?;
    let judged = approval::judge((plan, &rule), &signers, &files, Timestamp::now());
    let found = judged.diagnose((manifest, written), path);
    Ok(Some((judged, found)))
}

impl Glass {
    /// By what right a run of the plan in the file at `path` begins.
    pub(super) fn for_file(
        &self,
        (plan, path): (&Plan, &Utf8Path),
        site: &Site,
        console: &Console,
    ) -> Result<Right, Problem> {
        let Some((judged, found)) = judged(&site.manifest, plan, path)? else {
            return Ok(Right::Free);
        };
        match &self.without_approval {
            _ if judged.is_enough() => {
                console.diagnostics(&found.sorted());
                for approval in &judged.counted {
                    console.say(&format!("Approved by {} ({}).", approval.person, approval.key));
                }
                Ok(Right::Approved(judged.counted))
            }
            Some(reason) => {
                console.diagnostics(&found.sorted());
                Ok(without(reason, console))
            }
            None => Err(Problem::Diagnostics(found.sorted())),
        }
    }

    /// By what right a run of a plan that is made now begins: nobody can have approved it.
    /// `instead`: how it can be.
    pub(super) fn for_new(
        &self,
        site: &Site,
        instead: &str,
        console: &Console,
    ) -> Result<Right, Problem> {
        match (&site.manifest.approvals, &self.without_approval) {
            (None, _) => Ok(Right::Free),
            (Some(_), Some(reason)) => Ok(without(reason, console)),
            (Some(rule), None) => {
                let what = "a plan that is made now can't have been approved by anybody";
                let place = rule.signers.span.clone();
                Err(Problem::Diagnostics(vec![
                    Diagnostic::new(Code::ApprovalMissing, what)
                        .at(Label::new(&site.manifest.source, place, "approvals are asked for"))
                        .help(format!("no host was touched; {instead}")),
                ]))
            }
        }
    }
}

fn without(reason: &str, console: &Console) -> Right {
    console.say(&format!(
        "The approvals that are asked for are missing. It goes on without them, and that is recorded: \
         {reason}"
    ));
    Right::Without(reason.to_owned())
}

impl Right {
    /// Records by what right `run` has begun.
    pub(super) fn record(self, run: &mut Run) -> Result<(), Problem> {
        let entry = match self {
            Self::Free => return Ok(()),
            Self::Approved(approvals) => Entry::Approved { approvals },
            Self::Without(reason) => Entry::Unapproved { by: run.controller.clone(), reason },
        };
        Ok(run.record(entry).map_err(StateError::from)?)
    }
}
