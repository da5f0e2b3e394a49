//! What a component's own documentation asks for around a change of its version.

use crate::catalog::{Act, Keep, Role};
use crate::desired::Resource;
use crate::transport::{Account, Command, Task, quote};
use crate::value::Period;

/// Time for one question to the component on its own host.
const ASK: Period = Period::seconds(30);

/// The commands that come before everything else of a change.
#[must_use]
pub fn prepare(resource: &Resource) -> Vec<Command> {
    let unit = &resource.unit;
    let task = |say: &str| Task::Prepare { unit: unit.clone(), say: say.to_owned() };
    resource.procedure.prepare.iter().map(|it| act(it, task(&it.say))).collect()
}

/// The commands that come once the changed component is healthy.
#[must_use]
pub fn finish(resource: &Resource) -> Vec<Command> {
    let unit = &resource.unit;
    let task = |say: &str| Task::Finish { unit: unit.clone(), say: say.to_owned() };
    resource.procedure.finish.iter().map(|it| act(it, task(&it.say))).collect()
}

/// The questions whose answers are recorded right before anything is changed.
#[must_use]
pub fn note(resource: &Resource) -> Vec<Command> {
    let unit = &resource.unit;
    let task = |it: &Keep| Task::Note { unit: unit.clone(), what: it.what.clone() };
    resource.procedure.keeps.iter().map(|it| ask(it, task(it))).collect()
}

/// The same questions, whose answers are compared with those before.
#[must_use]
pub fn compare(resource: &Resource) -> Vec<Command> {
    let unit = &resource.unit;
    let task =
        |it: &Keep| Task::Compare { unit: unit.clone(), what: it.what.clone(), rule: it.rule };
    resource.procedure.keeps.iter().map(|it| ask(it, task(it))).collect()
}

/// The command that sees to the role of the primary before one of several hosts is changed: it is handed
/// over, or the host still hasn't got it. None when the role is not known, or the primary keeps it.
#[must_use]
pub fn role(resource: &Resource, said: Option<&str>) -> Option<Command> {
    let (role, said) = (resource.procedure.role.as_ref()?, said?);
    if !role.is_primary(said) {
        return Some(check(resource, role));
    }
    let hand_over = role.hand_over(said).ok()?;
    let (unit, primary) = (resource.unit.clone(), role.primary.clone());
    Some(act(hand_over, Task::HandOver { unit, say: hand_over.say.clone(), primary }))
}

/// The role was observed when the plan was made, and moves by itself.
fn check(resource: &Resource, role: &Role) -> Command {
    let run = format!(
        "said=$(sh -c {}) && [ -n \"$said\" ] || exit; [ \"${{said%% *}}\" != {} ] || \
         {{ echo 'it is the primary now: plan again' >&2; exit 1; }}",
        quote(&role.ask),
        quote(&role.primary),
    );
    let task = Task::CheckRole { unit: resource.unit.clone(), primary: role.primary.clone() };
    Command { run, account: Account::Login, within: ASK, task }
}

fn act(act: &Act, task: Task) -> Command {
    Command { run: act.run.clone(), account: Account::Root, within: act.within, task }
}

fn ask(keep: &Keep, task: Task) -> Command {
    Command { run: keep.ask.clone(), account: Account::Root, within: keep.within, task }
}
