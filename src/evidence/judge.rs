//! Which evidence counts, and what nobody has rehearsed.

use std::collections::BTreeMap;

use camino::Utf8Path;
use jiff::{SignedDuration, Timestamp};

use super::of::topology;
use super::{Change, Evidence, Outcome, changes, parse};
use crate::address::ComponentName;
use crate::desired::Desired;
use crate::plan::{Plan, RehearsalRule, Rehearsed};
use crate::signature::{EVIDENCE, File, Signature, Signers};
use crate::value::{Digest, Period};

/// How far in the future a rehearsal may have ended: clocks of controllers differ a little.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// What is to be rehearsed, and what is asked of it.
pub struct Wanted<'w> {
    /// The plan whose changes have to have been rehearsed.
    pub plan: &'w Plan,
    /// What it leads to.
    pub desired: &'w Desired,
    /// What is asked.
    pub rule: &'w RehearsalRule,
    /// Who may sign evidence.
    pub signers: &'w Signers,
}

/// What came of looking at evidence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judged {
    /// What counts and shows something of the plan, in the order of the files.
    pub counted: Vec<Rehearsed>,
    /// What doesn't.
    pub refused: Vec<Refused>,
    /// What nobody has rehearsed.
    pub missing: Vec<Missing>,
    /// Where what was rehearsed on differs, in words.
    pub differs: Vec<String>,
}

/// A file that is not evidence that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its name.
    pub name: String,
    /// Why, in words.
    pub why: String,
}

/// A change that nobody has rehearsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The change, in words.
    pub change: String,
    /// What comes closest, or that nothing does.
    pub why: String,
}

impl Missing {
    /// Both in one line.
    #[must_use]
    pub fn in_words(&self) -> String {
        format!("{}: {}", self.change, self.why)
    }
}

/// Which of `files` show that the changes of a plan were rehearsed, at the time `at`. Without a time, keys
/// count as they did when the rehearsal ended, and no age is too old: so that a plan has the same bytes
/// whenever it is made.
#[must_use]
pub fn judge(wanted: &Wanted<'_>, files: &[File], at: Option<Timestamp>) -> Judged {
    let mut judged = Judged::default();
    let changes = changes(wanted.plan, wanted.desired);
    let (mut all, mut covering) = (Vec::new(), Vec::new());
    for file in files.iter().filter(|file| is_evidence(&file.name)) {
        match evidence(wanted, file, at) {
            Ok((evidence, rehearsed)) => {
                // What shows nothing of this plan is nothing that it rests on.
                if changes.iter().any(|(change, _)| change.was_done(&evidence.changes)) {
                    judged.counted.push(rehearsed);
                    covering.push(evidence.topology.clone());
                }
                all.extend(evidence.changes);
            }
            Err(why) => judged.refused.push(Refused { name: file.name.clone(), why }),
        }
    }
    for (change, steps) in changes {
        if let Some(why) = lacks(&change, &all) {
            judged.missing.push(Missing { change: change.in_words(steps.len()), why });
        }
    }
    judged.differs = differs(&topology(wanted.desired), &covering);
    judged
}

/// Whether a file is taken for evidence: others may lie beside it.
fn is_evidence(name: &str) -> bool {
    Utf8Path::new(name).extension() == Some("json")
}

/// The evidence that `file` holds; why it doesn't count.
fn evidence(
    wanted: &Wanted<'_>,
    file: &File,
    at: Option<Timestamp>,
) -> Result<(Evidence, Rehearsed), String> {
    let Some(bytes) = &file.text else { return Err("it can't be read".to_owned()) };
    let Some(signature) = &file.signature else {
        return Err(format!("it is not signed: there is no {}.sig that can be read", file.name));
    };
    let signature = Signature::parse(signature).map_err(|error| error.to_string())?;
    let evidence = parse(bytes).map_err(|error| error.to_string())?;
    let signed = signature
        .by(wanted.signers, (bytes, EVIDENCE), at.unwrap_or(evidence.ended))
        .map_err(|error| error.to_string())?;
    if let Some(why) = &evidence.unfinished {
        return Err(format!("the rehearsal proves nothing: {why}"));
    }
    if evidence.simulated && !wanted.rule.accept_simulated {
        return Err("it was done on simulated hosts, which doesn't count here".to_owned());
    }
    let here = (&wanted.plan.cluster, &wanted.plan.environment);
    if !evidence.simulated && (&evidence.cluster, &evidence.environment) == here {
        return Err("it is of this cluster itself, not of another one".to_owned());
    }
    if let Some(at) = at {
        in_time(&evidence, wanted.rule.max_age, at)?;
    }
    let rehearsed = Rehearsed {
        file: file.name.clone(),
        sha256: Digest::of(bytes),
        signed_by: signed.person,
        cluster: evidence.cluster.clone(),
        simulated: evidence.simulated,
        ended: evidence.ended,
    };
    Ok((evidence, rehearsed))
}

fn in_time(evidence: &Evidence, bound: Option<Period>, at: Timestamp) -> Result<(), String> {
    let age = at.duration_since(evidence.ended);
    if age < -AHEAD {
        return Err(format!("it is of {}, which has not come yet", evidence.ended));
    }
    match bound {
        Some(bound) if age.is_positive() && age.unsigned_abs() > bound.duration() => {
            Err(format!("it is of {}, older than {bound}", evidence.ended))
        }
        _ => Ok(()),
    }
}

/// What is missing for `change` to be rehearsed, seen from the outcome that comes closest.
fn lacks(change: &Change, outcomes: &[Outcome]) -> Option<String> {
    let of_kind: Vec<&Outcome> = outcomes
        .iter()
        .filter(|it| (&it.change.component, it.change.action) == (&change.component, change.action))
        .collect();
    let closest = of_kind.iter().map(|outcome| change.distance(outcome)).min();
    closest.map_or_else(|| Some("nobody has rehearsed it".to_owned()), |(_, why)| why)
}

impl Change {
    /// Whether one of `outcomes` shows that this change was done.
    fn was_done(&self, outcomes: &[Outcome]) -> bool {
        let same = |it: &&Outcome| {
            (&it.change.component, it.change.action) == (&self.component, self.action)
        };
        outcomes.iter().filter(same).any(|outcome| self.distance(outcome).1.is_none())
    }

    /// How far `outcome` is from showing that this change was done, and what is between them.
    fn distance(&self, outcome: &Outcome) -> (u32, Option<String>) {
        let there = &outcome.change;
        if (&self.from, &self.to) != (&there.from, &there.to) {
            return (5, Some(format!("what was rehearsed is {}", there.versions())));
        }
        if self.format != there.format {
            return (4, Some(format!("it was rehearsed with {} packages only", there.format)));
        }
        if self.package != there.package {
            return (
                3,
                Some(format!("the package that was rehearsed is {}", there.package_name())),
            );
        }
        if self.commands != there.commands {
            return (2, Some(self.other_commands(there)));
        }
        if outcome.done < outcome.hosts {
            let (done, hosts) = (outcome.done, outcome.hosts);
            return (
                1,
                Some(format!(
                    "it was done on {done} of {hosts} hosts only; what a run finds done doesn't count"
                )),
            );
        }
        (0, None)
    }

    fn other_commands(&self, there: &Self) -> String {
        let only = |some: &Self, other: &Self| {
            let only = some.commands.iter().filter(|shape| !other.commands.contains(shape));
            let only: Vec<&str> = only.map(String::as_str).collect();
            if only.is_empty() { "nothing".to_owned() } else { format!("`{}`", only.join("`, `")) }
        };
        let (here, theirs) = (only(self, there), only(there, self));
        if here == theirs {
            return "its commands are those that were rehearsed, in another order or number"
                .to_owned();
        }
        format!(
            "its commands have another shape than what was rehearsed: only here {here}, only there {theirs}"
        )
    }

    /// The change in words, on so many hosts.
    fn in_words(&self, hosts: usize) -> String {
        let hosts = if hosts == 1 { "1 host".to_owned() } else { format!("{hosts} hosts") };
        format!(
            "{} {} {} by {} on {hosts}",
            self.action.as_str(),
            self.component,
            self.versions(),
            self.package_name(),
        )
    }

    fn versions(&self) -> String {
        match &self.from {
            Some(from) => format!("{from} → {}", self.to),
            None => self.to.to_string(),
        }
    }

    fn package_name(&self) -> String {
        match &self.package {
            Some(digest) => format!("{} {}", self.format, digest.short()),
            None => format!("{} of a repository", self.format),
        }
    }
}

/// Where the clusters that were rehearsed on have fewer hosts of a component than this one, or none.
fn differs(
    here: &BTreeMap<ComponentName, u64>,
    seen: &[BTreeMap<ComponentName, u64>],
) -> Vec<String> {
    let most = |component: &ComponentName| {
        seen.iter().filter_map(|it| it.get(component)).max().copied().unwrap_or_default()
    };
    if seen.is_empty() {
        return Vec::new();
    }
    let fewer = here.iter().filter_map(|(component, hosts)| {
        let there = most(component);
        (there < *hosts).then(|| format!("{component} is on {hosts} here and was on {there} there"))
    });
    fewer.collect()
}
