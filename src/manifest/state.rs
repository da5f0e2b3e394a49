//! Where runs are recorded.

use std::fmt;

use camino::Utf8PathBuf;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::source::{DatabaseAddress, is_on_this_machine};
use crate::value::SecretReference;

/// Where runs are recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// In a folder, relative to the manifest's.
    Folder(Utf8PathBuf),
    /// In a PostgreSQL database, for several controllers.
    Postgres(Box<PostgresState>),
}

/// A PostgreSQL database that runs are recorded in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresState {
    /// The database, as `postgresql://user@host:port/database`; holds no password.
    pub address: String,
    /// The user's password.
    pub password: Option<SecretReference>,
    /// The certificates of the authorities to trust, as PEM, relative to the manifest's folder;
    /// default: the system's.
    pub ca: Option<Utf8PathBuf>,
    /// Whether the connection is encrypted, and the server's certificate and name are checked.
    pub encrypted: bool,
    /// The cluster's name among others in the same database.
    pub site: String,
}

/// As it is written: `state = ".mdc"`, or a table.
#[derive(Debug)]
pub(super) enum StateText {
    Folder(String),
    Postgres(Box<PostgresText>),
}

/// A PostgreSQL database that runs are recorded in, for several controllers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct PostgresText {
    /// The database: `postgresql://user@host:port/database`, without a password. Several hosts
    /// (`host-a,host-b`) are tried in turn; the one that can be written to is taken.
    #[schemars(with = "DatabaseAddress")]
    postgres: String,
    /// The user's password.
    password: Option<SecretReference>,
    /// The certificates of the authorities to trust, as PEM, relative to this file's folder; default:
    /// the system's.
    #[schemars(with = "Option<String>", length(min = 1))]
    ca: Option<Utf8PathBuf>,
    /// Whether the connection is encrypted and the server's certificate and name are checked; default
    /// `verify-full`, and `off` when the database is on this machine.
    tls: Option<Tls>,
    /// The cluster's name among others in the same database; default `name/environment` of this
    /// cluster.
    #[schemars(length(min = 1))]
    site: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Tls {
    /// Encrypted, the server's certificate and name checked.
    VerifyFull,
    /// In the clear.
    Off,
}

impl Default for StateText {
    fn default() -> Self {
        Self::Folder(".mdc".to_owned())
    }
}

impl<'de> Deserialize<'de> for StateText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = StateText;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a folder, or a table with `postgres`")
            }

            fn visit_str<E>(self, folder: &str) -> Result<StateText, E> {
                Ok(StateText::Folder(folder.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<StateText, A::Error> {
                PostgresText::deserialize(MapAccessDeserializer::new(map))
                    .map(|text| StateText::Postgres(Box::new(text)))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for StateText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "State".into()
    }

    /// The alternatives stand in it themselves: the check of a manifest takes one by its type.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let folder = json_schema!({ "type": "string", "minLength": 1 });
        json_schema!({ "anyOf": [folder, PostgresText::json_schema(generator)] })
    }
}

/// What `text` means for the cluster `name/environment`.
pub(super) fn convert(text: StateText, cluster: String) -> State {
    match text {
        StateText::Folder(folder) => State::Folder(folder.into()),
        StateText::Postgres(text) => {
            let on_the_way = !is_on_this_machine(&text.postgres);
            State::Postgres(Box::new(PostgresState {
                encrypted: text.tls.map_or(on_the_way, |tls| tls == Tls::VerifyFull),
                address: text.postgres,
                password: text.password,
                ca: text.ca,
                site: text.site.unwrap_or(cluster),
            }))
        }
    }
}
