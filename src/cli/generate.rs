//! `mdc generate`: schemas, completions, man pages, and what hosts need for least privilege.

mod host;

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, CommandFactory, Subcommand};
use clap_complete::Shell;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::console::Console;
use super::problem::Problem;
use super::{Arguments, Common, Exit};
use crate::approval;
use crate::catalog;
use crate::desired;
use crate::evidence;
use crate::manifest;
use crate::observe;
use crate::plan;
use crate::report;
use crate::state;
use crate::transport::host_gate;

/// Writes what is generated from `mdc` itself, or for the hosts of a manifest.
#[derive(Debug, Args)]
pub(super) struct Generate {
    #[command(subcommand)]
    what: What,
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
        match &self.what {
            What::Schemas { folder, check } => schemas(folder, *check)?,
            What::Completions { shell } => {
                let mut text = Vec::new();
                clap_complete::generate(*shell, &mut Arguments::command(), "mdc", &mut text);
                console.data(&String::from_utf8_lossy(&text))?;
            }
            What::Man { folder } => {
                let written = fs::create_dir_all(folder)
                    .and_then(|()| clap_mangen::generate_to(Arguments::command(), folder));
                written.map_err(|error| Problem::file(folder, &error, WRITABLE))?;
            }
            What::HostGate => console.data(&host_gate())?,
            What::Sudoers(sudoers) => console.data(&sudoers.text()?)?,
            What::Allowed(allowed) => console.data(&allowed.text(common, console)?)?,
        }
        Ok(Exit::Done)
    }
}

const WRITABLE: &str = "name a folder that can be written";

fn schemas(folder: &Utf8Path, check: bool) -> Result<(), Problem> {
    fs::create_dir_all(folder).map_err(|error| Problem::file(folder, &error, WRITABLE))?;
    for (name, schema) in all_schemas() {
        let path = folder.join(format!("{name}.schema.json"));
        let text = format!("{schema:#}\n");
        if check {
            if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
                return Err(Problem::new(
                    format!("{path} is not what this mdc generates"),
                    "run `mdc generate schemas` and commit the result",
                ));
            }
        } else {
            fs::write(&path, text).map_err(|error| Problem::file(&path, &error, WRITABLE))?;
        }
    }
    Ok(())
}

/// Every schema with the name of its file.
fn all_schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("manifest", manifest::schema()),
        ("release", manifest::release::schema()),
        ("component", catalog::schema()),
        ("snapshot", schema_of::<observe::Snapshot>()),
        ("plan", schema_of::<plan::Plan>()),
        ("journal-entry", schema_of::<state::Entry>()),
        ("event", schema_of::<super::events::Line<'static>>()),
        ("validation", schema_of::<report::Validation>()),
        ("approvals", schema_of::<approval::Judged>()),
        ("status", schema_of::<report::Status>()),
        ("evidence", schema_of::<evidence::Evidence>()),
        ("report", schema_of::<report::Report>()),
        ("change-record", schema_of::<report::ChangeRecord>()),
        ("durations", schema_of::<desired::Durations>()),
        ("history", schema_of::<report::History>()),
    ]
}

fn schema_of<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().into()
}
