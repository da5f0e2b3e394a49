//! Hot backup of standalone MD Core instances, as it is written.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Upgrading;
use crate::address::HostName;
use crate::source::{At, WebAddress};
use crate::standby::Role;
use crate::value::{Digest, Period, SecretReference};

/// Hot backup of standalone MD Core instances.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::manifest) struct StandbyText {
    /// Who logs in to the instances, with `password`; or write `api-key`.
    #[schemars(length(min = 1))]
    pub(super) user: Option<String>,
    /// By which password.
    pub(super) password: Option<SecretReference>,
    /// The API key of a user with the administrator's rights, in the place of `user` and `password`.
    pub(super) api_key: Option<SecretReference>,
    /// The key that the production instance is activated with, and backups are registered by.
    pub(super) activation_key: Option<SecretReference>,
    /// The certificates of the authorities to trust, as PEM, relative to this file's folder; default:
    /// the system's. For a certificate that vouches for itself, that certificate.
    #[schemars(with = "Option<String>", length(min = 1))]
    pub(super) ca: Option<Utf8PathBuf>,
    /// Whether a backup gets the settings of its production instance when they differ; default yes.
    pub(super) import_settings: Option<bool>,
    /// The password that settings are encrypted with on their way (`/admin/export/v2`); without it they
    /// travel as JSON (`/admin/export`).
    pub(super) settings_password: Option<SecretReference>,
    /// How versions change: `in-place` (default), `nominate` (the backup first, then it takes over, and
    /// the former production instance becomes a backup) or `nominate-and-return` (and takes over again).
    pub(super) upgrade: Option<Upgrading>,
    /// Where licences are given back: a web address with `{key}` and `{deployment}`; default the
    /// vendor's, `https://activation.dl.opswat.com/deactivation?key={key}&deployment={deployment}`. Write
    /// `by-hand` where the controller can't reach it.
    #[schemars(length(min = 1))]
    pub(super) deactivation: Option<At<String>>,
    /// How long the answer to a move may take; default `1m`: a move asks the licence server, settings are large.
    /// Without an answer the instance is observed.
    pub(super) answer_within: Option<Period>,
    /// How long a move may take until the instance shows it; default `2m`, a guess.
    pub(super) settle_within: Option<Period>,
    /// How long people may take to give a licence back where that is done `by-hand`; default `2h`, a
    /// guess.
    pub(super) give_back_within: Option<Period>,
    /// How long a backup may take until its engines are there; default `30m`, a guess.
    pub(super) ready_within: Option<Period>,
    /// Whether hot backup is used inside of a MetaDefender Cluster, which the vendor doesn't describe.
    #[serde(default)]
    pub(super) allow_in_cluster: bool,
    /// The instances, by host.
    pub(super) cores: BTreeMap<At<HostName>, CoreText>,
}

/// One instance.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct CoreText {
    /// Where the controller reaches its interface: `https://core-a.example:8008`.
    #[schemars(with = "WebAddress")]
    pub(super) url: At<String>,
    /// The part that it plays: `production`, `backup` or `unlicensed`.
    pub(super) role: At<Role>,
    /// The production instance that it stands by for; may be left out where there is only one.
    pub(super) of: Option<At<HostName>>,
    /// Whether it has no way to the licence server.
    #[serde(default)]
    pub(super) offline: bool,
    /// The `license.yml` that was made for this instance, for offline sites: a backup is registered with
    /// that of its production instance.
    pub(super) license_file: Option<SecretReference>,
    /// Its deployment id, as it is known: a warning tells when another one is seen, which counts as a new
    /// activation.
    #[schemars(length(min = 1))]
    pub(super) deployment: Option<String>,
    /// The SHA-256 of its certificate (as DER, 64 hexadecimal digits): then it is known by that alone, and
    /// neither authorities nor names count.
    pub(super) certificate_sha256: Option<Digest>,
    /// The certificates of the authorities to trust for this instance.
    #[schemars(with = "Option<String>", length(min = 1))]
    pub(super) ca: Option<Utf8PathBuf>,
}
