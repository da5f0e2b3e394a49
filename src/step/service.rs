//! Services: starting them and seeing that they run.

use super::{await_health, windows};
use crate::catalog::Format;
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
    vec![start(resource), await_health(resource, limits), check(resource)]
}

/// The command that starts the resource's service, now and at boot.
pub(super) fn start(Resource { unit, format, .. }: &Resource) -> Command {
    let run = match format {
        Format::Msi => windows::start(unit),
        Format::Deb | Format::Rpm => format!("systemctl enable --now {}", quote(unit)),
    };
    Command {
        run,
        account: Account::Root,
        within: START,
        task: Task::StartUnit { unit: unit.clone() },
    }
}

/// The command that sees whether the resource's service is active.
pub(super) fn check(Resource { unit, format, .. }: &Resource) -> Command {
    let run = match format {
        Format::Msi => windows::check(unit),
        Format::Deb | Format::Rpm => format!("systemctl is-active {}", quote(unit)),
    };
    Command {
        run,
        account: Account::Login,
        within: ASK,
        task: Task::CheckUnit { unit: unit.clone() },
    }
}
