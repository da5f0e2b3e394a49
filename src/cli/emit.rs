//! `mdc emit`: a plan as a runbook and scripts for each host, to be carried out by hand.

mod earlier;
mod folder;

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::console::Console;
use super::form::{Plain, file};
use super::problem::Problem;
use super::{Exit, show};
use crate::diagnostic::Code;
use crate::emit::{self, EmitError, Emitted, INDEX, NAMES, PackageFile, Templates};
use crate::manifest;
use crate::plan::Plan;
use crate::view::words;
use folder::Folder;

/// Writes a plan as a runbook, a script for each host, package files and checksums, for sites that mdc
/// can't reach. No host is touched.
#[derive(Debug, Args)]
pub(super) struct Emit {
    /// The plan file
    #[arg(required_unless_present = "print_template")]
    plan: Option<Utf8PathBuf>,
    /// Where to: a folder that is new, empty, or holds what an earlier `mdc emit` has written
    #[arg(short, long, value_name = "FOLDER", value_parser = file, required_unless_present = "print_template")]
    output: Option<Utf8PathBuf>,
    /// The manifest of the plan file, when it is no longer where it was; its release tells where the
    /// package files are
    #[arg(long, value_name = "MANIFEST")]
    manifest: Option<Utf8PathBuf>,
    /// The folder that the package files' paths are relative to, instead of the release file's
    #[arg(long, value_name = "FOLDER", conflicts_with = "no_packages")]
    packages: Option<Utf8PathBuf>,
    /// Leave the package files out, and say which have to be put there
    #[arg(long)]
    no_packages: bool,
    /// A folder of templates that take the place of the built-in ones of the same name
    #[arg(long, value_name = "FOLDER")]
    templates: Option<Utf8PathBuf>,
    /// Print a built-in template, and do nothing else: `runbook.md.hbs`, `host.sh.hbs` or
    /// `host.ps1.hbs`
    #[arg(long, value_name = "NAME", conflicts_with = "plan")]
    print_template: Option<String>,
    /// In which form it is told; as JSON it is the folder's `index.json`
    #[arg(long, default_value = "text", conflicts_with = "print_template")]
    format: Plain,
}

impl Emit {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        if let Some(name) = &self.print_template {
            let templates = Templates::built_in();
            console.data(templates.text(name).map_err(|error| of_template(&error))?)?;
            return Ok(Exit::Done);
        }
        // clap has seen to it that both are there.
        let (Some(path), Some(output)) = (&self.plan, &self.output) else { return Ok(Exit::Done) };
        let plan = show::read(path)?;
        let emitted =
            emit::emit(&plan, &self.templates()?).map_err(|error| of_plan(path, &error))?;
        if plan.is_empty() {
            console.say(&format!(
                "{path} has no steps: there is nothing to do by hand, and nothing was written."
            ));
            self.answer(&emitted, console)?;
            return Ok(Exit::Done);
        }
        let folder = Folder::begin(output, !self.no_packages)?;
        for (name, text) in &emitted.texts {
            folder.write(name, text)?;
        }
        if !self.no_packages && !emitted.packages.is_empty() {
            let from = self.packages_folder(path, &plan)?;
            emitted.packages.iter().try_for_each(|package| folder.copy(&from, package))?;
        }
        folder.end()?;
        self.tell(&plan, output, &emitted.packages, console);
        self.answer(&emitted, console)?;
        Ok(Exit::Done)
    }

    /// Tells programs what there is.
    fn answer(&self, emitted: &Emitted, console: &Console) -> Result<(), Problem> {
        match (self.format, emitted.texts.get(Utf8Path::new(INDEX))) {
            (Plain::Json, Some(index)) => console.data(index),
            _ => Ok(()),
        }
    }

    fn templates(&self) -> Result<Templates, Problem> {
        let mut templates = Templates::built_in();
        let Some(folder) = &self.templates else { return Ok(templates) };
        let mut found = false;
        for name in NAMES {
            let path = folder.join(name);
            if !path.exists() {
                continue;
            }
            found = true;
            let text = fs::read_to_string(&path)
                .map_err(|error| Problem::file(&path, &error, TEMPLATES))?;
            templates.replace(name, text).map_err(|error| of_template(&error))?;
        }
        if found {
            Ok(templates)
        } else {
            Err(Problem::file(folder, &"there is no template in it", TEMPLATES))
        }
    }

    /// The folder that the release's package files are relative to.
    fn packages_folder(&self, path: &Utf8Path, plan: &Plan) -> Result<Utf8PathBuf, Problem> {
        if let Some(folder) = &self.packages {
            return Ok(folder.clone());
        }
        let manifest = self
            .manifest
            .clone()
            .unwrap_or_else(|| path.parent().unwrap_or(Utf8Path::new("")).join(&plan.manifest));
        let (read, _) = manifest::read(&manifest);
        let release = read.and_then(|manifest| manifest.read_release().0);
        release.map(|release| release.folder).ok_or_else(|| {
            Problem::new(Code::EmitUnfit,
                format!(
                    "the package files can't be found: {manifest}, or the release that it names, can't be read"
                ),
                "name the manifest with --manifest, or the release file's folder with --packages; or give \
                 --no-packages and put the files there yourself",
            )
        })
    }

    fn tell(&self, plan: &Plan, output: &Utf8Path, packages: &[PackageFile], console: &Console) {
        console.say(&format!(
            "The plan {} is in {output}, to be carried out by hand: begin with {}.",
            plan.seal.short(),
            output.join("RUNBOOK.md")
        ));
        if !self.no_packages {
            let size = packages.iter().map(|package| package.size).sum();
            let files = words::count(packages.len(), "package file");
            console
                .say(&format!("{files} ({}) lie beside the scripts, checked.", words::bytes(size)));
            return;
        }
        for PackageFile { to, from, digest, .. } in packages {
            console.say(&format!(
                "missing: {}, which is {from} of the release; SHA-256 {digest}",
                output.join(to)
            ));
        }
    }
}

const TEMPLATES: &str = "name a folder with `runbook.md.hbs`, `host.sh.hbs` or `host.ps1.hbs`";

fn of_template(error: &EmitError) -> Problem {
    let names = NAMES.join(", ");
    Problem::new(
        Code::EmitTemplate,
        error.to_string(),
        format!(
            "the templates are {names}; `mdc emit --print-template NAME` prints one to begin with"
        ),
    )
}

fn of_plan(path: &Utf8Path, error: &EmitError) -> Problem {
    match error {
        EmitError::Nul(_) | EmitError::FileName { .. } => Problem::file(
            path,
            error,
            "correct that in the manifest, the release or the catalog, and plan again",
        ),
        EmitError::Reboot(_) => Problem::new(
            Code::EmitUnfit,
            error.to_string(),
            "`mdc apply` carries the whole plan out, reboots too",
        ),
        EmitError::NoTemplate(_) | EmitError::Template { .. } => of_template(error),
    }
}
