//! The commands of a step as lines of a script: the exact text, and how the engine treats it.

use std::borrow::Cow;

use serde::Serialize;

use super::EmitError;
use super::package::Packages;
use super::shell::{Shell, Word};
use crate::address::HostName;
use crate::apply::{Piece, pieces};
use crate::catalog::Rule;
use crate::manifest::FailOn;
use crate::plan::Step;
use crate::transport::{Command, LogsSince, Task};
use crate::value::Period;

/// One command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Line {
    /// How the engine treats it.
    verb: &'static str,
    /// When it is ended, in seconds.
    limit: u64,
    words: Word,
    run: Word,
    arguments: Vec<Word>,
    pieces: Vec<Part>,
}

/// A part of a file that is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Part {
    kind: &'static str,
    text: Word,
}

/// What lines are made of.
#[derive(Clone, Copy)]
pub(super) struct Lines<'a> {
    pub(super) step: &'a Step,
    pub(super) packages: &'a Packages,
    pub(super) host: &'a HostName,
    pub(super) shell: Shell,
}

impl Lines<'_> {
    pub(super) fn of(&self, commands: &[Command]) -> Result<Vec<Line>, EmitError> {
        commands.iter().map(|command| self.line(command, &self.verb(command, commands))).collect()
    }

    /// What one of those that a step asks runs. `marked`: the number of the step that has noted where
    /// its log ended.
    pub(super) fn part(
        &self,
        task: &Task,
        check: &[Command],
        marked: Option<usize>,
    ) -> Result<Vec<Line>, EmitError> {
        let treated = |command: &Command| match (task, &command.task) {
            (Task::AwaitHealthy { give_up, .. } | Task::AwaitReach { give_up, .. }, _) => {
                Some(Verb::with("retry", [seconds(*give_up).to_string()]))
            }
            (Task::AwaitAllIdle(_), Task::AwaitIdle { samples, every, give_up, .. }) => {
                Some(idle(*samples, (*every, *give_up)))
            }
            (Task::MarkLogs { .. }, Task::MarkLog { .. }) => Some(Verb::plain("mark")),
            (Task::ReadLogs(LogsSince { fail_on, .. }), Task::ReadLog { .. }) => {
                let marked = marked.map(|number| number.to_string()).unwrap_or_default();
                Some(Verb::with("read", [marked, fails(*fail_on).to_owned()]))
            }
            _ => None,
        };
        let lines = check.iter().filter_map(|command| Some((command, treated(command)?)));
        lines.map(|(command, verb)| self.line(command, &verb)).collect()
    }

    /// A command that is run as it is.
    pub(super) fn plain(&self, command: &Command) -> Result<Line, EmitError> {
        self.line(command, &Verb::plain("run"))
    }

    fn line(&self, command: &Command, verb: &Verb<'_>) -> Result<Line, EmitError> {
        let texts = verb.arguments.iter().map(Cow::as_ref).chain([command.run.as_str()]);
        let texts = texts.chain(verb.content);
        if texts.into_iter().any(|text| text.contains('\0')) {
            return Err(EmitError::Nul(self.step.id.to_string()));
        }
        let shell = self.shell;
        let mut arguments: Vec<Word> = verb.arguments.iter().map(|text| shell.word(text)).collect();
        if let Some(content) = verb.content {
            arguments.insert(0, shell.exact(content));
        }
        // Nobody runs what only the controller could send: people read it.
        let is_sent = matches!(command.task, Task::Request(_));
        Ok(Line {
            verb: verb.name,
            limit: seconds(command.within),
            words: shell.word(&command.task.in_words()),
            run: shell.exact(if is_sent { "" } else { &command.run }),
            arguments,
            pieces: verb.content.map(|content| parts(shell, content)).unwrap_or_default(),
        })
    }

    /// How the engine treats one of `all`. It follows `crate::apply`: what is looked at to tell whether a
    /// step is done (`look`, `wait` last), what is done again, what waits and what is compared.
    #[expect(clippy::too_many_lines, reason = "a table, one line a task")]
    fn verb<'c>(&self, command: &'c Command, all: &[Command]) -> Verb<'c> {
        match &command.task {
            Task::FindFile { .. } => Verb::plain("find"),
            Task::ReceiveFile { digest, path, .. } => {
                let name = self.packages.name(self.host, digest).to_owned();
                match self.shell {
                    Shell::Bash => Verb::with("receive", [name, digest.to_string()]),
                    // What is received lies beside its place before it is there.
                    Shell::PowerShell => {
                        Verb::with("receive", [name, digest.to_string(), path.to_string()])
                    }
                }
            }
            Task::Rehearse { .. }
            | Task::CheckWritten { .. }
            | Task::CheckVersion { .. }
            | Task::CheckRemoved { .. }
            | Task::CheckUnit { .. }
            | Task::CheckRole { .. }
            | Task::CheckData { .. }
            | Task::CheckGone { .. } => Verb::plain("look"),
            Task::AwaitHealth { .. } => Verb::plain("wait"),
            Task::AwaitVersion { every, give_up, .. } => {
                Verb::with("version", [exact(*every), seconds(*give_up).to_string()])
            }
            Task::AwaitIdle { samples, every, give_up, .. } => idle(*samples, (*every, *give_up)),
            Task::WriteFile { content, .. } => {
                Verb { content: Some(content), ..Verb::plain("write") }
            }
            Task::RestoreFile { .. } | Task::RestartUnit { .. } => Verb::plain("again"),
            Task::Note { what, .. } => Verb::with("note", [noted(all, what).to_string()]),
            Task::Compare { what, rule, .. } => {
                let rule = match rule {
                    Rule::Equal => "equal",
                    Rule::NotFewer => "not-fewer",
                };
                Verb::with("compare", [noted(all, what).to_string(), rule.into(), what.clone()])
            }
            Task::ByHand { text, .. } => Verb::with("by-hand", [text.clone()]),
            Task::Confirm { text, verified: true, .. } => Verb::with("seen", [text.clone()]),
            Task::Confirm { text, .. } => Verb::with("ask", [text.clone()]),
            Task::Request(request) => {
                Verb::with("request", [format!("{}: {}", request.say, command.run)])
            }
            Task::Isolate { .. } => Verb::plain("isolate"),
            Task::Restore { .. } => Verb::plain("restore"),
            Task::Finish { .. } => Verb::plain("finish"),
            Task::CheckFile { .. }
            | Task::Fetch { .. }
            | Task::InstallFile { .. }
            | Task::InstallFromRepository { .. }
            | Task::StartUnit { .. }
            | Task::RemovePackage { .. }
            | Task::Prepare { .. }
            | Task::MoveData { .. }
            | Task::DropKept { .. }
            | Task::MoveBack { .. }
            | Task::HandOver { .. }
            | Task::ProveBackup { .. }
            | Task::BackUp { .. }
            | Task::TryPort { .. }
            | Task::MarkLog { .. }
            | Task::ReadLog { .. }
            // These ask others or are people's: none is among the commands of a host's own step.
            | Task::AwaitAllIdle(_)
            | Task::AwaitHistory(_)
            | Task::AwaitHealthy { .. }
            | Task::AwaitReach { .. }
            | Task::MarkLogs { .. }
            | Task::ReadLogs { .. }
            | Task::TestScan { .. }
            | Task::Licence(_)
            | Task::AwaitLicence(_)
            // In scripts, package files lie beside them: no host gives them to others.
            | Task::Relay(_)
            // Plans with these are refused.
            | Task::RebootDue {}
            | Task::NoteBoot {}
            | Task::Reboot {}
            | Task::AwaitBoot { .. }
            | Task::Tell { .. } => Verb::plain("run"),
        }
    }
}

fn idle<'c>(samples: u32, (every, give_up): (Period, Period)) -> Verb<'c> {
    Verb::with("idle", [samples.to_string(), exact(every), seconds(give_up).to_string()])
}

/// How the engine treats a command.
struct Verb<'c> {
    name: &'static str,
    arguments: Vec<Cow<'c, str>>,
    /// The content of a file that is written.
    content: Option<&'c str>,
}

impl Verb<'_> {
    const fn plain(name: &'static str) -> Self {
        Self { name, arguments: Vec::new(), content: None }
    }

    fn with<const N: usize>(name: &'static str, arguments: [String; N]) -> Self {
        Self { arguments: arguments.map(Cow::Owned).into(), ..Self::plain(name) }
    }
}

/// What is noted and compared has the number of its name among those of the step.
fn noted(all: &[Command], name: &str) -> usize {
    let mut notes = all.iter().filter_map(|command| match &command.task {
        Task::Note { what, .. } => Some(what),
        _ => None,
    });
    notes.position(|what| what == name).map_or(0, |place| place + 1)
}

fn parts(shell: Shell, content: &str) -> Vec<Part> {
    let part = |piece| match piece {
        Piece::Text(text) => Part { kind: "text", text: shell.exact(text) },
        Piece::Secret { name, quoted } => {
            Part { kind: if quoted { "quoted" } else { "plain" }, text: shell.word(name) }
        }
    };
    let is_empty = |piece: &Piece<'_>| matches!(piece, Piece::Text(""));
    pieces(content).into_iter().filter(|piece| !is_empty(piece)).map(part).collect()
}

const fn fails(on: FailOn) -> &'static str {
    match on {
        FailOn::FailedMigration => "failed-migration",
        FailOn::Error => "error",
        FailOn::Never => "never",
    }
}

/// Whole seconds, never fewer than planned.
fn seconds(period: Period) -> u64 {
    period.duration().as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}

/// Seconds as sleep(1) of GNU takes them.
fn exact(period: Period) -> String {
    let millis = period.duration().as_millis();
    format!("{}.{:03}", millis / 1000, millis % 1000)
}
