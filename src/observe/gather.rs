//! Asks every host, many at once. Whatever goes wrong with one host makes that host unknown and
//! nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::places::Places;
use super::questions::of_host;
use super::{Exchange, HostFacts, HostState, Observed, Unreadable, parse};
use crate::address::HostName;
use crate::desired::Desired;
use crate::transport::{Connection, Failure, Questions, Turns};

/// A way to a host that can ask and nothing else: what reads can't write.
pub trait Ask {
    /// Asks all `questions` in one command and returns what the host printed.
    ///
    /// # Errors
    /// When the answer is not whole.
    fn ask(&mut self, questions: &Questions, within: Duration) -> Result<Vec<u8>, Failure>;
}

impl Ask for Box<dyn Connection> {
    fn ask(&mut self, questions: &Questions, within: Duration) -> Result<Vec<u8>, Failure> {
        self.as_mut().ask(questions, within)
    }
}

/// The controller's clock.
pub type Now<'a> = &'a (dyn Fn() -> Timestamp + Sync);

/// How hard to press.
#[derive(Debug, Clone, Copy)]
pub struct Limits<'t> {
    /// Hosts that are asked at once to begin with: each takes memory, and hosts that are near and quick are
    /// read no sooner by more.
    pub at_once: usize,
    /// Hosts that are asked at once where they are near and take their time.
    pub slow: usize,
    /// Hosts that are asked at once where the network makes wait.
    pub most: usize,
    /// What tells whether it does; none: nobody knows, so that it may.
    pub turns: Option<&'t Turns>,
    /// Time for a host's answer, once connected.
    pub within: Duration,
}

impl Default for Limits<'_> {
    /// 16 hosts at once, 32 where they are slow, and so many far ones that a hundred take as long as the slowest of
    /// them. 30 seconds: three times the longest health probe.
    fn default() -> Self {
        Self { at_once: 16, slow: 32, most: 128, turns: None, within: Duration::from_secs(30) }
    }
}

impl Limits<'_> {
    /// So many hosts at once, wherever they are.
    #[must_use]
    pub fn always(hosts: usize) -> Self {
        Self { at_once: hosts, slow: hosts, most: hosts, ..Self::default() }
    }

    /// No more far hosts at once than slow ones: a host on the way to them bears no more.
    #[must_use]
    pub const fn through_others(self) -> Self {
        Self { most: self.slow, ..self }
    }

    /// How many hosts may be asked at once, and how long nothing is heard before there are more.
    fn now(&self) -> (usize, Duration) {
        match self.turns {
            Some(turns) if !turns.are_long() => (self.slow.min(self.most), OF_SLOW_HOSTS),
            _ => (self.most, OF_FAR_HOSTS),
        }
    }
}

/// Stack of a worker. Only touched pages take memory; name lookups run other people's modules
/// (nsswitch.conf(5)), so there is room for them.
const STACK: usize = 512 << 10;

/// A login and a command take ten turns or so over the network, in which nobody works: when nothing
/// was heard for so long, others may be asked meanwhile.
const OF_FAR_HOSTS: Duration = Duration::from_millis(25);

/// A near host answers in some 30 ms, and in more where many share processors, as in a test bed. Where nothing
/// was heard for so long, hosts wait for something else: a directory of users, a health probe.
const OF_SLOW_HOSTS: Duration = Duration::from_millis(400);

/// Asks one host over an open connection.
///
/// # Errors
/// When the host could not be asked, or its answer makes no sense.
pub fn read(
    connection: &mut impl Ask,
    questions: &Questions,
    within: Duration,
    now: Now<'_>,
) -> Result<HostFacts, Unreadable> {
    let sent = now();
    let answer = connection.ask(questions, within)?;
    parse(&answer, questions, Exchange { sent, received: now() })
}

/// Asks every host of `desired`, `limits.at_once` of them at a time, more as long as they only make wait, and
/// closes each connection when its host has answered. `told` hears of each host when it is done, on the calling
/// thread.
pub fn gather<A: Ask>(
    desired: &Desired,
    limits: Limits<'_>,
    dial: &(dyn Fn(&HostName) -> Result<A, Failure> + Sync),
    now: Now<'_>,
    told: &mut dyn FnMut(&HostName, &HostState),
) -> Observed {
    let waiting = Mutex::new(desired.hosts.keys());
    let places = Places::of(desired);
    let one = |host| {
        caught(|| {
            let questions = of_host(desired, host, &places).ok_or_else(not_desired)?;
            read(&mut dial(host)?, &questions, limits.within, now)
        })
        .map_or_else(HostState::Unknown, HostState::Known)
    };
    // No worker can panic while it holds this lock, so it can't be poisoned.
    let waiting = || waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let next = || waiting().next();
    let work = |done: Sender<_>| {
        while let Some(host) = next() {
            if done.send((host, one(host))).is_err() {
                return;
            }
        }
    };
    let mut observed = Observed::default();
    thread::scope(|scope| {
        let (done, results) = channel();
        let begin = |number: usize, done: &Sender<_>| {
            let begun = (0..number.min(waiting().len())).map(|_| {
                let (worker, done) = (thread::Builder::new().stack_size(STACK), done.clone());
                usize::from(worker.spawn_scoped(scope, || work(done)).is_ok())
            });
            begun.sum::<usize>()
        };
        let mut workers = begin(limits.at_once, &done);
        // None was allowed, or the system has none to give: this thread does the work.
        if workers == 0 {
            work(done.clone());
        }
        let mut heard = |(host, state): (&HostName, HostState)| {
            told(host, &state);
            observed.hosts.insert(host.clone(), state);
        };
        while workers < limits.most && waiting().len() > 0 {
            let (most, patience) = limits.now();
            match results.recv_timeout(patience) {
                Ok(result) => heard(result),
                Err(_) => workers += begin(workers.max(1).min(most.saturating_sub(workers)), &done),
            }
        }
        drop(done);
        results.into_iter().for_each(heard);
    });
    observed
}

/// A mistake of ours while reading one host is that host's trouble, not the end of the reading.
fn caught(read: impl FnOnce() -> Result<HostFacts, Unreadable>) -> Result<HostFacts, Unreadable> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(Unreadable::new(
            "mdc itself failed while it read this host",
            "report this with the message that mdc printed; plans without this host still work",
        ))
    })
}

fn not_desired() -> Unreadable {
    Unreadable::new("the manifest doesn't have this host", "add it to the manifest")
}

impl From<Failure> for Unreadable {
    /// Without the host's name: it stands beside the reason wherever that is shown.
    fn from(failure: Failure) -> Self {
        Self::new(format!("could not {}: {}", failure.during, failure.problem), failure.hint)
    }
}
