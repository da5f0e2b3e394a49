//! Taking packages away.

use super::manager::{DPKG_REPAIR, all_names};
use super::version::ASK;
use super::windows;
use crate::catalog::{Format, Limits};
use crate::desired::Resource;
use crate::transport::{Account, Command, Task, quote};
use crate::value::Period;

/// The commands that take the package away, in whichever major version it is there: never anything
/// else with it, and neither its settings nor its data.
#[must_use]
pub fn remove_package(resource: &Resource, limits: &Limits) -> Vec<Command> {
    let Resource { unit, package, .. } = resource;
    let (remove, gone) = texts(resource);
    // Windows Installer has one installation at a time, and this one waits for its turn.
    let turn = if resource.format == Format::Msi { windows::TURN } else { 0 };
    let gone = Command {
        run: gone,
        account: Account::Login,
        within: ASK,
        task: Task::CheckRemoved { package: package.clone() },
    };
    let removes = Command {
        run: remove,
        account: Account::Root,
        within: Period::seconds(limits.install.whole_seconds() + turn),
        task: Task::RemovePackage { package: package.clone(), unit: unit.clone() },
    };
    vec![removes, gone]
}

/// What takes the package away, and what sees that it is gone.
fn texts(resource: &Resource) -> (String, String) {
    let names = all_names(resource);
    let unit = &resource.unit;
    if resource.format == Format::Msi {
        return (windows::remove(&names, unit), windows::check_removed(&names));
    }
    let names = names.into_iter().map(|name| quote(name)).collect::<Vec<_>>().join(" ");
    // Also what was left half-way is there. Both tools refuse when something else needs it (dpkg(1), rpm(8)).
    let (is_there, remove) = match resource.format {
        Format::Deb => (
            "case $(dpkg-query -W -f='${db:Status-Status}' \"$p\" 2>/dev/null) in \
             ''|not-installed|config-files) false ;; *) true ;; esac",
            format!("{DPKG_REPAIR}DEBIAN_FRONTEND=noninteractive dpkg --remove \"$p\""),
        ),
        Format::Rpm | Format::Msi => ("rpm -q --quiet \"$p\"", "rpm -e \"$p\"".to_owned()),
    };
    let gone = format!(
        "for p in {names}; do if {is_there}; then echo \"$p is still installed\" >&2; exit 1; fi; done"
    );
    let service = quote(unit);
    let remove = format!(
        "if systemctl cat {service} >/dev/null 2>&1; then systemctl disable --now {service} || exit; fi; \
         for p in {names}; do if {is_there}; then {remove} || exit; fi; done"
    );
    (remove, gone)
}
