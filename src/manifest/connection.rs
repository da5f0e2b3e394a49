//! How hosts are reached.

use std::fmt;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::{Value, json};

use super::WinrmConnection;
use crate::source::JumpHost;
use crate::value::{Period, RemotePath, SecretReference};

/// How the hosts of one connection are reached. Paths are relative to the manifest's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// By SSH.
    Ssh(Box<SshConnection>),
    /// By WinRM, for Windows.
    Winrm(Box<WinrmConnection>),
    /// This machine itself.
    Local(LocalConnection),
    /// A simulated fleet, kept in a folder.
    Simulated(SimulatedConnection),
}

/// SSH: who logs in, how, and whom to trust. What is not set comes from `ssh-config`, then from
/// OpenSSH's own defaults.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
#[schemars(transform = key_or_keys)]
pub struct SshConnection {
    /// The user to log in as; default: the `ssh-config`'s, then the user who runs `mdc`.
    #[schemars(length(min = 1))]
    pub user: Option<String>,
    /// The port; default 22.
    #[schemars(range(min = 1))]
    pub port: Option<u16>,
    /// Private key files, one or a list, tried in order after the agent. May also be written `key`.
    #[serde(alias = "key", deserialize_with = "one_or_many")]
    #[schemars(schema_with = "one_or_many_schema")]
    pub keys: Vec<Utf8PathBuf>,
    /// The certificate that goes with the first key (`ssh-keygen -s`).
    #[schemars(with = "Option<String>")]
    pub certificate: Option<Utf8PathBuf>,
    /// The passphrase of the keys.
    pub passphrase: Option<SecretReference>,
    /// The password, tried last.
    pub password: Option<SecretReference>,
    /// Whether to ask the agent at `SSH_AUTH_SOCK` first (default: yes when no key is named).
    pub agent: Option<bool>,
    /// `known_hosts` files, one or a list; default: the user's and the system's.
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(schema_with = "one_or_many_schema")]
    pub known_hosts: Vec<Utf8PathBuf>,
    /// Hosts to go through, first to last: `[user@]address[:port]`.
    #[schemars(with = "Vec<JumpHost>")]
    pub jump: Vec<String>,
    /// An OpenSSH client configuration to read `HostName`, `User`, `Port`, `IdentityFile`,
    /// `CertificateFile`, `UserKnownHostsFile`, `GlobalKnownHostsFile`, `ProxyJump`,
    /// `IdentitiesOnly`, `IdentityAgent`, `ConnectTimeout`, `ServerAliveInterval` and `Include` from.
    #[schemars(with = "Option<String>")]
    pub ssh_config: Option<Utf8PathBuf>,
    /// How commands become root.
    pub sudo: Sudo,
    /// Time limits.
    pub timeouts: SshTimeouts,
}

/// How a command becomes root on a host.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sudo {
    /// It doesn't: the login user is root.
    None,
    /// `sudo -n`: never asks.
    #[default]
    Passwordless,
    /// `sudo -S`: the password goes in over standard input.
    Password(SecretReference),
    /// `sudo -n` of the gate at this path (`mdc generate host-gate`), which runs only what the host's
    /// root has listed.
    Gate(RemotePath),
}

/// Time limits of a connection; each has a name in the error that it causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct SshTimeouts {
    /// TCP connect.
    pub connect: Period,
    /// Key exchange and login together.
    pub login: Period,
    /// Silence after which the connection is probed (`keepalive@openssh.com`).
    pub keepalive: Period,
    /// Silence after which the connection is given up.
    pub silence: Period,
}

impl Default for SshTimeouts {
    fn default() -> Self {
        Self {
            connect: Period::seconds(10),
            login: Period::seconds(20),
            keepalive: Period::seconds(5),
            silence: Period::seconds(20),
        }
    }
}

/// This machine itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct LocalConnection {
    /// How commands become root.
    pub sudo: Sudo,
}

/// A simulated fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedConnection {
    /// The folder that holds one file a host; made on the first use.
    pub folder: Utf8PathBuf,
    /// How many times faster than modelled durations it runs; 0: without any waiting.
    pub speed: u32,
    /// The version that every product package has when the folder is first made, by component;
    /// a host's own entry comes first. Written as `component` or `host/component`.
    pub installed: std::collections::BTreeMap<String, crate::value::Version>,
    /// The parts that MD Core instances play when the folder is first made, by host; none when they are
    /// not simulated.
    pub licences:
        Option<std::collections::BTreeMap<crate::address::HostName, crate::standby::Role>>,
}

/// One path or a list of them.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Utf8PathBuf>, D::Error> {
    struct Paths;
    impl<'de> Visitor<'de> for Paths {
        type Value = Vec<Utf8PathBuf>;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("a path or a list of paths")
        }

        fn visit_str<E>(self, one: &str) -> Result<Self::Value, E> {
            Ok(vec![one.into()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, many: A) -> Result<Self::Value, A::Error> {
            Deserialize::deserialize(serde::de::value::SeqAccessDeserializer::new(many))
        }
    }
    deserializer.deserialize_any(Paths)
}

fn one_or_many_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let path = json!({ "type": "string", "minLength": 1 });
    schemars::json_schema!({ "anyOf": [path, { "type": "array", "items": path }] })
}

/// `key` is `keys` by another name, which schemars doesn't take from serde's alias.
fn key_or_keys(schema: &mut schemars::Schema) {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut)
        && let Some(keys) = properties.get("keys").cloned()
    {
        properties.insert("key".to_owned(), keys);
    }
}
