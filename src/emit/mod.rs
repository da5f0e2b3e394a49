//! A plan to be carried out by hand: a runbook, a script for each host, packages and checksums beside
//! them, for sites that `mdc` can't reach. Pure: a plan becomes files as values, the same bytes every
//! time; who asked for them writes them.
//!
//! A script runs exactly the commands of the plan, by `engine/*.sh`; what each task means there
//! follows `crate::apply`.

mod commands;
mod host;
mod index;
mod item;
mod package;
mod rules;
mod runbook;
mod template;
mod text;
mod way_back;

pub use index::FORMAT;
pub use package::PackageFile;
pub use template::{NAMES, Templates, variables};

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use thiserror::Error;

use crate::address::HostName;
use crate::plan::Plan;
use crate::transport::Command;
use crate::value::Digest;
use index::Index;
use package::Packages;

/// The name of the file with the checksums of all others.
pub const CHECKSUMS: &str = "SHA256SUMS";
/// The name of the file that programs read.
pub const INDEX: &str = "index.json";
const RUNBOOK: &str = "RUNBOOK.md";

/// What is to be written, by its path in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emitted {
    /// The files whose text is made here.
    pub texts: BTreeMap<Utf8PathBuf, String>,
    /// Package files that are copied there.
    pub packages: Vec<PackageFile>,
}

/// Why a plan can't be carried out by hand.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EmitError {
    /// No script can hold it.
    #[error("a command of the step {0} holds the character NUL, which no script can hold")]
    Nul(String),
    /// A package file whose name is none for a file here.
    #[error("the step {step} has a package file that is called {name:?}, which is no file's name")]
    FileName {
        /// Of which step.
        step: String,
        /// What it is called.
        name: String,
    },
    /// Nobody has written the engine of scripts for Windows.
    #[error(
        "{0} runs Windows, and scripts to be carried out by hand are made for Linux alone: take these hosts \
         into a manifest of their own, or carry the plan out with mdc"
    )]
    Windows(String),
    /// A template that is not known by this name.
    #[error("there is no template {0:?}")]
    NoTemplate(String),
    /// A template that can't be used.
    #[error("{name}{}: {why}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Template {
        /// Which.
        name: String,
        /// Where in it, where that is known.
        line: Option<usize>,
        /// What is wrong with it.
        why: String,
    },
}

/// The runbook, the scripts and all that lies beside them.
///
/// # Errors
/// When something in the plan can't be in a script, or a template can't be filled.
pub fn emit(plan: &Plan, templates: &Templates) -> Result<Emitted, EmitError> {
    if let Some(host) = windows_host(plan) {
        return Err(EmitError::Windows(host.to_string()));
    }
    let packages = Packages::of(plan)?;
    let hosts = item::hosts(plan, &packages)?;
    let mut texts = BTreeMap::new();
    for (name, items) in &hosts {
        let text = templates.host(&host::variables(plan, name, items)?)?;
        texts.insert(host::path(name), text);
    }
    let runbook = runbook::variables(plan, &hosts, &packages);
    texts.insert(RUNBOOK.into(), templates.runbook(&runbook)?);
    let index = Index::of(plan, &hosts, &packages);
    texts.insert(INDEX.into(), index.text());
    let packages = packages.files;
    let sums = texts.iter().map(|(path, text)| (path.clone(), Digest::of(text.as_bytes())));
    let sums = sums.chain(packages.iter().map(|file| (file.to.clone(), file.digest)));
    let sums: BTreeMap<Utf8PathBuf, Digest> = sums.collect();
    let lines = sums.iter().map(|(path, digest)| format!("{digest}  {path}\n"));
    let lines = lines.collect();
    texts.insert(CHECKSUMS.into(), lines);
    Ok(Emitted { texts, packages })
}

/// A host that runs Windows: the names of checks have the package format, and every line for cmd begins
/// alike.
fn windows_host(plan: &Plan) -> Option<&HostName> {
    let members = plan.members.values().chain(plan.asked.values()).flat_map(|members| &members.0);
    let mut asked = members.filter(|it| it.check.name().split('/').any(|part| part == "msi"));
    let is_line = |command: &Command| command.run.starts_with("cmd.exe ");
    let mut steps = plan.steps.iter().filter(|step| step.commands.iter().any(is_line));
    asked.next().map(|it| &it.host).or_else(|| steps.next().map(|step| &step.host))
}
