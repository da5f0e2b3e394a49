//! What a package file says of itself: name, version, architecture, and the room that it takes once
//! it is unpacked. Only the part that tells this is read, and the bytes aren't trusted: every size
//! is bounded, and any bytes give an answer or an error.

mod control;
mod deb;
mod msi;
mod rpm;

use std::io::{self, Read, Seek};

use serde::Serialize;
use thiserror::Error;

use crate::catalog::Format;
use crate::value::{Guid, PackageVersion, VersionError, steers};

/// The longest name or architecture that is accepted, in bytes.
const LONGEST_WORD: usize = 128;

/// What a package file says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Identity {
    /// The package's name.
    pub name: String,
    /// Its version, with epoch and packaging revision.
    pub version: PackageVersion,
    /// The architecture that it is built for, in the words of its format: `amd64`, `x86_64`;
    /// `all` and `noarch` fit everywhere.
    pub architecture: String,
    /// What Windows Installer knows this very package by; none of other formats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_code: Option<Guid>,
    /// What it knows all versions of the product by: without it nothing is an upgrade of anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_code: Option<Guid>,
    /// Bytes that it takes once it is unpacked, as its maker counted them; 0 when it doesn't say.
    pub unpacked: u64,
}

/// Why a file is no package that can be read.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// Not of this format at all.
    #[error("it is not a {0} package")]
    OtherFormat(Format),
    /// Begins as one, but its description can't be read.
    #[error("it is a {0} package whose description can't be read: {1}")]
    Damaged(Format, String),
    /// Reading failed.
    #[error("it can't be read: {0}")]
    Read(#[from] io::Error),
}

/// What the file says of itself.
///
/// # Errors
/// When it is not a whole package of this format.
pub fn identity(
    format: Format,
    file: &mut (impl Read + Seek),
) -> Result<Option<Identity>, IdentityError> {
    match format {
        Format::Deb => deb::read(file).map(Some),
        Format::Rpm => rpm::read(file).map(Some),
        Format::Msi => msi::read(file).map(Some),
    }
}

impl Identity {
    /// Whether it can be installed on a machine that `uname -m` calls `machine`.
    #[must_use]
    pub fn fits(&self, machine: &str) -> bool {
        let machine = match machine {
            "x86_64" => &["amd64", "x86_64"][..],
            "aarch64" | "arm64" => &["arm64", "aarch64"],
            "ppc64le" => &["ppc64el", "ppc64le"],
            "s390x" => &["s390x"],
            // Of another machine nothing is known, so nothing is said against it.
            _ => return true,
        };
        matches!(self.architecture.as_str(), "all" | "noarch")
            || machine.contains(&self.architecture.as_str())
    }
}

/// A name or an architecture: one short word without anything that steers a terminal.
fn word(text: &str) -> Option<String> {
    let plain = |c: char| !steers(c) && !c.is_whitespace();
    let fits = !text.is_empty() && text.len() <= LONGEST_WORD && text.chars().all(plain);
    fits.then(|| text.to_owned())
}

fn version(text: &str) -> Result<PackageVersion, String> {
    text.parse().map_err(|error: VersionError| format!("its version is odd: {error}"))
}

#[cfg(test)]
mod tests;
