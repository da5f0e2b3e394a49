//! Taking packages away.

use super::package::DPKG_REPAIR;
use super::version::ASK;
use crate::catalog::{Format, Limits};
use crate::desired::Resource;
use crate::transport::{Account, Command, Task, quote};

/// The commands that take the package away, in whichever major version it is there: never anything
/// else with it, and neither its settings nor its data.
#[must_use]
pub fn remove_package(resource: &Resource, limits: &Limits) -> Vec<Command> {
    let Resource { unit, package, format, procedure, .. } = resource;
    let others = procedure.major.iter().flat_map(|major| major.others(*format, package));
    let names: Vec<_> = std::iter::once(package).chain(others).map(|name| quote(name)).collect();
    let names = names.join(" ");
    // Also what was left half-way is there. Both tools refuse when something else needs it (dpkg(1), rpm(8)).
    let (is_there, remove) = match format {
        Format::Deb => (
            "case $(dpkg-query -W -f='${db:Status-Status}' \"$p\" 2>/dev/null) in \
             ''|not-installed|config-files) false ;; *) true ;; esac",
            format!("{DPKG_REPAIR}DEBIAN_FRONTEND=noninteractive dpkg --remove \"$p\""),
        ),
        Format::Rpm | Format::Msi => ("rpm -q --quiet \"$p\"", "rpm -e \"$p\"".to_owned()),
    };
    let gone = Command {
        run: format!(
            "for p in {names}; do if {is_there}; then echo \"$p is still installed\" >&2; exit 1; fi; done"
        ),
        account: Account::Login,
        within: ASK,
        task: Task::CheckRemoved { package: package.clone() },
    };
    let service = quote(unit);
    let removes = Command {
        run: format!(
            "if systemctl cat {service} >/dev/null 2>&1; then systemctl disable --now {service} || exit; fi; \
             for p in {names}; do if {is_there}; then {remove} || exit; fi; done"
        ),
        account: Account::Root,
        within: limits.install,
        task: Task::RemovePackage { package: package.clone(), unit: unit.clone() },
    };
    vec![removes, gone]
}
