//! Why a host's key is not believed, and how a key is told from another.

use ssh_key::HashAlg;
use ssh_key::public::KeyData;

/// Why a host's key is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Doubt {
    /// What is wrong.
    pub(super) problem: String,
    /// What to do.
    pub(super) hint: String,
    /// Whether nothing speaks against it: no line says anything about the host.
    pub(super) is_unknown: bool,
}

/// `ED25519 SHA256:…`, as `ssh-keygen -l` writes it.
pub(super) fn fingerprint(key: &KeyData) -> String {
    let kind = match key.algorithm() {
        ssh_key::Algorithm::Ed25519 => "ED25519",
        ssh_key::Algorithm::Rsa { .. } => "RSA",
        ssh_key::Algorithm::Ecdsa { .. } => "ECDSA",
        _ => "other",
    };
    format!("{kind} {}", key.fingerprint(HashAlg::Sha256))
}
