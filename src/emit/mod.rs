//! A plan to be carried out by hand: a runbook, a script for each host, packages and checksums beside
//! them, for sites that `mdc` can't reach. Pure: a plan becomes files as values, the same bytes every
//! time; who asked for them writes them.
//!
//! A script runs exactly the commands of the plan, by `engine/*.sh` or, on Windows, by
//! `engine/windows/*.ps1`, which does the same; what each task means there follows `crate::apply`.

mod commands;
mod host;
mod index;
mod item;
mod package;
mod rules;
mod runbook;
mod shell;
mod template;
mod text;
mod way_back;

pub use index::{FORMAT, schema};
pub use package::PackageFile;
pub use template::{NAMES, Templates, variables};

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use thiserror::Error;

use crate::diff::Action;
use crate::plan::{self, Plan};
use crate::value::Digest;
use index::Index;
use package::Packages;
use shell::Shell;

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
    /// A script on a host that is rebooted ends with it.
    #[error(
        "the step {0} reboots its host, which ends the script that runs there: take `reboot` out of the \
         component, and reboot the host by hand where it asks for it, or carry the plan out with mdc"
    )]
    Reboot(String),
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
    let plan = &plan::by_hand(plan);
    if let Some(step) = plan.steps.iter().find(|step| step.action == Action::Reboot) {
        return Err(EmitError::Reboot(step.id.to_string()));
    }
    let packages = Packages::of(plan)?;
    let hosts = item::hosts(plan, &packages)?;
    let mut texts = BTreeMap::new();
    let common = host::Common::of(plan);
    for (name, items) in &hosts {
        let text =
            templates.host(&host::variables(&common, name, items)?, Shell::of(plan, name))?;
        texts.insert(host::path(plan, name), text);
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
