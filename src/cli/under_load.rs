//! What a run tells the load that is submitted while it goes on.

use super::console::Console;
use crate::apply::{Ending, Event};
use crate::manifest::Load;
use crate::plan::Plan;
use crate::scan::load::Meter;

/// Lets the load know which steps are at work.
pub(super) fn hear(meter: &Meter<'_>, event: &Event) {
    match event {
        Event::StepStarted { step } => meter.begins(step),
        Event::StepFinished { step, .. } => meter.ends(step),
        _ => {}
    }
}

/// The run has ended: says what is still waited for. After one that has not made all its changes nothing
/// is.
pub(super) fn ends(
    meter: &Meter<'_>,
    (ending, plan, load): (Option<&Ending>, &Plan, Option<&Load>),
    console: &Console,
) {
    if !ending.is_some_and(|ending| ending.has_changed_all(plan)) {
        return meter.hurry();
    }
    let open = meter.open();
    if let Some(load) = load.filter(|_| open > 0) {
        console.say(&format!(
            "All changes are made. Files of the load that are still at work ({open}) are waited \
             for, at most {}. Ctrl-C ends the wait.",
            load.within
        ));
    }
}
