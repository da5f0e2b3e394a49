//! The templates of the runbook and of scripts: built in, or those of the user, who may use the
//! variables below and no others.

use serde::Serialize;

use super::shell::Shell;
use super::{EmitError, host, runbook};
use crate::source::template::{Fault, check_lines, render};

const RUNBOOK: &str = "runbook.md.hbs";
const HOST: &str = "host.sh.hbs";
const WINDOWS_HOST: &str = "host.ps1.hbs";

/// The names of all templates.
pub const NAMES: [&str; 3] = [RUNBOOK, HOST, WINDOWS_HOST];

/// A variable's name and what it is. A name with full stops is known inside of the lists before them.
type Variable = (&'static str, &'static str);

/// The texts of the templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates {
    runbook: String,
    host: String,
    windows_host: String,
}

impl Templates {
    /// Those that come with `mdc`.
    #[must_use]
    pub fn built_in() -> Self {
        Self {
            runbook: include_str!("templates/runbook.md.hbs").to_owned(),
            host: include_str!("templates/host.sh.hbs").to_owned(),
            windows_host: include_str!("templates/host.ps1.hbs").to_owned(),
        }
    }

    /// The text of one.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn text(&self, name: &str) -> Result<&str, EmitError> {
        match name {
            RUNBOOK => Ok(&self.runbook),
            HOST => Ok(&self.host),
            WINDOWS_HOST => Ok(&self.windows_host),
            _ => Err(EmitError::NoTemplate(name.to_owned())),
        }
    }

    /// Takes `text` instead of the one of this name.
    ///
    /// # Errors
    /// When there is none of this name, or the text uses what isn't there.
    pub fn replace(&mut self, name: &str, text: String) -> Result<(), EmitError> {
        let names: Vec<String> =
            variables(name).iter().map(|(name, _)| (*name).to_owned()).collect();
        check_lines(&text, &names).map_err(|(line, fault)| EmitError::Template {
            name: name.to_owned(),
            line,
            why: match fault {
                Fault::Unreadable(why) => why,
                Fault::Unknown(unknown) => format!(
                    "it uses `{unknown}`, which isn't known there; docs/emit.md has the variables"
                ),
            },
        })?;
        match name {
            RUNBOOK => self.runbook = text,
            HOST => self.host = text,
            WINDOWS_HOST => self.windows_host = text,
            _ => return Err(EmitError::NoTemplate(name.to_owned())),
        }
        Ok(())
    }

    pub(super) fn runbook(&self, variables: &runbook::Variables) -> Result<String, EmitError> {
        filled(RUNBOOK, &self.runbook, variables)
    }

    pub(super) fn host(
        &self,
        variables: &host::Variables,
        shell: Shell,
    ) -> Result<String, EmitError> {
        let (name, text) = match shell {
            Shell::Bash => (HOST, &self.host),
            Shell::PowerShell => (WINDOWS_HOST, &self.windows_host),
        };
        filled(name, text, variables).map(|script| shell.file(script))
    }
}

fn filled(name: &str, text: &str, variables: &impl Serialize) -> Result<String, EmitError> {
    let wrong = |why: String| EmitError::Template { name: name.to_owned(), line: None, why };
    let values = serde_json::to_value(variables).map_err(|error| wrong(error.to_string()))?;
    render(text, &values).map_err(wrong)
}

/// The variables that a template of this name may use.
#[must_use]
pub fn variables(template: &str) -> &'static [Variable] {
    match template {
        RUNBOOK => RUNBOOK_VARIABLES,
        HOST | WINDOWS_HOST => HOST_VARIABLES,
        _ => &[],
    }
}

const RUNBOOK_VARIABLES: &[Variable] = &[
    ("windows", "whether there are hosts with Windows, whose scripts are for PowerShell"),
    ("cluster", "the cluster's name"),
    ("environment", "what it is for"),
    ("leads-to", "what the plan does, in words"),
    ("release", "the release"),
    ("seal", "the plan's seal"),
    ("manifest", "where the manifest was, seen from the plan"),
    ("tool", "the version of `mdc` that made the plan"),
    ("takes", "what all waves take together, about"),
    ("window", "when stage 2 may begin; nothing when it may at any time"),
    ("approvals", "list: how many people have to approve which stage, and who may"),
    ("warnings", "list: what a reviewer should know"),
    ("unknown", "list: hosts that could not be read"),
    ("withheld", "list: changes that are left out because of them"),
    ("waived", "list: checks that the plan goes without"),
    ("hosts", "list: the hosts with a script"),
    ("hosts.name", "its name"),
    ("hosts.folder", "its folder"),
    ("hosts.script", "its script"),
    ("hosts.steps", "how many steps it has, in words"),
    ("hosts.packages", "list: the package files that its script copies"),
    ("hosts.packages.path", "where it lies"),
    ("hosts.packages.digest", "its SHA-256"),
    ("hosts.packages.size", "its size"),
    ("center-files", "list: files that people give to Control Center"),
    ("center-files.path", "where it lies"),
    ("center-files.digest", "its SHA-256"),
    ("center-files.size", "its size"),
    ("secrets", "list: secrets that scripts ask for"),
    ("secrets.name", "its name"),
    ("secrets.host", "on which host"),
    ("secrets.step", "for which step"),
    ("secrets.from", "where the controller would have it from"),
    ("waves", "list: the waves, first to last"),
    ("waves.number", "its number"),
    ("waves.stage", "the stage, in words"),
    ("waves.means", "what the stage means"),
    ("waves.does", "what is done in it, in words"),
    ("waves.takes", "how long it takes, about"),
    ("waves.impacts", "list: what users notice meanwhile"),
    ("waves.people", "list: what people do that no script can"),
    ("waves.people.step", "the step"),
    ("waves.people.does", "what, in words"),
    ("waves.people.how", "how exactly, as a block of code"),
    ("waves.rows", "list: the hosts that have something to do"),
    ("waves.rows.host", "the host"),
    ("waves.rows.run", "what is run there"),
    ("waves.rows.steps", "list: its steps"),
    ("waves.rows.steps.number", "the step's number in the script"),
    ("waves.rows.steps.does", "what it does, in words"),
    ("waves.counts", "list: how many have to be healthy"),
    ("policies", "list: what follows when a component fails, where it is more than to stop"),
    ("back", "list: steps that can be taken back, last first"),
    ("back.host", "the host"),
    ("back.run", "what is run there, or that people do it"),
    ("back.does", "what is taken back, to what, and what that loses; or how people do it"),
    ("parts", "list: what each instance of hot backup was before, where licences are moved"),
    ("lasting", "list: steps that can't be taken back"),
    ("lasting.step", "the step"),
    ("lasting.why", "why"),
];

const HOST_VARIABLES: &[Variable] = &[
    ("host", "the host's name"),
    ("cluster", "the cluster's name"),
    ("environment", "what it is for"),
    ("release", "the release"),
    ("site", "a name for the cluster that is safe in paths"),
    ("seal", "the plan's seal"),
    ("first-wave", "the number of the plan's first wave"),
    ("steps", "list: the host's steps, in order"),
    ("steps.number", "its number, from 1"),
    ("steps.id", "its id in the plan"),
    ("steps.wave", "its wave"),
    ("steps.stage", "its stage, in words"),
    ("steps.kind", "`change`, `gate`, `count` (a gate that not every host has to pass) or `once`"),
    ("steps.title", "what it does, in words"),
    ("steps.reasons", "list: why"),
    ("steps.impact", "what users notice meanwhile; nothing when nothing"),
    ("steps.elsewhere", "list: what has to be so that the script can't see"),
    ("steps.needs", "list: components that have to be healthy on this host"),
    ("steps.commands", "list: its commands"),
    ("steps.commands.verb", "how the engine treats it"),
    ("steps.commands.limit", "when it is ended, in seconds"),
    ("steps.commands.words", "what it does, in words"),
    ("steps.commands.run", "its exact text; may have several lines"),
    ("steps.commands.arguments", "list: what the engine needs besides"),
    ("steps.commands.pieces", "list: the parts of a file that it writes"),
    ("steps.commands.pieces.kind", "`text`, or the place of a secret: `plain` or `quoted`"),
    ("steps.commands.pieces.text", "the text, or the secret's name"),
    ("steps.back", "list: the commands of its way back"),
    ("steps.back.verb", "as above"),
    ("steps.back.limit", "as above"),
    ("steps.back.words", "as above"),
    ("steps.back.run", "as above"),
    ("steps.back.arguments", "as above"),
    ("steps.back.pieces", "as above"),
    ("steps.back.pieces.kind", "as above"),
    ("steps.back.pieces.text", "as above"),
    ("steps.loses", "what the way back loses"),
    ("steps.no-way-back", "why there is none; nothing when there is one or nothing is changed"),
    ("health", "list: components that can be asked for health on this host"),
    ("health.component", "which"),
    ("health.commands", "list: how"),
    ("health.commands.verb", "as above"),
    ("health.commands.limit", "as above"),
    ("health.commands.words", "as above"),
    ("health.commands.run", "as above"),
    ("health.commands.arguments", "as above"),
    ("health.commands.pieces", "as above"),
    ("health.commands.pieces.kind", "as above"),
    ("health.commands.pieces.text", "as above"),
    ("engine", "what carries the steps out: functions that the commands of the steps call"),
];
