//! Seeing which version of a package is installed.

use super::windows;
use crate::catalog::Format;
use crate::desired::Resource;
use crate::transport::{Account, Command, Task, quote};
use crate::value::{Period, Version};

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
            quote(&format!("installed {}", whole_version(&resource.version)))
        ),
        Format::Rpm | Format::Msi => format!(
            "rpm -q --qf '%{{VERSION}}\\n' {package} | tee /dev/stderr | grep -F -q -x {}",
            quote(resource.version.as_str())
        ),
    }
}

/// A regular expression for the Debian package versions of a product version: with any epoch and
/// any packaging revision.
pub(super) fn whole_version(version: &Version) -> String {
    format!("([0-9]+:)?{}(-[^-]+)?", literal(version.as_str()))
}

/// `text` as an extended regular expression that matches just it.
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if ".+^$*?()[]{}|\\".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_matches_only_itself() {
        assert_eq!(literal("2.9.0+b1~x"), r"2\.9\.0\+b1~x");
    }
}
