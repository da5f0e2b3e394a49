//! Evidence of backups: which files or which command, and how `mdc` takes them.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::gates::Placed;
use crate::address::HostName;
use crate::catalog::Format;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::source::{At, Span};
use crate::value::{Percent, Period};

/// Evidence of a backup: the newest file of a pattern on a host, not too old and not suspiciously
/// small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct BackupGate {
    /// Where it is kept.
    pub host: HostName,
    /// Which files, as a pattern of the host's shell; empty where a command tells instead.
    pub newest: String,
    /// A command line that prints, for each backup, when it was taken, its size and its SHA-256.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told_by: Option<String>,
    /// How old the newest may be.
    pub max_age: Period,
    /// How large it has to be, beside the one before it.
    pub at_least: Percent,
    /// A command line that reads it and exits with 0, with the file in `$1`.
    pub probe: Option<String>,
    /// When it is given up.
    pub within: Period,
    /// How it is taken; none when somebody else does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub take: Option<Take>,
}

/// How `mdc` takes a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Take {
    /// When.
    pub when: TakeWhen,
    /// A command line that writes it, as root, with the file in `$1`; empty as long as the catalog's
    /// has not been put in its place.
    pub by: String,
    /// Where the manifest says so.
    #[serde(skip)]
    pub span: Span,
}

/// When `mdc` takes a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TakeWhen {
    /// When it is asked to: by `mdc backup`.
    OnDemand,
    /// Also in every plan of stage 2, when the cluster is idle.
    InPlan,
}

impl BackupGate {
    /// Whether its files are on a Windows host.
    #[must_use]
    pub fn is_on_windows(&self) -> bool {
        !self.newest.is_empty() && !self.newest.starts_with('/')
    }

    /// Which backups it is about, to be read after "the newest of".
    #[must_use]
    pub fn in_words(&self) -> String {
        let told = self.told_by.as_ref().map(|by| format!("what `{by}` tells of"));
        told.unwrap_or_else(|| self.newest.clone())
    }

    /// What a new file is called, around the time at which it is taken: what stands before and after
    /// the one `*` in the name of the pattern. None when the pattern can't name one.
    #[must_use]
    pub fn name(&self) -> Option<(&str, &str)> {
        let (before, after) = self.newest.split_once('*')?;
        let is_plain = |text: &str| !text.contains(['*', '?', '[', ']']);
        (is_plain(before) && is_plain(after) && !after.contains(['/', '\\']))
            .then_some((before, after))
    }
}

/// Evidence of a backup: the newest file of a pattern on a host, or what a command there tells.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct BackupText {
    /// The host that keeps the backup; default the first host of the component.
    pub(super) host: Option<At<HostName>>,
    /// The files, as an absolute path in which `*`, `?` and `[]` stand for what they stand for in a
    /// shell; the newest one is taken.
    newest: Option<At<String>>,
    /// In the place of `newest`: a command line that prints a line for each backup, as root: when it was
    /// taken (`2026-11-22T03:00:00Z`, or seconds since 1970), how many bytes it has, its SHA-256, and
    /// what it is called.
    #[schemars(with = "Option<String>", length(min = 1))]
    told_by: Option<At<String>>,
    /// How old the newest may be, such as `24h`.
    max_age: Period,
    /// How large it has to be, in percent of the one before it; default `50%`.
    at_least: Option<Percent>,
    /// A command line that reads the backup and exits with 0 when it is whole, such as
    /// `pg_restore --list "$1"`; the file is in `$1`.
    #[schemars(length(min = 1))]
    probe: Option<String>,
    /// When taking it, or reading it, is given up; default `1h`.
    within: Option<Period>,
    /// When `mdc` takes it: `on-demand` by `mdc backup` alone, `in-plan` also in every plan of
    /// stage 2, when the cluster is idle. Without this key somebody else does.
    take: Option<At<TakeWhen>>,
    /// A command line that writes it, as root, with the file in `$1`; default what the catalog says.
    #[schemars(length(min = 1))]
    take_by: Option<String>,
}

impl BackupText {
    /// What it means for the component that is placed at `place`, with all that is wrong with it. None
    /// where it is about nothing, or `host` is none.
    pub(super) fn convert(
        self,
        source: &Arc<SourceText>,
        (place, host): (&Span, Option<HostName>),
        placed: &Placed<'_>,
        found: &mut Diagnostics,
    ) -> Option<BackupGate> {
        let both = self.newest.is_some() == self.told_by.is_some();
        if both || (self.told_by.is_some() && self.take.is_some()) {
            found.push(choose(source, place, both));
            return None;
        }
        let newest =
            self.newest.unwrap_or_else(|| At { span: place.clone(), value: String::new() });
        if self.told_by.is_none() && !is_pattern(&newest) {
            found.push(bad_pattern(source, &newest));
        }
        let host = host?;
        let on_windows =
            placed.0.get(&host).map(|it| Format::of_system(&it.os) == Some(Format::Msi));
        match &self.told_by {
            Some(by) if on_windows == Some(true) => found.push(not_on_windows(source, by)),
            None if on_windows == Some(newest.value.starts_with('/')) => {
                found.push(elsewhere(source, &host, &newest));
            }
            _ => {}
        }
        let by = self.take_by.unwrap_or_default();
        let gate = BackupGate {
            host,
            newest: newest.value,
            told_by: self.told_by.map(|by| by.value),
            max_age: self.max_age,
            at_least: self.at_least.unwrap_or(Percent::HALF),
            probe: self.probe,
            within: self.within.unwrap_or(Period::seconds(3600)),
            take: self.take.map(|At { span, value }| Take { when: value, by, span }),
        };
        if gate.take.is_some() && gate.name().is_none() {
            found.push(nameless(source, &gate.newest, newest.span));
        }
        Some(gate)
    }
}

/// Neither, both, or one that can't be taken.
fn choose(source: &Arc<SourceText>, place: &Span, both: bool) -> Diagnostic {
    let (message, help) = if both {
        (
            "a backup has either a `newest` or a `told-by`",
            "write `newest = \"/path/*.dump\"`, or the command that tells of it as `told-by`",
        )
    } else {
        (
            "a backup that a command tells of is taken by somebody else",
            "take `take` out, or write `newest` in the place of `told-by`",
        )
    };
    Diagnostic::new(Code::ChooseOne, message)
        .at(Label::new(source, place.clone(), "this backup"))
        .help(help)
}

fn not_on_windows(source: &Arc<SourceText>, by: &At<String>) -> Diagnostic {
    Diagnostic::new(Code::GatePattern, "`told-by` is not built for Windows hosts")
        .at(Label::new(source, by.span.clone(), "asked on a Windows host"))
        .help("write `newest`, or name another `host` that can tell")
}

/// What a shell can be given without quotes, since its wildcards are meant: an absolute path of plain
/// characters.
fn is_pattern(pattern: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:,=*?[]".contains(c);
    pattern.starts_with('/') && pattern.chars().all(plain) || is_windows_pattern(pattern)
}

/// The same on a Windows host, where it stands in quotes.
fn is_windows_pattern(pattern: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || r"\ ._-+@,=*?[]()".contains(c);
    pattern.split_once(":\\").is_some_and(|(drive, below)| {
        drive.len() == 1
            && drive.chars().all(|c| c.is_ascii_alphabetic())
            && below.chars().all(plain)
    })
}

/// A pattern of another kind of hosts.
fn elsewhere(source: &Arc<SourceText>, host: &HostName, pattern: &At<String>) -> Diagnostic {
    let message =
        format!("`{}` is not a pattern of files on `{host}`, as its `os` says", pattern.value);
    Diagnostic::new(Code::GatePattern, message)
        .at(Label::new(source, pattern.span.clone(), "this pattern"))
        .help(r"a pattern on Windows begins with a drive, such as `D:\`, and on any other system with `/`")
}

fn nameless(source: &Arc<SourceText>, pattern: &str, place: Span) -> Diagnostic {
    let message = format!("`{pattern}` does not say how a new backup is called");
    Diagnostic::new(Code::GatePattern, message).at(Label::new(source, place, "this pattern")).help(
        "write one `*` in the name of the file, and none elsewhere: the time comes in its place",
    )
}

fn bad_pattern(source: &Arc<SourceText>, pattern: &At<String>) -> Diagnostic {
    let message = format!("`{}` is not a pattern of files on a host", pattern.value);
    Diagnostic::new(Code::GatePattern, message)
        .at(Label::new(source, pattern.span.clone(), "this pattern"))
        .help("write an absolute path of letters, digits and `/._-+@:,=`, with `*`, `?` or `[…]` for what varies")
}
