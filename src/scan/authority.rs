//! Whom a web server's certificate is checked against.

use camino::Utf8Path;
use ureq::tls::{PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use crate::transport::authorities;

/// TLS that checks certificate and name against the authorities in `ca` alone, or the system's.
///
/// # Errors
/// When there are no certificates of authorities to be had; in words.
pub fn trusting(ca: Option<&Utf8Path>) -> Result<TlsConfig, String> {
    let (path, pem) = authorities(ca)?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {}
            Err(error) => return Err(format!("{path}: {error}")),
        }
    }
    if certificates.is_empty() {
        return Err(format!("{path}: there is no certificate in it"));
    }
    // The OpenSSL that is built in for SSH and PostgreSQL.
    Ok(TlsConfig::builder()
        .provider(TlsProvider::NativeTls)
        .root_certs(RootCerts::new_with_certs(&certificates))
        .build())
}
