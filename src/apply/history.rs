//! Whether a scan is in progress anywhere, as a route tells that the controller asks.

use super::watch::{Look, Watched};
use super::worker::{Work, Worker};
use crate::state::{FailureKind, StepFailure};
use crate::transport::{Command, Counted, Task};

impl Worker<'_> {
    /// Asks until no scan is in progress, for as many times in a row as are wanted.
    pub(super) fn await_history(
        &self,
        work: &Work<'_>,
        command: &Command,
    ) -> Result<String, StepFailure> {
        let Task::AwaitHistory(counted) = &command.task else { return Ok(String::new()) };
        let mut in_a_row = 0;
        let watched = self.watch((work, command), counted.give_up.duration(), || {
            let left = self.in_progress(counted);
            in_a_row = if left == Ok(0) { in_a_row + 1 } else { 0 };
            let seen = match left {
                Ok(left) => {
                    format!("{left} in progress, {in_a_row} of {} times 0", counted.samples)
                }
                Err(said) => format!("no number: {said}"),
            };
            if in_a_row >= counted.samples {
                return Ok(Look::So(()));
            }
            Ok(Look::NotYet { seen, again: counted.every.duration(), last: () })
        })?;
        match watched {
            Watched::So(()) => Ok(format!(
                "no scan is in progress, {} times in a row, {} apart",
                counted.samples, counted.every
            )),
            Watched::GivenUp(seen, ()) => Err(StepFailure {
                kind: FailureKind::Late,
                during: command.task.in_words(),
                command: command.run.clone(),
                ended: format!("given up after {}; the last value was: {seen}", counted.give_up),
                output: Box::default(),
                hint: "stop submissions and let the scans finish: Control Center shows them under Dashboard \
                       > Processing History, filter In-Progress; then `mdc resume`"
                    .to_owned(),
            }),
        }
    }

    /// How many scans are in progress now; what was said instead when there is no number.
    pub(super) fn in_progress(&self, counted: &Counted) -> Result<u64, String> {
        let told = (self.scans.history)().and_then(|history| history.in_progress(&counted.pointer));
        told.map_err(|trouble| trouble.to_string())
    }
}
