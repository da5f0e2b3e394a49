//! Hot backup of standalone MD Core instances: which there are, which part each plays by its licence,
//! and who may ask them.

mod check;
mod text;

pub(super) use text::StandbyText;

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Host;
use crate::address::HostName;
use crate::diagnostic::{Diagnostics, SourceText};
use crate::source::{At, Span};
use crate::standby::Role;
use crate::value::{Digest, Period, SecretReference};

/// The component whose instances stand by.
pub const CORE: &str = "md-core";
/// Where licences are given back, as the vendor documents it.
const DEACTIVATION: &str =
    "https://activation.dl.opswat.com/deactivation?key={key}&deployment={deployment}";
/// The word for a licence server that the controller can't reach.
const BY_HAND: &str = "by-hand";

/// Standalone MD Core instances that stand by for one another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Standby {
    /// How `mdc` vouches for itself.
    #[serde(skip)]
    pub login: CoreLogin,
    /// The key that licences are asked for with.
    pub activation_key: Option<SecretReference>,
    /// Whether backups get the settings of their production instance.
    pub import_settings: bool,
    /// The password that settings travel under.
    pub settings_password: Option<SecretReference>,
    /// How versions change.
    pub upgrade: Upgrading,
    /// Where licences are given back; by hand without it.
    pub deactivation: Option<String>,
    /// How long the answer to a move may take.
    pub answer_within: Period,
    /// How long a move may take until the instance shows it.
    pub settle_within: Period,
    /// How long people may take to give a licence back.
    pub give_back_within: Period,
    /// How long a backup may take until it is ready.
    pub ready_within: Period,
    /// Whether the instances are those of a cluster, with its needs.
    pub in_cluster: bool,
    /// The instances.
    pub cores: BTreeMap<HostName, StandbyCore>,
}

/// How `mdc` vouches for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CoreLogin {
    /// By a login, which begins a session.
    Password {
        /// Who logs in.
        user: String,
        /// By which password.
        password: SecretReference,
    },
    /// By a key of a user's own, without a session.
    Key(SecretReference),
}

/// One instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct StandbyCore {
    /// Where the controller reaches it, without a `/` at the end.
    pub url: String,
    /// The part that it should play.
    pub role: Role,
    /// The production instance that it stands by for, or once belonged to.
    pub of: Option<HostName>,
    /// Whether it has no way to the licence server.
    pub offline: bool,
    /// The `license.yml` that was made for it.
    pub license_file: Option<SecretReference>,
    /// Its deployment id, as far as it is written.
    #[serde(skip)]
    pub deployment: Option<String>,
    /// The digest of its certificate.
    #[serde(skip)]
    pub certificate: Option<Digest>,
    /// The certificates of the authorities to trust.
    #[serde(skip)]
    pub ca: Option<Utf8PathBuf>,
    /// Where it was written.
    #[serde(skip)]
    pub span: Span,
}

/// What a licence is asked for by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entitlement {
    /// The activation key, online.
    Key(SecretReference),
    /// A `license.yml`, offline.
    File(SecretReference),
}

/// How the version of an instance with a standby changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Upgrading {
    /// Where it is, while nobody scans.
    #[default]
    InPlace,
    /// The backup first; then it takes over, and the former production instance becomes a backup.
    Nominate,
    /// The same, and at the end the former production instance takes over again.
    NominateAndReturn,
}

impl Standby {
    /// By what `host` is activated, when that is `production`, or else registered as its backup; none when
    /// the manifest has nothing for that.
    #[must_use]
    pub fn entitlement(&self, host: &HostName, production: &HostName) -> Option<Entitlement> {
        if self.cores.get(host)?.offline {
            self.cores.get(production)?.license_file.clone().map(Entitlement::File)
        } else {
            self.activation_key.clone().map(Entitlement::Key)
        }
    }

    /// The sites: each production instance with those that belong to it, in their order. An instance
    /// without a licence that belongs to nobody is alone.
    #[must_use]
    pub fn sites(&self) -> Vec<Vec<&HostName>> {
        let mut sites: BTreeMap<&HostName, Vec<&HostName>> = BTreeMap::new();
        for (host, core) in &self.cores {
            sites.entry(core.of.as_ref().unwrap_or(host)).or_default().push(host);
        }
        sites.into_values().collect()
    }
}

/// What `text` means, with all that is wrong with it.
pub(super) fn convert(
    source: &Arc<SourceText>,
    text: Option<At<StandbyText>>,
    hosts: &BTreeMap<HostName, Host>,
    found: &mut Diagnostics,
) -> Option<At<Standby>> {
    check::checked(source, text?, hosts, found)
}
