//! Waves: which steps may run together. Steps stand behind all that they come after.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Step;

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
