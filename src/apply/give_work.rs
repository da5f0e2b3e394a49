//! Gives instances their work back that a run had kept from it, and that isn't gone on with there.

use std::collections::BTreeSet;

use super::hosts::{Hosts, each};
use super::job;
use crate::address::HostName;
use crate::plan::{Plan, Step};
use crate::state::{Progress, StepFailure};
use crate::transport::{Command, Connection, Order, Task, Verdict};

/// An instance that a step may have left without work.
#[derive(Debug, Clone, Copy)]
pub struct WithoutWork<'p> {
    /// The step.
    pub step: &'p Step,
    /// What gives it work again.
    pub command: &'p Command,
    /// The last attempt at the step.
    pub attempt: u32,
    index: usize,
}

/// The instances that a run of `plan`, which is as far as `progress`, may have left without work.
#[must_use]
pub fn without_work<'p>(plan: &'p Plan, progress: &Progress) -> Vec<WithoutWork<'p>> {
    let of = |step: &'p Step| {
        let mut commands = step.commands.iter().enumerate();
        let restores =
            |(_, command): &(usize, &Command)| matches!(command.task, Task::Restore { .. });
        let (index, command) = commands.find(restores)?;
        let attempt = progress.attempts.get(&*step.id).copied().unwrap_or_default();
        let lacks = progress.may_lack_work(&step.id);
        lacks.then_some(WithoutWork { step, command, attempt, index })
    };
    plan.steps.iter().filter_map(of).collect()
}

impl Hosts<'_> {
    /// Gives `those` of the run their work back, and tells `hear` of each whether it has it, or why not.
    pub fn give_work<'p>(
        &self,
        run: &str,
        those: &[WithoutWork<'p>],
        hear: &mut dyn FnMut(WithoutWork<'p>, Result<(), String>),
    ) {
        let hosts: BTreeSet<&HostName> = those.iter().map(|one| &one.step.host).collect();
        let give = |host: &HostName| -> Vec<(WithoutWork<'p>, Result<(), String>)> {
            let here = those.iter().filter(|one| one.step.host == *host);
            here.map(|one| (*one, self.give(run, one))).collect()
        };
        each(&hosts, self.at_once, give, |_, given| {
            for (one, given) in given {
                hear(one, given);
            }
        });
    }

    fn give(&self, run: &str, one: &WithoutWork<'_>) -> Result<(), String> {
        let mut host =
            (self.dial)(&one.step.host).map_err(|failure| failure.problem.to_string())?;
        self.await_isolation(run, one, host.as_mut())?;
        // Of an attempt of its own: neither the step's own restoring nor an earlier try of this is found again.
        let id = job::id(&one.step.id, one.attempt, one.index);
        let id = format!("{id}-{}", self.tenure.fence);
        let order = Order::Attend { run, job: &id, command: one.command };
        let verdict = host.order(self.tenure, &order);
        let verdict = verdict.map_err(|failure| failure.problem.to_string())?;
        job::end(one.step, one.command, verdict).map(drop).map_err(|failure| said(&failure))
    }

    /// What keeps it from new work may still be at it: work that is given meanwhile is taken again.
    fn await_isolation(
        &self,
        run: &str,
        one: &WithoutWork<'_>,
        host: &mut dyn Connection,
    ) -> Result<(), String> {
        let mut order = |order: &Order<'_>| {
            host.order(self.tenure, order).map_err(|failure| failure.problem.to_string())
        };
        let Verdict::Jobs(begun) = order(&Order::Jobs { run })? else { return Ok(()) };
        let commands = one.step.commands.iter().enumerate();
        let isolates =
            |(_, command): &(usize, &Command)| matches!(command.task, Task::Isolate { .. });
        for (index, command) in commands.filter(isolates) {
            let id = job::id(&one.step.id, one.attempt, index);
            if begun.contains(&id) {
                order(&Order::Attend { run, job: &id, command })?;
            }
        }
        Ok(())
    }
}

fn said(failure: &StepFailure) -> String {
    let words = failure.output.first().map(|line| format!(": {line}")).unwrap_or_default();
    format!("{}{words}", failure.ended)
}
