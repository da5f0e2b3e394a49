//! The release: one version set, shared by staging and production.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Span;
use crate::address::ComponentName;
use crate::catalog::{SYSTEMS, is_package_key};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::source::{self, At, FormatVersion, did_you_mean};
use crate::value::{Digest, Guid, GuidError, Version};

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
        /// Where the path was written.
        path_span: Span,
        /// Pinned content.
        digest: Digest,
        /// Where the digest was written.
        digest_span: Span,
        /// What Windows Installer knows it by, as far as that is written.
        codes: Codes,
    },
    /// The host's own package repository; the name of the package there.
    Repository(String),
}

/// What Windows Installer knows a package by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Codes {
    /// This very package.
    pub product: Option<Guid>,
    /// All versions of the product.
    pub upgrade: Option<Guid>,
}

/// The release as it is written: one version set, shared by staging and production.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "mdc release")]
struct ReleaseText {
    /// The version of this file format: write `format-version = 1` as the first line.
    #[expect(dead_code, reason = "checked against the schema; only its presence counts")]
    format_version: FormatVersion,
    /// The release's name, for people.
    #[schemars(length(min = 1))]
    name: String,
    /// What the release holds, by component.
    components: BTreeMap<At<ComponentName>, ComponentText>,
}

/// One component's part of a release.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ComponentText {
    /// The product version, such as `2.9.0`, without packaging revision.
    version: Version,
    /// The packages, by the hosts they fit: a format (`deb`, `rpm`, `msi`), an operating system
    /// (`debian`) or one version of it (`debian-12`); the most exact one that fits is taken. None are
    /// needed where people or Control Center bring the version.
    #[serde(default)]
    packages: BTreeMap<At<String>, PackageText>,
}

/// A package: a pinned file, or a name in the host's own package repository.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct PackageText {
    /// The package file, relative to this file's folder.
    #[schemars(length(min = 1))]
    file: Option<At<String>>,
    /// The SHA-256 digest of the file, as `sha256sum` prints it.
    sha256: Option<At<Digest>>,
    /// The product code that a Windows Installer package has to have.
    product_code: Option<At<String>>,
    /// The upgrade code that a Windows Installer package has to have.
    upgrade_code: Option<At<String>>,
    /// The name of the package in the host's own package repository.
    #[schemars(length(min = 1))]
    repository: Option<At<String>>,
}

impl Release {
    /// The bytes of its package files, as far as they are there.
    #[must_use]
    pub fn bytes_of_files(&self) -> u64 {
        let packages = self.components.values().flat_map(|component| component.packages.values());
        let paths: BTreeSet<&Utf8Path> = packages.filter_map(|it| it.source.path()).collect();
        let size = |path| Some(self.folder.join(path).metadata().ok()?.len());
        paths.into_iter().filter_map(size).sum()
    }
}

impl PackageSource {
    /// Where it is on the controller, if it is a file there, relative to the release file's folder.
    #[must_use]
    pub fn path(&self) -> Option<&Utf8Path> {
        match self {
            Self::File { path, .. } => Some(path),
            Self::Repository(_) => None,
        }
    }
}

/// The release that `text` holds. `name` is what its reader calls the file, `folder` is where
/// package files start. With an error there is no release.
#[must_use]
pub fn parse(name: &str, text: &str, folder: &Utf8Path) -> (Option<Release>, Diagnostics) {
    let source = Arc::new(SourceText { name: name.to_owned(), text: text.to_owned() });
    let (written, mut found) = source::parse::<ReleaseText>(&source);
    let Some(written) = written else { return (None, found) };
    let mut components = BTreeMap::new();
    for (name, component) in written.components {
        let (span, version) = (name.span, component.version);
        let packages = convert_packages(&source, component.packages, &mut found);
        components.insert(name.value, ReleaseComponent { span, version, packages });
    }
    let release = Release { source, folder: folder.to_owned(), name: written.name, components };
    ((!found.has_errors()).then_some(release), found)
}

/// The JSON schema of a release.
#[must_use]
pub fn schema() -> serde_json::Value {
    source::schema::<ReleaseText>()
}

fn convert_packages(
    source: &Arc<SourceText>,
    texts: BTreeMap<At<String>, PackageText>,
    found: &mut Diagnostics,
) -> BTreeMap<PackageKey, ReleasePackage> {
    let mut packages = BTreeMap::new();
    for (key, text) in texts {
        if !is_package_key(&key) {
            let known = ["deb", "rpm", "msi"].into_iter().chain(SYSTEMS.iter().map(|(id, _)| *id));
            let (id, _) = key.split_once('-').unwrap_or((&key, ""));
            let are = "write a format, a system or `system-version`; there are";
            let help = did_you_mean(id, known, are);
            found.push(
                Diagnostic::new(
                    Code::PackageKey,
                    format!("no host can match the package key `{}`", key.value),
                )
                .at(Label::new(source, key.span.clone(), "fits nothing"))
                .help(help),
            );
        }
        match convert_source(source, &key, text) {
            Ok(from) => {
                drop(packages.insert(key.value, ReleasePackage { span: key.span, source: from }));
            }
            Err(problem) => found.push(*problem),
        }
    }
    packages
}

fn convert_source(
    source: &Arc<SourceText>,
    key: &At<String>,
    text: PackageText,
) -> Result<PackageSource, Box<Diagnostic>> {
    let problem = |code, message: &str, span: Span, label: &str, help: &str| {
        let label = Label::new(source, span, label);
        Err(Box::new(Diagnostic::new(code, message).at(label).help(help)))
    };
    let (product, upgrade) = (code(source, text.product_code)?, code(source, text.upgrade_code)?);
    match (text.file, text.sha256, text.repository) {
        (Some(file), Some(_), None) if !is_relative(&file) => problem(
            Code::PackagePath,
            "a package file is named by an absolute path",
            file.span,
            "absolute",
            "keep packages near the release file and name them from its folder, so that the release \
             means the same on every machine",
        ),
        (Some(file), Some(digest), None) => Ok(PackageSource::File {
            path: file.value.into(),
            path_span: file.span,
            digest: digest.value,
            digest_span: digest.span,
            codes: Codes { product, upgrade },
        }),
        (None, None, Some(name)) if product.is_none() && upgrade.is_none() => {
            Ok(PackageSource::Repository(name.value))
        }
        (Some(file), None, None) => problem(
            Code::PackageSource,
            "a package file has no digest",
            file.span,
            "not pinned",
            "add `sha256 = \"…\"`, as `sha256sum` prints it for the tested file",
        ),
        _ => problem(
            Code::PackageSource,
            "nothing says clearly where this package comes from",
            key.span.clone(),
            "this package",
            "write either `file` and `sha256`, with its codes if you like, or `repository` alone",
        ),
    }
}

fn code(
    source: &Arc<SourceText>,
    text: Option<At<String>>,
) -> Result<Option<Guid>, Box<Diagnostic>> {
    let Some(text) = text else { return Ok(None) };
    text.parse().map(Some).map_err(|error: GuidError| {
        let message = format!("`{}` is no code of Windows Installer", text.value);
        let label = Label::new(source, text.span.clone(), "this code");
        Box::new(Diagnostic::new(Code::PackageSource, message).at(label).help(error.to_string()))
    })
}

/// Absolute by the rules of POSIX or of Windows, wherever this runs.
fn is_relative(path: &str) -> bool {
    !path.starts_with(['/', '\\']) && path.as_bytes().get(1) != Some(&b':')
}
