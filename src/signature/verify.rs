//! Whether a signature is one of somebody who may sign.

use jiff::Timestamp;
use ssh_key::public::KeyData;
use ssh_key::{HashAlg, LineEnding, PublicKey, SshSig};
use thiserror::Error;

use super::Signers;

/// The largest armoured signature that is read, in bytes; one of an RSA key of 16,384 bits has 6,000.
pub const LARGEST: usize = 16 << 10;

/// What a hardware key sets in its signature when it was touched (FIDO CTAP 2.1, 6.1.2).
const TOUCHED: u8 = 1;

/// A signature that was read and is not checked yet.
#[derive(Debug, Clone)]
pub struct Signature(SshSig);

/// Who has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Who it is counted as.
    pub person: String,
    /// The key's SHA-256, as `ssh-keygen -l` shows it.
    pub fingerprint: String,
}

/// Why a signature doesn't count.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unsigned {
    /// Not a signature, or changed.
    #[error("it is not a signature as `ssh-keygen -Y sign` writes it, or was changed since")]
    Shape,
    /// Made for something else.
    #[error("it was made for the namespace `{0}`, not for `{1}`")]
    Namespace(String, String),
    /// Over other bytes, or changed.
    #[error(
        "it doesn't fit what it stands for: one of the two was changed, or it is over another text"
    )]
    Content,
    /// By a hardware key that nobody has touched.
    #[error("the hardware key {0} has signed without being touched")]
    Untouched(String),
    /// By a key that isn't listed.
    #[error("the key {0} is not among those who may sign")]
    Unknown(String),
    /// The key is listed for other namespaces.
    #[error("the key {0} may not sign for `{1}`")]
    NotFor(String, String),
    /// The key is not valid yet.
    #[error("the key {0} is valid only from {1}")]
    TooEarly(String, Timestamp),
    /// The key is no longer valid.
    #[error("the key {0} was valid only until {1}")]
    TooLate(String, Timestamp),
}

impl Signature {
    /// The signature in `armoured`, the text that begins with `-----BEGIN SSH SIGNATURE-----`.
    ///
    /// # Errors
    /// When it is not exactly as `ssh-keygen` writes it: no other text may stand for the same signature,
    /// so that a byte that differs is a signature that differs.
    pub fn parse(armoured: &[u8]) -> Result<Self, Unsigned> {
        if armoured.len() > LARGEST {
            return Err(Unsigned::Shape);
        }
        let signature = SshSig::from_pem(armoured).map_err(|_| Unsigned::Shape)?;
        let canonical = signature.to_pem(LineEnding::LF).map_err(|_| Unsigned::Shape)?;
        // The version is not part of what is signed, and the crate takes an older one.
        let is_ours = signature.version() == SshSig::VERSION && canonical.as_bytes() == armoured;
        if is_ours { Ok(Self(signature)) } else { Err(Unsigned::Shape) }
    }

    /// The SHA-256 of the key that it names, as `ssh-keygen -l` shows it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.0.public_key().fingerprint(HashAlg::Sha256).to_string()
    }

    /// Whether it was made over `text` for `namespace` by the key that it names, whoever that is.
    ///
    /// # Errors
    /// Why not.
    pub fn is_over(&self, text: &[u8], namespace: &str) -> Result<(), Unsigned> {
        if self.0.namespace() != namespace {
            // What a file says must not run to pages.
            let other: String = self.0.namespace().chars().take(80).collect();
            return Err(Unsigned::Namespace(other, namespace.to_owned()));
        }
        let key = PublicKey::new(self.0.public_key().clone(), "");
        key.verify(namespace, text, &self.0).map_err(|_| Unsigned::Content)?;
        let is_hardware =
            matches!(key.key_data(), KeyData::SkEcdsaSha2NistP256(_) | KeyData::SkEd25519(_));
        if is_hardware && !self.is_touched() {
            return Err(Unsigned::Untouched(self.fingerprint()));
        }
        Ok(())
    }

    /// The flags stand before a counter of four bytes, at the end (OpenSSH's PROTOCOL.u2f).
    fn is_touched(&self) -> bool {
        let flags = self.0.signature_bytes().iter().rev().nth(4);
        flags.is_some_and(|flags| flags & TOUCHED == TOUCHED)
    }

    /// Who has signed `text` for `namespace`, if that is one of `signers` and valid at the time `at`.
    ///
    /// # Errors
    /// Why it doesn't count.
    pub fn by(
        &self,
        signers: &Signers,
        (text, namespace): (&[u8], &str),
        at: Timestamp,
    ) -> Result<Signed, Unsigned> {
        self.is_over(text, namespace)?;
        let fingerprint = self.fingerprint();
        let mut why = Unsigned::Unknown(fingerprint.clone());
        let key = self.0.public_key();
        for signer in signers.all.iter().filter(|signer| signer.key.key_data() == key) {
            let fingerprint = fingerprint.clone();
            if !signer.may_sign_for(namespace) {
                why = Unsigned::NotFor(fingerprint, namespace.to_owned());
            } else if let Some(after) = signer.after.filter(|after| at < *after) {
                why = Unsigned::TooEarly(fingerprint, after);
            } else if let Some(before) = signer.before.filter(|before| at > *before) {
                why = Unsigned::TooLate(fingerprint, before);
            } else {
                return Ok(Signed { person: signer.person.clone(), fingerprint });
            }
        }
        Err(why)
    }
}
