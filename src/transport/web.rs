//! Requests to web servers: whom their certificates are checked against, and that nobody is sent
//! elsewhere with a secret.

use camino::{Utf8Path, Utf8PathBuf};
use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};
use ureq::typestate::AgentScope;

use super::authorities::authorities;

/// The certificates in `ca`, or the system's when none is named, and the file that they are from.
///
/// # Errors
/// When there are none to be had; in words.
pub fn certificates(
    ca: Option<&Utf8Path>,
) -> Result<(Utf8PathBuf, Vec<Certificate<'static>>), String> {
    let (path, pem) = authorities(ca)?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) =
            item.map_err(|error| format!("{path}: {error}"))?
        {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(format!("{path}: there is no certificate in it"));
    }
    Ok((path, certificates))
}

/// How the server at `url` is spoken with: certificate and name are checked against the authorities in
/// `ca` alone, or the system's; every status is an answer, redirections are not followed, and no proxy
/// of the environment comes between.
///
/// # Errors
/// When there are no certificates of authorities to be had; in words.
pub fn web(url: &str, ca: Option<&Utf8Path>) -> Result<ConfigBuilder<AgentScope>, String> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent(concat!("mdc/", env!("CARGO_PKG_VERSION")));
    if !url.starts_with("https://") {
        return Ok(config);
    }
    let (_, certificates) = certificates(ca)?;
    // The OpenSSL that is built in for SSH and PostgreSQL.
    let tls = TlsConfig::builder()
        .provider(TlsProvider::NativeTls)
        .root_certs(RootCerts::new_with_certs(&certificates));
    Ok(config.tls_config(tls.build()))
}
