//! Gates: what has to be so before stage 2, seen on the hosts.

use std::time::Duration;

use super::event::Event;
use super::telling::{failed_command, lines};
use super::watch::{Look, Watched};
use super::worker::{Work, Worker};
use crate::diff::Action;
use crate::plan::Step;
use crate::state::{FailureKind, StepFailure, StepOutcome};
use crate::transport::{Command, Output, Task};
use crate::value::Period;

/// Between two looks at what people do.
const AGAIN: Duration = Duration::from_secs(2);

/// How often, how far apart and for how long something is asked.
#[derive(Clone, Copy)]
struct Samples {
    wanted: u32,
    every: Period,
    give_up: Period,
}

impl Worker<'_> {
    /// Sees whether the gate is passed.
    pub(super) fn gate(&self, work: &Work<'_>) -> Result<StepOutcome, StepFailure> {
        if work.step.action == Action::ReadLogs {
            return self.read_logs(work).map(|read| StepOutcome::LogsRead(Box::new(read)));
        }
        let mut seen = Vec::new();
        for (index, command) in work.step.commands.iter().enumerate() {
            self.tell(Event::CommandStarted { step: work.step.id.to_string(), index });
            match &command.task {
                Task::AwaitIdle { .. } => seen.push(self.idle(work, command)?),
                Task::AwaitHistory(_) => seen.push(self.await_history(work, command)?),
                Task::MarkLogs { .. } => seen.push(self.mark_logs(work)?),
                Task::AwaitAllIdle(_) => seen.push(self.await_all_idle(work, command)?),
                Task::AwaitReach { .. } => seen.push(self.await_reach(work, command)?),
                Task::AwaitHealthy { .. } => seen.push(self.await_healthy(work, command)?),
                Task::Confirm { text, verified: true, give_up, .. } => {
                    seen.push(self.verified(work, command, (text, *give_up))?);
                }
                Task::Confirm { component, text, .. } => {
                    seen.push(self.confirmed(work, command, (component, text))?);
                }
                _ => {
                    let output = self.job(work, index, command);
                    let output = output.map_err(|failure| slow_look(work, command, failure))?;
                    seen.extend(lines(&output.stdout));
                }
            }
        }
        Ok(StepOutcome::Seen(seen.into()))
    }

    /// Waits until an instance that gets no new work has finished its own.
    pub(super) fn drained(&self, work: &Work<'_>, command: &Command) -> Result<(), StepFailure> {
        self.idle(work, command).map(drop).map_err(|failure| match failure.kind {
            FailureKind::Late => StepFailure { hint: not_drained(work), ..failure },
            _ => failure,
        })
    }

    fn idle(&self, work: &Work<'_>, command: &Command) -> Result<String, StepFailure> {
        let Task::AwaitIdle { unit, samples, every, give_up } = &command.task else {
            return Ok(String::new());
        };
        let samples = Samples { wanted: *samples, every: *every, give_up: *give_up };
        self.await_idle(work, command, (unit, samples))
    }

    /// Asks until nothing is left for as many times in a row as are wanted.
    fn await_idle(
        &self,
        work: &Work<'_>,
        command: &Command,
        (unit, samples): (&str, Samples),
    ) -> Result<String, StepFailure> {
        let mut in_a_row = 0;
        let watched = self.watch((work, command), samples.give_up.duration(), || {
            let output = self.on_host(work.step, command, &mut |host| host.run(command, None))?;
            let left = left(&output);
            in_a_row = if left == Ok(0) { in_a_row + 1 } else { 0 };
            let seen = match &left {
                Ok(left) => format!("{left} left to do, {in_a_row} of {} times 0", samples.wanted),
                Err(said) => format!("no number: {said}"),
            };
            if in_a_row >= samples.wanted {
                return Ok(Look::So(()));
            }
            Ok(Look::NotYet { seen, again: samples.every.duration(), last: output })
        })?;
        match watched {
            Watched::So(()) => Ok(format!(
                "{unit} has 0 left to do, {} times in a row, {} apart",
                samples.wanted, samples.every
            )),
            Watched::GivenUp(seen, output) => {
                Err(never_idle(work, command, (samples, seen, &output)))
            }
        }
    }

    /// What people have to do is seen by its command, which is asked until they have done it.
    fn verified(
        &self,
        work: &Work<'_>,
        command: &Command,
        (text, give_up): (&str, Period),
    ) -> Result<String, StepFailure> {
        let watched = self.watch((work, command), give_up.duration(), || {
            let output = self.on_host(work.step, command, &mut |host| host.run(command, None))?;
            if output.end.is_success() {
                return Ok(Look::So(()));
            }
            let seen = format!("not yet: {text} ({})", said(&output));
            Ok(Look::NotYet { seen, again: AGAIN, last: output })
        })?;
        match watched {
            Watched::So(()) => Ok(format!("verified: {text}")),
            Watched::GivenUp(_, output) => {
                let failure = not_done(work.step, command, (text, &output));
                let ended = format!(
                    "{}; given up after {give_up}, the last answer was: {}",
                    failure.ended,
                    said(&output)
                );
                Err(StepFailure { ended, ..failure })
            }
        }
    }

    /// What nothing can be seen of is said by people.
    fn confirmed(
        &self,
        work: &Work<'_>,
        command: &Command,
        (component, text): (&str, &str),
    ) -> Result<String, StepFailure> {
        if let Some(by) = self.confirmed.get(component) {
            // Who gives the word as a run begins has not seen what it is given for.
            let when = if work.attempt > 1 { "" } else { ", before it was asked for" };
            return Ok(format!("confirmed by {by}{when}: {text}"));
        }
        Err(StepFailure {
            kind: FailureKind::Waits,
            during: format!("{} on {}", command.task.in_words(), work.step.host),
            command: String::new(),
            ended: format!("somebody has to confirm it: {text}"),
            output: Box::default(),
            hint: format!("once it is so: `mdc resume --confirm {component}`"),
        })
    }
}

/// People have not yet done what they are asked for.
pub(super) fn not_done(
    step: &Step,
    command: &Command,
    (text, output): (&str, &Output),
) -> StepFailure {
    StepFailure {
        kind: FailureKind::Waits,
        ended: format!("it is not done yet: {text}"),
        hint: "do it, then `mdc resume`: it is verified again".to_owned(),
        ..failed_command(&step.host, command, output)
    }
}

/// The first thing that was said, or how it ended.
fn said(output: &Output) -> String {
    let words = lines(&output.stderr).into_iter().chain(lines(&output.stdout)).next();
    words.unwrap_or_else(|| output.end.to_string())
}

/// The number that was printed; what was said instead when there is none.
pub(super) fn left(output: &Output) -> Result<u64, String> {
    let said = lines(&output.stdout);
    let number = said.last().and_then(|line| line.trim().parse().ok());
    number.filter(|_| output.end.is_success()).ok_or_else(|| {
        let words = lines(&output.stderr).into_iter().chain(said).next();
        words.unwrap_or_else(|| format!("nothing was printed, {}", output.end))
    })
}

/// What a look at a backup waited for is the site's own command more often than not, and so is its bound.
fn slow_look(work: &Work<'_>, command: &Command, failure: StepFailure) -> StepFailure {
    let Task::ProveBackup { component, .. } = &command.task else { return failure };
    if failure.kind != FailureKind::Late {
        return failure;
    }
    let host = &work.step.host;
    let hint = format!(
        "see on {host} what it waited for, or give it longer (`within` under [gates.backup.{component}]); \
         nothing was changed by this; then `mdc resume`"
    );
    StepFailure { hint, ..failure }
}

fn not_drained(work: &Work<'_>) -> String {
    format!(
        "it was not changed, and gets work again; see why {} doesn't finish what it has, or give it \
         longer (`rolling.drain.within`); then `mdc resume`",
        work.step.component
    )
}

fn never_idle(
    work: &Work<'_>,
    command: &Command,
    (samples, seen, output): (Samples, String, &Output),
) -> StepFailure {
    StepFailure {
        kind: FailureKind::Late,
        ended: format!("given up after {}; the last value was: {seen}", samples.give_up),
        hint: format!(
            "stop submissions and let {} finish what it has, or see why it doesn't; then `mdc resume`",
            work.step.component
        ),
        ..failed_command(&work.step.host, command, output)
    }
}
