//! `mdc doctor`: why a host can't be reached, step by step.

use std::fmt::Write as _;

use camino::Utf8PathBuf;
use clap::Args;

use super::console::Console;
use super::problem::Problem;
use super::{Exit, ManifestPath};
use crate::catalog::Format;
use crate::manifest;
use crate::transport::{Dialer, Finding, RecordedExchange, Target};
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
        console.show(&view::doctor::document(name, &checkup.findings))?;
        if let Some(file) = &self.record {
            std::fs::write(file, recorded(&checkup.exchanges)).map_err(|error| {
                Problem::new(format!("{file} can't be written: {error}"), "name another file")
            })?;
            console.say(&format!("{} exchanges are in {file}", checkup.exchanges.len()));
        }
        let is_well = !checkup.findings.iter().any(Finding::is_bad);
        Ok(if is_well { Exit::Done } else { Exit::Incomplete })
    }
}

/// As YAML, whose quoted texts may be written as in JSON.
fn recorded(exchanges: &[RecordedExchange]) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    exchanges.iter().fold("messages:\n".to_owned(), |mut text, it| {
        let (request, response) = (quoted(&it.request), quoted(&it.response));
        let _ = writeln!(text, "- request: {request}\n  response: {response}");
        text
    })
}
