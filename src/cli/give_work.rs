//! Instances that a run has kept from new work, and that nobody goes on with.

use std::collections::BTreeSet;

use super::console::Console;
use super::hold::Hold;
use super::problem::Problem;
use super::site::Site;
use crate::apply::{Hosts, WithoutWork, without_work};
use crate::diagnostic::Code;
use crate::plan::{Plan, Step};
use crate::report::status::Isolated;
use crate::state::{
    Entry, FailureKind, Progress, Run, StateError, StepFailure, StepOutcome, Store, given_work,
};
use crate::transport::Task;
use crate::value::Period;

/// One that could not be given its work back.
struct Left {
    /// It, and where.
    what: String,
    step: String,
    why: String,
    /// What to run there by hand.
    by_hand: String,
    /// Whether the manifest still has its host.
    is_here: bool,
}

impl Left {
    fn of(one: &WithoutWork<'_>, (why, is_here): (String, bool)) -> Self {
        let step = one.step;
        Self {
            what: format!("{} on {}", step.component, step.host),
            step: step.id.to_string(),
            why,
            by_hand: format!("on {}, as root: `{}`", step.host, one.command.run),
            is_here,
        }
    }

    fn warn(&self, run: &str, console: &Console) {
        let Self { what, why, by_hand, .. } = self;
        let what = format!(
            "{what} may stay without new work, which the run {run} kept from it: {why}; to give it work again, \
             run {by_hand}"
        );
        console.warns(Code::WithoutWork, what);
    }
}

/// Gives every instance its work back that `run` may have left without, before it is given up. Refuses where
/// that can't be done: nobody would do it any more.
pub(super) fn before_giving_up(
    run: &mut Run,
    (site, hold): (&Site, &Hold),
    console: &Console,
) -> Result<(), Problem> {
    let left = give(run, |_| true, (site, hold), console)?;
    let (left, gone): (Vec<Left>, Vec<Left>) = left.into_iter().partition(|one| one.is_here);
    for one in &gone {
        one.warn(&run.id, console);
    }
    let Some(first) = left.first() else { return Ok(()) };
    let all: Vec<String> = left.iter().map(|one| format!("{} ({})", one.what, one.why)).collect();
    let by_hand: Vec<&str> = left.iter().map(|one| &*one.by_hand).collect();
    Err(Problem::new(
        Code::Isolated,
        format!(
            "the run {} kept new work from {}, and it can't be given back",
            run.id,
            all.join(", ")
        ),
        format!(
            "the run is not given up; see why, and ask again. By hand it is: {}. Where a host doesn't come back, \
             finish the run without it (`mdc resume --skip {} --because …`), or take it out of the manifest",
            by_hand.join("; "),
            first.step
        ),
    ))
}

/// Gives every instance its work back whose step of `run` is left out, and says where that can't be done: the
/// step is still owed.
pub(super) fn to_left_out(
    run: &mut Run,
    (site, hold): (&Site, &Hold),
    console: &Console,
) -> Result<(), Problem> {
    let skipped: BTreeSet<String> = run.progress.skipped.keys().cloned().collect();
    let left = give(run, |step| skipped.contains(step), (site, hold), console)?;
    for one in &left {
        one.warn(&run.id, console);
    }
    Ok(())
}

/// Gives every instance its work back that `run` may have left without, and that no step of `back` gives it to:
/// what has no way back may have been isolated all the same. Returns whether all have it; says where that can't
/// be done: nobody would do it any more.
pub(super) fn not_taken_back(
    run: &mut Run,
    back: &[&Step],
    (site, hold): (&Site, &Hold),
    console: &Console,
) -> Result<bool, Problem> {
    let restores = |step: &&&Step| {
        step.commands.iter().any(|command| matches!(command.task, Task::Restore { .. }))
    };
    let given: BTreeSet<_> =
        back.iter().filter(restores).map(|step| (&step.host, &step.component)).collect();
    let is_in_back = |own: &&Step| given.contains(&(&own.host, &own.component));
    let steps = run.plan.steps.iter().filter(is_in_back);
    let in_back: BTreeSet<String> = steps.map(|step| step.id.to_string()).collect();
    let left = give(run, |step| !in_back.contains(step), (site, hold), console)?;
    for one in &left {
        one.warn(&run.id, console);
    }
    Ok(left.is_empty())
}

fn give(
    run: &mut Run,
    chosen: impl Fn(&str) -> bool,
    (site, hold): (&Site, &Hold),
    console: &Console,
) -> Result<Vec<Left>, Problem> {
    let (there, gone): (Vec<_>, Vec<_>) = without_work(&run.plan, &run.progress)
        .into_iter()
        .filter(|one| chosen(&one.step.id))
        .partition(|one| site.desired.hosts.contains_key(&one.step.host));
    let no_host = || "the manifest has no such host any more".to_owned();
    let mut left: Vec<Left> = gone.iter().map(|one| Left::of(one, (no_host(), false))).collect();
    let mut entries = Vec::new();
    let dial = site.dial();
    let hosts = Hosts { dial: &dial, tenure: hold.tenure(), at_once: site.at_once };
    hosts.give_work(&run.id, &there, &mut |one, given| match given {
        Ok(()) => {
            let (component, host) = (&one.step.component, &one.step.host);
            console.say(&format!(
                "{component} on {host} gets new work again, which the run {} had kept from it.",
                run.id
            ));
            let is_open = run.progress.interrupted.contains(&*one.step.id);
            entries.extend(told(&one, is_open));
        }
        Err(why) => left.push(Left::of(&one, (why, true))),
    });
    for entry in entries {
        run.record(entry).map_err(StateError::from)?;
    }
    Ok(left)
}

/// What is recorded. An attempt that was cut off is over by it: who does the step later keeps new work from the
/// instance anew, instead of finding that done.
fn told(one: &WithoutWork<'_>, is_open: bool) -> Vec<Entry> {
    let step = one.step.id.to_string();
    let said = Box::default();
    let noted = Entry::Noted { step: step.clone(), what: given_work(one.attempt), said };
    let failure = StepFailure {
        kind: FailureKind::Cancelled,
        during: one.command.task.in_words(),
        command: one.command.run.clone(),
        ended: "it was cut off, and nobody went on with it: it got new work again".to_owned(),
        output: Box::default(),
        hint: "a new plan begins from what the host shows".to_owned(),
    };
    let outcome = StepOutcome::Failed(failure);
    let over = Entry::Result { step, outcome, took: Period::seconds(0) };
    std::iter::once(noted).chain(is_open.then_some(over)).collect()
}

/// Which instances the run `id`, the newest one, may have left without work.
pub(super) fn isolated(store: &dyn Store, id: &str) -> Result<Vec<Isolated>, StateError> {
    let plan: Plan = store.plan(id)?;
    let mut progress = Progress::default();
    store.read(id, &mut |record| progress.take(&record.entry))?;
    let isolated = |one: &WithoutWork<'_>| Isolated {
        host: one.step.host.clone(),
        component: one.step.component.clone(),
        run: id.to_owned(),
        restore: one.command.run.clone(),
    };
    Ok(without_work(&plan, &progress).iter().map(isolated).collect())
}

/// Says which instances may be without work, and what gives it to them.
pub(super) fn say(isolated: &[Isolated], site: &Site, console: &Console) {
    for Isolated { host, component, run, restore } in isolated {
        let what = format!(
            "{component} on {host} may be isolated: the run {run} kept new work from it, and did not give it back. \
             `mdc resume {manifest}` goes on with it, `mdc apply {manifest} --give-up REASON` gives it its work \
             back; by hand: on {host}, as root: `{restore}`",
            manifest = site.path
        );
        console.warns(Code::WithoutWork, what);
    }
}
