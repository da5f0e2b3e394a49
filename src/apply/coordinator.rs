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
use super::halt::{Halt, Word};
use super::schedule::Schedule;
use super::worker::{Attempt, Looks};
use crate::plan::{Plan, Step};
use crate::state::{
    Asked, Entry, FailureKind, Journal, JournalError, Progress, Request, StepOutcome,
};
use crate::value::Period;

/// How often the listener hears that time passes, for elapsed times and heartbeats.
const TICK: Duration = Duration::from_secs(1);

/// What is handed out to workers: the place of a step in the plan, and the attempt at it.
pub(super) type Handed = (usize, Attempt);

/// What ended: the place of a step, how it ended, and how long that took.
type Ended = (usize, StepOutcome, Duration);

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
    /// How those are told who only look, when the run is stopped.
    pub(super) halt: &'b Halt,
    pub(super) cancel: &'b mut Cancel<'b>,
    pub(super) listen: &'b mut dyn FnMut(Option<Event>),
}

impl Coordinator<'_, '_> {
    /// Works until nothing runs and nothing more is to be begun.
    pub(super) fn work(&mut self, receiver: &Receiver<Message>) -> Result<(), JournalError> {
        let mut begun = self.begin_ready();
        let mut next = None;
        while self.goes_on(begun.is_ok()) {
            let message = next.take().map_or_else(|| receiver.recv_timeout(TICK), Ok);
            let result = match message {
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
                Ok(Message::Ended { place, outcome, took }) => {
                    let first = (place, outcome, took);
                    let together = gathered(first, receiver, &mut next);
                    self.all_ended(&together)
                }
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

    /// Begins all that may begin: their intents are kept together before the first of them is handed out.
    fn begin_ready(&mut self) -> Result<(), JournalError> {
        let mut ready = Vec::new();
        while self.free > ready.len() && !self.paused && self.ending.stopped.is_none() {
            let Some(place) = self.schedule.next() else { break };
            if let Some(why) = self.out_of_window(place) {
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
            ready.push((place, Attempt { number, after: Duration::ZERO, looks }));
        }
        if let Err(error) = self.begin(&ready) {
            for (place, _) in ready {
                self.schedule.ended(place, false);
            }
            return Err(error);
        }
        self.free -= ready.len();
        for step in ready.iter().filter_map(|(place, _)| self.plan.steps.get(*place)) {
            (self.listen)(Some(Event::StepStarted { step: step.id.to_string() }));
        }
        Ok(())
    }

    fn begin(&mut self, steps: &[Handed]) -> Result<(), JournalError> {
        let intent = |(place, attempt): &Handed| {
            let step = self.plan.steps.get(*place)?.id.to_string();
            Some(Entry::Intent { step, attempt: attempt.number })
        };
        self.journal.append_all(steps.iter().filter_map(intent))?;
        for (place, attempt) in steps {
            self.attempts.insert(*place, attempt.number);
            // Workers live as long as the coordinator.
            let _ = self.hand_out.send((*place, *attempt));
        }
        Ok(())
    }

    /// Takes in steps that ended together: their results are kept together first.
    fn all_ended(&mut self, together: &[Ended]) -> Result<(), JournalError> {
        let result = |(place, outcome, took): &Ended| {
            let step = self.plan.steps.get(*place)?.id.to_string();
            Some(Entry::Result { step, outcome: outcome.clone(), took: period(*took) })
        };
        let mut all = self.journal.append_all(together.iter().filter_map(result));
        for ended in together {
            let taken = self.ended(ended, all.is_ok());
            all = all.and(taken);
        }
        all
    }

    fn ended(
        &mut self,
        (place, outcome, took): &Ended,
        is_recorded: bool,
    ) -> Result<(), JournalError> {
        let (place, took) = (*place, *took);
        let Some(step) = self.plan.steps.get(place) else { return Ok(()) };
        let next = match outcome {
            StepOutcome::Failed(failure) if is_recorded && self.ending.stopped.is_none() => {
                self.failures.next(step, failure.kind)
            }
            outcome if outcome.is_done() => Next::GoOn,
            _ => Next::Stop,
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
        if *outcome != StepOutcome::NotBegun {
            self.ending.outcomes.insert(step.id.to_string(), (outcome.clone(), period(took)));
        }
        let (step, outcome) = (step.id.to_string(), outcome.clone());
        (self.listen)(Some(Event::StepFinished { step, outcome, took }));
        Ok(())
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
        let begun = self.begin(&[(place, Attempt { number, after, looks: Looks::First })]);
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
                self.halt.say(Word::Cancel);
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
            self.halt.say(Word::Stop);
        }
    }
}

fn in_words(Asked { by, reason, .. }: &Asked) -> String {
    if reason.is_empty() { by.clone() } else { format!("{by}: {reason}") }
}

/// Everything that has ended by now; `next` is what came after it and is something else.
fn gathered(first: Ended, receiver: &Receiver<Message>, next: &mut Option<Message>) -> Vec<Ended> {
    let mut together = vec![first];
    for message in receiver.try_iter() {
        match message {
            Message::Ended { place, outcome, took } => together.push((place, outcome, took)),
            other => {
                *next = Some(other);
                break;
            }
        }
    }
    together
}

fn period(took: Duration) -> Period {
    Period::millis(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}
