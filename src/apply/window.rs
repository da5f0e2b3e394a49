//! Whether a step of stage 2 may begin by the clock: its window has to be open for long enough, and what is
//! left of it has to hold the whole stage before the first thing is changed.

use jiff::Timestamp;

use super::coordinator::Coordinator;
use crate::catalog::Stage;
use crate::diff::{Action, Refusal};
use crate::plan::Step;
use crate::value::{Period, Window};

impl Coordinator<'_, '_> {
    /// Why the step may not begin now, when it is one of stage 2 and the window doesn't hold it.
    pub(super) fn out_of_window(&self, place: usize) -> Option<String> {
        let window = self.plan.window.as_ref()?;
        let step = self.plan.steps.get(place).filter(|step| step.stage == Stage::Critical)?;
        // Looking at the end is not late at any hour, nor is telling of what is to come or has been.
        if matches!(
            step.action,
            Action::Verify
                | Action::Reach
                | Action::ReadLogs
                | Action::TellBefore
                | Action::TellEnd
        ) {
            return None;
        }
        let now = (self.clock)();
        // Nobody is told that it begins, when it then doesn't.
        let begins = step.action == Action::TellStart;
        let step = self.first_change().filter(|_| begins).unwrap_or(step);
        too_short(step, (window, now)).or_else(|| {
            let asks = begins || step.is_change();
            asks.then(|| self.never_ended((window, now))).flatten()
        })
    }

    fn first_change(&self) -> Option<&Step> {
        self.plan.steps.iter().find(|step| step.stage == Stage::Critical && step.is_change())
    }

    /// Why stage 2 could be begun and not be ended, when nothing of it is begun yet. Gates may have taken
    /// longer than they should, and who resumes a run may do so at the end of the last opening.
    fn never_ended(&self, (window, now): (&Window, Timestamp)) -> Option<String> {
        let is_begun = |step: &Step| {
            let is_known = self.ending.outcomes.contains_key(&*step.id);
            is_known || !self.progress.is_untouched(&step.id)
        };
        let left = self.plan.steps.iter().filter(|step| {
            !self.ending.is_done(&step.id) && !self.ending.skipped.contains_key(&*step.id)
        });
        let critical = |step: &&Step| step.stage == Stage::Critical && step.is_change();
        if self.plan.steps.iter().filter(critical).any(is_begun) {
            return None;
        }
        let refusals = self.plan.openings(left, now).err()?;
        let why = match refusals.first() {
            Some(Refusal::WindowEnds { first, .. }) => {
                format!("{first} would not be begun before it closes for the last time")
            }
            Some(Refusal::WindowTooShort { step, room, .. }) => format!(
                "{step} may take {room} in a slow case, with its way back, and it is never open for so \
                 long any more"
            ),
            _ => return None,
        };
        Some(format!(
            "stage 2 is not begun, since what is left of its window doesn't hold it: {why}; {}",
            next(window, now)
        ))
    }
}

/// Why the step is too long for the rest of the window.
fn too_short(step: &Step, (window, now): (&Window, Timestamp)) -> Option<String> {
    match window.left(now) {
        None => Some(format!(
            "stage 2 waits for its window, which is closed now: {}",
            next(window, now)
        )),
        Some(left) if left < step.room().duration() => Some(format!(
            "the rest of the window ({}) is too short for {}, which may take {} in a slow case, with \
             its way back: {}",
            Period::seconds(left.as_secs()),
            step.id,
            step.room(),
            next(window, now),
        )),
        Some(_) => None,
    }
}

/// When the window opens again, or what to do when it doesn't.
fn next(window: &Window, now: Timestamp) -> String {
    window.next(now).map_or_else(
        || {
            "it never opens again: name hours to come in the manifest (`open` under [gates.window]), and \
             plan what is left with `mdc apply --give-up REASON`"
                .to_owned()
        },
        |at| format!("it opens next on {}", at.strftime("%a %Y-%m-%d at %H:%M %Q")),
    )
}
