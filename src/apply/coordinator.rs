//! The coordinator: owns schedule, journal and events. Everything that happens reaches it as a
//! message, so that nothing is shared and nothing is asked in a loop.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use camino::Utf8Path;

use super::connections::{Connections, Dial};
use super::event::Event;
use super::schedule::Schedule;
use super::worker::Worker;
use crate::plan::Plan;
use crate::state::{Entry, Journal, JournalError, Progress, Run, StepFailure, StepOutcome};
use crate::value::Period;

/// How often the listener hears that time passes, for elapsed times and heartbeats.
const TICK: Duration = Duration::from_secs(1);
/// A worker's stack: the SSH library and TLS need far less.
const STACK: usize = 1 << 20;

/// What carrying out a plan takes besides the run itself.
pub struct Apply<'a> {
    /// Makes connections.
    pub dial: &'a Dial<'a>,
    /// The folder that package files are relative to.
    pub packages: &'a Utf8Path,
    /// How many steps may run at once.
    pub at_once: NonZeroUsize,
}

/// How an attempt at a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ending {
    /// How each step that was begun ended, and what it took.
    pub outcomes: BTreeMap<String, (StepOutcome, Period)>,
    /// The steps that were over before this attempt.
    pub done_before: BTreeSet<String>,
    /// Why it was stopped from outside, when it was.
    pub stopped: Option<String>,
}

enum Message {
    Happened(Event),
    Ended { place: usize, outcome: StepOutcome, took: Duration },
    Stop(String),
}

/// Asks a run to stop, from a signal handler or another thread.
#[derive(Clone)]
pub struct Stop {
    sender: Sender<Message>,
}

/// The run's end of a [`Stop`].
pub struct Inbox {
    sender: Sender<Message>,
    receiver: Receiver<Message>,
}

impl Stop {
    /// A way to stop a run, and the run's end of it.
    #[must_use]
    pub fn channel() -> (Self, Inbox) {
        let (sender, receiver) = channel();
        (Self { sender: sender.clone() }, Inbox { sender, receiver })
    }

    /// Lets running steps end and begins no other.
    pub fn stop(&self, why: &str) {
        // A run that is over has nobody to tell.
        let _ = self.sender.send(Message::Stop(why.to_owned()));
    }
}

/// Carries out what is left of `run`. `listen` hears every event, and nothing (`None`) once a
/// second.
///
/// # Errors
/// When the journal can't be written: no step is then begun, and running ones are waited for.
pub fn run(
    apply: &Apply<'_>,
    run: &mut Run,
    inbox: Inbox,
    listen: &mut dyn FnMut(Option<Event>),
) -> Result<Ending, JournalError> {
    let Run { id, plan, journal, progress, fence, controller, .. } = run;
    journal.append(Entry::Started {
        seal: plan.seal,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        fence: *fence,
        controller: controller.clone(),
    })?;
    listen(Some(Event::RunStarted {
        run: id.clone(),
        steps: plan.steps.len(),
        finished: progress.done.len(),
    }));
    let ending = attempt(apply, plan, progress, (journal, inbox), listen)?;
    let stopped = why_not_whole(plan, &ending);
    progress.over = stopped.is_none();
    journal.append(Entry::Ended { stopped })?;
    listen(Some(Event::RunFinished));
    Ok(ending)
}

fn why_not_whole(plan: &Plan, ending: &Ending) -> Option<String> {
    let done = ending.done_before.len()
        + ending.outcomes.values().filter(|(outcome, _)| outcome.is_done()).count();
    let left = plan.steps.len() - done;
    (left > 0).then(|| ending.stopped.clone().unwrap_or_else(|| format!("{left} steps are left")))
}

fn attempt(
    apply: &Apply<'_>,
    plan: &Plan,
    progress: &Progress,
    (journal, inbox): (&mut Journal, Inbox),
    listen: &mut dyn FnMut(Option<Event>),
) -> Result<Ending, JournalError> {
    let connections = Connections::new(apply.dial);
    let Inbox { sender, receiver } = inbox;
    let tell = |event| {
        let _ = sender.send(Message::Happened(event));
    };
    let worker = Worker { connections: &connections, packages: apply.packages, tell: &tell };
    let (hand_out, take_up) = channel::<usize>();
    let take_up = Mutex::new(take_up);
    thread::scope(|scope| {
        let spawn = |_: &usize| {
            let (worker, take_up, sender) = (&worker, &take_up, sender.clone());
            let life = move || work(worker, plan, progress, take_up, &sender);
            thread::Builder::new().stack_size(STACK).spawn_scoped(scope, life).is_ok()
        };
        let wanted = 0..apply.at_once.get().min(plan.steps.len());
        let mut coordinator = Coordinator {
            plan,
            progress,
            journal,
            schedule: Schedule::new(&plan.steps, &progress.done),
            // Fewer threads than asked for: these do the work.
            free: wanted.take_while(spawn).count(),
            ending: Ending { done_before: progress.done.clone(), ..Ending::default() },
            listen,
        };
        let result = coordinator.work(&hand_out, &receiver);
        drop(hand_out);
        result.map(|()| coordinator.ending)
    })
}

/// A worker's life: one step after the other until none is handed out any more.
fn work(
    worker: &Worker<'_>,
    plan: &Plan,
    progress: &Progress,
    take_up: &Mutex<Receiver<usize>>,
    sender: &Sender<Message>,
) {
    loop {
        let next = take_up.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(place) = next else { return };
        let Some(step) = plan.steps.get(place) else { return };
        let start = Instant::now();
        let interrupted = progress.interrupted.contains(&*step.id);
        // A defect of ours in one step must not leave the run waiting for ever.
        let carried = catch_unwind(AssertUnwindSafe(|| worker.carry_out(step, interrupted)));
        let outcome = carried.unwrap_or_else(|_| StepOutcome::Failed(defect()));
        let _ = sender.send(Message::Ended { place, outcome, took: start.elapsed() });
    }
}

fn defect() -> StepFailure {
    StepFailure {
        during: "carry out the step".to_owned(),
        command: String::new(),
        ended: "a defect in mdc".to_owned(),
        output: Vec::new(),
        hint:
            "see what the host says, then apply again: the step is observed before it is repeated"
                .to_owned(),
    }
}

struct Coordinator<'a, 'b> {
    plan: &'a Plan,
    /// How far earlier attempts came.
    progress: &'a Progress,
    journal: &'b mut Journal,
    schedule: Schedule<'a>,
    /// Workers without a step.
    free: usize,
    ending: Ending,
    listen: &'b mut dyn FnMut(Option<Event>),
}

impl Coordinator<'_, '_> {
    fn work(
        &mut self,
        hand_out: &Sender<usize>,
        receiver: &Receiver<Message>,
    ) -> Result<(), JournalError> {
        let mut begun = self.begin_ready(hand_out);
        while !self.schedule.running().is_empty() {
            match receiver.recv_timeout(TICK) {
                Ok(Message::Happened(event)) => (self.listen)(Some(event)),
                Ok(Message::Stop(why)) => self.stop(why),
                Ok(Message::Ended { place, outcome, took }) => {
                    // What ended is taken in whatever else is wrong, and only then is the first
                    // problem of the journal reported.
                    begun = begun.and(self.ended(place, outcome, took));
                    if begun.is_ok() {
                        begun = self.begin_ready(hand_out);
                    }
                }
                Err(RecvTimeoutError::Timeout) => (self.listen)(None),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        begun
    }

    fn begin_ready(&mut self, hand_out: &Sender<usize>) -> Result<(), JournalError> {
        while self.free > 0 && self.ending.stopped.is_none() {
            let Some(place) = self.schedule.take() else { break };
            let Some(step) = self.plan.steps.get(place) else { break };
            let intent = self.journal.append(Entry::Intent {
                step: step.id.to_string(),
                attempt: self.progress.next_attempt(&step.id),
            });
            if intent.is_err() || hand_out.send(place).is_err() {
                self.schedule.ended(place, false);
                return intent;
            }
            self.free -= 1;
            (self.listen)(Some(Event::StepStarted { step: step.id.to_string() }));
        }
        Ok(())
    }

    fn ended(
        &mut self,
        place: usize,
        outcome: StepOutcome,
        took: Duration,
    ) -> Result<(), JournalError> {
        self.free += 1;
        let Some(step) = self.plan.steps.get(place) else { return Ok(()) };
        let period = Period::millis(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        self.schedule.ended(place, outcome.is_done());
        self.ending.outcomes.insert(step.id.to_string(), (outcome.clone(), period));
        let recorded = self.journal.append(Entry::Result {
            step: step.id.to_string(),
            outcome: outcome.clone(),
            took: period,
        });
        (self.listen)(Some(Event::StepFinished { step: step.id.to_string(), outcome, took }));
        recorded
    }

    fn stop(&mut self, why: String) {
        (self.listen)(Some(Event::Stopping {
            reason: why.clone(),
            running: self.schedule.running(),
        }));
        self.ending.stopped = Some(why);
    }
}
