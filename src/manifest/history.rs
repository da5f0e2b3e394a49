//! Who sees that nobody submits files any more and that all scans are finished: people, or a route that
//! counts what is in progress.

use std::sync::Arc;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::gates::Placed;
use super::scan::is_in_clear;
use crate::address::{ComponentName, HostName};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::source::{At, WebAddress};
use crate::value::SecretReference;

/// Those that have the history, or are what files are submitted to: what comes first is asked for.
const KNOWN_TO: [&str; 2] = ["control-center", "api-gateway"];

/// Who sees that nobody submits files any more and that all scans are finished, where nothing else does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Submissions {
    /// Somebody, who says so by `--confirm`.
    #[default]
    Confirm,
    /// Nobody, for this reason.
    Unasked(#[schemars(length(min = 1))] String),
}

/// A route that counts the scans in progress. The vendor publishes none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct HistoryGate {
    /// The host by which the gate is named.
    pub host: HostName,
    /// The component by which it is named.
    pub component: ComponentName,
    /// What is asked for, from the controller.
    pub url: String,
    /// Where in the answer the number is, or the list that is counted (RFC 6901).
    pub pointer: String,
    /// The header that carries the key.
    pub header: String,
    /// Where the key is read from.
    #[serde(skip)]
    pub api_key: Option<SecretReference>,
    /// The certificates of the authorities to trust, as PEM, relative to the manifest's folder;
    /// default: the system's.
    #[serde(skip)]
    pub ca: Option<Utf8PathBuf>,
}

/// A route that counts the scans in progress: asked by GET from the controller, until what it counts is
/// nothing for as many times in a row as `idle` says. The vendor publishes none.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct HistoryText {
    /// Who is asked, seen from the controller: `https://gw.example:8899`.
    #[schemars(with = "WebAddress")]
    url: At<String>,
    /// What is asked for there, such as `/scans?state=in-progress`.
    #[schemars(regex(pattern = r"^/[!-~]*$"))]
    path: String,
    /// Where in the answer's JSON the number is, or the list that is counted, as RFC 6901 has it:
    /// `/total`. Default: the whole answer is a list.
    #[schemars(regex(pattern = r"^(/[ -~]*)?$"))]
    pointer: Option<String>,
    /// The header that carries the key; default `apikey`.
    #[schemars(regex(pattern = r"^[A-Za-z][A-Za-z0-9-]*$"))]
    header: Option<String>,
    /// The key, when one is asked for.
    api_key: Option<SecretReference>,
    /// The certificates of the authorities to trust, as PEM, relative to this file's folder; default:
    /// the system's.
    #[schemars(with = "Option<String>", length(min = 1))]
    ca: Option<Utf8PathBuf>,
}

impl HistoryText {
    /// What it means, with all that is wrong with it.
    pub(super) fn convert(
        self,
        source: &Arc<SourceText>,
        placed: &Placed<'_>,
        found: &mut Diagnostics,
    ) -> Option<HistoryGate> {
        let place = || Label::new(source, self.url.span.clone(), "asked here");
        if self.api_key.is_some() && is_in_clear(&self.url) {
            found.push(
                Diagnostic::new(Code::KeyInClear, "the key is sent over a connection in the clear")
                    .at(place())
                    .help("let the server speak HTTPS and write `https://`"),
            );
        }
        let Some((host, component)) = KNOWN_TO.iter().find_map(|name| placed.first(name)) else {
            let message = "no host has `control-center` or `api-gateway`, whose scans are counted";
            found.push(
                Diagnostic::new(Code::GateHost, message)
                    .at(place())
                    .help("place one of them on a host, or take `[gates.history]` out"),
            );
            return None;
        };
        Some(HistoryGate {
            host: host.clone(),
            component: component.clone(),
            url: format!("{}{}", self.url.value.trim_end_matches('/'), self.path),
            pointer: self.pointer.unwrap_or_default(),
            header: self.header.unwrap_or_else(|| "apikey".to_owned()),
            api_key: self.api_key,
            ca: self.ca,
        })
    }
}
