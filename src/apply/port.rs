//! Whether those that need a component reach it after its change: each host tries, several at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::PoisonError;
use std::time::Duration;

use super::hosts::each;
use super::telling::lines;
use super::watch::{Look, Watched, first};
use super::worker::{Work, Worker};
use crate::address::HostName;
use crate::observe::why_unreachable;
use crate::plan::HealthyBefore;
use crate::state::{FailureKind, StepFailure};
use crate::transport::{Command, End, Output, Task};
use crate::value::Period;

/// How many hosts try at the same time.
const AT_ONCE: NonZeroUsize = NonZeroUsize::new(8).unwrap();
/// Between two rounds.
const PAUSE: Duration = Duration::from_secs(2);

/// Those that don't reach it, each with what it can't reach and why.
#[derive(Default)]
struct Round<'p> {
    cut_off: BTreeMap<&'p HostName, String>,
    /// Those that could not be asked: that says nothing about the way between hosts.
    silent: BTreeSet<&'p str>,
}

impl Round<'_> {
    /// Whether none of `all` could be asked.
    fn says_nothing(&self, all: usize) -> bool {
        all > 0 && self.silent.len() == all
    }
}

/// What one host says.
enum Said {
    Reached,
    CutOff(String),
    Nothing,
}

impl Worker<'_> {
    /// Lets all try until all of them reach it. As long as none of them can be asked nothing is known, and
    /// that is waited for as a host that is cut off is.
    pub(super) fn await_reach(
        &self,
        work: &Work<'_>,
        command: &Command,
    ) -> Result<String, StepFailure> {
        let Task::AwaitReach { component, give_up, .. } = &command.task else {
            return Ok(String::new());
        };
        let members = self.whom(work);
        let patience = self.reach.patience;
        let asked = self.watch((work, command), patience, || {
            let round = self.round(&members);
            if round.says_nothing(members.len()) {
                return Ok(Look::NotYet { seen: nobody(&round), again: PAUSE, last: () });
            }
            Ok(Look::So(round))
        })?;
        let mut first = match asked {
            Watched::So(round) => Some(round),
            Watched::GivenUp(seen, ()) => {
                let patience = Period::seconds(patience.as_secs());
                return Err(unknown(work, command, (patience, seen)));
            }
        };
        let watched = self.watch((work, command), give_up.duration(), || {
            let round = first.take().unwrap_or_else(|| self.round(&members));
            if round.says_nothing(members.len()) {
                return Ok(Look::NotYet { seen: nobody(&round), again: PAUSE, last: true });
            }
            if !round.cut_off.is_empty() {
                return Ok(Look::NotYet { seen: seen(&round), again: PAUSE, last: false });
            }
            let tried = members.len() - round.silent.len();
            let hosts: Vec<&str> = round.silent.iter().copied().collect();
            let silent = match hosts.as_slice() {
                [] => String::new(),
                hosts => format!("; not asked, since they can't be reached: {}", hosts.join(", ")),
            };
            Ok(Look::So(format!(
                "{component} is reached from {tried} of those that need it{silent}"
            )))
        })?;
        match watched {
            Watched::So(said) => Ok(said),
            Watched::GivenUp(seen, true) => Err(unknown(work, command, (*give_up, seen))),
            Watched::GivenUp(seen, false) => Err(cut_off(work, command, (*give_up, seen))),
        }
    }

    fn round<'p>(&self, members: &BTreeMap<&'p HostName, &'p HealthyBefore>) -> Round<'p> {
        let hosts: BTreeSet<&'p HostName> = members.keys().copied().collect();
        let mut round = Round::default();
        let _turn = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        let ask = |host: &HostName| members.get(host).map_or(Said::Reached, |it| self.tries(it));
        each(&hosts, AT_ONCE, ask, |host, said| match said {
            Said::Reached => {}
            Said::CutOff(why) => drop(round.cut_off.insert(host, why)),
            Said::Nothing => drop(round.silent.insert(host.as_str())),
        });
        round
    }

    fn tries(&self, member: &HealthyBefore) -> Said {
        for command in member.check.iter() {
            let done = self.reach.connections.with(&member.host, |host| host.run(command, None));
            let Ok(output) = done else { return Said::Nothing };
            if !output.end.is_success() {
                let what = command.task.in_words();
                let why = why(&output);
                return Said::CutOff(format!(
                    "{} ({}) can't {what}: {why}",
                    member.host, member.component
                ));
            }
        }
        Said::Reached
    }
}

fn why(output: &Output) -> String {
    let status = match output.end {
        End::Exit(status) => status.to_string(),
        End::Signal(_) => "137".to_owned(),
    };
    why_unreachable(&status, &lines(&output.stderr).join(" "))
}

fn seen(round: &Round<'_>) -> String {
    first(round.cut_off.values().cloned(), ("; ", "hosts more"))
}

fn nobody(round: &Round<'_>) -> String {
    let hosts = first(round.silent.iter().map(|host| (*host).to_owned()), (", ", "hosts more"));
    format!("none of those that need it can be asked: {hosts}")
}

/// Nobody knows whether it is reached: that is no reason to take anything back, and none to go on.
fn unknown(work: &Work<'_>, command: &Command, (after, seen): (Period, String)) -> StepFailure {
    let hint = format!(
        "{} is changed and healthy on its own host; make at least one of these hosts reachable from here, \
         then `mdc resume`: they are asked again. To go on without: `mdc resume --skip {} --because …`",
        work.step.component, work.step.id
    );
    StepFailure { hint, ..cut_off(work, command, (after, seen)) }
}

/// The component itself is healthy on its own host: its way back mends nothing here by itself.
fn cut_off(work: &Work<'_>, command: &Command, (give_up, seen): (Period, String)) -> StepFailure {
    StepFailure {
        kind: FailureKind::Late,
        during: command.task.in_words(),
        command: String::new(),
        ended: format!("given up after {give_up}: {seen}"),
        output: Box::default(),
        hint: format!(
            "{} is changed and healthy on its own host; look whether its new configuration listens on that \
             address and not on the host itself alone (`ss -tln` there), whether it lets these hosts in, and \
             for a firewall; then `mdc resume`: it is tried again. To go on without: `mdc resume --skip {} \
             --because …`",
            work.step.component, work.step.id
        ),
    }
}
