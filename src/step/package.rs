//! Packages: installing, upgrading and going back, as the vendor's commands mean it
//! (System upgrade page: `dpkg -i X || apt install -f`, `dnf install X -y`), but without prompts,
//! without hiding failures, and never by removing something.

use super::version::check_version;
use super::{await_health, center, copy, repository, service, windows};
use crate::catalog::{Format, Limits};
use crate::desired::{Resource, Source};
use crate::diff::Action;
use crate::transport::{Account, Command, Task, quote};
use crate::value::{Period, RemotePath};

/// apt refuses to work after an installation that was cut off, for which dpkg keeps notes in this
/// folder, and names the command that mends it. What is wrong with other packages is not this
/// step's matter: apt says whether it stands in the way.
pub(super) const DPKG_REPAIR: &str = "[ -z \"$(ls -A /var/lib/dpkg/updates)\" ] || \
                           dpkg --configure -a --force-confdef --force-confold; ";

/// Time for working out an installation: dnf may have to fetch what its repositories have.
const REHEARSAL: Period = Period::seconds(300);

/// The commands that bring `resource` to its version and see that it works: check the file,
/// install, start, then version, service and health.
#[must_use]
pub fn change_package(
    resource: &Resource,
    staged: Option<&RemotePath>,
    host: Host,
    limits: &Limits,
) -> Vec<Command> {
    let mut commands = Vec::new();
    match (staged, &resource.source) {
        // The requests come first.
        (_, Source::Center(_)) => {
            commands.push(center::await_version(resource, host.format, limits));
        }
        (_, Source::Hand(text)) => commands.push(by_hand(resource, host.format, text)),
        (Some(path), Source::File { digest, size, .. }) => {
            commands.push(copy::check(digest, *size, path));
            commands.push(install_file(resource, path, host, limits));
            commands.push(service::start(resource));
            commands.push(check_version(resource, host.format));
        }
        _ => {
            commands.push(repository::install(resource, host, limits));
            commands.push(service::start(resource));
            commands.push(check_version(resource, host.format));
        }
    }
    commands.push(await_health(resource, limits));
    commands.push(service::check(resource));
    commands
}

/// The command that lets the host's own package manager work out what it would do with the package
/// file, once that is there: a dependency that is missing ends the run before anything changes.
///
/// Neither tool tells by its exit status alone. apt-get(8) ends with 100 for whatever is wrong, and
/// what that is stands on both its streams; dnf(8) ends with 1 also when all is well, since
/// `--assumeno` is an answer that aborts, and says so. Windows Installer has no such thing.
#[must_use]
pub fn rehearse(resource: &Resource, path: &RemotePath, host: Host) -> Option<Command> {
    let file = quote(path.as_str());
    let run = match host.format {
        // What an installation that was cut off has left, the step itself mends first.
        Format::Deb => format!(
            "[ -z \"$(ls -A /var/lib/dpkg/updates)\" ] || exit 0; \
             said=$(LC_ALL=C apt-get --simulate install --no-remove --allow-downgrades {file} 2>&1) || \
             {{ printf '%s\\n' \"$said\" | grep -v -E '^(NOTE|Reading|Building)' >&2; exit 1; }}"
        ),
        Format::Msi => return None,
        Format::Rpm => format!(
            "said=$(LC_ALL=C dnf {verb} --assumeno {file} 2>&1) || case $said in \
             *'Operation aborted'*) ;; *) printf '%s\\n' \"$said\" >&2; exit 1 ;; esac",
            verb = if host.action == Action::Downgrade { "downgrade" } else { "install" },
        ),
    };
    let (package, version) = (resource.package.clone(), resource.version.clone());
    let task = Task::Rehearse { package, version };
    Some(Command { run, account: Account::Root, within: REHEARSAL, task })
}

/// What the commands have to know of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// Its package format.
    pub format: Format,
    /// What is done there.
    pub action: Action,
}

fn install_file(resource: &Resource, path: &RemotePath, host: Host, limits: &Limits) -> Command {
    let file = quote(path.as_str());
    let run = match host.format {
        Format::Deb => format!("{DPKG_REPAIR}{} {file}", apt_install(host.action)),
        Format::Msi if host.action == Action::Downgrade => {
            windows::installs_older(&all_names(resource), path)
        }
        Format::Msi => windows::install(path, host.action == Action::Repair),
        // dnf has nothing to do for a version that is there, also when its scriptlets failed.
        Format::Rpm => format!(
            "if rpm -q --quiet {package}-{version}; then dnf reinstall -y {file}; \
             else dnf {verb} -y {file}; fi",
            package = quote(&resource.package),
            version = quote(resource.version.as_str()),
            verb = if host.action == Action::Downgrade { "downgrade" } else { "install" },
        ),
    };
    Command {
        run,
        account: Account::Root,
        within: limits.install,
        task: Task::InstallFile {
            package: resource.package.clone(),
            version: resource.version.clone(),
            path: path.clone(),
            unit: resource.unit.clone(),
        },
    }
}

/// The package in all its major versions.
pub(super) fn all_names(resource: &Resource) -> Vec<&str> {
    let others = resource.procedure.major.iter();
    let others = others.flat_map(|major| major.others(resource.format, &resource.package));
    std::iter::once(&resource.package).chain(others).map(String::as_str).collect()
}

/// `--no-remove`: apt resolves a missing dependency by removing the product when nothing is said
/// against it, and exits with 0. The dpkg options keep the site's configuration files. needrestart
/// only lists (needrestart(1)): no service restarts that the plan doesn't name.
pub(super) fn apt_install(action: Action) -> String {
    let downgrade = if action == Action::Downgrade { " --allow-downgrades" } else { "" };
    format!(
        "DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get install -y --no-remove{downgrade} \
         -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
         -o DPkg::Lock::Timeout=60"
    )
}

/// Sees whether people have done it; they are asked for it when not.
fn by_hand(resource: &Resource, format: Format, text: &str) -> Command {
    let (package, version) = (resource.package.clone(), resource.version.clone());
    let task = Task::ByHand { package, version, text: text.to_owned() };
    Command { task, ..check_version(resource, format) }
}
