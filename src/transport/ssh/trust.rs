//! Looking at a host's key before it is trusted: the key exchange and nothing after it.

use camino::Utf8PathBuf;
use ssh_key::public::KeyData;

use crate::manifest::SshConnection;
use crate::transport::Target;
use crate::transport::failure::{Failure, Problem, Trouble};

use super::doubt::fingerprint;
use super::host_key::Shown;
use super::keyring::Keyring;
use super::wire::Wire;
use super::{Greeting, Hop, greet, judge, known_hosts, login, shown, socket, way};

/// The key that a host showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownKey {
    /// The host as `known_hosts` files name it: its address, `[address]:port` except for port 22.
    pub name: String,
    /// Its kind and its SHA-256 fingerprint, as `ssh-keygen -l` writes them: `ED25519 SHA256:…`.
    pub fingerprint: String,
    /// Whether it is a jump host's, and not the target's own.
    pub is_jump: bool,
    /// What is known of it.
    pub judgement: Judgement,
    /// The file that it is added to when it is trusted.
    pub file: Utf8PathBuf,
    key: KeyData,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It is the host's.
    Known,
    /// Nothing: no line says anything about the host.
    Unknown,
    /// It speaks against the host: the known key is another one, this one is revoked, or its
    /// certificate is not good. Such a key is never trusted.
    Refused {
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: String,
    },
}

impl ShownKey {
    /// Adds the key to its file, from where every connection believes it; false when it stood there
    /// already.
    ///
    /// # Errors
    /// In words: when the key is not [`Judgement::Unknown`], when the file says something else of
    /// the host meanwhile, or when it can't be written.
    pub fn keep(&self) -> Result<bool, String> {
        match &self.judgement {
            Judgement::Known => Ok(false),
            Judgement::Unknown => known_hosts::append(&self.file, &self.name, &self.key),
            Judgement::Refused { problem, .. } => Err(problem.clone()),
        }
    }
}

/// The first key on the way to `target` that isn't believed, or else the target's own.
pub(in crate::transport) fn look(
    keyring: &Keyring,
    target: &Target<'_>,
    settings: &SshConnection,
) -> Result<ShownKey, Failure> {
    look_along(keyring, target, settings).map_err(|trouble| trouble.of(target.host))
}

fn look_along(
    keyring: &Keyring,
    target: &Target<'_>,
    settings: &SshConnection,
) -> Result<ShownKey, Trouble> {
    let mut reached: Option<Wire> = None;
    let mut hops = way(keyring, target, settings)?.into_iter().peekable();
    while let Some(hop) = hops.next() {
        let mut greeting = greet(keyring, &hop, socket(keyring, reached.take(), &hop)?)?;
        let key = shown_key(&greeting, &hop, hops.peek().is_some())?;
        if !key.is_jump || key.judgement != Judgement::Known {
            let _ = greeting.wire.session.disconnect(None, "", None);
            return Ok(key);
        }
        login::log_in(&mut greeting.wire, &hop, keyring, &greeting.limit)?;
        reached = Some(greeting.wire);
    }
    Err(super::no_answer(Problem::Here("the way to the host is empty".to_owned())))
}

fn shown_key(greeting: &Greeting, hop: &Hop, is_jump: bool) -> Result<ShownKey, Trouble> {
    let Greeting { wire, known, .. } = greeting;
    let judgement = match judge(wire, hop, known) {
        Ok(()) => Judgement::Known,
        Err(doubt) if doubt.is_unknown => Judgement::Unknown,
        Err(doubt) => Judgement::Refused { problem: doubt.problem, hint: doubt.hint },
    };
    let Some(key) = Shown::read(shown(wire)).map(|shown| shown.key().clone()) else {
        let problem = format!("{} shows a host key of a kind that can't be read", hop.id.name());
        let hint = "let the host offer an ED25519, ECDSA or RSA key (sshd_config, HostKey)";
        return Err(Trouble::new("read the host's key", Problem::HostKey(problem), hint));
    };
    Ok(ShownKey {
        name: hop.id.name(),
        fingerprint: fingerprint(&key),
        is_jump,
        judgement,
        file: known.first_file().to_owned(),
        key,
    })
}
