//! Packages: installing, upgrading and going back, as the vendor's commands mean it
//! (System upgrade page: `dpkg -i X || apt install -f`, `dnf install X -y`), but without prompts,
//! without hiding failures, and never by removing something.

use super::along::along;
use super::manager::{
    ALONE, DPKG_REPAIR, Host, all_names, apt_install, apt_install_file, dnf_verb,
};
use super::version::check_version;
use super::{await_health, center, copy, repository, service, windows};
use crate::catalog::{Format, Limits};
use crate::desired::{Resource, Source};
use crate::diff::Action;
use crate::transport::{Account, Command, Task, quote};
use crate::value::{Period, RemotePath};

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
/// apt is asked with its lists only where what is installed is not enough.
///
/// Neither tool tells by its exit status alone. apt-get(8) ends with 100 for whatever is wrong, and
/// what that is stands on both its streams; dnf(8) ends with 1 also when all is well, since
/// `--assumeno` is an answer that aborts, and says so. Windows Installer has no such thing.
#[must_use]
pub fn rehearse(resource: &Resource, path: &RemotePath, host: Host) -> Option<Command> {
    let file = quote(path.as_str());
    let (find, more) = along(resource);
    let run = match host.format {
        // What an installation that was cut off has left, the step itself mends first.
        Format::Deb => {
            let simulate = "apt-get --simulate install --no-remove --allow-downgrades";
            let by_lists = format!(
                "said=$(LC_ALL=C {simulate} {file}{more} 2>&1) || \
                 {{ printf '%s\\n' \"$said\" | grep -v -E '^(NOTE|Reading|Building)' >&2; exit 1; }}"
            );
            let alone = match more {
                "" => format!("{ALONE}{simulate} $alone {file} >/dev/null 2>&1 || "),
                _ => find,
            };
            format!("[ -z \"$(ls -A /var/lib/dpkg/updates)\" ] || exit 0; {alone}{by_lists}")
        }
        Format::Msi => return None,
        Format::Rpm => format!(
            "{find}said=$(LC_ALL=C dnf {verb} --assumeno {file}{more} 2>&1) || case $said in \
             *'Operation aborted'*) ;; *) printf '%s\\n' \"$said\" >&2; exit 1 ;; esac",
            verb = dnf_verb(host.action),
        ),
    };
    let (package, version) = (resource.package.clone(), resource.version.clone());
    let task = Task::Rehearse { package, version };
    Some(Command { run, account: Account::Root, within: REHEARSAL, task })
}

fn install_file(resource: &Resource, path: &RemotePath, host: Host, limits: &Limits) -> Command {
    let file = quote(path.as_str());
    let (find, more) = along(resource);
    let run = match host.format {
        Format::Deb if more.is_empty() => {
            format!("{DPKG_REPAIR}{}", apt_install_file(host.action, &file))
        }
        Format::Deb => format!("{DPKG_REPAIR}{find}{} {file}{more}", apt_install(host.action)),
        Format::Msi if host.action == Action::Downgrade => {
            windows::installs_older(&all_names(resource), path)
        }
        Format::Msi => windows::install(path, host.action == Action::Repair),
        // dnf has nothing to do for a version that is there, also when its scriptlets failed.
        Format::Rpm => format!(
            "if rpm -q --quiet {package}-{version}; then dnf reinstall -y {file}; \
             else {find}dnf {verb} -y {file}{more}; fi",
            package = quote(&resource.package),
            version = quote(resource.version.as_str()),
            verb = dnf_verb(host.action),
        ),
    };
    // Windows Installer has one installation at a time, and this one waits for its turn.
    let turn = if host.format == Format::Msi { windows::TURN } else { 0 };
    Command {
        run,
        account: Account::Root,
        within: Period::seconds(limits.install.whole_seconds() + turn),
        task: Task::InstallFile {
            package: resource.package.clone(),
            version: resource.version.clone(),
            path: path.clone(),
            unit: resource.unit.clone(),
        },
    }
}

/// Sees whether people have done it; they are asked for it when not.
fn by_hand(resource: &Resource, format: Format, text: &str) -> Command {
    let (package, version) = (resource.package.clone(), resource.version.clone());
    let task = Task::ByHand { package, version, text: text.to_owned() };
    Command { task, ..check_version(resource, format) }
}
