//! Packages from the repositories of the host itself. They are fetched before anything changes: the
//! package manager works out what the installation needs, and downloads it, so that neither a missing
//! dependency nor a full disk nor a line that is down is found half-way. The change itself then asks no
//! repository any more.

use super::package::{DPKG_REPAIR, Host, apt_install};
use crate::catalog::{Format, Limits};
use crate::desired::Resource;
use crate::diff::Action;
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
    let run = match host.format {
        // What an installation that was cut off has left, the step itself mends first.
        Format::Deb => format!(
            "[ -z \"$(ls -A /var/lib/dpkg/updates)\" ] || exit 0; \
             apt-get update -q && {found} && {install} --download-only {name}=\"$found\" || \
             {{ echo {missing} >&2; apt-cache policy {name} >&2; exit 1; }}",
            found = found(package, version),
            install = apt_install(Action::Downgrade),
            name = quote(package),
            missing =
                quote(&format!("{package} {version} can't be had from the host's repositories")),
        ),
        Format::Rpm | Format::Msi => format!(
            "{DNF} {verb} --refresh --downloadonly {name}",
            verb = verb(host.action),
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
    let run = match host.format {
        Format::Deb => format!(
            "{DPKG_REPAIR}{found} && {install} {name}=\"$found\" || \
             {{ echo {missing} >&2; apt-cache policy {name} >&2; exit 1; }}",
            found = found(package, version),
            install = apt_install(host.action),
            name = quote(package),
            missing = quote(&format!("{package} {version} was not installed from the repository")),
        ),
        Format::Rpm | Format::Msi => format!(
            "{DNF} {verb} {name}",
            verb = verb(host.action),
            name = quote(&format!("{package}-{version}")),
        ),
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

const fn verb(action: Action) -> &'static str {
    match action {
        Action::Downgrade => "downgrade",
        _ => "install",
    }
}
