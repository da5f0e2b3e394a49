//! A reboot of a host: begun once for each boot, and over when another boot answers and everything on it is
//! healthy. Which boot it was is recorded before, so that whoever goes on with the run does not begin a
//! second one.

use std::time::Duration;

use super::job;
use super::keep::{BOOT, Lines};
use super::refusals::Refusals;
use super::telling::{failed_command, lines};
use super::watch::{Look, Watched};
use super::worker::{Work, Worker};
use crate::state::{FailureKind, StepFailure, StepOutcome};
use crate::transport::{Command, Connection, End, JobEnd, Order, Output, Task, Verdict};
use crate::value::Period;

/// Between two looks whether the host is back.
const PAUSE: Duration = Duration::from_secs(3);
/// The status of what was ended by SIGTERM, as a reboot ends what runs.
const TERMINATED: i64 = 143;

impl Worker<'_> {
    /// Reboots the host of a step. What was kept from new work gets work again, also when that fails.
    pub(super) fn reboot(&self, work: &Work<'_>) -> Result<StepOutcome, StepFailure> {
        self.rebooted(work).map_err(|failure| match failure.kind {
            // Nobody is there to be told.
            FailureKind::Way => failure,
            _ => self.restored(work, failure),
        })
    }

    fn rebooted(&self, work: &Work<'_>) -> Result<StepOutcome, StepFailure> {
        let step = work.step;
        let (mut is_over, mut unsure) = (false, None);
        for (index, command) in step.commands.iter().enumerate() {
            if self.reach.halt.is_said() {
                return Err(job::cancelled_before(step, command));
            }
            self.tell(super::Event::CommandStarted { step: step.id.to_string(), index });
            match &command.task {
                Task::RebootDue {} => {
                    if !self.is_due(work, command)? {
                        return Ok(StepOutcome::FoundDone);
                    }
                }
                Task::NoteBoot {} => {
                    self.note(work, command)?;
                    is_over = self.before(work) != Some(self.answer(work, command)?);
                }
                // The boot before is gone: what was done in it needs not be done again.
                Task::Isolate { .. } | Task::AwaitIdle { .. } | Task::Reboot {} if is_over => {}
                Task::AwaitIdle { .. } => self.drained(work, command)?,
                Task::Reboot {} => {
                    unsure = (!self.begin(work, index, command)?).then_some((index, command));
                }
                Task::AwaitBoot { give_up } => {
                    self.await_boot(work, (command, *give_up), unsure.take())?;
                }
                task if task.is_job() => drop(self.job(work, index, command)?),
                _ => self.look(work, command)?,
            }
        }
        Ok(StepOutcome::Done)
    }

    fn before(&self, work: &Work<'_>) -> Option<Lines> {
        self.notes.before(&work.step.id, BOOT)
    }

    /// Whether the host waits for a reboot, or was rebooted by this step and not yet seen whole.
    fn is_due(&self, work: &Work<'_>, command: &Command) -> Result<bool, StepFailure> {
        if self.before(work).is_some() {
            return Ok(true);
        }
        let output = self.on_host(work.step, command, &mut |host| host.run(command, None))?;
        match output.end {
            End::Exit(0) => Ok(true),
            End::Exit(1) => {
                let seen = "the host waits for no reboot".to_owned();
                self.tell(super::Event::Watched { step: work.step.id.to_string(), seen });
                Ok(false)
            }
            _ => Err(failed_command(&work.step.host, command, &output)),
        }
    }

    fn look(&self, work: &Work<'_>, command: &Command) -> Result<(), StepFailure> {
        let output = self.on_host(work.step, command, &mut |host| host.run(command, None))?;
        if output.end.is_success() {
            return Ok(());
        }
        Err(failed_command(&work.step.host, command, &output))
    }

    /// Gives the order; whether the host has surely taken it. The same order twice is one, by its job.
    fn begin(&self, work: &Work<'_>, index: usize, command: &Command) -> Result<bool, StepFailure> {
        self.enter(work.step)?;
        let id = job::id(&work.step.id, work.attempt, index);
        self.jobs.begun(&work.step.id, work.attempt, index);
        let order = Order::Attend { run: self.jobs.run, job: &id, command };
        let host = &work.step.host;
        let attend = |host: &mut dyn Connection| {
            self.jobs.handed(&work.step.id);
            host.order(self.jobs.tenure, &order)
        };
        match self.reach.connections.with(host, attend) {
            Ok(Verdict::Job(JobEnd::Gone(..))) => Ok(true),
            Ok(Verdict::Job(JobEnd::Ended(output))) if is_cut_off(&output) => Ok(true),
            Ok(verdict) => job::end(work.step, command, verdict).map(|_| true),
            Err(failure) if failure.problem.may_pass() => Ok(false),
            Err(failure) => Err(self.failed_way(work.step, &failure, Some(command))),
        }
    }

    /// Waits until another boot than the one before answers. An order that may not have reached the host
    /// (`unsure`) is given again as long as the boot before does.
    fn await_boot(
        &self,
        work: &Work<'_>,
        (command, give_up): (&Command, Period),
        mut unsure: Option<(usize, &Command)>,
    ) -> Result<(), StepFailure> {
        let before = self.before(work);
        let mut refusals = Refusals::default();
        let watched = self.watch((work, command), give_up.duration(), || {
            let run = |host: &mut dyn Connection| host.run(command, None);
            let (seen, again) = match self.reach.connections.with(&work.step.host, run) {
                Ok(output) if output.end.is_success() => {
                    if before.as_ref() != Some(&lines(&output.stdout).into()) {
                        return Ok(Look::So(()));
                    }
                    if let Some((index, order)) = unsure
                        && self.begin(work, index, order)?
                    {
                        unsure = None;
                    }
                    ("it is still in the boot before".to_owned(), PAUSE)
                }
                Ok(output) => (lines(&output.stderr).join(" "), PAUSE),
                Err(failure) if failure.problem.may_pass() => (failure.problem.to_string(), PAUSE),
                Err(failure) => match refusals.again(&failure.problem) {
                    Some(again) => (failure.problem.to_string(), again),
                    None => {
                        return Err(refused(self.failed_way(work.step, &failure, Some(command))));
                    }
                },
            };
            Ok(Look::NotYet { seen, last: (), again })
        })?;
        match watched {
            Watched::So(()) => Ok(()),
            Watched::GivenUp(seen, ()) => Err(not_back(work, command, (give_up, seen))),
        }
    }
}

fn is_cut_off(output: &Output) -> bool {
    matches!(output.end, End::Signal(_) | End::Exit(TERMINATED))
}

fn refused(way: StepFailure) -> StepFailure {
    StepFailure {
        hint: format!(
            "{}; the host was rebooted, and refuses since then; then `mdc resume`",
            way.hint
        ),
        ..way
    }
}

fn not_back(work: &Work<'_>, command: &Command, (give_up, seen): (Period, String)) -> StepFailure {
    StepFailure {
        kind: FailureKind::Way,
        during: format!("{} on {}", command.task.in_words(), work.step.host),
        command: command.run.clone(),
        ended: format!("given up after {give_up}: {seen}"),
        output: Box::default(),
        hint: format!(
            "look at the console of {}; when it is up, `mdc resume` goes on: it is not rebooted a second \
             time when it has been; no other host is rebooted before. `reboot.within` of the component says \
             how long it may take",
            work.step.host
        ),
    }
}
