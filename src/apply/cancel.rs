//! Ends the jobs of running steps on their hosts. Never by dropping the connection: that would end
//! nothing there.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

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
}

impl<'a> Jobs<'a> {
    pub(super) fn new(dial: &'a Dial<'a>, tenure: &'a Tenure, run: &'a str) -> Self {
        Self { dial, tenure, run, running: Mutex::default() }
    }

    pub(super) fn begun(&self, step: &str, attempt: u32, command: usize) {
        self.lock().insert(step.to_owned(), (attempt, command));
    }

    pub(super) fn over(&self, step: &str) {
        self.lock().remove(step);
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

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, (u32, usize)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
