//! A private key's file, as far as it tells about itself without its passphrase.

use std::fs::File;
use std::io::Read;

use camino::{Utf8Path, Utf8PathBuf};
use ssh_key::PrivateKey;
use ssh_key::public::KeyData;
use zeroize::Zeroizing;

use super::doubt::fingerprint;

/// The largest file that is read.
const LARGEST: u64 = 64 * 1024;

/// A private key as its file holds it.
pub(super) struct KeyFile {
    path: Utf8PathBuf,
    /// The file's text, for libssh2.
    pub(super) text: Zeroizing<String>,
    /// Whether it needs a passphrase.
    pub(super) is_encrypted: bool,
    /// The public key; older formats than OpenSSH's own don't tell it.
    pub(super) public: Option<KeyData>,
}

impl KeyFile {
    /// Reads a key's file.
    ///
    /// # Errors
    /// When it can't be read or is no private key; the path is not in the text.
    pub(super) fn read(path: &Utf8Path) -> Result<Self, String> {
        let mut text = Zeroizing::new(String::new());
        let read = File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text));
        read.map_err(|error| format!("can't be read: {error}"))?;
        if !text.contains("PRIVATE KEY-----") {
            return Err("is no private key".to_owned());
        }
        let (is_encrypted, public) = match PrivateKey::from_openssh(text.as_bytes()) {
            Ok(key) => (key.is_encrypted(), Some(key.public_key().key_data().clone())),
            // PEM (RFC 1421, section 4.6.1.1) and PKCS #8 (RFC 5958) say it in their first lines.
            Err(_) => (text.contains("ENCRYPTED"), None),
        };
        Ok(Self { path: path.to_owned(), text, is_encrypted, public })
    }

    /// The file, and the key's fingerprint where it is known.
    pub(super) fn name(&self) -> String {
        match &self.public {
            Some(public) => format!("key {} ({})", self.path, fingerprint(public)),
            None => format!("key {}", self.path),
        }
    }

    /// The public key as one line of text.
    pub(super) fn public_line(&self) -> Option<String> {
        self.public.clone().and_then(|key| ssh_key::PublicKey::from(key).to_openssh().ok())
    }
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyFile").field("path", &self.path).finish_non_exhaustive()
    }
}
