//! Waves: which steps may run together. Steps stand behind all that they come after.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Step;
use crate::catalog::Stage;

/// Numbers the waves from 1 on, each as early as it can be, and puts the steps in their order.
pub(super) fn number(steps: &mut [Step]) {
    for step in steps.iter_mut() {
        step.wave = 1;
    }
    raise(steps);
    steps.sort_by(|a, b| (a.wave, &a.component, &a.host).cmp(&(b.wave, &b.component, &b.host)));
}

/// Has each wave come behind those of all steps that its own come after, and puts the steps in the order of
/// their waves; what comes late enough stays where it is.
pub(super) fn raise(steps: &mut [Step]) {
    let mut waves: BTreeMap<Arc<str>, u32> = BTreeMap::new();
    for step in steps.iter_mut() {
        let before = step.after.iter().filter_map(|id| waves.get(id)).max();
        step.wave = before.map_or(step.wave, |wave| step.wave.max(wave + 1));
        waves.insert(Arc::clone(&step.id), step.wave);
    }
    steps.sort_by_key(|step| step.wave);
}

/// Puts all of stage 2 behind all of stage 1: what was put among the steps of stage 1 may have come to stand
/// behind the first one of stage 2. What comes after a step of stage 2 stays behind it. Steps stand in the order
/// of their waves, before and afterwards.
pub(super) fn part(steps: &mut [Step]) {
    let Some(first) = steps.iter().position(|step| step.stage == Stage::Critical) else { return };
    let (_, later) = steps.split_at_mut(first);
    let mut bound: BTreeSet<Arc<str>> = BTreeSet::new();
    let (mut begins, mut ends) = (u32::MAX, 0);
    for step in later.iter() {
        if step.stage == Stage::Critical || step.after.iter().any(|id| bound.contains(id)) {
            bound.insert(Arc::clone(&step.id));
            begins = begins.min(step.wave);
        } else {
            ends = ends.max(step.wave);
        }
    }
    let by = (ends + 1).saturating_sub(begins);
    if ends == 0 || by == 0 {
        return;
    }
    for step in later.iter_mut().filter(|step| bound.contains(&step.id)) {
        step.wave += by;
    }
    steps.sort_by_key(|step| step.wave);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A step of the quickstart's plan, in another place.
    fn step(id: &str, stage: Stage, wave: u32, after: &[&str]) -> Step {
        let text = include_bytes!("../../plans/quickstart.json");
        let first = crate::plan::parse(text).unwrap().steps.swap_remove(0);
        let after = after.iter().map(|&id| id.into()).collect();
        Step { id: id.into(), stage, wave, after, ..first }
    }

    fn parted(mut steps: Vec<Step>) -> Vec<(String, u32)> {
        part(&mut steps);
        steps.iter().map(|step| (step.id.to_string(), step.wave)).collect()
    }

    #[test]
    fn stage_2_begins_when_all_of_stage_1_has_its_place() {
        use Stage::{Critical, Live};
        let steps = vec![
            step("copy", Live, 1, &[]),
            step("upgrade", Critical, 2, &["copy"]),
            step("clear", Live, 2, &["copy"]),
            step("next", Critical, 3, &["upgrade"]),
            step("move", Live, 4, &["clear"]),
            step("after", Live, 4, &["next"]),
        ];
        let expected =
            [("copy", 1), ("clear", 2), ("move", 4), ("upgrade", 5), ("next", 6), ("after", 7)];
        let expected = expected.map(|(id, wave)| (id.to_owned(), wave));
        assert_eq!(parted(steps), expected);
    }

    #[test]
    fn what_is_parted_already_stays() {
        let steps = vec![
            step("copy", Stage::Live, 1, &[]),
            step("upgrade", Stage::Critical, 3, &["copy"]),
            step("after", Stage::Live, 4, &["upgrade"]),
        ];
        let before = steps.iter().map(|step| (step.id.to_string(), step.wave)).collect::<Vec<_>>();
        assert_eq!(parted(steps), before);
    }
}
