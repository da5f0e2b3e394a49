//! Requests for moves of MD Core's licence, as a plan holds them: secrets by reference alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::HostName;
use crate::standby::{Move, Role};
use crate::value::{Digest, Period, SecretReference};

/// One request to an MD Core instance, or to the licence server for it. The routes are those of the
/// vendor's document of MD Core 5.6.1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum LicenceRequest {
    /// Registers it as a backup, online.
    Register {
        /// The activation key.
        key: SecretReference,
        /// The deployment id of its production instance.
        production: String,
    },
    /// Registers it as a backup, offline.
    RegisterOffline {
        /// The `license.yml` that activates its production instance.
        license_file: SecretReference,
    },
    /// Takes its registration from it.
    Unregister,
    /// Makes it the production instance.
    Nominate,
    /// Activates it, online.
    Activate {
        /// The activation key.
        key: SecretReference,
        /// What the licence server keeps as a remark.
        comment: String,
    },
    /// Activates it, offline.
    ActivateOffline {
        /// The `license.yml` that was made for it.
        license_file: SecretReference,
    },
    /// Asks the licence server to take its licence back.
    Deactivate {
        /// Where, with `{key}` and `{deployment}`.
        route: String,
        /// The activation key.
        key: SecretReference,
        /// Its deployment id; asked for when it is given back where nobody knew it before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deployment: Option<String>,
    },
    /// Gives it the settings of another one.
    ImportSettings {
        /// Whose.
        from: HostName,
        /// What the settings are, all parts together, when they are exported as JSON.
        digest: Digest,
        /// The password that they travel under; as JSON without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<SecretReference>,
    },
}

/// What an instance is waited for to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LicenceWait {
    /// What it is.
    pub until: Until,
    /// How long after one another it is asked.
    pub every: Period,
    /// When it is given up.
    pub give_up: Period,
}

/// What an instance shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Until {
    /// That it plays this part.
    Plays(Role),
    /// That it plays no part any more; people give its licence back, who are told this.
    GivenBack(String),
    /// That it could take over, held against this instance.
    Ready(HostName),
    /// That it has these settings.
    Settings(Digest),
}

impl Until {
    /// Whether a request brings it about; otherwise it has to be so before one.
    #[must_use]
    pub const fn is_brought_about(&self) -> bool {
        !matches!(self, Self::Ready(_))
    }
}

impl LicenceWait {
    /// What is waited for, to be read after "could not".
    #[must_use]
    pub fn in_words(&self) -> String {
        match &self.until {
            Until::Plays(role) => format!("see that it is {}", role.as_str()),
            Until::GivenBack(_) => "see that its licence was given back".to_owned(),
            Until::Ready(production) => {
                format!("see that it could take over from {production}")
            }
            Until::Settings(digest) => format!("see that it has the settings {}", digest.short()),
        }
    }

    /// How it is asked, of the instance at `url`.
    #[must_use]
    pub fn text(&self, url: &str) -> String {
        let Self { until, every, give_up } = self;
        let (routes, says) = match until {
            Until::Plays(role) => ("", format!("it is {}", role.as_str())),
            Until::GivenBack(text) => ("", format!("it is unlicensed; by hand: {text}")),
            Until::Ready(production) => (
                ", /readyz, /stat/engines and /admin/export",
                format!("its engines and settings are there as on {production}"),
            ),
            Until::Settings(digest) => {
                (" and /admin/export", format!("its settings are {}", digest.short()))
            }
        };
        format!(
            "GET {url}/admin/license/backup and /admin/license{routes}, every {every} until {says}; given up \
             after {give_up}"
        )
    }
}

impl LicenceRequest {
    /// The move that it is part of; none of what moves no licence.
    #[must_use]
    pub const fn part_of(&self) -> Option<Move> {
        Some(match self {
            Self::Register { .. } | Self::RegisterOffline { .. } => Move::Register,
            Self::Unregister => Move::Unregister,
            Self::Nominate => Move::Nominate,
            Self::Activate { .. } | Self::ActivateOffline { .. } => Move::Activate,
            Self::Deactivate { .. } => Move::Deactivate,
            Self::ImportSettings { .. } => return None,
        })
    }

    /// The part that the instance plays when it is done; none of what moves no licence.
    #[must_use]
    pub fn leads_to(&self) -> Option<Role> {
        self.part_of().map(Move::leads_to)
    }

    /// The secret that it takes.
    #[must_use]
    pub fn secret(&self) -> Option<&SecretReference> {
        match self {
            Self::Register { key, .. }
            | Self::Activate { key, .. }
            | Self::Deactivate { key, .. } => Some(key),
            Self::RegisterOffline { license_file } | Self::ActivateOffline { license_file } => {
                Some(license_file)
            }
            Self::ImportSettings { password, .. } => password.as_ref(),
            Self::Unregister | Self::Nominate => None,
        }
    }

    /// The same, to be replaced.
    pub const fn secret_mut(&mut self) -> Option<&mut SecretReference> {
        match self {
            Self::Register { key, .. }
            | Self::Activate { key, .. }
            | Self::Deactivate { key, .. } => Some(key),
            Self::RegisterOffline { license_file } | Self::ActivateOffline { license_file } => {
                Some(license_file)
            }
            Self::ImportSettings { password, .. } => password.as_mut(),
            Self::Unregister | Self::Nominate => None,
        }
    }

    /// Method and path, without the address; of the licence server both.
    #[must_use]
    pub fn route(&self) -> (&'static str, &str) {
        match self {
            Self::Register { .. } | Self::RegisterOffline { .. } => {
                ("POST", "/admin/license/backup")
            }
            Self::Unregister => ("DELETE", "/admin/license/backup"),
            Self::Nominate => ("POST", "/admin/license/backup/nomination"),
            Self::Activate { .. } => ("POST", "/admin/license/activation"),
            Self::ActivateOffline { .. } => ("POST", "/admin/license"),
            Self::Deactivate { route, .. } => ("GET", route),
            Self::ImportSettings { password: None, .. } => ("POST", "/admin/import"),
            Self::ImportSettings { .. } => ("POST", "/admin/import/v2"),
        }
    }

    /// What it does, to be read after "while" or "could not".
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Register { .. } | Self::RegisterOffline { .. } => {
                "register it as a backup".into()
            }
            Self::Unregister => "take its registration from it".into(),
            Self::Nominate => "nominate it for production".into(),
            Self::Activate { .. } | Self::ActivateOffline { .. } => "activate it".into(),
            Self::Deactivate { .. } => "give its licence back".into(),
            Self::ImportSettings { from, .. } => format!("give it the settings of {from}"),
        }
    }

    /// The whole request as people read it, to the instance at `url`.
    #[must_use]
    pub fn text(&self, url: &str) -> String {
        let (method, path) = self.route();
        let with = match self {
            Self::Register { key, production } => format!(
                " with the headers activation-key: {} and active-deployment-id: {production}",
                named(key)
            ),
            Self::RegisterOffline { license_file } | Self::ActivateOffline { license_file } => {
                format!(" with the content of {} as application/octet-stream", named(license_file))
            }
            Self::Activate { key, comment } => format!(
                " with the body {{\"activationKey\": {}, \"quantity\": 1, \"comment\": \"{comment}\"}}",
                named(key)
            ),
            Self::Deactivate { key, deployment, .. } => {
                let key = named(key);
                let deployment = deployment.as_deref().unwrap_or("(as the instance says)");
                return format!(
                    "{method} {path} with {{key}}: {key} and {{deployment}}: {deployment}; \
                                answered by 200 and a body that doesn't begin with `error:`"
                );
            }
            Self::ImportSettings { from, digest, password } => {
                let way = match password {
                    Some(password) => format!("GET /admin/export/v2 under {}", named(password)),
                    None => "GET /admin/export".to_owned(),
                };
                let digest = digest.short();
                return format!(
                    "{method} {url}{path} with the settings {digest} of {from}, by {way}; \
                                answered by 200, or 304 when they are the same"
                );
            }
            Self::Unregister | Self::Nominate => String::new(),
        };
        format!("{method} {url}{path}{with}; answered by 200 and `success`")
    }
}

/// A secret by the place that it is read from.
fn named(reference: &SecretReference) -> String {
    match reference {
        SecretReference::Env(name) => format!("(the variable {name})"),
        SecretReference::File(path) => format!("(the file {path})"),
        SecretReference::Command(words) => {
            format!("(what {} prints)", words.first().map_or("a command", String::as_str))
        }
    }
}
