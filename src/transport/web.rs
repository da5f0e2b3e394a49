//! Requests to web servers: whom their certificates are checked against, and that nobody is sent
//! elsewhere with a secret.

use std::io::ErrorKind;

use camino::{Utf8Path, Utf8PathBuf};
use ureq::config::ConfigBuilder;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};
use ureq::typestate::AgentScope;
use ureq::{Agent, Error, Timeout};

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

/// Why a request has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// The server's certificate is not trusted.
    Untrusted,
    /// Nobody is there, or the way is closed: the same may succeed later.
    NoConnection,
    /// The request itself is none.
    Impossible,
    /// It was sent, wholly or in part.
    Lost,
}

impl Unanswered {
    /// What an error means. Before there is a connection, nothing was sent.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        const CLOSED: [ErrorKind; 4] = [
            ErrorKind::ConnectionRefused,
            ErrorKind::HostUnreachable,
            ErrorKind::NetworkUnreachable,
            ErrorKind::AddrNotAvailable,
        ];
        match error {
            Error::NativeTls(_) | Error::Tls(_) => Self::Untrusted,
            Error::HostNotFound
            | Error::ConnectionFailed
            | Error::Timeout(Timeout::Resolve | Timeout::Connect) => Self::NoConnection,
            Error::Io(io) if CLOSED.contains(&io.kind()) => Self::NoConnection,
            Error::BadUri(_) | Error::Http(_) => Self::Impossible,
            _ => Self::Lost,
        }
    }

    /// Whether the server may have got it.
    #[must_use]
    pub const fn may_be_taken(self) -> bool {
        matches!(self, Self::Lost)
    }

    /// In words: `no connection`.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Untrusted => "the server's certificate is not trusted",
            Self::NoConnection => "no connection",
            Self::Impossible => "the request can't be made",
            Self::Lost => "no answer",
        }
    }
}
