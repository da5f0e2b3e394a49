//! Relays: one host of a site that gives package files to the others.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Desired, DesiredHost};
use crate::address::HostName;
use crate::catalog::Format;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label};
use crate::manifest::{Connection, Host, Manifest, Otherwise, RelayText};
use crate::source::{At, did_you_mean};

/// Where sshd listens unless something else is said.
const SSH: u16 = 22;

/// The relays of all sites.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Relays {
    /// The label of hosts that tells their site.
    pub label: String,
    /// By site.
    pub by_site: BTreeMap<String, Relay>,
}

/// The host of a site that package files are copied to once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Relay {
    /// The host.
    pub host: HostName,
    /// By which name or address the others of its site reach it.
    pub address: String,
    /// The port of its SSH server.
    pub port: u16,
    /// What becomes of files that it can't give to a host.
    pub otherwise: Otherwise,
}

impl Relays {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_site.is_empty()
    }
}

impl Desired {
    /// The site and the relay that package files of `host` come from; none when the controller sends them.
    #[must_use]
    pub fn relay_of(&self, host: &HostName) -> Option<(&str, &Relay)> {
        if self.relays.is_empty() {
            return None;
        }
        let DesiredHost { labels, format, .. } = self.hosts.get(host)?;
        let (site, relay) = self.relays.by_site.get_key_value(labels.get(&self.relays.label)?)?;
        let is_fed = relay.host != *host && *format != Format::Msi;
        is_fed.then_some((site, relay))
    }
}

/// The relays that `manifest` names, and what of them can't be.
pub(super) fn relays(
    manifest: &Manifest,
    format: &dyn Fn(&Host) -> Option<Format>,
    found: &mut Diagnostics,
) -> Relays {
    let label = manifest.copying.label();
    let mut by_site = BTreeMap::new();
    for (site, text) in &manifest.copying.relays {
        let of = Of { manifest, label, site, text };
        match of.relay(format) {
            Ok(relay) => drop(by_site.insert(site.value.clone(), relay)),
            Err(problem) => found.push(*problem),
        }
    }
    Relays { label: label.to_owned(), by_site }
}

/// The relay of one site, as it is written.
struct Of<'m> {
    manifest: &'m Manifest,
    label: &'m str,
    site: &'m At<String>,
    text: &'m RelayText,
}

impl Of<'_> {
    fn relay(&self, format: &dyn Fn(&Host) -> Option<Format>) -> Result<Relay, Box<Diagnostic>> {
        let Self { manifest, label, site, text } = self;
        let (name, site) = (&text.host.value, &site.value);
        let Some(host) = manifest.hosts.get(name) else {
            let known: Vec<&str> = manifest.hosts.keys().map(HostName::as_str).collect();
            return Err(Box::new(self.problem(
                format!("the relay of the site `{site}` is `{name}`, which is no host"),
                did_you_mean(name.as_str(), known, "the hosts are"),
            )));
        };
        if host.labels.get(*label) != Some(site) {
            return Err(Box::new(self.problem(
                format!("the relay of the site `{site}`, `{name}`, is not of that site"),
                format!(
                    "give it `labels = {{ {label} = \"{site}\" }}`, or name a host of the site"
                ),
            )));
        }
        let Some(port) = self.port(host).filter(|_| format(host) != Some(Format::Msi)) else {
            return Err(Box::new(
                self.problem(
                    format!("the relay of the site `{site}`, `{name}`, can't give files to others"),
                    "name a Linux host that is reached by SSH: its own SSH server gives the files"
                        .into(),
                ),
            ));
        };
        if text.otherwise == Otherwise::Refuse
            && let Some((other, _)) = manifest.hosts.iter().find(|(_, host)| {
                host.labels.get(*label) == Some(site) && format(host) == Some(Format::Msi)
            })
        {
            return Err(Box::new(self.problem(
                format!("`{other}` of the site `{site}` runs Windows, which gets no files from a relay"),
                format!(
                    "take the label `{label}` from {other}, or write `otherwise = \"controller\"`: the controller \
                     sends the files of Windows hosts itself"
                ),
            )));
        }
        Ok(Relay {
            host: name.clone(),
            address: text.address.clone().unwrap_or_else(|| host.address.clone()),
            port: text.port.unwrap_or(port),
            otherwise: text.otherwise,
        })
    }

    /// The port that its connection says; none for a host without an SSH server of its own.
    fn port(&self, host: &Host) -> Option<u16> {
        match self.manifest.connections.get(&host.connection)? {
            Connection::Ssh(ssh) => Some(ssh.port.unwrap_or(SSH)),
            Connection::Simulated(_) => Some(SSH),
            Connection::Winrm(_) | Connection::Local(_) => None,
        }
    }

    fn problem(&self, message: String, help: String) -> Diagnostic {
        let place = Label::new(&self.manifest.source, self.text.host.span.clone(), "this relay");
        Diagnostic::new(Code::Relay, message).at(place).help(help)
    }
}
