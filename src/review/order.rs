//! The order of a plan's steps, asked by their ids.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::{Plan, Step};

/// The steps of a plan, found by id.
pub(super) struct Order<'p> {
    steps: BTreeMap<&'p str, &'p Step>,
}

impl<'p> Order<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        Self { steps: plan.steps.iter().map(|step| (&*step.id, step)).collect() }
    }

    pub(super) fn step(&self, id: &str) -> Option<&'p Step> {
        self.steps.get(id).copied()
    }

    /// All steps that have to be over before `step` begins.
    pub(super) fn before(&self, step: &'p Step) -> BTreeSet<&'p str> {
        self.earlier([step])
    }

    fn earlier(&self, steps: impl IntoIterator<Item = &'p Step>) -> BTreeSet<&'p str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&Step> = steps.into_iter().collect();
        while let Some(step) = open.pop() {
            for id in &step.after {
                if found.insert(&**id) {
                    open.extend(self.step(id));
                }
            }
        }
        found
    }

    /// What comes right before `step`, without what comes before another of these anyway.
    pub(super) fn last_before(&self, step: &Step) -> Vec<&'p Step> {
        let direct: Vec<&'p Step> = step.after.iter().filter_map(|id| self.step(id)).collect();
        let earlier = self.earlier(direct.iter().copied());
        direct.into_iter().filter(|it| !earlier.contains(&*it.id)).collect()
    }

    /// What comes right before `step` among those that `stays` is true of: in place of each other step,
    /// what comes before that one.
    pub(super) fn right_before(
        &self,
        step: &'p Step,
        stays: impl Fn(&str) -> bool,
    ) -> BTreeSet<&'p str> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![step];
        while let Some(step) = open.pop() {
            for id in step.after.iter().map(|id| &**id) {
                if stays(id) {
                    found.insert(id);
                } else if seen.insert(id) {
                    open.extend(self.step(id));
                }
            }
        }
        found
    }
}
