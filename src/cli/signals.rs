//! Signals: what they ask a run for.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::problem::Problem;
use crate::apply::Control;
use crate::state::{Asked, Request};

/// The run that hears signals, and how many it has heard. A process has one handler for all its runs.
static HEARER: Mutex<Option<(Control, u32)>> = Mutex::new(None);

fn hearer() -> MutexGuard<'static, Option<(Control, u32)>> {
    HEARER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether somebody wants the command to end.
pub(super) fn are_heard() -> bool {
    hearer().as_ref().is_some_and(|(_, heard)| *heard > 0)
}

/// The first signal (Ctrl-C, SIGTERM, SIGHUP) lets running steps end, the second cancels them on
/// their hosts; there is none that drops them.
pub(super) fn handle(control: Control) -> Result<(), Problem> {
    let first = hearer().replace((control, 0)).is_none();
    if !first {
        return Ok(());
    }
    let handled = ctrlc::set_handler(|| {
        let mut hearer = hearer();
        let Some((control, heard)) = hearer.as_mut() else { return };
        *heard += 1;
        let (what, by) = match heard {
            1 => (Request::Stop, "interrupted by Ctrl-C or a signal"),
            2 => (Request::Cancel, "interrupted twice"),
            _ => return,
        };
        control.ask(Asked { what, by: by.to_owned(), reason: String::new() });
    });
    handled.map_err(|error| {
        Problem::new(format!("signals can't be handled: {error}"), "nothing was changed; try again")
    })
}
