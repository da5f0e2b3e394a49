//! `mdc generate`: schemas, completions, man pages, and what hosts need for least privilege.

mod host;

use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, CommandFactory, Subcommand};
use clap_complete::Shell;
use clap_mangen::Man;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::Value;

use super::adopt::Adopted;
use super::approve::Signed;
use super::console::Console;
use super::doctor::Way;
use super::explain::{Codes, Meaning};
use super::form::{Answer, Plain, json};
use super::notify::Tests;
use super::problem::{Problem, Problems};
use super::stop::Requested;
use super::trust::AllSettled;
use super::{Arguments, Common, Exit};
use crate::approval;
use crate::catalog;
use crate::desired;
use crate::diagnostic::Code;
use crate::emit;
use crate::evidence;
use crate::manifest;
use crate::observe;
use crate::plan;
use crate::policy;
use crate::report;
use crate::review;
use crate::state;
use crate::transport::host_gate;

/// Writes what is generated from `mdc` itself, or for the hosts of a manifest.
#[derive(Debug, Args)]
pub(super) struct Generate {
    #[command(subcommand)]
    what: What,
    /// In which form; as JSON it is what was written, or the text
    #[arg(long, global = true, default_value = "text")]
    format: Plain,
}

/// What was generated, for programs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Generated {
    /// The files that were written.
    files: Vec<String>,
    /// The text, where no file was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// JSON schemas of all files that mdc reads and writes
    Schemas {
        /// Where to
        #[arg(default_value = "schemas")]
        folder: Utf8PathBuf,
        /// Write nothing; fail when a file there is not what would be written
        #[arg(long)]
        check: bool,
    },
    /// Completions for a shell, on standard output
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Man pages
    Man {
        /// Where to
        folder: Utf8PathBuf,
    },
    /// The gate: a script for hosts that runs, as root, what their root has listed
    HostGate,
    /// The rule by which sudo lets the login user run the gate, and nothing else
    Sudoers(host::Sudoers),
    /// The list of what the gate of a host may run: reading it, and a plan's commands
    Allowed(host::Allowed),
}

impl Generate {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let generated = match &self.what {
            What::Schemas { folder, check } => Generated::files(schemas(folder, *check)?),
            What::Completions { shell } => {
                let mut text = Vec::new();
                clap_complete::generate(*shell, &mut Arguments::command(), "mdc", &mut text);
                Generated::text(String::from_utf8_lossy(&text).into_owned())
            }
            What::Man { folder } => Generated::files(man(folder)?),
            What::HostGate => Generated::text(host_gate()),
            What::Sudoers(sudoers) => Generated::text(sudoers.text()?),
            What::Allowed(allowed) => Generated::text(allowed.text(common, console)?),
        };
        match (self.format, &generated.text) {
            (Plain::Text, None) => {}
            (Plain::Text, Some(text)) => console.data(text)?,
            (Plain::Json, _) => console.data(&json(&Answer::of("generated", &generated))?)?,
        }
        Ok(Exit::Done)
    }
}

impl Generated {
    const fn files(files: Vec<String>) -> Self {
        Self { files, text: None }
    }

    const fn text(text: String) -> Self {
        Self { files: Vec::new(), text: Some(text) }
    }
}

/// Writes the man pages, one for each command.
fn man(folder: &Utf8Path) -> Result<Vec<String>, Problem> {
    let wrong = |error: io::Error| Problem::file(folder, &error, WRITABLE);
    fs::create_dir_all(folder).map_err(wrong)?;
    let mut program = Arguments::command().disable_help_subcommand(true);
    program.build();
    let mut files = Vec::new();
    let mut open = vec![program];
    while let Some(command) = open.pop() {
        open.extend(command.get_subcommands().filter(|it| !it.is_hide_set()).cloned());
        let page = Man::new(command);
        files.push(folder.join(page.get_filename()).into_string());
        page.generate_to(folder).map_err(wrong)?;
    }
    files.sort();
    Ok(files)
}

const WRITABLE: &str = "name a folder that can be written";

fn schemas(folder: &Utf8Path, check: bool) -> Result<Vec<String>, Problem> {
    fs::create_dir_all(folder).map_err(|error| Problem::file(folder, &error, WRITABLE))?;
    let mut written = Vec::new();
    for (name, mut schema) in all_schemas() {
        describe(&mut schema);
        let path = folder.join(format!("{name}.schema.json"));
        let text = format!("{schema:#}\n");
        if check {
            if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
                return Err(Problem::new(
                    Code::FileOutdated,
                    format!("{path} is not what this mdc generates"),
                    "run `mdc generate schemas` and commit the result",
                ));
            }
        } else {
            fs::write(&path, text).map_err(|error| Problem::file(&path, &error, WRITABLE))?;
            written.push(path.to_string());
        }
    }
    Ok(written)
}

/// Every schema with the name of its file.
fn all_schemas() -> Vec<(&'static str, Value)> {
    let answers = review::schemas().map(|(name, schema)| (name, schema.into()));
    let mut all = vec![
        ("manifest", manifest::schema()),
        ("release", manifest::release::schema()),
        ("component", catalog::schema()),
        ("control-center-routes", manifest::routes_schema()),
        ("snapshot", schema_of::<observe::Snapshot>()),
        ("plan", schema_of::<plan::Plan>()),
        ("journal-entry", schema_of::<state::Entry>()),
        ("event", schema_of::<super::events::Line<'static>>()),
        ("validation", schema_of::<report::Validation>()),
        ("approval", schema_of::<Answer<Signed>>()),
        ("approvals", schema_of::<Answer<approval::Judged>>()),
        ("verdict", schema_of::<Answer<policy::Verdict>>()),
        ("code", schema_of::<Answer<Meaning>>()),
        ("codes", schema_of::<Answer<Codes>>()),
        ("notices-tested", schema_of::<Answer<Tests<'static>>>()),
        ("doctor", schema_of::<Answer<Way>>()),
        ("asked", schema_of::<Answer<Requested>>()),
        ("adopted", schema_of::<Answer<Adopted>>()),
        ("generated", schema_of::<Answer<Generated>>()),
        ("problems", schema_of::<Answer<Problems>>()),
        ("staged-files", schema_of::<Answer<report::StagedFiles>>()),
        ("trust", schema_of::<Answer<AllSettled>>()),
        ("emit", emit::schema().into()),
        ("status", schema_of::<report::Status>()),
        ("evidence", schema_of::<evidence::Evidence>()),
        ("report", schema_of::<Answer<report::Report>>()),
        ("change-record", schema_of::<report::ChangeRecord>()),
        ("durations", schema_of::<desired::Durations>()),
        ("history", schema_of::<report::History>()),
    ];
    all.extend(answers);
    all
}

/// Gives the only key of each choice the description of the choice: editors show those of keys.
fn describe(schema: &mut Value) {
    match schema {
        Value::Object(keys) => {
            let said = keys.get("description").cloned();
            let own = keys.get_mut("properties").and_then(Value::as_object_mut);
            let only = own.filter(|own| own.len() == 1).and_then(|own| own.values_mut().next());
            if let (Some(said), Some(Value::Object(only))) = (said, only) {
                only.entry("description").or_insert(said);
            }
            keys.values_mut().for_each(describe);
        }
        Value::Array(items) => items.iter_mut().for_each(describe),
        _ => {}
    }
}

fn schema_of<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().into()
}
