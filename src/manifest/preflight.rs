//! What has to be so before anything changes, as far as this cluster says it, and the checks that it
//! waives for a while.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Host;
use crate::address::HostName;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::source::{At, did_you_mean};
use crate::value::{Period, RemotePath};

/// Bounds of the checks before anything changes. No page of the vendor names any of them: the defaults
/// are guesses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Preflight {
    /// MiB that have to stay free on every file system that packages are copied or unpacked to;
    /// default 512.
    pub free_disk: u32,
    /// The folder that packages unpack most of their files to; default `/opt`.
    pub unpacks_to: Option<RemotePath>,
    /// MiB of memory that programs can still have; a plan warns of less; default 256.
    pub free_memory: u32,
    /// How far a host's clock may be from those of most others; default `30s`.
    pub clock_skew: Period,
    /// A plan warns of certificates that expire within this time; default `30d`.
    pub certificates_within: Period,
    /// Certificates on hosts (PEM files that the login user may read) whose end is looked at, besides
    /// those of health URLs with `https`.
    pub certificates: Vec<RemotePath>,
    /// Whether hosts try to reach the ports of what their components need; default yes.
    pub ports: bool,
    /// Whether a host's own package manager rehearses each installation once the package file is
    /// there, before anything changes; default yes.
    pub rehearse: bool,
}

impl Default for Preflight {
    fn default() -> Self {
        Self {
            free_disk: 512,
            unpacks_to: None,
            free_memory: 256,
            clock_skew: Period::seconds(30),
            certificates_within: Period::seconds(30 * 24 * 3600),
            certificates: Vec::new(),
            ports: true,
            rehearse: true,
        }
    }
}

impl Preflight {
    /// The folder that packages unpack most of their files to.
    #[must_use]
    pub fn unpacks_to(&self) -> &str {
        self.unpacks_to.as_ref().map_or("/opt", RemotePath::as_str)
    }
}

/// A check that somebody has decided to go without, for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Waiver {
    /// Which check.
    #[serde(serialize_with = "text")]
    pub check: Code,
    /// On which host; on all of them when none is named.
    pub host: Option<HostName>,
    /// Why, in the words of whoever decided it.
    pub reason: String,
    /// The last day on which it holds, in UTC.
    pub until: Date,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference to the field")]
fn text<S: serde::Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.as_str())
}

/// A check that this cluster goes without for a while; shown in every plan.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct WaiverText {
    /// The check, such as `preflight::clock`.
    check: At<String>,
    /// The host that it is waived for; default all.
    host: Option<At<HostName>>,
    /// Why, for those who read the plan.
    #[schemars(length(min = 1))]
    reason: At<String>,
    /// The last day on which it holds, such as `2026-12-31`, in UTC.
    until: At<String>,
}

/// What `texts` mean, with all that is wrong with them.
pub(super) fn waivers(
    source: &Arc<SourceText>,
    texts: Vec<WaiverText>,
    hosts: &BTreeMap<HostName, Host>,
    found: &mut Diagnostics,
) -> Vec<At<Waiver>> {
    let waiver = |text: WaiverText| {
        let check = check(source, &text.check).map_err(|it| found.push(it)).ok();
        let until = date(source, &text.until).map_err(|it| found.push(it)).ok();
        if let Some(host) = text.host.as_ref().filter(|host| !hosts.contains_key(&host.value)) {
            found.push(unknown_host(source, host, hosts));
            return None;
        }
        let (host, reason) = (text.host.map(|host| host.value), text.reason.value);
        let value = Waiver { check: check?, host, reason, until: until? };
        Some(At { span: text.check.span, value })
    };
    texts.into_iter().filter_map(waiver).collect()
}

fn check(source: &Arc<SourceText>, written: &At<String>) -> Result<Code, Diagnostic> {
    let known = Code::ALL.iter().find(|code| code.as_str() == written.value);
    let problem = match known {
        Some(code) if code.is_waivable() => return Ok(*code),
        Some(_) => format!("`{}` can't be waived", written.value),
        None => format!("there is no check `{}`", written.value),
    };
    let waivable = Code::ALL.iter().filter(|code| code.is_waivable()).map(|code| code.as_str());
    let label = Label::new(source, written.span.clone(), "not a check that can be waived");
    let help = did_you_mean(&written.value, waivable, "the checks that can be waived are");
    Err(Diagnostic::new(Code::WaiverCheck, problem).at(label).help(help))
}

fn date(source: &Arc<SourceText>, written: &At<String>) -> Result<Date, Diagnostic> {
    written.value.parse().map_err(|_| {
        Diagnostic::new(Code::WaiverDate, format!("`{}` is not a day", written.value))
            .at(Label::new(source, written.span.clone(), "this"))
            .help("write the last day on which the waiver holds, such as `2026-12-31`")
    })
}

fn unknown_host(
    source: &Arc<SourceText>,
    host: &At<HostName>,
    hosts: &BTreeMap<HostName, Host>,
) -> Diagnostic {
    let known = hosts.keys().map(HostName::as_str);
    Diagnostic::new(Code::WaiverHost, format!("there is no host `{}`", host.value))
        .at(Label::new(source, host.span.clone(), "not a host of this manifest"))
        .help(did_you_mean(host.value.as_str(), known, "the hosts are"))
}
