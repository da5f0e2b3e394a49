//! A reboot of a host: noted which boot it is, kept from new work, rebooted by the host's own means, waited
//! for, and everything on it seen healthy again.

use super::{await_health, drain, restore, service, windows};
use crate::catalog::{Component, Format, Limits, Reboot, RebootWhen};
use crate::desired::Resource;
use crate::manifest::IdleGate;
use crate::observe::REBOOT_DUE;
use crate::transport::{Account, Command, Task};
use crate::value::Period;

/// Time for one question to a host, which may be going down.
const ASK: Period = Period::seconds(20);
/// Time for telling the host to reboot.
const TELL: Period = Period::seconds(60);
/// What Windows starts late is started two minutes after the boot (Microsoft, "Service startup types"), some
/// of it one after the other.
const LATE_START: u64 = 180;

/// What is on the host, as far as it has to be there after the reboot.
pub type There<'a> = (&'a Component, &'a Resource);

/// The commands that reboot a host with packages of `format`, on which `all` is.
#[must_use]
pub fn reboot(reboot: &Reboot, format: Format, all: &[There<'_>], idle: &IdleGate) -> Vec<Command> {
    let asked = (reboot.when == RebootWhen::WhenAsked).then(|| due(format));
    let drains = all.iter().flat_map(|(_, resource)| drain(resource, idle));
    let healthy = all.iter().map(|(component, resource)| {
        let late = if format == Format::Msi { LATE_START } else { 0 };
        let healthy = Period::seconds(component.limits.healthy.whole_seconds() + late);
        await_health(resource, &Limits { healthy, ..component.limits })
    });
    let active = all.iter().map(|(_, resource)| service::check(resource));
    let restores = all.iter().filter_map(|(_, resource)| restore(resource));
    asked
        .into_iter()
        .chain([boot(format, Task::NoteBoot {})])
        .chain(drains)
        .chain([begin(format), boot(format, Task::AwaitBoot { give_up: reboot.within })])
        .chain(healthy)
        .chain(active)
        .chain(restores)
        .collect()
}

fn due(format: Format) -> Command {
    let run = match format {
        Format::Msi => windows::reboot_due(),
        Format::Deb | Format::Rpm => REBOOT_DUE.to_owned(),
    };
    Command { run, account: Account::Login, within: ASK, task: Task::RebootDue {} }
}

fn boot(format: Format, task: Task) -> Command {
    let run = match format {
        Format::Msi => windows::boot(),
        Format::Deb | Format::Rpm => "cat /proc/sys/kernel/random/boot_id".to_owned(),
    };
    Command { run, account: Account::Login, within: ASK, task }
}

fn begin(format: Format) -> Command {
    let run = match format {
        Format::Msi => windows::reboot(),
        // Returns when systemd has taken the order (systemctl(1)), and stops services as they want it.
        Format::Deb | Format::Rpm => "systemctl reboot".to_owned(),
    };
    Command { run, account: Account::Root, within: TELL, task: Task::Reboot {} }
}
