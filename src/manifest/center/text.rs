//! Control Center and its routes as they are written.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Method;
use crate::source::{At, FormatVersion, WebAddress};
use crate::value::{Period, SecretReference};

/// Control Center, for components with `driver = "control-center"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::manifest) struct CenterText {
    /// Where the controller reaches it: `https://control.example:8892`.
    #[schemars(with = "WebAddress")]
    pub(super) url: At<String>,
    /// Who logs in.
    #[schemars(length(min = 1))]
    pub(super) user: String,
    /// By which password.
    pub(super) password: SecretReference,
    /// The certificates of the authorities to trust, as PEM, relative to this file's folder; default:
    /// the system's.
    #[schemars(with = "Option<String>", length(min = 1))]
    pub(super) ca: Option<Utf8PathBuf>,
    /// For how long it is waited for until it is ready for a login; default `5m`, a guess.
    pub(super) login_within: Option<Period>,
    /// The file with its routes, relative to this file's folder; default `control-center-routes.toml`.
    #[schemars(with = "Option<String>", length(min = 1))]
    pub(super) routes: Option<Utf8PathBuf>,
}

/// Requests that Control Center takes, by what is to be done and to which component. The vendor
/// documents none of them: they are seen in a browser's network view.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "mdc routes of Control Center")]
pub(super) struct RoutesText {
    /// The version of this file format: write `format-version = 1` as the first line.
    #[expect(dead_code, reason = "checked against the schema; only its presence counts")]
    format_version: FormatVersion,
    /// Logging in and out, where it differs from the vendor's document.
    #[serde(default)]
    pub(super) session: SessionText,
    /// What brings a component to a host that lacks it.
    #[serde(default)]
    pub(super) install: RoutesOf,
    /// What brings a component to a newer version.
    #[serde(default)]
    pub(super) upgrade: RoutesOf,
    /// What brings a component to an older version: also the way back.
    #[serde(default)]
    pub(super) downgrade: RoutesOf,
    /// What finishes an installation that was left half-way.
    #[serde(default)]
    pub(super) repair: RoutesOf,
}

/// Routes by component; `instance` for every instance that has none of its own.
pub(super) type RoutesOf = BTreeMap<At<String>, RouteText>;

/// Logging in and out.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct SessionText {
    /// The path that takes user and password; default `/login`.
    pub(super) login: Option<At<String>>,
    /// The path that ends a session; default `/logout`.
    pub(super) logout: Option<At<String>>,
    /// The path that answers when it is ready; default `/readyz`.
    pub(super) ready: Option<At<String>>,
    /// The header that carries the session; default `apikey`.
    pub(super) header: Option<At<String>>,
    /// Where the answer to a login has the session; default `/session_id`.
    pub(super) token: Option<At<String>>,
}

/// What is asked, in this order.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RouteText {
    /// The requests.
    #[schemars(length(min = 1))]
    pub(super) requests: Vec<At<RequestText>>,
}

/// One request.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RequestText {
    /// What it does, in words that follow "could not": `start the upgrade`.
    #[schemars(length(min = 1))]
    pub(super) say: String,
    /// `GET`, which only asks and may be asked again, or `POST`, `PUT`, `PATCH`, `DELETE`.
    pub(super) method: Method,
    /// The path behind `url`, as a template: `/workers/{{id}}`. Values are encoded for it.
    #[schemars(length(min = 1))]
    pub(super) path: At<String>,
    /// The body, as a template that makes JSON: `'{"host": {{json host}}}'`.
    #[schemars(length(min = 1))]
    pub(super) body: Option<At<String>>,
    /// Sends the component's package file, once in a run: `{}` as the body, `{ field = "file" }` as the
    /// field of a form.
    pub(super) upload: Option<At<UploadText>>,
    /// The statuses that say yes; default `[200]`.
    #[schemars(length(min = 1), inner(range(min = 100, max = 599)))]
    pub(super) expect: Option<Vec<u16>>,
    /// What later requests take from the answer: a variable and where the answer (JSON) has it, as a
    /// JSON pointer whose part `[key=value]` finds the element of a list: `/workers/[host={{host}}]/id`.
    #[serde(default)]
    pub(super) save: BTreeMap<At<String>, At<String>>,
    /// Asks again until the answer says so; only for `GET`.
    pub(super) until: Option<At<UntilText>>,
    /// When an answer is given up; default `1m`, for an upload so long as 256 KiB a second take.
    pub(super) within: Option<Period>,
}

/// How a file is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct UploadText {
    /// The field of the form that has the file; without it, the file alone is the body.
    #[schemars(length(min = 1))]
    pub(super) field: Option<String>,
}

/// What an answer is waited for to say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct UntilText {
    /// Where the answer has it.
    #[schemars(length(min = 1))]
    pub(super) pointer: At<String>,
    /// What has to be there.
    #[schemars(length(min = 1))]
    pub(super) equals: At<String>,
    /// What ends the wait as a failure.
    #[serde(default)]
    pub(super) fails: Vec<String>,
    /// How long after one another it is asked; default `5s`.
    pub(super) every: Option<Period>,
    /// When it is given up.
    pub(super) within: Period,
}
