//! Gates that count who is healthy, of a component or of those that need one: everybody is asked on the own
//! host, several at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::PoisonError;
use std::time::Duration;

use super::hosts::each;
use super::telling::lines;
use super::watch::{Look, Watched, first};
use super::worker::{Work, Worker};
use crate::address::HostName;
use crate::diff::Action;
use crate::plan::HealthyBefore;
use crate::state::{FailureKind, StepFailure};
use crate::transport::{Command, Task};
use crate::value::Period;

/// How many are asked at the same time.
const AT_ONCE: NonZeroUsize = NonZeroUsize::new(8).unwrap();
/// Between two rounds.
const PAUSE: Duration = Duration::from_secs(2);

/// Those that aren't healthy, each with what was said instead.
type Unhealthy<'p> = BTreeMap<&'p HostName, String>;

impl Worker<'_> {
    /// Asks until enough are healthy.
    pub(super) fn await_healthy(
        &self,
        work: &Work<'_>,
        command: &Command,
    ) -> Result<String, StepFailure> {
        let Task::AwaitHealthy { component, at_least, of, without, give_up } = &command.task else {
            return Ok(String::new());
        };
        let members = self.plan.members.get(component.as_str()).map_or(&[][..], |it| &it.0);
        let mut asked: BTreeMap<&HostName, &HealthyBefore> = members
            .iter()
            .filter(|member| !without.contains(&member.host))
            .map(|member| (&member.host, member))
            .collect();
        let (mut least, mut of) = (*at_least, *of);
        if work.step.action != Action::KeepHealthy {
            // What somebody has left out for a reason is not waited for.
            let all = asked.len();
            asked.retain(|_, member| !self.left_out.leaves(&member.host, &member.component));
            let left_out = all - asked.len();
            // One at least: those that may fail are not all that are left.
            (least, of) = (least.saturating_sub(left_out).max(1), of.saturating_sub(left_out));
        }
        if of == 0 {
            return Ok(format!("nobody is asked: all {component} are left out"));
        }
        let watched = self.watch((work, command), give_up.duration(), || {
            let unhealthy = self.unhealthy(&asked);
            let healthy = asked.len() - unhealthy.len();
            let seen = seen((healthy, of), component, &unhealthy);
            if healthy >= least {
                return Ok(Look::So(seen));
            }
            Ok(Look::NotYet { seen, again: PAUSE, last: () })
        })?;
        match watched {
            Watched::So(seen) => Ok(seen),
            Watched::GivenUp(seen, ()) => Err(too_few(work, command, (*give_up, seen))),
        }
    }

    fn unhealthy<'p>(&self, asked: &BTreeMap<&'p HostName, &'p HealthyBefore>) -> Unhealthy<'p> {
        let hosts: BTreeSet<&'p HostName> = asked.keys().copied().collect();
        let mut unhealthy = Unhealthy::new();
        // There may be as many gates as components: one of them asks at a time.
        let _turn = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        let ask =
            |host: &HostName| asked.get(host).map_or(Ok(()), |member| self.is_healthy(member));
        each(&hosts, AT_ONCE, ask, |host, said| {
            if let Err(said) = said {
                unhealthy.insert(host, said);
            }
        });
        unhealthy
    }

    /// One attempt: a host that can't be reached doesn't count as healthy.
    fn is_healthy(&self, member: &HealthyBefore) -> Result<(), String> {
        for command in member.check.iter() {
            let done = self.reach.connections.with(&member.host, |host| host.run(command, None));
            let output = done.map_err(|failure| failure.problem.to_string())?;
            if !output.end.is_success() {
                let said = lines(&output.stdout).into_iter().chain(lines(&output.stderr)).next();
                return Err(said.unwrap_or_else(|| output.end.to_string()));
            }
        }
        Ok(())
    }
}

fn seen((healthy, of): (usize, usize), component: &str, unhealthy: &Unhealthy<'_>) -> String {
    let names = unhealthy.iter().map(|(host, said)| format!("{host} ({said})"));
    let names = first(names, (", ", "more"));
    let not = if names.is_empty() { "" } else { "; not " };
    format!("{healthy} of {of} {component} are healthy{not}{names}")
}

fn too_few(work: &Work<'_>, command: &Command, (give_up, seen): (Period, String)) -> StepFailure {
    let (changed, step) = (&work.step.component, &work.step.id);
    let hint = match (&command.task, work.step.action) {
        (Task::AwaitHealthy { component, .. }, Action::Reach) => format!(
            "{changed} was changed right before this, and is healthy on its own host; {component} needs it, and \
             was healthy before: see there why it isn't any more (`mdc status`) and mend that, or take the \
             change back where it has a way back (`mdc rollback`); nothing else of stage 2 is changed until \
             then. Once it is healthy: `mdc resume`: it is asked again. To go on without: `mdc resume --skip \
             {step} --because …`"
        ),
        _ => format!(
            "see why they aren't healthy (`mdc status`), mend {changed} there; then `mdc resume`: it is asked \
             again, and nothing was changed by this"
        ),
    };
    StepFailure {
        kind: FailureKind::Late,
        during: command.task.in_words(),
        command: String::new(),
        ended: format!("given up after {give_up}: {seen}"),
        output: Box::default(),
        hint,
    }
}
