//! Draining: an instance gets no new work and finishes its own before it is changed, and gets work
//! again afterwards.

use super::gate;
use crate::catalog::Drain;
use crate::desired::Resource;
use crate::manifest::IdleGate;
use crate::transport::{Account, Command, Task};
use crate::value::Period;

/// Time for being told.
const TELL: Period = Period::seconds(60);

/// The commands that come before a change, as far as the resource is to be drained.
#[must_use]
pub fn drain(resource: &Resource, idle: &IdleGate) -> Vec<Command> {
    let Some(drain) = &resource.drain else { return Vec::new() };
    let isolate = Command {
        run: drain.isolate.clone(),
        account: Account::Root,
        within: TELL,
        task: Task::Isolate { unit: resource.unit.clone() },
    };
    let idle = IdleGate { within: drain.within, ..*idle };
    let wait = resource.idle.iter().map(|ask| gate::await_idle(&resource.unit, ask, &idle));
    std::iter::once(isolate).chain(wait).collect()
}

/// The command that gives the resource work again.
#[must_use]
pub fn restore(resource: &Resource) -> Option<Command> {
    let Drain { restore, .. } = resource.drain.as_ref()?;
    Some(Command {
        run: restore.clone(),
        account: Account::Root,
        within: TELL,
        task: Task::Restore { unit: resource.unit.clone() },
    })
}
