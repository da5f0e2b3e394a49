//! One step, carried out on its host.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use super::cancel::Jobs;
use super::center::{Asking, Console};
use super::copying::{Copying, Sent};
use super::event::Event;
use super::gate::not_done;
use super::job;
use super::keep::Notes;
use super::left_out::LeftOut;
use super::notice::Notices;
use super::reach::{GOES_ON, Reach};
use super::relay::Came;
use super::scan::Scans;
use super::telling::{failed_command, failed_way, lines};
use crate::cores::Cores;
use crate::diff::Action;
use crate::plan::{Plan, Step};
use crate::state::{FailureKind, Kept, StepFailure, StepOutcome, kept_from_work};
use crate::transport::{Command, Connection, Failure, Order, Output, Task, Verdict};

/// What carrying out steps takes.
pub(super) struct Worker<'a> {
    pub(super) reach: &'a Reach<'a>,
    /// Package files, and how many of them go at once.
    pub(super) copying: &'a Copying<'a>,
    /// The jobs of the run.
    pub(super) jobs: &'a Jobs<'a>,
    /// What is carried out: whom its gates ask stands in it.
    pub(super) plan: &'a Plan,
    /// Whose turn it is to ask those.
    pub(super) asking: Mutex<()>,
    /// What the user has left as it is.
    pub(super) left_out: LeftOut<'a>,
    /// What people have confirmed: by component, who did.
    pub(super) confirmed: &'a BTreeMap<String, String>,
    /// The ways to the API Gateway and to what counts scans, and what test scans came to before.
    pub(super) scans: &'a Scans<'a>,
    /// What steps must leave as it is.
    pub(super) notes: &'a Notes,
    /// The way to Control Center.
    pub(super) console: &'a Console<'a>,
    /// The ways to standalone MD Core instances.
    pub(super) cores: Option<&'a Cores>,
    /// The way to people, and what they are told.
    pub(super) notices: &'a Notices<'a>,
}

/// One attempt at a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    /// From 1.
    pub(super) number: u32,
    /// How long to wait first.
    pub(super) after: Duration,
    pub(super) looks: Looks,
}

/// Whether the effect of a step is looked for before anything is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    /// Nothing was done before.
    Never,
    /// The attempt was cut off. Its jobs are found again by their ids; a host that knows none never
    /// began it, or was told to forget a run whose record is older than the run.
    UnlessBegun,
    /// An earlier attempt may have done what the step promises.
    First,
}

/// A step in one attempt.
pub(super) struct Work<'s> {
    pub(super) step: &'s Step,
    /// From 1; each but the first comes after a failure.
    pub(super) attempt: u32,
}

impl Worker<'_> {
    /// Carries `step` out.
    pub(super) fn carry_out(&self, step: &Step, attempt: Attempt) -> StepOutcome {
        self.reach.halt.wait(attempt.after);
        let work = Work { step, attempt: attempt.number };
        if attempt.looks == Looks::UnlessBegun {
            self.jobs.handed(&step.id);
        }
        if step.action.scans() {
            return self.scan(&work).unwrap_or_else(StepOutcome::Failed);
        }
        if let Some(moment) = step.action.moment() {
            return self.notify(&work, moment).unwrap_or_else(StepOutcome::Failed);
        }
        if step.action.is_of_licence() {
            return self.licence(&work, attempt).unwrap_or_else(StepOutcome::Failed);
        }
        if step.action.is_gate() {
            return self.gate(&work).unwrap_or_else(StepOutcome::Failed);
        }
        if step.action == Action::Reboot {
            return self.reboot(&work).unwrap_or_else(StepOutcome::Failed);
        }
        let looks = match attempt.looks {
            Looks::Never => Ok(false),
            Looks::UnlessBegun => self.has_begun(&work).map(|begun| !begun),
            Looks::First => Ok(true),
        };
        if attempt.looks != Looks::Never {
            self.dismiss(step);
        }
        let result = match looks.and_then(|looks| Ok(looks && self.found_done(step)?)) {
            Ok(true) => self.finished(&work),
            Ok(false) => match self.needs(step) {
                // An earlier attempt may have kept it from new work.
                Err(failure) if attempt.looks != Looks::Never => Err(self.restored(&work, failure)),
                needs => needs.and_then(|()| self.changed(&work)),
            },
            Err(failure) => Err(failure),
        };
        result.unwrap_or_else(StepOutcome::Failed)
    }

    /// The change is there. What comes after it may not be: doing that twice comes to the same.
    fn finished(&self, work: &Work<'_>) -> Result<StepOutcome, StepFailure> {
        let mut kept = Vec::new();
        for (index, command) in work.step.commands.iter().enumerate() {
            match &command.task {
                Task::Finish { .. } => drop(self.job(work, index, command)?),
                Task::Compare { .. } => kept.extend(self.compare(work, command)?),
                _ => {}
            }
        }
        self.restore(work)?;
        let found = || StepOutcome::FoundDone;
        Ok(if kept.is_empty() { found() } else { StepOutcome::Kept(kept.into()) })
    }

    /// Runs the commands. What was kept from new work gets work again, also when they fail.
    fn changed(&self, work: &Work<'_>) -> Result<StepOutcome, StepFailure> {
        self.commands(work).map_err(|failure| match failure.kind {
            // What was begun may go on there, and is gone on with later.
            FailureKind::Way => failure,
            _ => self.restored(work, failure),
        })
    }

    /// The failure, after what was kept from new work got work again.
    pub(super) fn restored(&self, work: &Work<'_>, mut failure: StepFailure) -> StepFailure {
        if let Err(second) = self.restore(work) {
            // Who gives the run up gives it work again.
            let what = kept_from_work(work.attempt);
            let _ = self.notes.take(&work.step.id, &what, Box::default());
            failure.hint = format!(
                "{}; it is still kept from new work on {}, since this failed too: {}",
                failure.hint, work.step.host, second.command
            );
        }
        failure
    }

    /// Gives what may have been kept from new work its work again; doing so twice comes to the same.
    fn restore(&self, work: &Work<'_>) -> Result<(), StepFailure> {
        let commands = work.step.commands.iter().enumerate();
        for (index, command) in
            commands.filter(|(_, command)| matches!(command.task, Task::Restore { .. }))
        {
            self.tell(Event::CommandStarted { step: work.step.id.to_string(), index });
            self.job(work, index, command)?;
        }
        Ok(())
    }

    /// Whether the host knows a job of this attempt.
    fn has_begun(&self, work: &Work<'_>) -> Result<bool, StepFailure> {
        let Work { step, attempt } = *work;
        let order = Order::Jobs { run: self.jobs.run };
        let mut ask = |host: &mut dyn Connection| host.order(self.jobs.tenure, &order);
        let verdict = self.reach.with(&step.id, &step.host, &mut ask);
        Ok(match verdict.map_err(|failure| self.failed_way(step, &failure, None))? {
            Verdict::Jobs(jobs) => jobs.iter().any(|id| job::is_of(id, &step.id, attempt)),
            // The jobs themselves will tell what is wrong.
            _ => true,
        })
    }

    /// What has to be healthy, is.
    fn needs(&self, step: &Step) -> Result<(), StepFailure> {
        let checks = step.needs_healthy.iter();
        for (need, check) in checks.flat_map(|need| need.check.iter().map(move |one| (need, one))) {
            let output = self
                .reach
                .with(&step.id, &need.host, &mut |connection| connection.run(check, None))
                .map_err(|failure| self.failed_way(step, &failure, Some(check)))?;
            if !output.end.is_success() {
                let mut failure = failed_command(&need.host, check, &output);
                failure.hint = format!(
                    "{} has to be healthy on {} before this step begins; nothing was changed by it; {}",
                    need.component, need.host, failure.hint
                );
                return Err(failure);
            }
        }
        Ok(())
    }

    fn commands(&self, work: &Work<'_>) -> Result<StepOutcome, StepFailure> {
        let step = work.step;
        let (mut is_there, mut is_given) = (false, false);
        let mut found = None;
        let mut kept = Vec::new();
        let mut asking = Asking::default();
        for (index, command) in step.commands.iter().enumerate() {
            if self.reach.halt.is_said() {
                return Err(job::cancelled_before(step, command));
            }
            if (is_there || is_given) && command.task.brings().is_some() {
                continue;
            }
            self.begins(work, command)?;
            self.tell(Event::CommandStarted { step: step.id.to_string(), index });
            if self.done_otherwise(work, (index, command), (&mut kept, &mut asking))? {
                continue;
            }
            if let Task::Relay(task) = &command.task {
                match self.by_relay(work, (command, task), &mut found)? {
                    Came::File => is_given = true,
                    Came::Nothing => {}
                    Came::NotBegun => return Ok(StepOutcome::NotBegun),
                }
                continue;
            }
            let output = match &command.task {
                Task::WriteFile { .. } => self.write_file(step, command)?,
                Task::ReceiveFile { from, digest, size, .. } => {
                    let content = (*digest, *size);
                    let sent = self.copy(Sent { step, command, from, content }, found.as_ref())?;
                    let Some(output) = sent else { return Ok(StepOutcome::NotBegun) };
                    output
                }
                _ => self.on_host(step, command, &mut |host| host.run(command, None))?,
            };
            match (&command.task, output.end.is_success()) {
                (Task::ByHand { text, .. }, false) => {
                    return Err(not_done(step, command, (text, &output)));
                }
                // The file is there: it isn't copied, and all else about it is done.
                (Task::FindFile { .. }, true) => is_there = true,
                (Task::FindFile { .. }, false) => found = Some((command.clone(), output)),
                // How it came there, where that is not as it was wished.
                (Task::ReceiveFile { .. }, true) => {
                    for why in lines(&output.stderr) {
                        self.tell(Event::SentOtherwise { step: step.id.to_string(), why });
                    }
                }
                (_, true) => {}
                (_, false) => return Err(failed_command(&step.host, command, &output)),
            }
        }
        Ok(match (is_there, kept.is_empty()) {
            (true, _) => StepOutcome::FoundDone,
            (false, true) => StepOutcome::Done,
            (false, false) => StepOutcome::Kept(kept.into()),
        })
    }

    /// Does what more than one command on the host comes to, or none; whether this was such a one.
    fn done_otherwise(
        &self,
        work: &Work<'_>,
        (index, command): (usize, &Command),
        (kept, asking): (&mut Vec<Kept>, &mut Asking),
    ) -> Result<bool, StepFailure> {
        match &command.task {
            task if task.is_job() => drop(self.job(work, index, command)?),
            Task::AwaitIdle { .. } => self.drained(work, command)?,
            Task::Note { .. } => self.note(work, command)?,
            Task::Compare { .. } => kept.extend(self.compare(work, command)?),
            Task::Request(_) => self.request(work, (index, command), asking)?,
            Task::AwaitVersion { .. } => self.await_version(work, command, asking)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Carries a command out as a job; one that was begun before is found again.
    pub(super) fn job(
        &self,
        work: &Work<'_>,
        index: usize,
        command: &Command,
    ) -> Result<Output, StepFailure> {
        let id = job::id(&work.step.id, work.attempt, index);
        self.jobs.begun(&work.step.id, work.attempt, index);
        let order = Order::Attend { run: self.jobs.run, job: &id, command };
        let verdict = self.on_host(work.step, command, &mut |host| {
            self.jobs.handed(&work.step.id);
            host.order(self.jobs.tenure, &order)
        })?;
        job::end(work.step, command, verdict)
    }

    /// Lets the host know of this lease, and be refused when there is a newer one.
    pub(super) fn enter(&self, step: &Step) -> Result<(), StepFailure> {
        let mut enter = |host: &mut dyn Connection| host.order(self.jobs.tenure, &Order::Enter);
        let verdict = self.reach.with(&step.id, &step.host, &mut enter);
        let verdict = verdict.map_err(|failure| self.failed_way(step, &failure, None))?;
        job::entered(&step.host, verdict)
    }

    /// Whether all that a step's checks look at is already so.
    fn found_done(&self, step: &Step) -> Result<bool, StepFailure> {
        // The check of the package file tells nothing about the installation, and comparing comes
        // when all else is done; waiting comes last, so that nothing is waited for that isn't even there.
        let looks = |command: &&Command| {
            command.task.only_looks()
                && !matches!(
                    command.task,
                    Task::CheckFile { .. }
                        | Task::AwaitIdle { .. }
                        | Task::Note { .. }
                        | Task::Compare { .. }
                )
        };
        let mut looks: Vec<&Command> = step.commands.iter().filter(looks).collect();
        // Nothing tells that it is done, such as a backup, which may be of another day, or a restart.
        if looks.is_empty() || step.commands.iter().any(|command| command.task.is_done_again()) {
            return Ok(false);
        }
        looks.sort_by_key(|command| matches!(command.task, Task::AwaitHealth { .. }));
        for command in looks {
            let output = self.on_host(step, command, &mut |host| host.run(command, None))?;
            if !output.end.is_success() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn on_host<T>(
        &self,
        step: &Step,
        command: &Command,
        work: &mut dyn FnMut(&mut dyn Connection) -> Result<T, Failure>,
    ) -> Result<T, StepFailure> {
        let done = self.reach.with(&step.id, &step.host, work);
        done.map_err(|failure| self.failed_way(step, &failure, Some(command)))
    }

    /// A way to a host of `step` that failed. Once a host may have a job of it, whatever is wrong with the way
    /// leaves that going: a password that is refused, too.
    pub(super) fn failed_way(
        &self,
        step: &Step,
        failure: &Failure,
        command: Option<&Command>,
    ) -> StepFailure {
        let failed = failed_way(failure, command);
        if failed.kind == FailureKind::Way || !self.jobs.is_handed(&step.id) {
            return failed;
        }
        let hint = format!("{}; {GOES_ON}", failed.hint);
        StepFailure { kind: FailureKind::Way, hint, ..failed }
    }

    pub(super) fn tell(&self, event: Event) {
        (self.reach.tell)(event);
    }
}
