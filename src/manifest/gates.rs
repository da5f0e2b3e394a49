//! What has to be so before stage 2 begins: backups with evidence, an idle cluster, what people
//! confirm, and a window of time.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Host;
use super::window::WindowText;
use crate::address::{ComponentName, HostName};
use crate::catalog::Format;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::source::{At, Span, did_you_mean};
use crate::value::{Percent, Period, Window};

/// What has to be so before stage 2 begins.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Gates {
    /// When the cluster counts as idle.
    pub idle: IdleGate,
    /// Evidence of backups, by component.
    pub backup: BTreeMap<ComponentName, BackupGate>,
    /// What people confirm, by the component that it concerns.
    pub confirm: BTreeMap<ComponentName, ConfirmGate>,
    /// When stage 2 may run.
    #[serde(serialize_with = "bare")]
    pub window: Option<At<Window>>,
}

#[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
fn bare<S: serde::Serializer>(
    window: &Option<At<Window>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    window.as_ref().map(|window| &window.value).serialize(serializer)
}

/// When the cluster counts as idle: everything in it that can tell how much is still to be done says
/// `0`, several times in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct IdleGate {
    /// How many times in a row; default 3.
    #[schemars(range(min = 1, max = 1000))]
    pub samples: u32,
    /// How long after one another; default `10s`.
    pub every: Period,
    /// When it is given up; default `30m`.
    pub within: Period,
}

impl Default for IdleGate {
    fn default() -> Self {
        Self { samples: 3, every: Period::seconds(10), within: Period::seconds(30 * 60) }
    }
}

/// Evidence of a backup: the newest file of a pattern on a host, not too old and not suspiciously
/// small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct BackupGate {
    /// Where it is kept.
    pub host: HostName,
    /// Which files, as a pattern of the host's shell.
    pub newest: String,
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
        !self.newest.starts_with('/')
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

/// Something that people do and confirm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ConfirmGate {
    /// Where it is seen that it was done.
    pub host: HostName,
    /// What has to be done, for the people who do it.
    pub text: String,
    /// A command line that exits with 0 when it was done; without one it is confirmed by
    /// `--confirm COMPONENT`.
    pub verify: Option<String>,
    /// When `verify` is given up, which is asked again and again until then.
    pub within: Period,
}

/// What has to be so before stage 2 begins.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub(super) struct GatesText {
    /// When the cluster counts as idle.
    idle: IdleGate,
    /// Evidence of backups, by component.
    backup: BTreeMap<At<ComponentName>, BackupText>,
    /// What people do and confirm, by the component that it concerns.
    confirm: BTreeMap<At<ComponentName>, ConfirmText>,
    /// When stage 2 may run.
    window: Option<WindowText>,
}

/// Evidence of a backup: the newest file of a pattern on a host.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct BackupText {
    /// The host that keeps the backup; default the first host of the component.
    host: Option<At<HostName>>,
    /// The files, as an absolute path in which `*`, `?` and `[]` stand for what they stand for in a
    /// shell; the newest one is taken.
    newest: At<String>,
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

/// Something that people do and confirm.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ConfirmText {
    /// The host on which it is verified; default the first host of the component.
    host: Option<At<HostName>>,
    /// What has to be done, for the people who do it.
    #[schemars(length(min = 1))]
    text: String,
    /// A command line on the host that exits with 0 when it was done; without one it is confirmed by
    /// `mdc resume --confirm COMPONENT`.
    #[schemars(length(min = 1))]
    verify: Option<String>,
    /// When `verify` is given up, which is asked again and again until then; default `5m`.
    within: Option<Period>,
}

/// The hosts of a manifest, asked for what a gate needs.
pub(super) struct Placed<'m>(pub(super) &'m BTreeMap<HostName, Host>);

impl Placed<'_> {
    /// The first host of a component, and the component's name.
    pub(super) fn first(&self, component: &str) -> Option<(&HostName, &ComponentName)> {
        let mut hosts = self.0.iter();
        hosts.find_map(|(name, host)| Some((name, host.components.get_key_value(component)?.0)))
    }
}

/// What `text` means, with all that is wrong with it.
pub(super) fn convert(
    source: &Arc<SourceText>,
    text: GatesText,
    placed: &Placed<'_>,
    found: &mut Diagnostics,
) -> Gates {
    let mut gates = Gates { idle: text.idle, ..Gates::default() };
    for (component, backup) in text.backup {
        let host = host(source, (&component, backup.host.as_ref()), placed, found);
        if !is_pattern(&backup.newest) {
            found.push(bad_pattern(source, &backup.newest));
        }
        let Some(host) = host else { continue };
        let by = backup.take_by.unwrap_or_default();
        let take = backup.take.map(|At { span, value }| Take { when: value, by, span });
        let place = backup.newest.span;
        let on_windows =
            placed.0.get(&host).map(|it| Format::of_system(&it.os) == Some(Format::Msi));
        if on_windows == Some(backup.newest.value.starts_with('/')) {
            found.push(elsewhere(source, &host, (&backup.newest.value, place.clone())));
        }
        let gate = BackupGate {
            host,
            newest: backup.newest.value,
            max_age: backup.max_age,
            at_least: backup.at_least.unwrap_or(Percent::HALF),
            probe: backup.probe,
            within: backup.within.unwrap_or(Period::seconds(3600)),
            take,
        };
        if gate.take.is_some() && gate.name().is_none() {
            found.push(nameless(source, &gate.newest, place));
        }
        gates.backup.insert(component.value, gate);
    }
    for (component, confirm) in text.confirm {
        let host = host(source, (&component, confirm.host.as_ref()), placed, found);
        let Some(host) = host else { continue };
        let within = confirm.within.unwrap_or(Period::seconds(300));
        let gate = ConfirmGate { host, text: confirm.text, verify: confirm.verify, within };
        gates.confirm.insert(component.value, gate);
    }
    gates.window = text.window.and_then(|window| window.convert(source, found));
    gates
}

/// The host that is named, or the first one of the component.
fn host(
    source: &Arc<SourceText>,
    (component, named): (&At<ComponentName>, Option<&At<HostName>>),
    placed: &Placed<'_>,
    found: &mut Diagnostics,
) -> Option<HostName> {
    let Some((first, _)) = placed.first(component.as_str()) else {
        found.push(
            Diagnostic::new(Code::GateHost, format!("no host has `{}`", component.value))
                .at(Label::new(source, component.span.clone(), "the gate of this component"))
                .help("place the component on a host, or take the gate out"),
        );
        return None;
    };
    let Some(named) = named else { return Some(first.clone()) };
    if placed.0.contains_key(&named.value) {
        return Some(named.value.clone());
    }
    found.push(
        Diagnostic::new(Code::GateHost, format!("there is no host `{}`", named.value))
            .at(Label::new(source, named.span.clone(), "not a host of this manifest"))
            .help(did_you_mean(
                named.value.as_str(),
                placed.0.keys().map(HostName::as_str),
                "the hosts are",
            )),
    );
    None
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
fn elsewhere(
    source: &Arc<SourceText>,
    host: &HostName,
    (pattern, place): (&str, Span),
) -> Diagnostic {
    let message = format!("`{pattern}` is not a pattern of files on `{host}`, as its `os` says");
    Diagnostic::new(Code::GatePattern, message)
        .at(Label::new(source, place, "this pattern"))
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
