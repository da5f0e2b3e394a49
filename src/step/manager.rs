//! How a host's package manager is told what to do.

use crate::catalog::Format;
use crate::desired::Resource;
use crate::diff::Action;

/// What the commands have to know of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// Its package format.
    pub format: Format,
    /// What is done there.
    pub action: Action,
}

/// apt refuses to work after an installation that was cut off, for which dpkg keeps notes in this
/// folder, and names the command that mends it. What is wrong with other packages is not this
/// step's matter: apt says whether it stands in the way.
pub(super) const DPKG_REPAIR: &str = "[ -z \"$(ls -A /var/lib/dpkg/updates)\" ] || \
                           dpkg --configure -a --force-confdef --force-confold; ";

/// Has apt see only what is installed and the files that it is given, not its lists: what depends on nothing
/// else is worked out in less than a tenth of the time, and brings nothing along. Its caches, which are made
/// from the lists, are left as they are (apt.conf(5)).
pub(super) const ALONE: &str = "alone='-o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=/dev/null \
                                -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache='; ";

/// `--no-remove`: apt resolves a missing dependency by removing the product when nothing is said
/// against it, and exits with 0. The dpkg options keep the site's configuration files. needrestart
/// only lists (needrestart(1)): no service restarts that the plan doesn't name.
pub(super) fn apt_install(action: Action) -> String {
    format!(
        "DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get install -y --no-remove{} \
         -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
         -o DPkg::Lock::Timeout=60",
        downgrades(action)
    )
}

/// As [`apt_install`] does it, of a file: by [`ALONE`] where that is enough, else by the host's lists, too.
pub(super) fn apt_install_file(action: Action, file: &str) -> String {
    format!(
        "{ALONE}apt-get --simulate install --no-remove{} $alone {file} >/dev/null 2>&1 || alone=; {} $alone {file}",
        downgrades(action),
        apt_install(action)
    )
}

const fn downgrades(action: Action) -> &'static str {
    match action {
        Action::Downgrade => " --allow-downgrades",
        _ => "",
    }
}

/// What dnf(8) is told to do: it takes an older version by a word of its own.
pub(super) const fn dnf_verb(action: Action) -> &'static str {
    match action {
        Action::Downgrade => "downgrade",
        _ => "install",
    }
}

/// The package in all its major versions.
pub(super) fn all_names(resource: &Resource) -> Vec<&str> {
    let others = resource.procedure.major.iter();
    let others = others.flat_map(|major| major.others(resource.format, &resource.package));
    std::iter::once(&resource.package).chain(others).map(String::as_str).collect()
}
