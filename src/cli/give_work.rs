//! Gives work to instances that a run has kept from it, and that nobody goes on with.

use std::collections::{BTreeMap, BTreeSet};

use super::console::Console;
use super::hold::Hold;
use super::isolated::{Recorded, restoring, unread};
use super::problem::Problem;
use super::records;
use super::site::Site;
use crate::apply::{Hosts, WithoutWork, without_work};
use crate::diagnostic::Code;
use crate::state::{Entry, FailureKind, Run, StateError, StepFailure, StepOutcome, given_work};
use crate::value::Period;

/// One that could not be given its work back.
struct Left {
    /// The run that kept new work from it.
    run: String,
    /// It, and where.
    what: String,
    /// The step of the unfinished run that would give it work.
    step: Option<String>,
    why: String,
    /// What to run there by hand.
    by_hand: String,
    /// Whether the manifest still has its host.
    is_here: bool,
}

impl Left {
    fn of(run: &str, refused: Refused<'_>, step: Option<String>) -> Self {
        let Refused { one: WithoutWork { step: own, command, .. }, why, is_here } = refused;
        Self {
            run: run.to_owned(),
            what: format!("{} on {}", own.component, own.host),
            step,
            why,
            by_hand: format!("on {}, as root: `{}`", own.host, command.run),
            is_here,
        }
    }

    fn warn(&self, console: &Console) {
        let Self { run, what, why, by_hand, .. } = self;
        let what = format!(
            "{what} may stay without new work, which the run {run} kept from it: {why}; to give it work again, \
             run {by_hand}"
        );
        console.warns(Code::WithoutWork, what);
    }
}

/// Gives every instance its work back that `run`, or the one that it takes back, may have left without, before
/// it is given up. Refuses where that can't be done: nobody would do it any more.
pub(super) fn before_giving_up(
    run: &mut Run,
    (site, hold): (&Site, &Hold),
    console: &Console,
) -> Result<(), Problem> {
    let former = Recorded::taken_back(&run.plan, &*hold.store, console)?;
    let mut left = give(run, |_| true, (site, hold), console)?;
    if let Some(former) = &former {
        let those = former.not_given_by(&run.plan, &run.progress);
        left.extend(give_for((former, those), run, (site, hold), console)?);
    }
    let (left, gone): (Vec<Left>, Vec<Left>) = left.into_iter().partition(|one| one.is_here);
    for one in &gone {
        one.warn(console);
    }
    if left.is_empty() { Ok(()) } else { Err(refused(&left)) }
}

/// Why a run is not given up that has left those without work.
fn refused(left: &[Left]) -> Problem {
    let mut by_run: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for Left { run, what, why, .. } in left {
        by_run.entry(run).or_default().push(format!("{what} ({why})"));
    }
    let kept = by_run
        .iter()
        .map(|(run, those)| format!("the run {run} kept new work from {}", those.join(", ")));
    let kept: Vec<String> = kept.collect();
    let by_hand: Vec<&str> = left.iter().map(|one| &*one.by_hand).collect();
    let without = left.iter().find_map(|one| one.step.as_ref());
    let without = without.map_or_else(
        || "finish the run (`mdc resume`)".to_owned(),
        |step| format!("finish the run without it (`mdc resume --skip {step} --because …`)"),
    );
    Problem::new(
        Code::Isolated,
        format!("{}, and it can't be given back", kept.join("; ")),
        format!(
            "the run is not given up; see why, and ask again. By hand it is: {}. Where a host doesn't come back, \
             {without}, or take it out of the manifest",
            by_hand.join("; ")
        ),
    )
}

/// Gives every instance its work back whose step of `run` is left out, and, where `run` takes another one back,
/// what that one may have left without and no step gives it to: what has no way back may have been isolated all
/// the same. Returns whether all have it, and says where that can't be done.
pub(super) fn to_left_out(
    run: &mut Run,
    (site, hold): (&Site, &Hold),
    console: &Console,
) -> Result<bool, Problem> {
    let skipped: BTreeSet<String> = run.progress.skipped.keys().cloned().collect();
    let mut left = give(run, |step| skipped.contains(step), (site, hold), console)?;
    let former = Recorded::taken_back(&run.plan, &*hold.store, console);
    let is_known = former.is_ok();
    match former {
        Ok(Some(former)) => {
            let those = former.left_out_by(&run.plan, &run.progress);
            left.extend(give_for((&former, those), run, (site, hold), console)?);
        }
        Ok(None) => {}
        // What is left of the run can be done without it.
        Err(why) => unread(run.plan.purpose.rolls_back().unwrap_or_default(), &why, console),
    }
    for one in &left {
        one.warn(console);
    }
    Ok(is_known && left.is_empty())
}

/// Gives every instance its work back that `run` may have left without, where nothing of it can be taken back.
/// Returns whether all have it, and says where that can't be done.
pub(super) fn to_all(
    run: &mut Run,
    (site, hold): (&Site, &Hold),
    console: &Console,
) -> Result<bool, Problem> {
    let left = give(run, |_| true, (site, hold), console)?;
    for one in &left {
        one.warn(console);
    }
    Ok(left.is_empty())
}

/// Gives the instances of the `chosen` steps of `run` their work back; those that can't be given it.
fn give(
    run: &mut Run,
    chosen: impl Fn(&str) -> bool,
    (site, hold): (&Site, &Hold),
    console: &Console,
) -> Result<Vec<Left>, Problem> {
    let mut those = without_work(&run.plan, &run.progress);
    those.retain(|one| chosen(&one.step.id));
    let Answers { given, refused } = ask(&run.id, those, (site, hold), console);
    let is_open = |one: &WithoutWork<'_>| run.progress.interrupted.contains(&*one.step.id);
    let entries: Vec<Entry> = given.iter().flat_map(|one| told(one, is_open(one))).collect();
    let left = refused.into_iter().map(|refused| {
        let step = refused.one.step.id.to_string();
        Left::of(&run.id, refused, Some(step))
    });
    let left = left.collect();
    for entry in entries {
        run.record(entry).map_err(StateError::from)?;
    }
    Ok(left)
}

/// Gives `those` of the run their work back that `run` takes back; those that can't be given it. It is recorded
/// with `run`: nobody adds to the record of a run that is over.
fn give_for(
    (former, those): (&Recorded, Vec<WithoutWork<'_>>),
    run: &mut Run,
    (site, hold): (&Site, &Hold),
    console: &Console,
) -> Result<Vec<Left>, Problem> {
    let Answers { given, refused } = ask(&former.id, those, (site, hold), console);
    for one in &given {
        run.record(noted(one)).map_err(StateError::from)?;
    }
    let hosts = given.iter().map(|one| &one.step.host).collect();
    records::forget(&former.id, &hosts, (site, hold), console);
    let left = refused.into_iter().map(|refused| {
        let step = restoring(&run.plan, refused.one.step).next();
        let step = step.map(|step| step.id.to_string());
        Left::of(&former.id, refused, step)
    });
    Ok(left.collect())
}

/// What came of it that hosts were asked to give instances their work back.
#[derive(Default)]
struct Answers<'p> {
    given: Vec<WithoutWork<'p>>,
    refused: Vec<Refused<'p>>,
}

/// An instance that could not be given its work back.
struct Refused<'p> {
    one: WithoutWork<'p>,
    why: String,
    /// Whether the manifest still has its host.
    is_here: bool,
}

/// Gives `those` their work back, which the run `id` has kept from it, and says so.
fn ask<'p>(
    id: &str,
    those: Vec<WithoutWork<'p>>,
    (site, hold): (&Site, &Hold),
    console: &Console,
) -> Answers<'p> {
    let is_here = |one: &WithoutWork<'p>| site.desired.hosts.contains_key(&one.step.host);
    let (there, gone): (Vec<_>, Vec<_>) = those.into_iter().partition(is_here);
    let no_host = || "the manifest has no such host any more".to_owned();
    let mut answers = Answers::default();
    answers.refused.extend(gone.into_iter().map(|one| Refused {
        one,
        why: no_host(),
        is_here: false,
    }));
    let dial = site.dial();
    let hosts = Hosts { dial: &dial, tenure: hold.tenure(), at_once: site.at_once };
    hosts.give_work(id, &there, &mut |one, given| match given {
        Ok(()) => {
            let (component, host) = (&one.step.component, &one.step.host);
            console.say(&format!(
                "{component} on {host} gets new work again, which the run {id} had kept from it."
            ));
            answers.given.push(one);
        }
        Err(why) => answers.refused.push(Refused { one, why, is_here: true }),
    });
    answers
}

fn noted(one: &WithoutWork<'_>) -> Entry {
    let what = given_work(one.attempt);
    Entry::Noted { step: one.step.id.to_string(), what, said: Box::default() }
}

/// What is recorded. An attempt that was cut off is over by it: who does the step later keeps new work from the
/// instance anew, instead of finding that done.
fn told(one: &WithoutWork<'_>, is_open: bool) -> Vec<Entry> {
    let failure = StepFailure {
        kind: FailureKind::Cancelled,
        during: one.command.task.in_words(),
        command: one.command.run.clone(),
        ended: "it was cut off, and nobody went on with it: it got new work again".to_owned(),
        output: Box::default(),
        hint: "a new plan begins from what the host shows".to_owned(),
    };
    let outcome = StepOutcome::Failed(failure);
    let step = one.step.id.to_string();
    let over = Entry::Result { step, outcome, took: Period::seconds(0) };
    std::iter::once(noted(one)).chain(is_open.then_some(over)).collect()
}
