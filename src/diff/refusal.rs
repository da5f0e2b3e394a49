//! Differences that no plan is made of.

use crate::address::{Address, HostName};
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::manifest::Manifest;
use crate::value::{PackageVersion, Version};

/// A difference that no plan may be made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// An older version is desired and the manifest doesn't allow that.
    Downgrade {
        /// Where.
        address: Address,
        /// What is there.
        observed: PackageVersion,
        /// What is desired.
        desired: Version,
    },
    /// The host runs another operating system than the manifest says, so that the packages chosen
    /// for it may not fit.
    OperatingSystem {
        /// Where.
        host: HostName,
        /// What the host says.
        observed: String,
        /// What the manifest says.
        desired: String,
    },
}

impl Refusal {
    /// The refusal as its reader sees it, at its place in the manifest.
    #[must_use]
    pub fn diagnose(&self, manifest: &Manifest) -> Diagnostic {
        let source = &manifest.source;
        match self {
            Self::Downgrade { address, observed, desired } => {
                let problem = Diagnostic::new(
                    Code::Downgrade,
                    format!(
                        "{address} has version {observed}, and the release goes back to {desired}"
                    ),
                )
                .help(
                    "name a release that is not older; or, if there is a backup to go back to and \
                     you mean it, set `allow-downgrade = true` under [cluster]",
                );
                let span = manifest.cluster.release_span.clone();
                problem.at(Label::new(source, span, "this release is older"))
            }
            Self::OperatingSystem { host, observed, desired } => {
                let problem = Diagnostic::new(
                    Code::OsDiffers,
                    format!("{host} runs {observed}, and the manifest says {desired}"),
                )
                .help(format!("write `os = \"{observed}\"`, or correct the address"));
                match manifest.hosts.get(host) {
                    Some(written) => problem.at(Label::new(
                        source,
                        written.os_span.clone(),
                        "its packages are chosen by this",
                    )),
                    None => problem,
                }
            }
        }
    }
}
