//! Submits files at their pace on threads of its own, and asks what became of them.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::account::LoadAccount;
use super::ledger::{Fate, Ledger, Span};
use crate::manifest::Load;
use crate::scan::answer::Seen;
use crate::scan::gateway::{Gateway, ToGateway};
use crate::scan::sample::Noise;

/// How often files that are at work are asked for, at first and at least: the older one is, the less
/// often, so that asking is no load of its own. Times are known as exactly as that.
const ASK: Duration = Duration::from_millis(500);
const SELDOM: Duration = Duration::from_secs(5);
const PART_OF_AGE: u32 = 8;
/// Files that are sent at the same time, at least: sending may take longer than the pace allows.
const UPLOADS: u32 = 8;
/// More files than this aren't at work at once: their ids would be all that is held.
const MOST_OPEN: usize = 20_000;

/// A file that was accepted.
struct Open {
    id: String,
    since: Duration,
    /// When something good was heard of it last.
    heard: Duration,
    /// When it is asked for next.
    next: Duration,
}

/// What the threads share.
struct Shared<'a> {
    gateway: &'a Gateway,
    load: &'a Load,
    start: Instant,
    enough: &'a (dyn Fn() -> bool + Sync),
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    ledger: Ledger,
    open: VecDeque<Open>,
    /// Files that are being sent.
    sending: usize,
    /// The run is over: nothing more is submitted.
    over: bool,
    /// Nobody waits for what is still open.
    hurry: bool,
}

/// By this a run tells which steps are at work.
pub struct Meter<'a> {
    shared: Option<&'a Shared<'a>>,
}

impl Meter<'_> {
    /// A step begins.
    pub fn begins(&self, step: &str) {
        if let Some(shared) = self.shared {
            shared.state().ledger.begins(step, shared.start.elapsed());
        }
    }

    /// A step ended.
    pub fn ends(&self, step: &str) {
        if let Some(shared) = self.shared {
            shared.state().ledger.ends(step, shared.start.elapsed());
        }
    }

    /// How many files are still at work.
    #[must_use]
    pub fn open(&self) -> usize {
        self.shared.map_or(0, |shared| {
            let state = shared.state();
            state.open.len() + state.sending
        })
    }

    /// What is still open is not waited for.
    pub fn hurry(&self) {
        if let Some(shared) = self.shared {
            shared.state().hurry = true;
        }
    }
}

/// What a load takes.
pub struct Under<'a> {
    /// What is submitted.
    pub load: &'a Load,
    /// Where to.
    pub gateway: &'a ToGateway<'a>,
    /// Whether nobody waits any more for what is still open when the work is done.
    pub enough: &'a (dyn Fn() -> bool + Sync),
}

/// Does `work` while files are submitted, if `load` says so, and says what came of them. Returns after
/// what was accepted is finished, or lost by the bound of the load.
pub fn under<T>(
    load: Option<&Under<'_>>,
    work: impl FnOnce(&Meter<'_>) -> T,
) -> (T, Option<LoadAccount>) {
    let Some(Under { load, gateway, enough }) = load else {
        return (work(&Meter { shared: None }), None);
    };
    let gateway = match gateway() {
        Ok(gateway) => gateway,
        // Rehearsals report; only the plan's own scans refuse.
        Err(trouble) => {
            let ledger = Ledger::without_gateway(trouble.to_string());
            return (work(&Meter { shared: None }), Some(ledger.account(load)));
        }
    };
    let shared = Shared {
        gateway: &gateway,
        load,
        start: Instant::now(),
        enough,
        state: Mutex::default(),
        changed: Condvar::new(),
    };
    let uploads = load.at_once.max(UPLOADS);
    let (hand_out, take_up) = sync_channel(usize::try_from(uploads).unwrap_or(1));
    let take_up = &Mutex::new(take_up);
    let done = thread::scope(|scope| {
        let shared = &shared;
        // Threads that can't be had make the load smaller, which its report shows.
        let thread = thread::Builder::new;
        for _ in 0..uploads {
            let _ = thread().spawn_scoped(scope, move || shared.upload(take_up));
        }
        let _ = thread().spawn_scoped(scope, move || shared.pace(&hand_out));
        let _ = thread().spawn_scoped(scope, move || shared.ask());
        let _over = Over(shared);
        work(&Meter { shared: Some(shared) })
    });
    let ledger = shared.state.into_inner().unwrap_or_else(PoisonError::into_inner).ledger;
    (done, Some(ledger.account(load)))
}

/// Ends the load also when the work breaks off.
struct Over<'a>(&'a Shared<'a>);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.state().over = true;
        self.0.changed.notify_all();
    }
}

/// A file as it is sent: cut off when the run is over and nobody waits.
struct Sent<'a> {
    noise: Noise,
    shared: &'a Shared<'a>,
}

impl Read for Sent<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let state = self.shared.state();
        if state.over && state.hurry {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        drop(state);
        self.noise.read(into)
    }
}

impl Shared<'_> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for `time`, or until the run is over. Whether it is.
    fn wait(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut state = self.state();
        while !state.over {
            let Some(left) = until.checked_duration_since(Instant::now()) else { break };
            let woken = self.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.over
    }

    /// Hands out the places of files, each at its time.
    fn pace(&self, hand_out: &SyncSender<u64>) {
        let last = self.load.count.map_or(u64::MAX, u64::from);
        let mut next = 0;
        let mut rounds: u32 = 0;
        while next < last {
            for _ in 0..u64::from(self.load.at_once).min(last - next) {
                if let Err(TrySendError::Full(_)) = hand_out.try_send(next) {
                    let now = self.start.elapsed();
                    let life = Span { from: now, to: now };
                    self.state().ledger.count(Fate::HeldUp, life, self.load.slow.duration());
                }
                next += 1;
            }
            rounds = rounds.saturating_add(1);
            let at = self.load.every.duration().saturating_mul(rounds);
            if self.wait(at.saturating_sub(self.start.elapsed())) {
                break;
            }
        }
        let mut state = self.state();
        // With all of them submitted, the time after the last one is nobody's gap.
        if state.over {
            state.ledger.accepted(self.start.elapsed());
        }
    }

    /// An uploader's life: one file after the other until the pacer is gone.
    fn upload(&self, take_up: &Mutex<Receiver<u64>>) {
        loop {
            let next = take_up.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(place) = next else { return };
            {
                let mut state = self.state();
                if state.over {
                    return;
                }
                state.sending += 1;
            }
            self.submit(place);
            self.state().sending -= 1;
        }
    }

    fn submit(&self, place: u64) {
        let since = self.start.elapsed();
        let size = self.load.size.bytes();
        let name = format!("mdc-load-{place}.bin");
        let mut content = Sent { noise: Noise::new(place, size), shared: self };
        let within = self.load.within.duration();
        let sent = self.gateway.submit((&name, size), &mut content, within);
        let now = self.start.elapsed();
        let mut state = self.state();
        let life = Span { from: since, to: now };
        let slow = self.load.slow.duration();
        let Ok(id) = sent else {
            let fate = if state.over && state.hurry { Fate::Open } else { Fate::Refused };
            return state.ledger.count(fate, life, slow);
        };
        state.ledger.accepted(now);
        if state.open.len() < MOST_OPEN {
            state.open.push_back(Open { id, since, heard: now, next: now });
        } else {
            state.ledger.count(Fate::Open, life, slow);
        }
    }

    /// Asks for open files, round by round, until the run is over and none is left.
    fn ask(&self) {
        loop {
            self.round();
            let (idle, over) = {
                let state = self.state();
                (state.open.is_empty() && state.sending == 0, state.over)
            };
            if over {
                if idle {
                    return;
                }
                self.state().hurry |= (self.enough)();
                // The end of the run can't wake it a second time.
                thread::sleep(ASK);
            } else {
                self.wait(ASK);
            }
        }
    }

    fn round(&self) {
        let count = self.state().open.len();
        let mut answers = true;
        for _ in 0..count {
            let Some(mut open) = self.state().open.pop_front() else { return };
            // When nobody answers for one file, nobody does for the next.
            let due = self.start.elapsed() >= open.next;
            let seen = (answers && due).then(|| self.gateway.look(&open.id));
            answers &= !matches!(seen, Some(Err(_)));
            let now = self.start.elapsed();
            if due {
                open.next =
                    now + ((now.saturating_sub(open.since)) / PART_OF_AGE).clamp(ASK, SELDOM);
            }
            let slow = self.load.slow.duration();
            let mut state = self.state();
            let fate = match seen {
                Some(Ok(Seen::Finished(verdict))) if verdict.has_failed() => Some(Fate::Failed),
                Some(Ok(Seen::Finished(_))) => {
                    Some(Fate::Finished { took: now.saturating_sub(open.since) })
                }
                Some(Ok(Seen::At(_))) => {
                    open.heard = now;
                    None
                }
                _ => None,
            };
            let late = now.saturating_sub(open.since) > self.load.within.duration();
            let fate = fate.or_else(|| late.then_some(Fate::Lost));
            match fate.or_else(|| (state.over && state.hurry).then_some(Fate::Open)) {
                // What is lost was lost after the last good word of it: steps that ran later have no
                // part in it.
                Some(fate) => {
                    let to = if fate == Fate::Lost { open.heard } else { now };
                    state.ledger.count(fate, Span { from: open.since, to }, slow);
                }
                None => state.open.push_back(open),
            }
        }
    }
}
