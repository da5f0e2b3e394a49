//! A run, from its first entry in the journal to its last.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use jiff::Timestamp;

use super::cancel::Jobs;
use super::center::Console;
use super::connections::{Connections, Dial};
use super::control::{Inbox, Message};
use super::coordinator::{Coordinator, Handed};
use super::copies::{self, Copied};
use super::copying::Copying;
use super::ending::Ending;
use super::event::Event;
use super::failures::Failures;
use super::halt::Halt;
use super::hosts::Hosts;
use super::keep::Notes;
use super::left_out::LeftOut;
use super::notice::{Notices, Telling};
use super::reach::Reach;
use super::scan::Scans;
use super::schedule::Schedule;
use super::worker::Worker;
use crate::catalog::Stage;
use crate::center::Center;
use crate::cores::Cores;
use crate::diff::Action;
use crate::plan::{Plan, Step};
use crate::scan::{ToGateway, ToHistory};
use crate::state::{Entry, FailureKind, JournalError, Progress, Run, StepFailure, StepOutcome};
use crate::transport::Tenure;

/// A worker's stack: the SSH library and TLS need far less.
const STACK: usize = 1 << 20;

/// What carrying out a plan takes besides the run itself.
pub struct Apply<'a> {
    /// Makes connections.
    pub dial: &'a Dial<'a>,
    /// The folder that package files are relative to.
    pub packages: &'a Utf8Path,
    /// How many bytes and files of packages may be on their way at once.
    pub in_flight: (u64, u64),
    /// How many steps may run at once.
    pub at_once: NonZeroUsize,
    /// The lease under which hosts are changed.
    pub tenure: &'a Tenure,
    /// For how long a host that can't be reached is tried again.
    pub patience: Duration,
    /// What of the run is copied to hosts of the cluster, and to which.
    pub copied: &'a Copied,
    /// What people have confirmed: by component, who did.
    pub confirmed: &'a BTreeMap<String, String>,
    /// The way to the API Gateway, for test scans.
    pub gateway: &'a ToGateway<'a>,
    /// The way to what counts the scans in progress.
    pub history: &'a ToHistory<'a>,
    /// The way to Control Center, when components are changed by it.
    pub center: Option<&'a Center<'a>>,
    /// The ways to standalone MD Core instances, when there are any.
    pub cores: Option<&'a Cores>,
    /// How people are told.
    pub telling: &'a Telling<'a>,
    /// What time it is, for windows.
    pub clock: &'a (dyn Fn() -> Timestamp + Sync),
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
    let ending = thread::scope(|scope| {
        copies::begin(scope, (apply.dial, apply.tenure), (&mut *run, apply.copied), &inbox.sender);
        let ending = recorded(apply, run, inbox, listen);
        copies::end(run);
        ending
    })?;
    if run.plan.steps.iter().all(|step| ending.is_done(&step.id)) {
        let hosts = Hosts { dial: apply.dial, tenure: apply.tenure, at_once: apply.at_once };
        hosts.leave_nothing(run, apply.copied.hosts.iter(), &mut |host, why| {
            listen(Some(Event::LeftBehind { host: host.clone(), why }));
        });
    }
    listen(Some(Event::RunFinished));
    Ok(ending)
}

fn recorded(
    apply: &Apply<'_>,
    run: &mut Run,
    inbox: Inbox,
    listen: &mut dyn FnMut(Option<Event>),
) -> Result<Ending, JournalError> {
    run.journal.append(Entry::Started {
        seal: run.plan.seal,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        fence: run.fence,
        controller: run.controller.clone(),
    })?;
    listen(Some(Event::RunStarted {
        run: run.id.clone(),
        steps: run.plan.steps.len(),
        finished: finished(&run.plan, &run.progress),
    }));
    let mut ending = attempt(apply, run, inbox, listen)?;
    let notices = Notices::new(apply.telling, (&run.id, &run.plan), &run.progress);
    for told in notices.of_ending(&ending) {
        run.journal.append(Entry::Told { told: Box::new(told.clone()) })?;
        listen(Some(Event::Told { told: told.clone() }));
        ending.told.push(told);
    }
    let left = ending.left(&run.plan);
    let stopped = (left > 0)
        .then(|| ending.stopped.clone().unwrap_or_else(|| format!("{left} steps are left")));
    run.progress.over = stopped.is_none();
    run.journal.append(Entry::Ended { stopped })?;
    Ok(ending)
}

fn attempt(
    apply: &Apply<'_>,
    run: &mut Run,
    inbox: Inbox,
    listen: &mut dyn FnMut(Option<Event>),
) -> Result<Ending, JournalError> {
    let Run { id, plan, journal, progress, .. } = run;
    let (plan, progress): (&Plan, &Progress) = (plan, progress);
    let Inbox { sender, receiver } = inbox;
    let jobs = Jobs::new(apply.dial, apply.tenure, id);
    let tell = |event| {
        let _ = sender.send(Message::Happened(event));
    };
    let halt = Halt::default();
    let connections = Connections::new(apply.dial);
    let reach = Reach { connections, patience: apply.patience, halt: &halt, tell: &tell };
    let worker = Worker {
        reach: &reach,
        copying: &Copying::new(apply.packages, apply.in_flight),
        jobs: &jobs,
        plan,
        asking: Mutex::default(),
        left_out: LeftOut::of(plan, progress),
        confirmed: apply.confirmed,
        scans: &Scans::new((apply.gateway, apply.history), plan, progress),
        notes: &Notes::new(progress, sender.clone()),
        console: &Console::new(apply.center),
        cores: apply.cores,
        notices: &Notices::new(apply.telling, (id, plan), progress),
    };
    let (hand_out, take_up) = channel::<Handed>();
    let take_up = Mutex::new(take_up);
    let result = thread::scope(|scope| {
        let spawn = |_: &usize| {
            let (worker, take_up, sender) = (&worker, &take_up, sender.clone());
            let life = move || work(worker, plan, take_up, &sender);
            thread::Builder::new().stack_size(STACK).spawn_scoped(scope, life).is_ok()
        };
        let mut cancel = |step: &Step| {
            let (jobs, step) = (&jobs, step.clone());
            let end = move || jobs.cancel(&step);
            // Without a thread the worker waits for the job's own end.
            let _ = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, end);
        };
        let wanted = 0..apply.at_once.get().min(plan.steps.len());
        let mut coordinator = Coordinator {
            plan,
            progress,
            journal,
            schedule: schedule(plan, progress),
            failures: Failures::new(plan),
            // Fewer threads than asked for: these do the work.
            free: wanted.take_while(spawn).count(),
            paused: false,
            attempts: BTreeMap::new(),
            ending: Ending::so_far(progress),
            hand_out,
            clock: apply.clock,
            halt: &halt,
            cancel: &mut cancel,
            listen,
        };
        let result = coordinator.work(&receiver);
        // Dropping the coordinator drops the way to the workers, who end.
        result.map(|()| coordinator.ending)
    });
    worker.console.log_out();
    result
}

/// How many steps are done for good: gates that are passed again are counted then.
fn finished(plan: &Plan, progress: &Progress) -> usize {
    let over = over(plan, progress, &broken(plan, progress));
    over.iter().filter(|step| progress.done.contains(**step)).count()
}

/// What is to be begun, and in which order.
fn schedule<'p>(plan: &'p Plan, progress: &Progress) -> Schedule<'p> {
    let broken = broken(plan, progress);
    Schedule::new(&plan.steps, &over(plan, progress, &broken), &broken)
}

/// The steps that are not to be begun. Gates are passed again as long as something that nobody has begun
/// waits right behind them, and those at the end as long as anything waits: what they saw was so at its time.
/// What scans came to before any change can't be seen again, and who was told isn't told again.
fn over<'p>(plan: &'p Plan, progress: &Progress, broken: &BTreeSet<&'p str>) -> BTreeSet<&'p str> {
    let is_over =
        |step: &Step| progress.done.contains(&*step.id) || progress.skipped.contains_key(&*step.id);
    let waiting: Vec<&Step> =
        plan.steps.iter().filter(|step| !step.action.is_gate() && !is_over(step)).collect();
    let before = |waiting: &mut dyn Iterator<Item = &&'p Step>| -> BTreeSet<&'p str> {
        waiting.flat_map(|step| step.after.iter().map(|id| &**id)).collect()
    };
    let guarding = before(&mut waiting.iter().filter(|step| !broken.contains(&*step.id)));
    // A batch that was begun is gone: to finish it is what brings it back.
    let untouched = before(&mut waiting.iter().filter(|step| progress.is_untouched(&step.id)));
    let has_begun =
        plan.steps.iter().any(|step| step.is_change() && !progress.is_untouched(&step.id));
    let again = |step: &Step| match step.action {
        Action::ScanBefore | Action::MarkLogs | Action::Yield => false,
        action if action.tells() => false,
        Action::Verify | Action::ScanAfter | Action::ReadLogs => !waiting.is_empty(),
        // Once something is changed, to go on is better than to stay between two releases.
        Action::ProveBackup if step.stage == Stage::Live => !has_begun,
        Action::KeepHealthy => untouched.contains(&*step.id),
        action => action.is_gate() && guarding.contains(&*step.id),
    };
    let is_over_for_good =
        |step: &&Step| progress.skipped.contains_key(&*step.id) || (is_over(step) && !again(step));
    plan.steps.iter().filter(is_over_for_good).map(|step| &*step.id).collect()
}

/// The changes of stage 2 that may have been left half-way.
fn broken<'p>(plan: &'p Plan, progress: &Progress) -> BTreeSet<&'p str> {
    let changes =
        plan.steps.iter().filter(|step| step.stage == Stage::Critical && step.is_change());
    changes.map(|step| &*step.id).filter(|id| progress.is_half_way(id)).collect()
}

/// A worker's life: one step after the other until none is handed out any more.
fn work(
    worker: &Worker<'_>,
    plan: &Plan,
    take_up: &Mutex<Receiver<Handed>>,
    sender: &Sender<Message>,
) {
    loop {
        let next = take_up.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((place, attempt)) = next else { return };
        let Some(step) = plan.steps.get(place) else { return };
        let start = Instant::now();
        worker.console.before(step);
        // A defect of ours in one step must not leave the run waiting for ever.
        let carried = catch_unwind(AssertUnwindSafe(|| worker.carry_out(step, attempt)));
        let outcome = carried.unwrap_or_else(|_| StepOutcome::Failed(defect()));
        worker.notices.hear(step, &outcome);
        worker.console.hear(step);
        worker.jobs.over(&step.id);
        let _ = sender.send(Message::Ended { place, outcome, took: start.elapsed() });
    }
}

fn defect() -> StepFailure {
    StepFailure {
        kind: FailureKind::Here,
        during: "carry out the step".to_owned(),
        command: String::new(),
        ended: "a defect in mdc".to_owned(),
        output: Box::default(),
        hint:
            "see what the host says, then apply again: the step is observed before it is repeated"
                .to_owned(),
    }
}
