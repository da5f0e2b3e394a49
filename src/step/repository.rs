//! Packages from the repositories of the host itself. They are fetched before anything changes: the
//! package manager works out what the installation needs, and downloads it, so that neither a missing
//! dependency nor a full disk nor a line that is down is found half-way. The change itself then asks no
//! repository any more, unless what was fetched is gone by then or could not be.

use super::along::along;
use super::manager::{DPKG_REPAIR, Host, apt_install, dnf_verb};
use crate::catalog::{Format, Limits};
use crate::desired::Resource;
use crate::transport::{Account, Command, Task, quote};
use crate::value::Version;

/// dnf drops what it has downloaded after the next change, also when that is another package's, unless it
/// is told to keep it (dnf.conf(5), `keepcache`).
const DNF: &str = "dnf -y --setopt=keepcache=1";

/// The command that has the host download the package and what it needs.
///
/// apt-get(8) resolves before it downloads, ends with 100 when it can't, and sees whether there is room
/// for what it downloads; so does dnf(8), which ends with 1.
#[must_use]
pub fn fetch(resource: &Resource, host: Host, limits: &Limits) -> Command {
    let Resource { package, version, .. } = resource;
    let (find, more) = along(resource);
    let run = match host.format {
        // apt refuses to work after an installation that was cut off. The step itself mends that first, and
        // loads the package then.
        Format::Deb => format!(
            "apt-get update -q && {found} && \
             if [ -n \"$(ls -A /var/lib/dpkg/updates)\" ]; then echo {later}; \
             else {find}{install} --download-only {name}=\"$found\"{more}; fi || \
             {{ echo {missing} >&2; apt-cache policy {name} >&2; exit 1; }}",
            later = quote(
                "an installation was cut off before: the package is loaded when that is mended"
            ),
            found = found(package, version),
            install = apt_install(host.action),
            name = quote(package),
            missing =
                quote(&format!("{package} {version} can't be had from the host's repositories")),
        ),
        Format::Rpm | Format::Msi => format!(
            "{find}{DNF} {verb} --refresh --downloadonly {name}{more}",
            verb = dnf_verb(host.action),
            name = quote(&format!("{package}-{version}")),
        ),
    };
    let (package, version) = (package.clone(), version.clone());
    let task = Task::Fetch { package, version };
    Command { run, account: Account::Root, within: limits.install, task }
}

/// The command that installs what was fetched.
pub(super) fn install(resource: &Resource, host: Host, limits: &Limits) -> Command {
    let Resource { package, version, .. } = resource;
    let (find, more) = along(resource);
    let run = match host.format {
        Format::Deb => format!(
            "{DPKG_REPAIR}{found} && {find}{install} {name}=\"$found\"{more} || \
             {{ echo {missing} >&2; apt-cache policy {name} >&2; exit 1; }}",
            found = found(package, version),
            install = apt_install(host.action),
            name = quote(package),
            missing = quote(&format!("{package} {version} was not installed from the repository")),
        ),
        Format::Rpm | Format::Msi => {
            let name = format!("{package}-{version}");
            let name = quote(&name);
            let verb = dnf_verb(host.action);
            // By the lists and packages that were fetched, however old they are by now.
            format!(
                "{find}if {DNF} -C --downloadonly {verb} {name}{more}; then {DNF} -C {verb} {name}{more}; \
                 else {DNF} {verb} {name}{more}; fi"
            )
        }
    };
    Command {
        run,
        account: Account::Root,
        within: limits.install,
        task: Task::InstallFromRepository {
            package: package.clone(),
            version: version.clone(),
            unit: resource.unit.clone(),
        },
    }
}

/// apt knows whole package versions only: take the one of this product version that the repositories
/// offer, so that exactly what was reviewed is installed.
fn found(package: &str, version: &Version) -> String {
    format!(
        "found=$(apt-cache madison {} | cut -d'|' -f2 | tr -d ' ' | grep -E -x -m 1 {})",
        quote(package),
        quote(&version.in_debian())
    )
}
