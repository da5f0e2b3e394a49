//! Whether nothing is left to be done anywhere at the same time: all that can tell are asked in one round.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::PoisonError;

use super::gate::left;
use super::hosts::each;
use super::watch::{Look, Watched, first};
use super::worker::{Work, Worker};
use crate::address::HostName;
use crate::plan::HealthyBefore;
use crate::state::{FailureKind, StepFailure};
use crate::transport::{Command, Rounds, Task};

/// How many hosts are asked at the same time.
const AT_ONCE: NonZeroUsize = NonZeroUsize::new(8).unwrap();

/// Those that can tell, by their host.
type Asked<'p> = BTreeMap<&'p HostName, Vec<&'p HealthyBefore>>;

impl Worker<'_> {
    /// Asks all until all of them have nothing left, for as many rounds in a row as are wanted.
    pub(super) fn await_all_idle(
        &self,
        work: &Work<'_>,
        command: &Command,
    ) -> Result<String, StepFailure> {
        let Task::AwaitAllIdle(Rounds { samples, every, give_up, .. }) = &command.task else {
            return Ok(String::new());
        };
        let mut asked = Asked::new();
        let members = self.plan.asked.get(&work.step.id).map_or(&[][..], |it| &it.0);
        // Who is left out is not changed, and has work all the same.
        for one in members {
            asked.entry(&one.host).or_default().push(one);
        }
        let of: usize = asked.values().map(Vec::len).sum();
        let mut in_a_row = 0;
        let watched = self.watch((work, command), give_up.duration(), || {
            let busy = self.busy(&asked);
            in_a_row = if busy.is_empty() { in_a_row + 1 } else { 0 };
            if in_a_row >= *samples {
                return Ok(Look::So(()));
            }
            let seen = if busy.is_empty() {
                format!("nothing is left to do, {in_a_row} of {samples} times")
            } else {
                first(busy, ("; ", "more"))
            };
            Ok(Look::NotYet { seen, again: every.duration(), last: () })
        })?;
        match watched {
            Watched::So(()) => Ok(format!(
                "all {of} that can tell have 0 left to do in the same round, {samples} times in a row"
            )),
            Watched::GivenUp(seen, ()) => Err(StepFailure {
                kind: FailureKind::Late,
                during: command.task.in_words(),
                command: String::new(),
                ended: format!("given up after {give_up}; the last round was: {seen}"),
                output: Box::default(),
                hint: "stop submissions and let the cluster finish what it has, or see why it doesn't; then \
                       `mdc resume`: all are asked again, and nothing of stage 2 was changed"
                    .to_owned(),
            }),
        }
    }

    /// Those that have something left, or don't tell, in words.
    fn busy(&self, asked: &Asked<'_>) -> Vec<String> {
        let hosts: BTreeSet<&HostName> = asked.keys().copied().collect();
        let mut busy = BTreeMap::new();
        let _turn = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        let ask = |host: &HostName| {
            let signals = asked.get(host).map_or(&[][..], Vec::as_slice);
            signals.iter().filter_map(|one| self.has_left(one)).collect::<Vec<String>>()
        };
        each(&hosts, AT_ONCE, ask, |host, said| drop(busy.insert(host, said)));
        busy.into_values().flatten().collect()
    }

    /// What it has left; none when it has nothing. One attempt: who can't be asked is not idle.
    fn has_left(&self, one: &HealthyBefore) -> Option<String> {
        let name = format!("{} on {}", one.component, one.host);
        one.check.iter().find_map(|command| {
            if let Task::AwaitHistory(counted) = &command.task {
                return match self.in_progress(counted) {
                    Ok(0) => None,
                    Ok(left) => Some(format!("{left} scans are in progress")),
                    Err(said) => Some(format!("nobody tells what is in progress: {said}")),
                };
            }
            let done = self.reach.connections.with(&one.host, |host| host.run(command, None));
            match done.map_err(|failure| failure.problem.to_string()).and_then(|it| left(&it)) {
                Ok(0) => None,
                Ok(left) => Some(format!("{name} has {left} left to do")),
                Err(said) => Some(format!("{name} tells no number: {said}")),
            }
        })
    }
}
