//! What a component's own documentation asks for around a change of its version.

use crate::catalog::{Act, Keep};
use crate::desired::Resource;
use crate::transport::{Account, Command, Task};

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

fn act(act: &Act, task: Task) -> Command {
    Command { run: act.run.clone(), account: Account::Root, within: act.within, task }
}

fn ask(keep: &Keep, task: Task) -> Command {
    Command { run: keep.ask.clone(), account: Account::Root, within: keep.within, task }
}
