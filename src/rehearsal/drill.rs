//! Drills: each step made to fail in turn, on a twin of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use super::adapted::adapted;
use super::carried::{Hold, Manner};
use super::compare::differences;
use super::fault::Fault;
use super::left::{behind, failed, in_words};
use super::{Error, Twin, Whole};
use crate::apply::{Control, Ending, Event};
use crate::evidence::{Back, Drill, Resumed};
use crate::observe::Observed;
use crate::plan::{Plan, Step, Taken, rollback};

/// One step at a time: a fault then meets no other step, and each drill comes to the same every time.
const ONE: NonZeroUsize = NonZeroUsize::MIN;

/// Which steps are made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Drills {
    /// Every step.
    #[default]
    Each,
    /// The first step of each component and action.
    Kinds,
    /// None.
    None,
}

/// Makes steps of a plan fail, each on a fresh twin, after the plan itself came to its end on one;
/// `hear` is told of each drill, of how many, and may end them. Of a plan that did not, nothing is
/// drilled.
///
/// # Errors
/// When a twin can't be made or its run can't be recorded.
pub fn drills(
    whole: &Whole<'_>,
    which: Drills,
    hear: &mut dyn FnMut(&Drill, usize) -> ControlFlow<()>,
) -> Result<Vec<Drill>, Error> {
    let steps = if whole.is_done() { chosen(&whole.plan, which) } else { Vec::new() };
    let supplied = supplied(whole)?;
    let mut made = Vec::with_capacity(steps.len());
    for step in &steps {
        let drill = Drilled { whole, step }.drill(&supplied)?;
        let goes_on = hear(&drill, steps.len());
        made.push(drill);
        if goes_on.is_break() {
            break;
        }
    }
    Ok(made)
}

fn chosen(plan: &Plan, which: Drills) -> Vec<&Step> {
    let mut kinds = BTreeSet::new();
    let is_chosen = |step: &&Step| match which {
        Drills::Each => true,
        Drills::Kinds => kinds.insert((step.component.clone(), step.action)),
        Drills::None => false,
    };
    plan.steps.iter().filter(is_chosen).collect()
}

/// A twin that has all package files already: they were copied once, in the whole run.
fn supplied<'d>(whole: &Whole<'d>) -> Result<Twin<'d>, Error> {
    let twin = whole.twin.again()?;
    let fleet = twin.fleet();
    for step in &whole.plan.steps {
        for command in step.commands.iter() {
            if let Some((path, digest, _)) = command.task.brings() {
                fleet.put(&step.host, path, *digest)?;
            }
        }
    }
    Ok(twin)
}

/// A step that is made to fail.
struct Drilled<'w> {
    whole: &'w Whole<'w>,
    step: &'w Step,
}

/// How a run with a failure ended.
struct Broken {
    run: String,
    ending: Ending,
}

impl Drilled<'_> {
    fn drill(&self, supplied: &Twin<'_>) -> Result<Drill, Error> {
        let (plan, step) = (&self.whole.plan, self.step);
        let all = plan.steps.len() as u64;
        let drill = Drill {
            step: step.id.to_string(),
            fails: None,
            done: all,
            not_started: 0,
            left: Vec::new(),
            resumed: None,
            back: None,
        };
        let Some(fault) = Fault::of(plan, step) else { return Ok(drill) };
        let twin = supplied.again()?;
        let broken = self.broken(&twin, fault)?;
        let done = plan.steps.iter().filter(|it| broken.ending.is_done(&it.id)).count() as u64;
        let Some((_, failure)) = failed(plan, &broken.ending).find(|(it, _)| it.id == step.id)
        else {
            return Ok(Drill { done, not_started: all - done, ..drill });
        };
        let other = twin.again()?;
        let now = twin.observe();
        Ok(Drill {
            fails: Some(in_words(failure)),
            done,
            not_started: all - broken.ending.outcomes.len() as u64,
            left: behind(plan, &broken.ending, (&self.whole.before, &now)),
            resumed: Some(self.resumed(&twin, &broken)?),
            back: Some(self.back((&other, &now), &broken)?),
            ..drill
        })
    }

    fn broken(&self, twin: &Twin<'_>, fault: Fault) -> Result<Broken, Error> {
        for command in self.step.commands.iter() {
            if let Some((path, ..)) = command.task.brings() {
                twin.fleet().lose(&self.step.host, path)?;
            }
        }
        let component = self.step.component.to_string();
        let unconfirmed = (fault == Fault::Unconfirmed).then_some(&*component);
        let hold = Hold::take(twin)?;
        let mut run = hold.begin(self.whole.plan.clone())?;
        run.journal.copy_to(fault.during(&self.step.id, twin.fleet()));
        let listen = &mut |_| {};
        let ending = hold.carry_out(&mut run, Manner { unconfirmed, ..quietly(listen) })?;
        Ok(Broken { run: run.id, ending })
    }

    fn resumed(&self, twin: &Twin<'_>, broken: &Broken) -> Result<Resumed, Error> {
        let hold = Hold::take(twin)?;
        let mut run = hold.open(&broken.run)?;
        let ending = hold.carry_out(&mut run, quietly(&mut |_| {}))?;
        let mut differs = failures(&run.plan, &ending);
        differs.extend(differences(&twin.observe(), &self.whole.after));
        Ok(Resumed { completes: is_whole(&run.plan, &ending), differs })
    }

    fn back(&self, (twin, now): (&Twin<'_>, &Observed), broken: &Broken) -> Result<Back, Error> {
        let hold = Hold::take(twin)?;
        let mut run = hold.open(&broken.run)?;
        let begun: BTreeSet<&str> = broken.ending.outcomes.keys().map(String::as_str).collect();
        let is_open = |id: &&&str| !broken.ending.is_done(id);
        let half_way: BTreeSet<&str> = begun.iter().filter(is_open).copied().collect();
        let what =
            Taken { run: &broken.run, plan: &self.whole.plan, steps: &begun, half_way: &half_way };
        let (plan, left_out) = adapted(&rollback(what, (twin.desired(), now)));
        let mut stays: Vec<String> = plan.warnings.iter().map(ToString::to_string).collect();
        stays.extend(left_out.iter().map(|it| format!("{} is not gone back: {}", it.step, it.why)));
        if !run.progress.over {
            run.give_up("it is rolled back")?;
        }
        if plan.is_empty() {
            return Ok(Back { completes: true, returns: Vec::new(), stays });
        }
        let mut run = hold.begin(plan)?;
        let ending = hold.carry_out(&mut run, quietly(&mut |_| {}))?;
        stays.extend(failures(&run.plan, &ending));
        let told = |how: &String| stays.iter().any(|it| it.starts_with(address(how)));
        let others = differences(&twin.observe(), &self.whole.before);
        let others: Vec<String> = others.into_iter().filter(|how| !told(how)).collect();
        stays.extend(others);
        let completes = is_whole(&run.plan, &ending);
        Ok(Back { completes, returns: returns(&run.plan, &ending), stays })
    }
}

fn quietly(listen: &mut dyn FnMut(Option<Event>)) -> Manner<'_> {
    let (_, inbox) = Control::channel();
    Manner { at_once: ONE, inbox, unconfirmed: None, listen }
}

fn is_whole(plan: &Plan, ending: &Ending) -> bool {
    plan.steps.iter().all(|step| ending.is_done(&step.id))
}

fn failures(plan: &Plan, ending: &Ending) -> Vec<String> {
    failed(plan, ending).map(|(step, why)| format!("{}: {}", step.id, in_words(why))).collect()
}

/// What a difference is about, to be found among what stays.
fn address(how: &str) -> &str {
    how.split(": ").next().unwrap_or(how)
}

/// What is back, by component and version.
fn returns(plan: &Plan, ending: &Ending) -> Vec<String> {
    let mut back: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    for step in plan.steps.iter().filter(|step| ending.is_done(&step.id)) {
        let hosts = back.entry((&step.component, step.to.as_str())).or_default();
        hosts.insert(step.host.as_str());
    }
    let words = |((name, version), hosts): ((_, &str), BTreeSet<&str>)| {
        format!("{name} {version} on {}", hosts.into_iter().collect::<Vec<_>>().join(", "))
    };
    back.into_iter().map(words).collect()
}
