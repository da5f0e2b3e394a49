//! What commands ask of evidence: that what a plan changes was rehearsed.

use clap::Args;
use jiff::Timestamp;

use super::approval::reason;
use super::console::Console;
use super::problem::Problem;
use super::site::Site;
use crate::diagnostic::Diagnostics;
use crate::evidence::{self, Judged, LARGEST, Missing, Wanted};
use crate::manifest;
use crate::plan::{Plan, Rehearsal, RehearsalRule, Rehearsed};
use crate::signature::{self, Signers};
use crate::state::Entry;

/// How a plan goes without evidence.
#[derive(Debug, Args)]
pub(super) struct Unproved {
    /// Go on without the rehearsals that the manifest asks for, with the reason for the record: for
    /// emergencies
    #[arg(long, value_name = "REASON", value_parser = reason)]
    without_evidence: Option<String>,
}

/// What a run rests on.
#[derive(Debug)]
pub(super) enum Proof {
    /// Nothing has to have been rehearsed.
    Free,
    /// Everything was rehearsed.
    Rehearsed(Vec<Rehearsed>),
    /// A reason that somebody gave instead, and what is missing.
    Without(String, Vec<String>),
}

/// What is asked of rehearsals by the manifest of `site`, and what there is for `plan`: the same whenever
/// it is made. Says which evidence doesn't count.
pub(super) fn of_plan(
    site: &Site,
    plan: &Plan,
    console: &Console,
) -> Result<Option<Rehearsal>, Problem> {
    let Some((written, signers)) = witnesses(site)? else { return Ok(None) };
    if !plan.is_rehearsed() {
        return Ok(None);
    }
    let rule = rule(written, &signers);
    let judged = judged(site, (plan, &rule), (written, &signers), None)?;
    let folder = site.manifest.path(&written.evidence);
    console.diagnostics(&judged.refusals(&folder).sorted());
    let missing = judged.missing.iter().map(Missing::in_words).collect();
    Ok(Some(Rehearsal { rule, evidence: judged.counted, missing, differs: judged.differs }))
}

fn witnesses(site: &Site) -> Result<Option<(&manifest::Rehearsal, Signers)>, Problem> {
    site.manifest.read_witnesses().map_err(|found| Problem::Diagnostics(found.sorted()))
}

fn rule(written: &manifest::Rehearsal, signers: &Signers) -> RehearsalRule {
    RehearsalRule {
        signers: signers.digest,
        max_age: written.max_age.as_ref().map(|age| age.value),
        accept_simulated: written.accept_simulated,
    }
}

fn judged(
    site: &Site,
    (plan, rule): (&Plan, &RehearsalRule),
    (written, signers): (&manifest::Rehearsal, &Signers),
    at: Option<Timestamp>,
) -> Result<Judged, Problem> {
    let folder = site.manifest.path(&written.evidence);
    let files = signature::read(&folder, LARGEST).map_err(|error| {
        Problem::file(&folder, &error, "nothing was changed; make the folder readable")
    })?;
    let wanted = Wanted { plan, desired: &site.desired, rule, signers };
    Ok(evidence::judge(&wanted, &files, at))
}

impl Unproved {
    /// Whether somebody gave a reason to go on without evidence.
    pub(super) const fn is_broken(&self) -> bool {
        self.without_evidence.is_some()
    }

    /// What a run of `plan` rests on; refuses one that was not rehearsed.
    pub(super) fn proof(
        &self,
        plan: &Plan,
        site: &Site,
        console: &Console,
    ) -> Result<Proof, Problem> {
        if !plan.is_rehearsed() {
            return Ok(Proof::Free);
        }
        let seen = match (look(plan, site), &self.without_evidence) {
            // A rule that can't be met is none when nobody may be waited for.
            (Err(problem), Some(reason)) => {
                console.problem(&problem);
                return Ok(Proof::Without(reason.clone(), vec![problem.in_words()]));
            }
            (seen, _) => seen?,
        };
        let Some((judged, found)) = seen else { return Ok(Proof::Free) };
        match &self.without_evidence {
            None if !judged.missing.is_empty() => Err(Problem::Diagnostics(found.sorted())),
            Some(reason) if !judged.missing.is_empty() => {
                console.diagnostics(&found.sorted());
                let missing = judged.missing.iter().map(Missing::in_words).collect();
                Ok(Proof::Without(reason.clone(), missing))
            }
            _ => {
                console.diagnostics(&found.sorted());
                Ok(Proof::Rehearsed(judged.counted))
            }
        }
    }
}

/// What there is now for `plan`, and what is wrong with it; nothing when nothing is asked for.
fn look(plan: &Plan, site: &Site) -> Result<Option<(Judged, Diagnostics)>, Problem> {
    let witnesses = witnesses(site)?;
    let now = witnesses.as_ref().map(|(written, signers)| rule(written, signers));
    let rules = (plan.rehearsal.as_ref().map(|it| &it.rule), now.as_ref());
    if rules.0 != rules.1 {
        let which = format!("the plan {}", plan.seal.short());
        return Err(Problem::Diagnostics(vec![evidence::other_rule(
            &site.manifest,
            rules,
            &which,
        )]));
    }
    let (Some((written, signers)), Some(rule)) = (witnesses, now) else { return Ok(None) };
    let judged = judged(site, (plan, &rule), (written, &signers), Some(Timestamp::now()))?;
    let found = judged.diagnose((&site.manifest, written), &site.manifest.path(&written.evidence));
    Ok(Some((judged, found)))
}

impl Proof {
    /// What is recorded of it; `by`: who begins the run.
    pub(super) fn entry(&self, by: &str) -> Option<Entry> {
        match self {
            Self::Free => None,
            Self::Rehearsed(evidence) => Some(Entry::Rehearsed { evidence: evidence.clone() }),
            Self::Without(reason, missing) => Some(Entry::Unrehearsed {
                by: by.to_owned(),
                reason: reason.clone(),
                missing: missing.clone(),
            }),
        }
    }

    /// Says it, once it is recorded.
    pub(super) fn say(&self, console: &Console) {
        match self {
            Self::Free => {}
            Self::Rehearsed(evidence) => {
                for it in evidence {
                    console.say(&format!(
                        "Rehearsed on {} until {} ({}, signed by {}).",
                        it.cluster, it.ended, it.file, it.signed_by
                    ));
                }
            }
            Self::Without(reason, _) => console.say(&format!(
                "The rehearsals that are asked for are missing. It goes on without them, and that is \
                 recorded: {reason}"
            )),
        }
    }
}
