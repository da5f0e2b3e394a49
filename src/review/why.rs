//! Why a step stands where it does, and what hangs on it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::order::Order;
use crate::catalog::Stage;
use crate::diff::Action;
use crate::plan::{Plan, Step, waves};

/// Why one step comes before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// It puts a package on its host: all of them are there before anything changes.
    Brings,
    /// It brings the file that the other one's host gets from there.
    Feeds,
    /// Its host gets the file from where the other one takes it away.
    Fed,
    /// It sees that something is so.
    Gate,
    /// It tells people.
    Tells,
    /// It is in stage 1, and the other one in stage 2.
    Stage,
    /// It brings up what the other one's component needs.
    Needed,
    /// It is of the same component, in an earlier batch.
    Batch,
    /// It is on the same host.
    Host,
    /// In stage 2 one component changes after the other.
    OneByOne,
    /// The procedure has its component earlier.
    Procedure,
}

/// What a step rests on, and what rests on it.
#[derive(Debug, Clone)]
pub struct Why<'p> {
    /// The step.
    pub step: &'p Step,
    /// What comes right before it, and why; without what comes before these anyway.
    pub after: BTreeMap<Relation, Vec<&'p Step>>,
    /// When it can begin, counted from the beginning of the run by forecasts.
    pub begins: Duration,
    /// The first of what is behind it.
    pub next: Vec<&'p Step>,
    /// All that is not begun when it fails, also through others.
    pub behind: Vec<&'p Step>,
}

/// Why the step `id` of `plan` is where it is; none when the plan has no such step.
#[must_use]
pub fn why<'p>(plan: &'p Plan, id: &str) -> Option<Why<'p>> {
    let order = Order::of(plan);
    let step = order.step(id)?;
    let mut after: BTreeMap<Relation, Vec<&'p Step>> = BTreeMap::new();
    for before in order.last_before(step) {
        after.entry(relation(before, step)).or_default().push(before);
    }
    let earlier: Vec<&Step> = plan.steps.iter().filter(|it| it.wave < step.wave).collect();
    let begins = waves(&earlier).into_values().fold(Duration::ZERO, Duration::saturating_add);
    let behind = behind(plan, step);
    Some(Why { step, after, begins, next: next(&behind), behind })
}

/// Steps stand after all that they come after: one pass finds all behind `step`.
fn behind<'p>(plan: &'p Plan, step: &Step) -> Vec<&'p Step> {
    let mut ids = BTreeSet::from([&*step.id]);
    let mut found = Vec::new();
    for other in &plan.steps {
        if other.after.iter().any(|id| ids.contains(&**id)) && ids.insert(&other.id) {
            found.push(other);
        }
    }
    found
}

/// Those that wait for none of the others.
fn next<'p>(behind: &[&'p Step]) -> Vec<&'p Step> {
    let ids: BTreeSet<&str> = behind.iter().map(|step| &*step.id).collect();
    let first = |step: &&&Step| step.after.iter().all(|id| !ids.contains(&**id));
    behind.iter().filter(first).copied().collect()
}

fn relation(before: &Step, step: &Step) -> Relation {
    let needed = step.needs_healthy.iter().any(|need| need.component == before.component);
    let is_fed_by = |before: &Step| step.feeder.as_ref().is_some_and(|it| it.host == before.host);
    match before.action {
        Action::TellBefore | Action::TellStart | Action::TellEnd => Relation::Tells,
        _ if step.action == Action::Clear => Relation::Fed,
        action if action.only_copies() && is_fed_by(before) => Relation::Feeds,
        action if action.only_copies() => Relation::Brings,
        action if action.is_gate() => Relation::Gate,
        _ if before.stage != step.stage => Relation::Stage,
        _ if step.action == Action::Reboot && before.host == step.host => Relation::Host,
        _ if before.component == step.component && !step.action.is_gate() => Relation::Batch,
        action if action.restores() && needed => Relation::Needed,
        _ if step.stage == Stage::Critical && !step.action.is_gate() => Relation::OneByOne,
        _ if before.host == step.host && !step.action.is_gate() => Relation::Host,
        _ => Relation::Procedure,
    }
}
