//! Key files, with or without a certificate, with or without a passphrase.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::transport::failure::Trouble;
use crate::transport::ssh::key_file::KeyFile;
use crate::transport::ssh::wire::{Snag, is_broken};
use crate::value::Secret;

use super::{Login, Try};

/// A certificate is a line of a few thousand bytes.
const LARGEST_CERTIFICATE: u64 = 64 * 1024;

impl Login<'_> {
    pub(super) fn by_keys(&mut self) -> Result<Try, Trouble> {
        let hop = self.hop;
        for (index, path) in hop.keys.iter().enumerate() {
            let key = match self.keyring.key(path) {
                Ok(key) => key,
                Err(_) if !hop.keys_are_named && !path.exists() => continue,
                Err(problem) => {
                    self.tried.push(format!("key {path} {problem}"));
                    continue;
                }
            };
            let passphrase = match (&hop.passphrase, key.is_encrypted) {
                (_, false) => None,
                (Some(reference), true) => Some(self.secret(reference)?),
                (None, true) => {
                    let name = key.name();
                    self.tried.push(format!("{name}: it needs a passphrase, and none is named"));
                    continue;
                }
            };
            let named = if index == 0 { hop.certificates.as_slice() } else { &[] };
            if let Try::In = self.by_key(path, &key, named, passphrase.as_ref())? {
                return Ok(Try::In);
            }
        }
        Ok(Try::Refused)
    }

    /// Tries a key with its certificates, then alone. A key that can't be opened is tried once.
    fn by_key(
        &mut self,
        path: &Utf8Path,
        key: &Arc<KeyFile>,
        named: &[Utf8PathBuf],
        passphrase: Option<&Secret>,
    ) -> Result<Try, Trouble> {
        let beside = Utf8PathBuf::from(format!("{path}-cert.pub"));
        let beside = (named.is_empty() && beside.exists()).then_some(beside);
        for certificate in named.iter().chain(&beside) {
            match read_certificate(certificate) {
                Ok(text) => {
                    let name = format!("{} with certificate {certificate}", key.name());
                    match self.offer(&name, key, Some(&text), passphrase)? {
                        Offer::In => return Ok(Try::In),
                        Offer::Unopened => return Ok(Try::Refused),
                        Offer::Refused => {}
                    }
                }
                Err(problem) => self.tried.push(format!("certificate {certificate} {problem}")),
            }
        }
        match self.offer(&key.name(), key, key.public_line().as_deref(), passphrase)? {
            Offer::In => Ok(Try::In),
            Offer::Refused | Offer::Unopened => Ok(Try::Refused),
        }
    }

    fn offer(
        &mut self,
        name: &str,
        key: &KeyFile,
        public: Option<&str>,
        passphrase: Option<&Secret>,
    ) -> Result<Offer, Trouble> {
        let user = &self.hop.user;
        let passphrase = passphrase.map(Secret::expose);
        let outcome = self.wire.settle(self.limit, |session| {
            session.userauth_pubkey_memory(user, public, &key.text, passphrase)
        });
        match outcome {
            Ok(()) => Ok(Offer::In),
            // libssh2 has no word for a wrong passphrase: it says "unsupported private key format"
            // before it asks the host, or "callback returned error" when it then can't sign.
            Err(Snag::Refused(error))
                if key.is_encrypted && !is_broken(&error) && !is_refusal(&error) =>
            {
                self.tried.push(format!("{name}: the passphrase is wrong"));
                Ok(Offer::Unopened)
            }
            other => match self.judged(name, other)? {
                Try::In => Ok(Offer::In),
                Try::Refused => Ok(Offer::Refused),
            },
        }
    }
}

/// What offering a key came to.
enum Offer {
    In,
    Refused,
    Unopened,
}

fn is_refusal(error: &ssh2::Error) -> bool {
    matches!(error.code(), ssh2::ErrorCode::Session(-18 | -19))
        && !error.message().contains("Callback returned error")
}

fn read_certificate(path: &Utf8Path) -> Result<String, String> {
    use std::io::Read;
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST_CERTIFICATE).read_to_string(&mut text))
        .map_err(|error| format!("can't be read: {error}"))?;
    let certificate = ssh_key::Certificate::from_openssh(&text);
    certificate.map_err(|error| format!("is no certificate: {error}"))?;
    Ok(text.trim_end().to_owned())
}
