//! Ends the jobs of running steps on their hosts. Never by dropping the connection: that would end
//! nothing there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::connections::Dial;
use super::job;
use crate::plan::Step;
use crate::transport::{Order, Tenure};

/// The jobs that run now.
pub(super) struct Jobs<'a> {
    pub(super) dial: &'a Dial<'a>,
    pub(super) tenure: &'a Tenure,
    pub(super) run: &'a str,
    /// By step: the attempt and the command.
    running: Mutex<BTreeMap<String, (u32, usize)>>,
    /// The steps of which a host may have a job.
    handed: Mutex<BTreeSet<String>>,
}

impl<'a> Jobs<'a> {
    pub(super) fn new(dial: &'a Dial<'a>, tenure: &'a Tenure, run: &'a str) -> Self {
        Self { dial, tenure, run, running: Mutex::default(), handed: Mutex::default() }
    }

    pub(super) fn begun(&self, step: &str, attempt: u32, command: usize) {
        self.lock().insert(step.to_owned(), (attempt, command));
    }

    /// From now on a job of `step` may go on on its host, whatever becomes of the way there.
    pub(super) fn handed(&self, step: &str) {
        self.lock_handed().insert(step.to_owned());
    }

    pub(super) fn is_handed(&self, step: &str) -> bool {
        self.lock_handed().contains(step)
    }

    pub(super) fn over(&self, step: &str) {
        self.lock().remove(step);
        self.lock_handed().remove(step);
    }

    /// Ends the job of `step`, over a connection of its own: the worker waits on the other one, and
    /// hears the job's end there.
    pub(super) fn cancel(&self, step: &Step) {
        let Some((attempt, command)) = self.lock().get(&*step.id).copied() else { return };
        let id = job::id(&step.id, attempt, command);
        let order = Order::Cancel { run: self.run, job: &id };
        // When the host can't be reached, the worker says so.
        if let Ok(mut host) = (self.dial)(&step.host) {
            let _ = host.order(self.tenure, &order);
        }
    }

    fn lock_handed(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, (u32, usize)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
