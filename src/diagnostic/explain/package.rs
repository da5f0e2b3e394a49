//! Package files that are not what the release says.

use crate::diagnostic::Code;

impl Code {
    /// The explanation of a code about package files; empty for any other.
    pub(super) fn explain_package(self) -> &'static str {
        match self {
            Self::PackageFormat => {
                "The file has the pinned content, but it is not a package of the format that \
                 its place in the release says, or its description can't be read. Such a file \
                 would fail on every host, after it was copied there. Name the vendor's file as \
                 it was delivered, or correct the key (`deb`, `rpm`, a system)."
            }
            Self::PackageIdentity => {
                "mdc reads name and version out of the package file itself, and they are not \
                 what the release says. Installing it would bring another product or version \
                 than the plan shows, and the step would fail after the old one was stopped. \
                 Name the right file, or correct the version in the release."
            }
            _ => "",
        }
    }
}
