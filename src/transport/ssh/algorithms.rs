//! Which algorithms are offered, best first. libssh2 drops names that it doesn't know, and offers
//! nothing that is not named.

use ssh_key::{Algorithm, EcdsaCurve, public::KeyData};
use ssh2::{MethodType, Session};

use super::known_hosts::{Known, Role};

/// No SHA-1. Groups of whole numbers come last: group 16 and group exchange cost twenty times
/// more processor time than the curves.
const KEX: &str = "mlkem768x25519-sha256,curve25519-sha256,curve25519-sha256@libssh.org,\
    ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group14-sha256,\
    diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,\
    diffie-hellman-group-exchange-sha256";

const WITH_AES: &str = "aes128-gcm@openssh.com,aes256-gcm@openssh.com,\
    chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr";
const WITHOUT_AES: &str = "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,\
    aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr";

const MAC: &str = "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,\
    hmac-sha2-256,hmac-sha2-512";

/// Every host key algorithm, best first, with the certificate's form and the key's.
const HOST_KEYS: [(&str, &str); 6] = [
    ("ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519"),
    ("ecdsa-sha2-nistp256-cert-v01@openssh.com", "ecdsa-sha2-nistp256"),
    ("ecdsa-sha2-nistp384-cert-v01@openssh.com", "ecdsa-sha2-nistp384"),
    ("ecdsa-sha2-nistp521-cert-v01@openssh.com", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512-cert-v01@openssh.com", "rsa-sha2-512"),
    ("rsa-sha2-256-cert-v01@openssh.com", "rsa-sha2-256"),
];

/// Sets what `session` offers to a host of which `lines` are known.
pub(super) fn prefer(session: &Session, lines: &[&Known]) -> Result<(), ssh2::Error> {
    let ciphers = if has_aes() { WITH_AES } else { WITHOUT_AES };
    session.method_pref(MethodType::Kex, KEX)?;
    session.method_pref(MethodType::HostKey, &host_keys(lines))?;
    session.method_pref(MethodType::CryptCs, ciphers)?;
    session.method_pref(MethodType::CryptSc, ciphers)?;
    session.method_pref(MethodType::MacCs, MAC)?;
    session.method_pref(MethodType::MacSc, MAC)
}

/// The host key algorithms: first certificates where an authority is known, then the keys that
/// are known, then all others. A host with several keys so shows the one that can be judged; the
/// others only serve to say what the host has instead.
fn host_keys(lines: &[&Known]) -> String {
    let has_authority = lines.iter().any(|line| line.role == Role::Authority);
    let is_known = |name: &str| {
        lines.iter().any(|line| line.role == Role::Host && names(&line.key).contains(&name))
    };
    let keys = HOST_KEYS.iter().map(|(_, key)| *key);
    let certificates = HOST_KEYS.iter().map(|(certificate, _)| *certificate);
    let known = keys.clone().filter(|name| is_known(name));
    let others = keys.filter(|name| !is_known(name));
    let offered: Vec<&str> = if has_authority {
        certificates.chain(known).chain(others).collect()
    } else {
        known.chain(others).chain(certificates).collect()
    };
    offered.join(",")
}

/// The algorithms with which a key can sign.
fn names(key: &KeyData) -> &'static [&'static str] {
    match key.algorithm() {
        Algorithm::Ed25519 => &["ssh-ed25519"],
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 } => &["ecdsa-sha2-nistp256"],
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 } => &["ecdsa-sha2-nistp384"],
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 } => &["ecdsa-sha2-nistp521"],
        Algorithm::Rsa { .. } => &["rsa-sha2-512", "rsa-sha2-256"],
        _ => &[],
    }
}

#[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
fn has_aes() -> bool {
    std::arch::is_x86_feature_detected!("aes")
}

#[cfg(target_arch = "aarch64")]
fn has_aes() -> bool {
    std::arch::is_aarch64_feature_detected!("aes")
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64")))]
fn has_aes() -> bool {
    false
}
