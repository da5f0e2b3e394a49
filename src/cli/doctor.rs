//! `mdc doctor`: why a host can't be reached, step by step.

use std::fmt::Write as _;

use camino::Utf8PathBuf;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::console::Console;
use super::form::{Answer, PlainForm};
use super::problem::Problem;

use super::{Exit, ManifestPath};
use crate::address::HostName;
use crate::catalog::Format;
use crate::diagnostic::Code;
use crate::manifest;
use crate::transport::{Dialer, Finding, Outcome, RecordedExchange, Target};
use crate::view;

/// Looks at the way to one host: name, port, identity, login, shell, rights, quotas, clock, up to the
/// first that doesn't work, and says what to change. Nothing on the host is changed.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// The host, as the manifest names it
    #[arg(value_name = "HOST")]
    host: String,
    #[command(flatten)]
    path: ManifestPath,
    /// Write what was said over WinRM to this file, without addresses, users and what commands printed
    #[arg(long, value_name = "FILE")]
    record: Option<Utf8PathBuf>,
    #[command(flatten)]
    form: PlainForm,
}

/// How the way to a host is, for programs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Way {
    /// The host, as the manifest names it.
    host: HostName,
    /// Whether all of it works.
    works: bool,
    /// What was looked at, in this order, up to the first that doesn't work.
    findings: Vec<Looked>,
}

/// What was found of a part of the way.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Looked {
    /// What was looked at.
    subject: &'static str,
    /// `good`; `odd` when it works but should be looked at; `bad` when it doesn't work.
    state: &'static str,
    /// What was found, in words.
    found: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl Doctor {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        let (manifest, found) = manifest::read(&self.path.manifest);
        let failed = found.has_errors();
        let (Some(manifest), false) = (manifest, failed) else {
            return Err(Problem::Diagnostics(found.sorted()));
        };
        let known = manifest.hosts.get_key_value(self.host.as_str());
        let way = known.and_then(|(name, host)| {
            Some((name, host, manifest.connections.get(&host.connection)?))
        });
        let Some((name, host, connection)) = way else {
            return Err(Problem::new(
                Code::UnknownName,
                format!("the manifest has no host `{}`", self.host),
                "name the host as the manifest does",
            ));
        };
        let target = Target {
            host: name,
            address: &host.address,
            format: Format::of_system(&host.os).unwrap_or(Format::Deb),
            connection,
            folder: &manifest.folder,
        };
        let checkup = Dialer::new().examine(&target);
        let way = Way::of(name, &checkup.findings);
        let document = || view::doctor::document(name, &checkup.findings);
        self.form.format.show(&Answer::of("doctor", &way), document, console)?;
        if let Some(file) = &self.record {
            std::fs::write(file, recorded(&checkup.exchanges)).map_err(|error| {
                Problem::new(
                    Code::FileUnusable,
                    format!("{file} can't be written: {error}"),
                    "name another file",
                )
            })?;
            console.say(&format!("{} exchanges are in {file}", checkup.exchanges.len()));
        }
        Ok(if way.works { Exit::Done } else { Exit::Incomplete })
    }
}

impl Way {
    fn of(host: &HostName, findings: &[Finding]) -> Self {
        Self {
            host: host.clone(),
            works: !findings.iter().any(Finding::is_bad),
            findings: findings.iter().map(Looked::at).collect(),
        }
    }
}

impl Looked {
    fn at(finding: &Finding) -> Self {
        let (state, found, next) = match &finding.outcome {
            Outcome::Good(what) => ("good", what, None),
            Outcome::Odd { what, hint } => ("odd", what, Some(hint.clone())),
            Outcome::Bad { what, hint } => ("bad", what, Some(hint.clone())),
        };
        Self { subject: finding.subject.in_words(), state, found: found.clone(), next }
    }
}

/// As YAML, whose quoted texts may be written as in JSON.
fn recorded(exchanges: &[RecordedExchange]) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    exchanges.iter().fold("messages:\n".to_owned(), |mut text, it| {
        let (key, answer) = match &it.response {
            Ok(response) => ("response", response),
            Err(why) => ("failed", why),
        };
        let (request, answer) = (quoted(&it.request), quoted(answer));
        let _ = writeln!(text, "- request: {request}\n  {key}: {answer}");
        text
    })
}
