//! How hosts are reached.

use camino::Utf8PathBuf;

use crate::value::{Period, SecretReference};

/// How the hosts of one connection are reached. Paths are relative to the manifest's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// By SSH.
    Ssh(Box<SshConnection>),
    /// This machine itself.
    Local(LocalConnection),
    /// A simulated fleet, kept in a folder.
    Simulated(SimulatedConnection),
}

/// SSH: who logs in, how, and whom to trust. What is not set comes from `ssh-config`, then from
/// OpenSSH's own defaults.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SshConnection {
    /// The user to log in as; default: the `ssh-config`'s, then the user who runs `mdc`.
    pub user: Option<String>,
    /// The port; default 22.
    pub port: Option<u16>,
    /// Private key files, tried in order after the agent.
    pub keys: Vec<Utf8PathBuf>,
    /// The certificate that goes with the first key (`ssh-keygen -s`).
    pub certificate: Option<Utf8PathBuf>,
    /// The passphrase of the keys.
    pub passphrase: Option<SecretReference>,
    /// The password, tried last.
    pub password: Option<SecretReference>,
    /// Whether to ask the agent at `SSH_AUTH_SOCK` first (default: yes when no key is named).
    pub agent: Option<bool>,
    /// `known_hosts` files; default: the user's and the system's.
    pub known_hosts: Vec<Utf8PathBuf>,
    /// Hosts to go through, first to last: `[user@]address[:port]`.
    pub jump: Vec<String>,
    /// An OpenSSH client configuration to read `HostName`, `User`, `Port`, `IdentityFile`,
    /// `CertificateFile`, `UserKnownHostsFile`, `GlobalKnownHostsFile`, `ProxyJump`,
    /// `IdentitiesOnly`, `IdentityAgent`, `ConnectTimeout`, `ServerAliveInterval` and `Include` from.
    pub ssh_config: Option<Utf8PathBuf>,
    /// How commands become root.
    pub sudo: Sudo,
    /// Time limits.
    pub timeouts: SshTimeouts,
}

/// How a command becomes root on a host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Sudo {
    /// It doesn't: the login user is root.
    None,
    /// `sudo -n`: never asks.
    #[default]
    Passwordless,
    /// `sudo -S`: the password goes in over standard input.
    Password(SecretReference),
}

/// Time limits of a connection; each has a name in the error that it causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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
}
