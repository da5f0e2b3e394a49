//! The way to a host: the hops, first to last, each with everything that is settled about it. The
//! manifest's word comes first, then the `ssh-config`'s, then OpenSSH's defaults.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use crate::manifest::{SshConnection, SshTimeouts};
use crate::transport::Controller;
use crate::transport::failure::{Problem, Trouble};
use crate::value::{Period, SecretReference};

use super::config::{Config, Settings};
use super::host_key::HostId;

/// One machine to log in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hop {
    /// Where to connect, and under which name its key is known.
    pub(super) id: HostId,
    /// As whom.
    pub(super) user: String,
    /// The agent's socket, when it is to be asked.
    pub(super) agent: Option<Utf8PathBuf>,
    /// Whether the agent may only offer the keys that are named.
    pub(super) only_named: bool,
    /// Key files in order.
    pub(super) keys: Vec<Utf8PathBuf>,
    /// Whether a key file that isn't there is a mistake.
    pub(super) keys_are_named: bool,
    /// Certificates that go with the first key.
    pub(super) certificates: Vec<Utf8PathBuf>,
    /// The keys' passphrase.
    pub(super) passphrase: Option<SecretReference>,
    /// The password, tried last.
    pub(super) password: Option<SecretReference>,
    /// The files with known host keys.
    pub(super) known_hosts: Vec<Utf8PathBuf>,
    /// Time limits.
    pub(super) timeouts: SshTimeouts,
    /// Where relative paths of secrets start.
    pub(super) folder: Utf8PathBuf,
}

/// What all hops of one way share.
pub(super) struct Planner<'a> {
    pub(super) settings: &'a SshConnection,
    pub(super) folder: &'a Utf8Path,
    pub(super) controller: &'a Controller,
    pub(super) config: Option<&'a Config>,
}

/// A host as written: `[user@]address[:port]`.
struct Written<'a> {
    user: Option<&'a str>,
    address: &'a str,
    port: Option<u16>,
}

impl Planner<'_> {
    /// The hops to `address`, the last of which is that host.
    pub(super) fn route(&self, address: &str) -> Result<Vec<Hop>, Trouble> {
        let SshConnection { user, port, jump, .. } = self.settings;
        let about = self.about(address);
        let last = Written { user: user.as_deref(), address, port: *port };
        let last = self.hop(&last, &about)?;
        let from_config = words(&about, "proxyjump").first().cloned().unwrap_or_default();
        let from_config = from_config.split(',').filter(|jump| !matches!(*jump, "" | "none"));
        let jumps: Vec<&str> = if jump.is_empty() {
            from_config.collect()
        } else {
            jump.iter().map(String::as_str).collect()
        };
        let mut hops = Vec::new();
        for text in jumps {
            let written = Written::parse(text).ok_or_else(|| bad_jump(text))?;
            let mut hop = self.hop(&written, &self.about(written.address))?;
            // A password belongs to a user: another one's is not shown to the host between.
            hop.password = hop.password.filter(|_| hop.user == last.user);
            hops.push(hop);
        }
        hops.push(last);
        Ok(hops)
    }

    fn about(&self, address: &str) -> Settings {
        self.config.map(|config| config.about(address)).unwrap_or_default()
    }

    fn hop(&self, written: &Written<'_>, about: &Settings) -> Result<Hop, Trouble> {
        let port = match written.port {
            Some(port) => port,
            None => number(about, "port")?.unwrap_or(22),
        };
        let user = written.user.map(str::to_owned).or_else(|| word(about, "user"));
        let user = user.or_else(|| self.controller.user.clone()).ok_or_else(no_user)?;
        let address = word(about, "hostname")
            .map_or_else(|| written.address.to_owned(), |name| name.replace("%h", written.address));
        let id = HostId { address, port };
        let keys = self.keys(about, &id, &user);
        let keys_are_named = !self.settings.keys.is_empty();
        Ok(Hop {
            agent: self.agent(about),
            only_named: word(about, "identitiesonly").as_deref() == Some("yes"),
            keys,
            keys_are_named,
            certificates: self.certificates(about, &id, &user),
            passphrase: self.settings.passphrase.clone(),
            password: self.settings.password.clone(),
            known_hosts: self.known_hosts(about, &id, &user),
            timeouts: self.timeouts(about)?,
            folder: self.folder.to_owned(),
            id,
            user,
        })
    }

    fn keys(&self, about: &Settings, id: &HostId, user: &str) -> Vec<Utf8PathBuf> {
        if !self.settings.keys.is_empty() {
            return self.settings.keys.iter().map(|p| self.manifest_path(p)).collect();
        }
        let named = words(about, "identityfile");
        if named.is_empty() {
            return ["id_ed25519", "id_ecdsa", "id_rsa"].map(|name| self.dot_ssh(name)).to_vec();
        }
        let files = named.iter().filter(|name| *name != "none");
        files.map(|name| self.config_path(name, id, user)).collect()
    }

    fn certificates(&self, about: &Settings, id: &HostId, user: &str) -> Vec<Utf8PathBuf> {
        match &self.settings.certificate {
            Some(path) => vec![self.manifest_path(path)],
            None => words(about, "certificatefile")
                .iter()
                .map(|name| self.config_path(name, id, user))
                .collect(),
        }
    }

    fn agent(&self, about: &Settings) -> Option<Utf8PathBuf> {
        let wanted = self.settings.agent.unwrap_or(self.settings.keys.is_empty());
        let named = match word(about, "identityagent").as_deref() {
            Some("none") => None,
            Some("SSH_AUTH_SOCK") | None => self.controller.agent.clone(),
            Some(path) => Some(self.controller.path(Utf8Path::new("/"), Utf8Path::new(path))),
        };
        named.filter(|_| wanted)
    }

    fn known_hosts(&self, about: &Settings, id: &HostId, user: &str) -> Vec<Utf8PathBuf> {
        if !self.settings.known_hosts.is_empty() {
            return self.settings.known_hosts.iter().map(|p| self.manifest_path(p)).collect();
        }
        let of_user = all_words(about, "userknownhostsfile").map_or_else(
            || vec![self.dot_ssh("known_hosts"), self.dot_ssh("known_hosts2")],
            |names| names.iter().map(|name| self.config_path(name, id, user)).collect(),
        );
        let of_system = all_words(about, "globalknownhostsfile").map_or_else(
            || ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"].map(Into::into).to_vec(),
            |names| names.iter().map(|name| self.config_path(name, id, user)).collect(),
        );
        let all = of_user.into_iter().chain(of_system);
        all.filter(|file| file.file_name() != Some("none")).collect()
    }

    /// The manifest's limits, where they are the default ones the configuration's.
    fn timeouts(&self, about: &Settings) -> Result<SshTimeouts, Trouble> {
        let (mut limits, standard) = (self.settings.timeouts, SshTimeouts::default());
        let seconds = |seconds: u16| Period::seconds(seconds.into());
        if limits.connect == standard.connect
            && let Some(connect) = number(about, "connecttimeout")?
        {
            limits.connect = seconds(connect);
        }
        if limits.keepalive == standard.keepalive
            && let Some(interval) = number(about, "serveraliveinterval")?.filter(|i| *i > 0)
        {
            limits.keepalive = seconds(interval);
            let least = Duration::from_secs(u64::from(interval) * 3);
            if limits.silence.duration() < least {
                limits.silence = Period::seconds(least.as_secs());
            }
        }
        Ok(limits)
    }

    fn manifest_path(&self, path: &Utf8Path) -> Utf8PathBuf {
        self.controller.path(self.folder, path)
    }

    /// A path of the configuration, with its tokens (`ssh_config(5)`, TOKENS). Relative ones start
    /// where ssh(1) would start them: in the working folder.
    fn config_path(&self, text: &str, id: &HostId, user: &str) -> Utf8PathBuf {
        let home = self.controller.home.as_ref().map_or("", |home| home.as_str());
        let text = text
            .replace("%d", home)
            .replace("%h", &id.address)
            .replace("%p", &id.port.to_string())
            .replace("%r", user)
            .replace("%u", self.controller.user.as_deref().unwrap_or_default())
            .replace("%%", "%");
        self.controller.path(Utf8Path::new(""), Utf8Path::new(&text))
    }

    fn dot_ssh(&self, name: &str) -> Utf8PathBuf {
        let home = self.controller.home.clone().unwrap_or_else(|| "/nonexistent".into());
        home.join(".ssh").join(name)
    }
}

impl<'a> Written<'a> {
    /// IPv6 addresses with a port stand in brackets.
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let (user, place) = match text.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, text),
        };
        let (address, port) = match place.strip_prefix('[').and_then(|p| p.split_once(']')) {
            Some((address, "")) => (address, None),
            Some((address, port)) => (address, Some(port.strip_prefix(':')?)),
            None => match place.split_once(':') {
                Some((address, port)) if !port.contains(':') => (address, Some(port)),
                _ => (place, None),
            },
        };
        let port = port.map(str::parse).transpose().ok()?;
        let whole = !address.is_empty() && !address.contains(['[', ']']) && user != Some("");
        whole.then_some(Self { user, address, port })
    }
}

/// The first word of the first value.
fn word(about: &Settings, key: &str) -> Option<String> {
    about.get(key)?.first()?.first().cloned()
}

/// The first word of each value.
fn words(about: &Settings, key: &str) -> Vec<String> {
    about.get(key).into_iter().flatten().filter_map(|value| value.first().cloned()).collect()
}

/// All words of the first value.
fn all_words(about: &Settings, key: &str) -> Option<Vec<String>> {
    about.get(key)?.first().cloned()
}

fn number(about: &Settings, key: &str) -> Result<Option<u16>, Trouble> {
    let Some(text) = word(about, key) else { return Ok(None) };
    match text.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(setting(
            format!("the ssh-config sets `{key}` to `{}`, which is no number", text.escape_debug()),
            "write a number there, or set it in the manifest",
        )),
    }
}

fn bad_jump(text: &str) -> Trouble {
    setting(
        format!("`{}` names no host to jump through", text.escape_debug()),
        "write `[user@]address[:port]`, an IPv6 address in brackets",
    )
}

fn no_user() -> Trouble {
    setting(
        "it is not known as whom to log in".to_owned(),
        "set `user` in the connection, and name it in each jump host (`user@address`), which does \
         not have it from there: the environment has neither USER nor LOGNAME",
    )
}

fn setting(problem: String, hint: &str) -> Trouble {
    Trouble::new("find the way to the host", Problem::Here(problem), hint)
}

#[cfg(test)]
mod tests;
