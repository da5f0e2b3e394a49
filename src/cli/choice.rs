//! Part of a plan: what `--only` and `--skip` leave to be done. What is left out is owed.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use super::problem::Problem;
use crate::address::ComponentName;
use crate::catalog::Stage;
use crate::diagnostic::Code;
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
        guarded(plan, &chosen)?;
        with_their_host(plan, &chosen)?;
        in_order(plan, &chosen)?;
        let reason = self.reason();
        let left_out = plan.steps.iter().filter(|step| !chosen.contains(&*step.id));
        Ok(left_out.map(|step| (step.id.to_string(), reason.clone())).collect())
    }

    fn chosen<'p>(&self, plan: &'p Plan) -> BTreeSet<&'p str> {
        let others = plan.steps.iter().filter(|step| !step.action.asks_all());
        let chosen: Vec<&Step> = others.filter(|step| self.chooses(step)).collect();
        // What has to be so before a change is no host's own: it is there for what comes after it, and at
        // the end for everything.
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
        let counts = plan.steps.iter().filter(|step| step.action.asks_all() || guards(step.action));
        let counts: Vec<&Step> = counts.collect();
        let counts = counts.iter().filter(is_needed).map(|step| &*step.id);
        // Nobody is told of a stage of which nothing is done.
        let stages: BTreeSet<Stage> = changes().map(|step| step.stage).collect();
        let is_idle = |step: &Step| step.action.tells() && !stages.contains(&step.stage);
        let chosen = chosen.iter().filter(|step| !is_idle(step)).map(|step| &*step.id);
        with_relays(plan, chosen.chain(counts).collect())
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

/// Relays get what the chosen steps get from them, and keep it until all have it.
fn with_relays<'p>(plan: &'p Plan, mut chosen: BTreeSet<&'p str>) -> BTreeSet<&'p str> {
    let fed = plan.steps.iter().filter(|it| it.feeder.is_some() && chosen.contains(&*it.id));
    let needed: BTreeSet<&str> = fed.flat_map(|it| it.after.iter().map(|id| &**id)).collect();
    chosen.extend(needed);
    let clears = plan.steps.iter().filter(|step| step.action == Action::Clear);
    for step in clears {
        if step.after.iter().all(|id| chosen.contains(&**id)) {
            chosen.insert(&step.id);
        } else {
            chosen.remove(&*step.id);
        }
    }
    chosen
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
        Code::UnknownName,
        format!("no step of this plan concerns `{word}`"),
        format!("name a host, a component, HOST/COMPONENT or a step: {}", names.join(", ")),
    ))
}

/// Whether what comes after it is not done without it.
fn guards(action: Action) -> bool {
    action.precedes_critical() || matches!(action, Action::KeepHealthy | Action::BackUp)
}

/// Nothing is changed past what guards it.
fn guarded(plan: &Plan, chosen: &BTreeSet<&str>) -> Result<(), Problem> {
    let is_out = |step: &&Step| guards(step.action) && !chosen.contains(&*step.id);
    let out: BTreeSet<&str> = plan.steps.iter().filter(is_out).map(|step| &*step.id).collect();
    for step in changes(plan, chosen) {
        if let Some(guard) = step.after.iter().find(|id| out.contains(&***id)) {
            return Err(Problem::new(
                Code::PlanPart,
                format!(
                    "{} may begin only when {guard} is passed, which would be left out",
                    step.id
                ),
                "a gate is left out only together with all that it guards: make so what it asks for, \
                 or leave the changes behind it out too",
            ));
        }
    }
    Ok(())
}

/// What needs a component on its own host doesn't change before that one does.
fn with_their_host(plan: &Plan, chosen: &BTreeSet<&str>) -> Result<(), Problem> {
    let is_out = |step: &&Step| step.is_change() && !chosen.contains(&*step.id);
    let out = plan.steps.iter().filter(is_out).map(|step| ((&step.host, &step.component), step));
    let out: BTreeMap<_, _> = out.collect();
    for step in changes(plan, chosen) {
        let own = step.needs_healthy.iter().filter(|need| need.host == step.host);
        let mut earlier = own.filter_map(|need| out.get(&(&need.host, &need.component)));
        if let Some(earlier) = earlier.find(|earlier| earlier.wave < step.wave) {
            let Step { host, component, .. } = step;
            return Err(Problem::new(
                Code::PlanPart,
                format!(
                    "{} needs {} on the same host, and {} would be left out",
                    step.id, earlier.component, earlier.id
                ),
                format!("choose that too, or leave {host}/{component} out as well"),
            ));
        }
    }
    Ok(())
}

/// Some hosts of a component may be left out; all of them may not when something chosen comes after
/// that component.
fn in_order(plan: &Plan, chosen: &BTreeSet<&str>) -> Result<(), Problem> {
    let steps: BTreeMap<&str, &Step> = plan.steps.iter().map(|step| (&*step.id, step)).collect();
    let is_passed =
        |step: &&&Step| !step.action.only_copies() && !step.action.scans() && !step.action.tells();
    let begun: BTreeSet<&ComponentName> =
        changes(plan, chosen).map(|step| &step.component).collect();
    for step in changes(plan, chosen) {
        let mut seen = BTreeSet::new();
        let mut before: Vec<&str> = step.after.iter().map(|id| &**id).collect();
        while let Some(id) = before.pop() {
            let Some(earlier) = steps.get(id).filter(is_passed) else { continue };
            let ends = chosen.contains(id) && !guards(earlier.action);
            if ends || !seen.insert(id) {
                continue;
            }
            if earlier.is_change() && !begun.contains(&earlier.component) {
                return Err(Problem::new(
                    Code::PlanPart,
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

/// The chosen steps that change what runs.
fn changes<'p>(plan: &'p Plan, chosen: &BTreeSet<&str>) -> impl Iterator<Item = &'p Step> {
    plan.steps.iter().filter(|step| step.is_change() && chosen.contains(&*step.id))
}
