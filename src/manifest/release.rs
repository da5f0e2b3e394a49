//! The release: one version set, shared by staging and production.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::Utf8PathBuf;

use super::Span;
use crate::address::ComponentName;
use crate::diagnostic::SourceText;
use crate::value::{Digest, Version};

/// A version set.
#[derive(Debug, Clone)]
pub struct Release {
    /// The text it was read from; all spans point into it.
    pub source: Arc<SourceText>,
    /// The folder that package files are relative to.
    pub folder: Utf8PathBuf,
    /// Its name, for people.
    pub name: String,
    /// What it holds, by component.
    pub components: BTreeMap<ComponentName, ReleaseComponent>,
}

/// One component's part of a release.
#[derive(Debug, Clone)]
pub struct ReleaseComponent {
    /// Where it was written.
    pub span: Span,
    /// The product version.
    pub version: Version,
    /// Packages, by the hosts they fit.
    pub packages: BTreeMap<PackageKey, ReleasePackage>,
}

/// Which hosts a package fits: a package format (`deb`, `rpm`, `msi`), an operating system
/// (`debian`), or one version of it (`debian-12`); the most exact one that fits is taken.
pub type PackageKey = String;

/// A package for some hosts.
#[derive(Debug, Clone)]
pub struct ReleasePackage {
    /// Where it was written.
    pub span: Span,
    /// Where it comes from.
    pub source: PackageSource,
}

/// Where a package comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageSource {
    /// A file on the controller.
    File {
        /// Relative to the release file's folder.
        path: Utf8PathBuf,
        /// Pinned content.
        digest: Digest,
        /// Bytes to copy.
        size: u64,
    },
    /// The host's own package repository; the name of the package there.
    Repository(String),
}
