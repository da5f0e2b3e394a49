//! Hosts, reached in spite of short cuts: everything that is asked of a host here may be asked
//! again, since a job is found by its id and looking changes nothing.

use std::time::{Duration, Instant};

use super::connections::Connections;
use super::event::Event;
use super::halt::Halt;
use crate::address::HostName;
use crate::transport::{Connection, Failure, Problem};

/// The first pause before a host is tried again; each one after it is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause: a host that comes back is not left waiting for long.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How long a connection has to work before its next end counts as another cut. Longer than a silent
/// one is kept.
const LASTING: Duration = Duration::from_mins(1);

/// What there is to know of a way that failed behind a job.
pub(super) const GOES_ON: &str =
    "what was begun on the host goes on there, and is found again when the run is resumed";

/// The ways to all hosts of a run.
pub(super) struct Reach<'a> {
    pub(super) connections: Connections<'a>,
    /// For how long a host that can't be reached is tried again.
    pub(super) patience: Duration,
    pub(super) halt: &'a Halt,
    pub(super) tell: &'a (dyn Fn(Event) + Sync),
}

impl Reach<'_> {
    /// Does `work` with the connection to `host`, for `step`; again and again while the way to the
    /// host is cut, as long as the run is patient.
    pub(super) fn with<T>(
        &self,
        step: &str,
        host: &HostName,
        work: &mut dyn FnMut(&mut dyn Connection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut cut: Option<Instant> = None;
        let mut pause = FIRST_PAUSE;
        loop {
            let mut reached = None;
            let done = self.connections.with(host, |connection| {
                reached = Some(Instant::now());
                work(connection)
            });
            let failure = match done {
                Err(failure) if failure.problem.may_pass() => failure,
                result => {
                    if cut.is_some() && result.is_ok() {
                        (self.tell)(Event::HostBack { step: step.into(), host: host.clone() });
                    }
                    return result;
                }
            };
            // A connection that worked for long and then broke begins a new cut; trying to connect
            // for long doesn't.
            if reached.is_some_and(|at: Instant| at.elapsed() > self.patience.max(LASTING)) {
                (cut, pause) = (None, FIRST_PAUSE);
            }
            let since = *cut.get_or_insert_with(Instant::now);
            let Some(left) = self.patience.checked_sub(since.elapsed()) else {
                return Err(out_of_patience(failure, self.patience));
            };
            (self.tell)(Event::HostLost {
                step: step.into(),
                host: host.clone(),
                problem: failure.problem.to_string(),
                left,
            });
            if self.halt.wait(pause.min(left)) {
                return Err(failure);
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

fn out_of_patience(failure: Failure, patience: Duration) -> Failure {
    let problem = format!("{}; it was tried again for {} s", failure.problem, patience.as_secs());
    let hint = format!("{}; {GOES_ON}", failure.hint);
    Failure { problem: Problem::Unreachable(problem), hint, ..failure }
}
