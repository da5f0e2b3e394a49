//! What steps took, for the forecasts of later plans.

use std::collections::BTreeMap;

use crate::desired::Durations;
use crate::plan::Plan;
use crate::state::{Entry, Record, StepOutcome};

/// Adds what the changes of a run took that were done, in their order.
pub fn add(durations: &mut Durations, plan: &Plan, records: &[Record]) {
    let changes: BTreeMap<&str, _> = plan
        .steps
        .iter()
        .filter(|step| step.is_change())
        .map(|step| (&*step.id, (step.component.as_str(), step.action.as_str())))
        .collect();
    for record in records {
        let Entry::Result { step, outcome, took } = &record.entry else { continue };
        // What was found done took no time of its own.
        if !matches!(outcome, StepOutcome::Done | StepOutcome::Kept(_)) {
            continue;
        }
        if let Some((component, action)) = changes.get(step.as_str()) {
            durations.add(component, action, *took);
        }
    }
}
