//! `mdc policy`: rules of the user's own over a saved plan.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::console::Console;
use super::form::{Answer, Form};
use super::problem::Problem;
use super::{Exit, show};
use crate::diagnostic::{Code, SourceText};
use crate::policy::{self, Verdict};
use crate::source;
use crate::view;

/// Asks rules in Rego about a plan, as conftest would: sets `deny` and `violation` refuse it, `warn` is
/// told. Exits with 0 when no rule refuses the plan, and with 3 when one does.
#[derive(Debug, Args)]
pub(super) struct Policy {
    /// The plan file
    plan: Utf8PathBuf,
    /// Files of rules, or folders of such files (`*.rego`)
    #[arg(required = true)]
    rules: Vec<Utf8PathBuf>,
    #[command(flatten)]
    form: Form,
}

impl Policy {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        let plan = show::read(&self.plan)?;
        let mut files = Vec::new();
        for path in &self.rules {
            files.extend(rules(path)?);
        }
        let verdict = policy::ask(&files, &show::json(&plan)?).map_err(|error| {
            Problem::new(
                Code::PolicyRules,
                error.to_string(),
                "mend the rules; nothing is said of the plan by that",
            )
        })?;
        let document = || view::review::verdict(&plan, &verdict);
        self.form.show(&Answer::of("verdict", &verdict), document, console)?;
        Ok(exit(&verdict))
    }
}

const fn exit(verdict: &Verdict) -> Exit {
    if verdict.denied.is_empty() { Exit::Done } else { Exit::Refused }
}

/// The rules in a file, or in all files of a folder.
fn rules(path: &Utf8Path) -> Result<Vec<SourceText>, Problem> {
    let read = |path: &Utf8Path| {
        source::read(path).map_err(|diagnostic| Problem::Diagnostics(vec![*diagnostic]))
    };
    if !path.is_dir() {
        return Ok(vec![read(path)?]);
    }
    let unreadable = |error: std::io::Error| Problem::file(path, &error, "correct the path");
    let mut paths = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?.path();
        paths.extend(Utf8PathBuf::from_path_buf(entry).ok());
    }
    paths.retain(|path| path.extension() == Some("rego"));
    paths.sort();
    if paths.is_empty() {
        return Err(Problem::file(path, &"there is no file `*.rego` in it", "correct the path"));
    }
    paths.iter().map(|path| read(path)).collect()
}
