//! Signals: what they ask a run for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::console;
use super::problem::Problem;
use crate::apply::Control;
use crate::cores;
use crate::diagnostic::Code;
use crate::state::{Asked, Request};
use crate::transport;

/// The run that hears signals, and how many it has heard. A process has one handler for all its runs.
static HEARER: Mutex<Option<(Control, u32)>> = Mutex::new(None);

fn hearer() -> MutexGuard<'static, Option<(Control, u32)>> {
    HEARER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the handler is there.
static IS_HANDLED: Mutex<bool> = Mutex::new(false);
/// Whether a signal is ending the process.
static IS_LEAVING: AtomicBool = AtomicBool::new(false);
/// How long what is open on hosts may take to be closed.
const CLOSING: Duration = Duration::from_secs(7);
/// What shells say of a command that Ctrl-C has ended: 128 and the number of SIGINT.
const INTERRUPTED: i32 = 130;

/// Whether somebody wants the command to end.
pub(super) fn are_heard() -> bool {
    hearer().as_ref().is_some_and(|(_, heard)| *heard > 0)
}

/// The first signal (Ctrl-C, SIGTERM, SIGHUP) lets running steps end, the second cancels them on
/// their hosts; there is none that drops them.
pub(super) fn handle(control: Control) -> Result<(), Problem> {
    hearer().replace((control, 0));
    listen()
}

/// As long as no run hears them, a signal ends the process when what it has open on hosts and instances is
/// closed, and programs are told.
pub(super) fn close_first() {
    // Without a handler it ends at once, as any process does.
    let _ = listen();
}

/// Whoever hears that it was interrupted, in all that it waits for, leaves the last word and the status to the
/// signal, which takes as long as closing at most.
pub(super) fn have_the_last_word() {
    if IS_LEAVING.load(Ordering::SeqCst) {
        thread::sleep(3 * CLOSING);
    }
}

fn listen() -> Result<(), Problem> {
    let mut is_handled = IS_HANDLED.lock().unwrap_or_else(PoisonError::into_inner);
    if *is_handled {
        return Ok(());
    }
    let handled = ctrlc::set_handler(|| {
        let mut hearer = hearer();
        let Some((control, heard)) = hearer.as_mut() else {
            drop(hearer);
            return leave();
        };
        *heard += 1;
        let (what, by) = match heard {
            1 => (Request::Stop, "interrupted by Ctrl-C or a signal"),
            2 => (Request::Cancel, "interrupted twice"),
            _ => return,
        };
        control.ask(Asked { what, by: by.to_owned(), reason: String::new() });
    });
    *is_handled = handled.is_ok();
    handled.map_err(|error| {
        Problem::new(
            Code::Output,
            format!("signals can't be handled: {error}"),
            "nothing was changed; try again",
        )
    })
}

#[expect(clippy::exit, reason = "main waits for hosts, whose answers nobody wants any more")]
fn leave() {
    IS_LEAVING.store(true, Ordering::SeqCst);
    transport::interrupt(CLOSING);
    cores::end_sessions(CLOSING);
    let _last_word = console::ends_with(&Problem::new(
        Code::Interrupted,
        "the command was interrupted by Ctrl-C or a signal",
        "no step was begun by it; `mdc status` tells what is unfinished",
    ));
    std::process::exit(INTERRUPTED);
}
