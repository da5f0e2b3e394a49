//! Control Center, as far as it is asked to change Workers and instances: where it is, who logs in,
//! and which requests it takes. The vendor documents `/login`, `/logout` and `/readyz` only, so that
//! all other routes are data of the user's.

mod check;
mod fill;
mod route;
mod text;

pub(super) use text::CenterText;

pub use check::routes;
pub use fill::{RouteValues, encoded, pointed};
pub use route::{Attachment, Method, Route, RouteRequest, Routes, Session, Until, Way};

use std::sync::Arc;

use camino::Utf8PathBuf;
use serde::Serialize;

use super::scan::is_in_clear;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::source::{self, At};
use crate::value::{Period, SecretReference};

/// The name of the file with the routes, unless another one is named.
const ROUTES: &str = "control-center-routes.toml";

/// The JSON schema of a file with routes.
pub(super) fn routes_schema() -> serde_json::Value {
    source::schema::<text::RoutesText>()
}

/// Where Control Center is and who logs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ControlCenter {
    /// Where the controller reaches it, without a `/` at the end.
    pub url: String,
    /// Who logs in.
    pub user: String,
    /// By which password.
    #[serde(skip)]
    pub password: SecretReference,
    /// The certificates of the authorities to trust, as PEM, relative to the manifest's folder;
    /// default: the system's.
    #[serde(skip)]
    pub ca: Option<Utf8PathBuf>,
    /// For how long it is waited for when it or Identity has just been restarted.
    pub login_within: Period,
    /// The file with its routes, relative to the manifest's folder.
    #[serde(skip)]
    pub routes: Utf8PathBuf,
}

/// What `text` means, with all that is wrong with it.
pub(super) fn convert(
    source: &Arc<SourceText>,
    text: Option<At<CenterText>>,
    found: &mut Diagnostics,
) -> Option<At<ControlCenter>> {
    let At { span, value: text } = text?;
    if is_in_clear(&text.url) {
        let message = "the password of Control Center is sent over a connection in the clear";
        found.push(
            Diagnostic::new(Code::KeyInClear, message)
                .at(Label::new(source, text.url.span.clone(), "not encrypted"))
                .help("let Control Center speak HTTPS and write `https://`"),
        );
    }
    let value = ControlCenter {
        url: text.url.value.trim_end_matches('/').to_owned(),
        user: text.user,
        password: text.password,
        ca: text.ca,
        login_within: text.login_within.unwrap_or(Period::seconds(300)),
        routes: text.routes.unwrap_or_else(|| ROUTES.into()),
    };
    Some(At { span, value })
}
