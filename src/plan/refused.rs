//! Which steps of a plan are not done because what they rest on has moved: they, and all that comes after
//! them. Of stage 2, all or nothing: the whole cluster stands on it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Moved, Plan, Says, Step};
use crate::catalog::Stage;
use crate::diff::Action;

/// With what the reason begins that is recorded of a step that is refused.
pub const REFUSED: &str = "refused: ";

/// The steps that `moved` forbids, with what depends on them, each with the reason.
#[must_use]
pub fn refused(plan: &Plan, moved: &[Moved]) -> BTreeMap<String, String> {
    let mut refused = behind(plan, moved);
    let critical = |step: &&Step| step.stage == Stage::Critical && step.is_change();
    let first = plan.steps.iter().filter(critical).find(|step| refused.contains_key(&*step.id));
    let Some(first) = first.map(|step| Arc::clone(&step.id)) else { return refused };
    let all = plan.steps.iter().filter(|it| it.stage == Stage::Critical && !is_last(it));
    for step in all {
        let why = || format!("stage 2 is not begun without {first}, which is refused");
        refused.entry(step.id.to_string()).or_insert_with(why);
    }
    refused
}

/// What looks at the end whether all is well looks at what was done, and at what was not.
const fn is_last(step: &Step) -> bool {
    matches!(step.action, Action::Verify | Action::ScanAfter | Action::ReadLogs)
}

fn behind(plan: &Plan, moved: &[Moved]) -> BTreeMap<String, String> {
    let mut refused: BTreeMap<String, String> = BTreeMap::new();
    for moved in moved {
        let why = moved.in_words();
        refused
            .entry(moved.step.clone())
            .and_modify(|all| *all = format!("{all}; {why}"))
            .or_insert(why);
    }
    let mut stops: BTreeSet<&str> = BTreeSet::new();
    // Each step stands behind all that it comes after.
    for step in plan.steps.iter().filter(|step| !is_last(step)) {
        if let Some(first) = step.after.iter().find(|id| stops.contains(&***id)) {
            let why = || format!("it comes after {first}, which is refused");
            refused.entry(step.id.to_string()).or_insert_with(why);
        }
        // Everything comes after all copies; a package that isn't copied is missed by its own step alone, which
        // rests on the same.
        let is_missed = !step.action.only_copies() && step.action != Action::MarkLogs;
        if is_missed && refused.contains_key(&*step.id) {
            stops.insert(&step.id);
        }
    }
    refused
}

impl Moved {
    /// What moved: what it is, what it was and what it is now.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Self { fact, planned, observed, .. } = self;
        match self.says {
            Says::Nobody => format!("{fact} can't be read: {observed}"),
            Says::Host | Says::Text => format!("{fact} was {planned}, is {observed}"),
        }
    }
}

impl Plan {
    /// The plan without those steps, for reading and for checks: not sealed anew.
    #[must_use]
    pub fn without(&self, steps: &BTreeMap<String, String>) -> Self {
        let mut rest = self.clone();
        rest.steps.retain(|step| !steps.contains_key(&*step.id));
        for step in &mut rest.steps {
            step.after.retain(|id| !steps.contains_key(&**id));
        }
        rest
    }
}
