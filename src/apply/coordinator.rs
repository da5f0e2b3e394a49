//! The coordinator: owns schedule, journal and events. Everything that happens reaches it as a
//! message, so that nothing is shared and nothing is asked in a loop.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use jiff::Timestamp;

use super::control::Message;
use super::ending::Ending;
use super::event::Event;
use super::failures::{Failures, Next};
use super::schedule::Schedule;
use super::worker::{Attempt, Looks};
use crate::catalog::Stage;
use crate::diff::Action;
use crate::plan::{Plan, Step};
use crate::state::{
    Asked, Entry, FailureKind, Journal, JournalError, Progress, Request, StepOutcome,
};
use crate::value::Period;

/// How often the listener hears that time passes, for elapsed times and heartbeats.
const TICK: Duration = Duration::from_secs(1);

/// What is handed out to workers: the place of a step in the plan, and the attempt at it.
pub(super) type Handed = (usize, Attempt);

/// Cancels a running step on its host, without waiting for the end of it.
pub(super) type Cancel<'b> = dyn FnMut(&Step) + 'b;

pub(super) struct Coordinator<'a, 'b> {
    pub(super) plan: &'a Plan,
    /// How far earlier attempts at the run came.
    pub(super) progress: &'a Progress,
    pub(super) journal: &'b mut Journal,
    pub(super) schedule: Schedule<'a>,
    pub(super) failures: Failures<'a>,
    /// Workers without a step.
    pub(super) free: usize,
    pub(super) paused: bool,
    /// The attempts at steps that run.
    pub(super) attempts: BTreeMap<usize, u32>,
    pub(super) ending: Ending,
    pub(super) clock: &'b (dyn Fn() -> Timestamp + Sync),
    pub(super) hand_out: Sender<Handed>,
    pub(super) cancel: &'b mut Cancel<'b>,
    pub(super) listen: &'b mut dyn FnMut(Option<Event>),
}

impl Coordinator<'_, '_> {
    /// Works until nothing runs and nothing more is to be begun.
    pub(super) fn work(&mut self, receiver: &Receiver<Message>) -> Result<(), JournalError> {
        let mut begun = self.begin_ready();
        while self.goes_on(begun.is_ok()) {
            let result = match receiver.recv_timeout(TICK) {
                Ok(Message::Happened(event)) => {
                    (self.listen)(Some(event));
                    continue;
                }
                Ok(Message::Noted { entry, recorded }) => {
                    let noted = self.journal.append(entry);
                    // A worker that doesn't wait any more has failed in another way.
                    let _ = recorded.send(noted.as_ref().map(drop).map_err(ToString::to_string));
                    noted.map(drop)
                }
                Ok(Message::Asked(asked)) => self.asked(&asked),
                Ok(Message::Lost(why)) => {
                    self.stop(why);
                    Ok(())
                }
                // What ended is taken in whatever else is wrong, and only then is the first
                // problem of the journal reported.
                Ok(Message::Ended { place, outcome, took }) => self.ended(place, &outcome, took),
                Err(RecvTimeoutError::Timeout) => {
                    (self.listen)(None);
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            begun = begun.and(result);
            if begun.is_ok() {
                begun = self.begin_ready();
            }
        }
        begun
    }

    fn goes_on(&self, sound: bool) -> bool {
        let waits = self.paused && self.ending.stopped.is_none() && self.schedule.has_ready();
        !self.schedule.is_idle() || (sound && waits)
    }

    fn begin_ready(&mut self) -> Result<(), JournalError> {
        while self.free > 0 && !self.paused && self.ending.stopped.is_none() {
            let Some(place) = self.schedule.next() else { break };
            if let Some(why) = self.is_out_of_window(place) {
                self.stop(why);
                break;
            }
            self.schedule.take(place);
            let Some(step) = self.plan.steps.get(place) else { break };
            let number = self.progress.attempt(&step.id);
            let looks = match number {
                _ if self.progress.interrupted.contains(&*step.id) => Looks::UnlessBegun,
                ..=1 => Looks::Never,
                _ => Looks::First,
            };
            let attempt = Attempt { number, after: Duration::ZERO, looks };
            if let Err(error) = self.begin(place, attempt) {
                self.schedule.ended(place, false);
                return Err(error);
            }
            self.free -= 1;
            (self.listen)(Some(Event::StepStarted { step: step.id.to_string() }));
        }
        Ok(())
    }

    /// Why the step may not begin now, when it is one of stage 2 and the window doesn't hold it.
    fn is_out_of_window(&self, place: usize) -> Option<String> {
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
        // Nobody is told that it begins, when it then doesn't.
        let first = |it: &&Step| it.stage == Stage::Critical && it.is_change();
        let begins = step.action == Action::TellStart;
        let step = self.plan.steps.iter().find(first).filter(|_| begins).unwrap_or(step);
        let window = self.plan.window.as_ref()?;
        let now = (self.clock)();
        let next = window.next(now).map_or_else(
            || "it never opens again".to_owned(),
            |at| format!("it opens next on {}", at.strftime("%a %Y-%m-%d at %H:%M %Q")),
        );
        match window.left(now) {
            None => Some(format!("stage 2 waits for its window, which is closed now: {next}")),
            Some(left) if left < step.room().duration() => Some(format!(
                "the rest of the window ({}) is too short for {}, which may take {} in a slow case, with \
                 its way back: {next}",
                Period::seconds(left.as_secs()),
                step.id,
                step.room(),
            )),
            Some(_) => None,
        }
    }

    fn begin(&mut self, place: usize, attempt: Attempt) -> Result<(), JournalError> {
        let Some(step) = self.plan.steps.get(place) else { return Ok(()) };
        let entry = Entry::Intent { step: step.id.to_string(), attempt: attempt.number };
        self.journal.append(entry)?;
        self.attempts.insert(place, attempt.number);
        // Workers live as long as the coordinator.
        let _ = self.hand_out.send((place, attempt));
        Ok(())
    }

    fn ended(
        &mut self,
        place: usize,
        outcome: &StepOutcome,
        took: Duration,
    ) -> Result<(), JournalError> {
        let Some(step) = self.plan.steps.get(place) else { return Ok(()) };
        let period = Period::millis(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        let recorded = self.journal.append(Entry::Result {
            step: step.id.to_string(),
            outcome: outcome.clone(),
            took: period,
        });
        let next = match outcome {
            StepOutcome::Failed(failure) if recorded.is_ok() && self.ending.stopped.is_none() => {
                self.failures.next(step, failure.kind)
            }
            StepOutcome::Failed(_) => Next::Stop,
            _ => Next::GoOn,
        };
        if let Next::Retry(after) = next {
            return self.retry(place, outcome, after);
        }
        self.free += 1;
        match next {
            Next::Tolerate => self.ending.tolerated.extend(self.schedule.tolerated(place)),
            next => self.schedule.ended(place, next == Next::GoOn),
        }
        if let StepOutcome::Failed(failure) = outcome
            && failure.kind == FailureKind::Fenced
        {
            self.stop(failure.ended.clone());
        }
        if let StepOutcome::Scanned(scans) = outcome {
            self.ending.scanned.insert(step.id.to_string(), scans.clone());
        }
        if let StepOutcome::LogsRead(read) = outcome {
            self.ending.logs.insert(step.id.to_string(), (**read).clone());
        }
        if let StepOutcome::Kept(kept) = outcome {
            self.ending.kept.insert(step.id.to_string(), kept.clone());
        }
        self.ending.outcomes.insert(step.id.to_string(), (outcome.clone(), period));
        let (step, outcome) = (step.id.to_string(), outcome.clone());
        (self.listen)(Some(Event::StepFinished { step, outcome, took }));
        recorded
    }

    /// Hands the step out again; its host stays busy meanwhile.
    fn retry(
        &mut self,
        place: usize,
        outcome: &StepOutcome,
        after: Duration,
    ) -> Result<(), JournalError> {
        let number = self.attempts.get(&place).copied().unwrap_or_default().saturating_add(1);
        if let Some(step) = self.plan.steps.get(place) {
            (self.listen)(Some(Event::Retrying {
                step: step.id.to_string(),
                outcome: outcome.clone(),
                attempt: number,
                after,
            }));
        }
        let begun = self.begin(place, Attempt { number, after, looks: Looks::First });
        if begun.is_err() {
            self.free += 1;
            self.schedule.ended(place, false);
        }
        begun
    }

    fn asked(&mut self, asked: &Asked) -> Result<(), JournalError> {
        let recorded = self.journal.append(asked.clone().into());
        let by = in_words(asked);
        let running = self.schedule.running();
        match asked.what {
            Request::Pause if !self.paused => {
                self.paused = true;
                (self.listen)(Some(Event::Paused { by, running }));
            }
            Request::GoOn if self.paused => {
                self.paused = false;
                (self.listen)(Some(Event::GoesOn { by }));
            }
            Request::Pause | Request::GoOn => {}
            Request::Stop => self.stop(by),
            Request::Cancel => {
                for step in self.schedule.running_steps() {
                    (self.cancel)(step);
                }
                (self.listen)(Some(Event::Cancelling { by: by.clone(), running }));
                self.ending.stopped.get_or_insert(by);
            }
        }
        recorded
    }

    fn stop(&mut self, why: String) {
        if self.ending.stopped.is_none() {
            let running = self.schedule.running();
            (self.listen)(Some(Event::Stopping { reason: why.clone(), running }));
            self.ending.stopped = Some(why);
        }
    }
}

fn in_words(Asked { by, reason, .. }: &Asked) -> String {
    if reason.is_empty() { by.clone() } else { format!("{by}: {reason}") }
}
