//! Secrets: the reference that a manifest may hold, and the value that exists only at the moment
//! of use.

use camino::Utf8PathBuf;
use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Digest;

/// Where a secret is to be read from when it is needed. Safe to show and to store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SecretReference {
    /// The name of an environment variable of the controller.
    Env(#[schemars(length(min = 1))] String),
    /// A file on the controller; one trailing line end is dropped. Relative to the manifest.
    File(#[schemars(with = "String", length(min = 1))] Utf8PathBuf),
    /// A command on the controller, as words (no shell); its standard output is the secret.
    Command(#[schemars(length(min = 1))] Vec<String>),
}

/// A secret's value. It can't be printed, compared, serialised or cloned into a plan.
pub struct Secret(SecretString);

/// Why a secret can't be had. Never holds the value.
#[derive(Debug, Error)]
#[error("{reference} {problem}")]
pub struct SecretError {
    /// Which reference, in words.
    pub reference: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Secret {
    /// Takes a value over.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(value.into())
    }

    /// The value, for the one call that hands it on.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Rounds of the derivation of fingerprints: some 20 ms, against guessing.
const ROUNDS: usize = 60_000;

impl Secret {
    /// What tells this secret from others without telling it: a salt and the digest of the key that PBKDF2
    /// (RFC 8018, with HMAC-SHA-256) makes of both.
    #[must_use]
    pub fn fingerprint(&self, salt: &str) -> String {
        let mut key = [0; 32];
        let made = pbkdf2_hmac(
            self.expose().as_bytes(),
            salt.as_bytes(),
            ROUNDS,
            MessageDigest::sha256(),
            &mut key,
        );
        // Without a key, no secret has the fingerprint.
        let key = made.map(|()| Digest::of(&key).to_string());
        format!("{salt}:{}", key.unwrap_or_default())
    }

    /// Whether this is the secret of a fingerprint.
    #[must_use]
    pub fn has_fingerprint(&self, fingerprint: &str) -> bool {
        let Some((salt, key)) = fingerprint.split_once(':') else { return false };
        !key.is_empty() && self.fingerprint(salt) == fingerprint
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}
