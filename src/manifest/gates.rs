//! What has to be so before stage 2 begins: backups with evidence, an idle cluster, what people
//! confirm, and a window of time.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Host;
use super::backup::{BackupGate, BackupText};
use super::history::{HistoryGate, HistoryText, Submissions};
use super::window::WindowText;
use crate::address::{ComponentName, HostName};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::source::{At, did_you_mean, key_span};
use crate::value::{Period, Window};

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
    /// Who sees that nobody submits files any more and that all scans are finished.
    pub submissions: Submissions,
    /// Where the scans in progress are counted, if anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryGate>,
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

impl IdleGate {
    /// That it would be given up before it could have been asked often enough.
    fn check(self, source: &Arc<SourceText>) -> Option<Diagnostic> {
        let Self { samples, every, within } = self;
        let least = every.duration().saturating_mul(samples.saturating_sub(1));
        if least <= within.duration() {
            return None;
        }
        let message = format!(
            "the cluster could never count as idle: {samples} looks, each {every} after the one before, take \
             longer than {within}"
        );
        let keys = ["within", "every", "samples"];
        let span = keys.iter().find_map(|key| key_span(source, &["gates", "idle", key]));
        Some(
            Diagnostic::new(Code::GateIdle, message)
                .at(Label::new(
                    source,
                    span.unwrap_or_default(),
                    "given up too soon, or asked too seldom",
                ))
                .help(
                    "write a longer `within` (default `30m`), a shorter `every` or fewer `samples`",
                ),
        )
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
    /// Who sees that submissions are stopped and that all scans are finished, where neither `history`
    /// nor a gate of `api-gateway` under `confirm` does; default `confirm`.
    submissions: Submissions,
    /// The route that counts the scans in progress.
    history: Option<HistoryText>,
    /// When stage 2 may run.
    window: Option<WindowText>,
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
    found.extend(text.idle.check(source).into_iter().collect());
    for (component, backup) in text.backup {
        let host = host(source, (&component, backup.host.as_ref()), placed, found);
        let gate = backup.convert(source, (&component.span, host), placed, found);
        gates.backup.extend(gate.map(|gate| (component.value, gate)));
    }
    for (component, confirm) in text.confirm {
        let host = host(source, (&component, confirm.host.as_ref()), placed, found);
        let Some(host) = host else { continue };
        let within = confirm.within.unwrap_or(Period::seconds(300));
        let gate = ConfirmGate { host, text: confirm.text, verify: confirm.verify, within };
        gates.confirm.insert(component.value, gate);
    }
    gates.submissions = text.submissions;
    gates.history = text.history.and_then(|history| history.convert(source, placed, found));
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
