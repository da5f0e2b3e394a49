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
