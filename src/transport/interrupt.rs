//! Somebody wants this process to end. What waits for a Windows host gives up then, and closes what it has open
//! there. A run hears that in its own way (`apply::Control`), and is never interrupted by this one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

static HEARD: AtomicBool = AtomicBool::new(false);
static OPEN: Mutex<usize> = Mutex::new(0);
static CLOSED: Condvar = Condvar::new();

/// How often a wait looks.
pub(super) const LOOK: Duration = Duration::from_millis(250);

/// Interrupts what waits for Windows hosts, in the whole process and for good; waits at most `within` until
/// nothing is open there any more.
pub fn interrupt(within: Duration) {
    HEARD.store(true, Ordering::SeqCst);
    let _ = CLOSED.wait_timeout_while(open(), within, |open| *open > 0);
}

pub(super) fn is_interrupted() -> bool {
    HEARD.load(Ordering::SeqCst)
}

fn open() -> MutexGuard<'static, usize> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Something on a host that has to be closed.
#[derive(Debug)]
pub(super) struct Open(());

impl Open {
    pub(super) fn new() -> Self {
        *open() += 1;
        Self(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut open = open();
        *open = open.saturating_sub(1);
        drop(open);
        CLOSED.notify_all();
    }
}
