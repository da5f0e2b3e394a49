//! What commands that carry plans out ask of approvals, before they touch a host.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use jiff::Timestamp;

use super::console::Console;
use super::problem::Problem;
use super::show;
use super::site::Site;
use crate::approval::{self, Approval, File, Judged};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label};
use crate::manifest::{self, Manifest};
use crate::plan::{self, Plan, Purpose};
use crate::review;
use crate::signature::Signers;
use crate::state::{Entry, Record, Run};

/// How a plan goes without approvals of its own.
#[derive(Debug, Args)]
pub(super) struct Glass {
    /// Go on without the approvals that the manifest asks for, with the reason for the record: for
    /// emergencies
    #[arg(long, value_name = "REASON", value_parser = reason)]
    without_approval: Option<String>,
    /// Let the approvals of an older plan count, if it means the same as this one (see `mdc diff`)
    #[arg(long, value_name = "PLAN", conflicts_with = "without_approval")]
    approved_as: Option<Utf8PathBuf>,
}

/// A reason that says something.
pub(super) fn reason(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("say why, for the record".to_owned()),
        text => Ok(text.to_owned()),
    }
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
        let rules = (plan.approvals.as_ref(), rule.as_ref());
        return Err(Problem::Diagnostics(vec![approval::other_rule(manifest, rules, path)]));
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
    /// Whether somebody gave a reason to go on without approvals.
    pub(super) const fn is_broken(&self) -> bool {
        self.without_approval.is_some()
    }

    /// By what right a run of the plan in the file at `path` begins.
    pub(super) fn for_file(
        &self,
        (plan, path): (&Plan, &Utf8Path),
        site: &Site,
        console: &Console,
    ) -> Result<Right, Problem> {
        let judged = match (self.judged((plan, path), site), &self.without_approval) {
            // A rule that can't be met is none when nobody may be waited for.
            (Err(Problem::Diagnostics(found)), Some(reason)) => {
                console.diagnostics(&found);
                return Ok(Right::Without(reason.clone()));
            }
            (judged, _) => judged?,
        };
        let Some((judged, found)) = judged else { return Ok(Right::Free) };
        match &self.without_approval {
            _ if judged.is_enough() => {
                console.diagnostics(&found.sorted());
                Ok(Right::Approved(judged.counted))
            }
            Some(reason) => {
                console.diagnostics(&found.sorted());
                Ok(Right::Without(reason.clone()))
            }
            None => Err(Problem::Diagnostics(found.sorted())),
        }
    }

    fn judged(
        &self,
        (plan, path): (&Plan, &Utf8Path),
        site: &Site,
    ) -> Result<Option<(Judged, Diagnostics)>, Problem> {
        let Some(older) = &self.approved_as else { return judged(&site.manifest, plan, path) };
        let old = show::read(older)?;
        if !review::differences(&old, plan).is_empty() {
            return Err(Problem::new(
                Code::PlanStale,
                format!("{path} means something else than {older}, whose approvals were to count"),
                format!(
                    "nothing was changed; `mdc diff {older} {path}` shows what moved; have {path} approved"
                ),
            ));
        }
        judged(&site.manifest, &old, older)
    }

    /// By what right a run of a plan that is made now begins: nobody can have approved it.
    /// `instead`: how it can be.
    pub(super) fn for_new(&self, site: &Site, instead: &str) -> Result<Right, Problem> {
        match (&site.manifest.approvals, &self.without_approval) {
            (None, _) => Ok(Right::Free),
            (Some(_), Some(reason)) => Ok(Right::Without(reason.clone())),
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

    /// By what right a run goes on whose record a host has told: only what was signed for its plan
    /// counts, whatever the record says of it.
    pub(super) fn for_told(
        &self,
        run: &Run,
        told: &[Record],
        site: &Site,
    ) -> Result<Right, Problem> {
        let Some((written, signers)) = approvers(&site.manifest)? else { return Ok(Right::Free) };
        if let Some(reason) = &self.without_approval {
            return Ok(Right::Without(reason.clone()));
        }
        let rule = of(written, &signers);
        let files: Vec<File> = told.iter().flat_map(|record| recorded(&record.entry)).collect();
        let judged = approval::judge((&run.plan, &rule), &signers, &files, Timestamp::now());
        if judged.is_enough() && run.plan.purpose == Purpose::Release {
            return Ok(Right::Approved(judged.counted));
        }
        let what =
            format!("the record of the run {} shows no approvals of its plan that count", run.id);
        let place = written.signers.span.clone();
        Err(Problem::Diagnostics(vec![
            Diagnostic::new(Code::ApprovalMissing, what)
                .at(Label::new(&site.manifest.source, place, "approvals are asked for"))
                .help(
                    "nothing was changed; read what is left to be done in `mdc history` and on the hosts, then \
                     resume with --without-approval REASON",
                ),
        ]))
    }
}

/// The approvals that an entry holds, as they lay beside the plan.
fn recorded(entry: &Entry) -> Vec<File> {
    let Entry::Approved { approvals } = entry else { return Vec::new() };
    let file = |approval: &Approval| File {
        name: approval.person.clone(),
        text: Some(approval.text.clone().into_bytes()),
        signature: Some(approval.signature.clone().into_bytes()),
    };
    approvals.iter().map(file).collect()
}

impl Right {
    /// What is recorded of it; `by`: who begins the run.
    pub(super) fn entry(&self, by: &str) -> Option<Entry> {
        match self {
            Self::Free => None,
            Self::Approved(approvals) => Some(Entry::Approved { approvals: approvals.clone() }),
            Self::Without(reason) => {
                Some(Entry::Unapproved { by: by.to_owned(), reason: reason.clone() })
            }
        }
    }

    /// Says it, once it is recorded.
    pub(super) fn say(&self, console: &Console) {
        match self {
            Self::Free => {}
            Self::Approved(approvals) => {
                for approval in approvals {
                    console.say(&format!("Approved by {} ({}).", approval.person, approval.key));
                }
            }
            Self::Without(reason) => console.say(&format!(
                "The approvals that are asked for are missing. It goes on without them, and that is \
                 recorded: {reason}"
            )),
        }
    }
}
