//! Part of a plan: what `--only` and `--skip` leave to be done. What is left out is owed.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use super::problem::Problem;
use crate::address::ComponentName;
use crate::catalog::Stage;
use crate::diff::Action;
use crate::plan::{Plan, Step};

/// Which steps are done now.
#[derive(Debug, Args)]
pub(super) struct Choice {
    /// Do only what concerns this: a host, a component, `HOST/COMPONENT` or a step. The rest is owed
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    only: Vec<String>,
    /// Leave out what concerns this: a host, a component, `HOST/COMPONENT` or a step. It is owed
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    skip: Vec<String>,
    /// Why something is left out, for the record
    #[arg(long, value_name = "REASON")]
    because: Option<String>,
}

impl Choice {
    /// The steps of `plan` that are left out, with the reason for the record.
    pub(super) fn left_out(&self, plan: &Plan) -> Result<BTreeMap<String, String>, Problem> {
        if self.only.is_empty() && self.skip.is_empty() {
            return Ok(BTreeMap::new());
        }
        for word in self.only.iter().chain(&self.skip) {
            known(plan, word)?;
        }
        let chosen = self.chosen(plan);
        in_order(plan, &chosen)?;
        let reason = self.reason();
        let left_out = plan.steps.iter().filter(|step| !chosen.contains(&*step.id));
        Ok(left_out.map(|step| (step.id.to_string(), reason.clone())).collect())
    }

    fn chosen<'p>(&self, plan: &'p Plan) -> BTreeSet<&'p str> {
        let (counts, others): (Vec<&Step>, Vec<&Step>) =
            plan.steps.iter().partition(|step| step.action.asks_all());
        let chosen: Vec<&Step> = others.into_iter().filter(|step| self.chooses(step)).collect();
        // Who asks all on all hosts is no host's own: it is there for what comes after it, and at the end
        // for everything.
        let changes = || chosen.iter().filter(|step| !step.action.is_gate());
        let guarded: BTreeSet<&str> =
            changes().flat_map(|step| step.after.iter().map(|id| &**id)).collect();
        let is_needed = |step: &&&Step| {
            let last = match step.action {
                Action::Verify => changes().next().is_some(),
                // What is changed already, or is now: not what is left out as a whole.
                Action::MarkLogs | Action::ReadLogs | Action::Reach => {
                    let own = |it: &&Step| it.is_change() && it.component == step.component;
                    !plan.steps.iter().any(|it| own(&it)) || chosen.iter().any(own)
                }
                _ => false,
            };
            (last || guarded.contains(&*step.id)) && !self.skip.iter().any(|it| *it == *step.id)
        };
        let counts = counts.iter().filter(is_needed).map(|step| &*step.id);
        // Nobody is told of a stage of which nothing is done.
        let stages: BTreeSet<Stage> = changes().map(|step| step.stage).collect();
        let is_idle = |step: &Step| step.action.tells() && !stages.contains(&step.stage);
        let chosen = chosen.iter().filter(|step| !is_idle(step)).map(|step| &*step.id);
        chosen.chain(counts).collect()
    }

    fn chooses(&self, step: &Step) -> bool {
        // A part of a plan is measured and told as the whole is, unless that is named step by step.
        if step.action.scans() || step.action.tells() {
            return !self.skip.iter().any(|word| word == &*step.id);
        }
        let names = |words: &[String]| words.iter().any(|word| concerns(word, step));
        (self.only.is_empty() || names(&self.only)) && !names(&self.skip)
    }

    fn reason(&self) -> String {
        let option = |name: &str, words: &[String]| {
            if words.is_empty() { String::new() } else { format!("--{name} {} ", words.join(",")) }
        };
        let asked = format!("{}{}", option("only", &self.only), option("skip", &self.skip));
        let asked = asked.trim_end();
        self.because.as_ref().map_or_else(|| asked.to_owned(), |why| format!("{why} ({asked})"))
    }
}

fn concerns(word: &str, step: &Step) -> bool {
    word == step.host.as_str()
        || word == step.component.as_str()
        || word == &*step.id
        || step.id.strip_prefix(word).is_some_and(|rest| rest.starts_with('/'))
}

fn known(plan: &Plan, word: &str) -> Result<(), Problem> {
    if plan.steps.iter().any(|step| concerns(word, step)) {
        return Ok(());
    }
    let names: BTreeSet<&str> =
        plan.steps.iter().flat_map(|step| [step.host.as_str(), step.component.as_str()]).collect();
    let names: Vec<&str> = names.into_iter().collect();
    Err(Problem::new(
        format!("no step of this plan concerns `{word}`"),
        format!("name a host, a component, HOST/COMPONENT or a step: {}", names.join(", ")),
    ))
}

/// Some hosts of a component may be left out; all of them may not when something chosen comes after
/// that component.
fn in_order(plan: &Plan, chosen: &BTreeSet<&str>) -> Result<(), Problem> {
    let steps: BTreeMap<&str, &Step> = plan.steps.iter().map(|step| (&*step.id, step)).collect();
    let is_own = |action: Action| !action.only_copies() && !action.scans() && !action.tells();
    let changes = |step: &&Step| is_own(step.action);
    let begun: BTreeSet<&ComponentName> = plan
        .steps
        .iter()
        .filter(changes)
        .filter(|step| chosen.contains(&*step.id) && !step.action.asks_all())
        .map(|step| &step.component)
        .collect();
    let subjects = plan.steps.iter().filter(|step| !step.action.asks_all());
    for step in subjects.filter(changes).filter(|step| chosen.contains(&*step.id)) {
        let mut seen = BTreeSet::new();
        let mut before: Vec<&str> = step.after.iter().map(|id| &**id).collect();
        while let Some(id) = before.pop() {
            let Some(earlier) = steps.get(id).filter(|earlier| changes(earlier)) else { continue };
            if chosen.contains(id) || !seen.insert(id) {
                continue;
            }
            if !earlier.action.asks_all() && !begun.contains(&earlier.component) {
                return Err(Problem::new(
                    format!("{} comes after {id}, which would be left out", step.id),
                    format!(
                        "the procedure's order is kept also in parts: do {} first, or choose it too",
                        earlier.component
                    ),
                ));
            }
            before.extend(earlier.after.iter().map(|id| &**id));
        }
    }
    Ok(())
}
