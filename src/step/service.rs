//! Services: starting them and seeing that they run.

use super::await_health;
use crate::catalog::Limits;
use crate::desired::Resource;
use crate::transport::{Account, Command, Task, quote};
use crate::value::Period;

/// systemd's own limit for a start is 90 s (systemd-system.conf(5), `DefaultTimeoutStartSec`).
const START: Period = Period::seconds(120);
const ASK: Period = Period::seconds(20);

/// The commands that start the resource's service and see that it works.
#[must_use]
pub fn start_and_see(resource: &Resource, limits: &Limits) -> Vec<Command> {
    vec![start(&resource.unit), await_health(resource, limits), check(&resource.unit)]
}

/// The command that starts `unit`, now and at boot.
pub(super) fn start(unit: &str) -> Command {
    Command {
        run: format!("systemctl enable --now {}", quote(unit)),
        account: Account::Root,
        within: START,
        task: Task::StartUnit { unit: unit.to_owned() },
    }
}

/// The command that sees whether `unit` is active.
pub(super) fn check(unit: &str) -> Command {
    Command {
        run: format!("systemctl is-active {}", quote(unit)),
        account: Account::Login,
        within: ASK,
        task: Task::CheckUnit { unit: unit.to_owned() },
    }
}
