//! Host certificates (PROTOCOL.certkeys of OpenSSH): signed by a known authority, for a host, for
//! this host, for now.

use jiff::Timestamp;
use ssh_key::certificate::CertType;
use ssh_key::{Certificate, HashAlg};

use super::doubt::{Doubt, fingerprint};
use super::known_hosts::Known;
use super::pattern::matches;

/// Checks a certificate of the host at `address` that names `authority` as its signer.
pub(super) fn check(
    certificate: &Certificate,
    authority: &Known,
    address: &str,
    now: u64,
) -> Result<(), Doubt> {
    let signer = fingerprint(&authority.key);
    let id = certificate.key_id().escape_debug();
    let about =
        format!("the certificate `{id}` of {address} (authority {signer}, {})", authority.place());
    let renew = "let the authority sign a new one (`ssh-keygen -s CA -h -n NAMES -V PERIOD KEY.pub`) \
                 and name it with HostCertificate in sshd_config";
    let problem = if certificate.cert_type() != CertType::Host {
        "is a user's, not a host's".to_owned()
    } else if now >= certificate.valid_before() {
        format!("expired at {}", moment(certificate.valid_before()))
    } else if now < certificate.valid_after() {
        format!("is not valid before {}", moment(certificate.valid_after()))
    } else if !names(certificate, address) {
        format!("is for {}, not for {address}", principals(certificate))
    } else if !certificate.critical_options().is_empty() {
        "has critical options, which no host's may have".to_owned()
    } else if !is_signed(certificate, authority, now) {
        "has a wrong signature: somebody may have forged it".to_owned()
    } else {
        return Ok(());
    };
    Err(Doubt { problem: format!("{about} {problem}"), hint: renew.to_owned(), is_unknown: false })
}

/// One that names no host would be good for every host; ssh-keygen makes such only without `-n`.
fn names(certificate: &Certificate, address: &str) -> bool {
    certificate.valid_principals().iter().any(|principal| matches(principal, address))
}

fn principals(certificate: &Certificate) -> String {
    match certificate.valid_principals() {
        [] => "no named host".to_owned(),
        names => names.join(", ").escape_debug().to_string(),
    }
}

fn is_signed(certificate: &Certificate, authority: &Known, now: u64) -> bool {
    let authority = authority.key.fingerprint(HashAlg::Sha256);
    certificate.validate_at(now, [&authority]).is_ok()
}

fn moment(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|s| Timestamp::from_second(s).ok());
    time.map_or_else(|| "the end of time".to_owned(), |time| time.to_string())
}
