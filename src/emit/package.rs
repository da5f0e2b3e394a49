//! The package files that lie beside the scripts.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::Serialize;

use super::EmitError;
use crate::address::HostName;
use crate::plan::Plan;
use crate::transport::Task;
use crate::value::{Digest, steers};

/// The folder of those that people give to Control Center.
const CENTER: &str = "control-center";

/// A package file that is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct PackageFile {
    /// Where it lies in the folder.
    #[schemars(with = "String")]
    pub to: Utf8PathBuf,
    /// Where it is had, relative to the release file.
    pub from: String,
    /// The content.
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
}

/// All of them.
pub(super) struct Packages {
    /// By where they lie.
    pub(super) files: Vec<PackageFile>,
    /// By which name each lies with a host's script.
    names: BTreeMap<(HostName, Digest), String>,
}

impl Packages {
    pub(super) fn of(plan: &Plan) -> Result<Self, EmitError> {
        let mut packages = Self::none();
        let mut taken = BTreeSet::new();
        for step in &plan.steps {
            for command in step.commands.iter() {
                let wrong = |name: &str| EmitError::FileName {
                    step: step.id.to_string(),
                    name: name.into(),
                };
                match &command.task {
                    Task::ReceiveFile { from, path, digest, size } => {
                        let name =
                            file_name(path.file_name()).ok_or_else(|| wrong(path.as_str()))?;
                        let key = (step.host.clone(), *digest);
                        if packages.names.contains_key(&key) {
                            continue;
                        }
                        let folder = format!("hosts/{}/packages", step.host);
                        let name = free(&mut taken, &folder, name, digest);
                        packages.add(format!("{folder}/{name}"), from, *digest, *size);
                        packages.names.insert(key, name);
                    }
                    Task::Request(request) => {
                        let Some(file) = &request.upload else { continue };
                        let name = file_name(file.name()).ok_or_else(|| wrong(file.name()))?;
                        if packages.to_center().any(|known| known.digest == file.digest) {
                            continue;
                        }
                        let name = free(&mut taken, CENTER, name, &file.digest);
                        packages.add(
                            format!("{CENTER}/{name}"),
                            &file.from,
                            file.digest,
                            file.size,
                        );
                    }
                    _ => {}
                }
            }
        }
        packages.files.sort_by(|a, b| a.to.cmp(&b.to));
        Ok(packages)
    }

    /// For commands that copy nothing.
    pub(super) const fn none() -> Self {
        Self { files: Vec::new(), names: BTreeMap::new() }
    }

    fn add(&mut self, to: String, from: &str, digest: Digest, size: u64) {
        self.files.push(PackageFile { to: to.into(), from: from.to_owned(), digest, size });
    }

    /// Its name beside the script of `host`.
    pub(super) fn name(&self, host: &HostName, digest: &Digest) -> &str {
        self.names.get(&(host.clone(), *digest)).map_or("", String::as_str)
    }

    /// Those of one host.
    pub(super) fn on<'p>(&'p self, host: &HostName) -> impl Iterator<Item = &'p PackageFile> {
        let folder = format!("hosts/{host}/packages/");
        // They are sorted by where they lie, path by path.
        let from = self.files.partition_point(|file| *file.to < *folder);
        let own = self.files.get(from..).unwrap_or_default().iter();
        own.take_while(move |file| file.to.as_str().starts_with(&folder))
    }

    /// Those that people give to Control Center.
    pub(super) fn to_center(&self) -> impl Iterator<Item = &PackageFile> {
        self.files.iter().filter(|file| file.to.starts_with(CENTER))
    }
}

/// Two files of one name lie beside each other by the digest of the second.
fn free(taken: &mut BTreeSet<String>, folder: &str, name: &str, digest: &Digest) -> String {
    if taken.insert(format!("{folder}/{name}")) {
        return name.to_owned();
    }
    let name = format!("{}-{name}", digest.short());
    taken.insert(format!("{folder}/{name}"));
    name
}

/// A name that is a file's in any folder, and a line of its own in a list of checksums.
fn file_name(name: &str) -> Option<&str> {
    let bad = |c: char| steers(c) || matches!(c, '/' | '\\');
    let fits = !name.is_empty() && name != "." && name != ".." && name.len() <= 200;
    (fits && !name.contains(bad)).then_some(name)
}
