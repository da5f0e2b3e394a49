//! Seeing which version of a package is installed.

use super::windows;
use crate::catalog::Format;
use crate::desired::Resource;
use crate::transport::{Account, Command, Task, quote};
use crate::value::Period;

/// Time for one question to the package database.
pub(super) const ASK: Period = Period::seconds(30);

/// The command that sees whether the package is completely installed in its version.
pub(super) fn check_version(resource: &Resource, format: Format) -> Command {
    Command {
        run: version_text(resource, format),
        account: Account::Login,
        within: ASK,
        task: Task::CheckVersion {
            package: resource.package.clone(),
            version: resource.version.clone(),
        },
    }
}

/// The text of such a question.
pub(super) fn version_text(resource: &Resource, format: Format) -> String {
    if format == Format::Msi {
        return windows::check_version(&resource.package, &resource.version);
    }
    let package = quote(&resource.package);
    // What is there goes to standard error too: when the check fails, it is the telling line.
    match format {
        Format::Deb => format!(
            "dpkg-query -W -f='${{db:Status-Status}} ${{Version}}\\n' {package} | \
             tee /dev/stderr | grep -E -q -x {}",
            quote(&format!("installed {}", resource.version.in_debian()))
        ),
        Format::Rpm | Format::Msi => format!(
            "rpm -q --qf '%{{VERSION}}\\n' {package} | tee /dev/stderr | grep -F -q -x {}",
            quote(resource.version.as_str())
        ),
    }
}
