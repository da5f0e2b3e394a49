//! TLS to a host: whom to believe, and what a login is bound to.
//!
//! By OpenSSL, which is in `mdc` already for SSH, PostgreSQL and HTTPS: one TLS library to watch over.
//! Windows asks for a client's certificate by renegotiation, which others don't have.

use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::ssl::{
    HandshakeError, SslConnector, SslConnectorBuilder, SslMethod, SslStream, SslVerifyMode,
    SslVersion,
};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509Ref, X509StoreContextRef, X509VerifyResult};

use crate::manifest::TlsTrust;
use crate::transport::authorities;
use crate::transport::failure::{Problem, Trouble};
use crate::transport::limit::Limit;
use crate::transport::secret;
use crate::value::Digest;

use super::link::Bounded;
use super::place::Place;

const DURING: &str = "trust the host";

/// Begins TLS over `socket` with the host at `place`.
pub(super) fn connect(
    socket: TcpStream,
    place: &Place<'_>,
    limit: &Limit,
) -> Result<SslStream<Bounded>, Trouble> {
    let stream = shake_hands(&connector(place)?, socket, place.address, limit)?;
    if let TlsTrust::Fingerprint(expected) = &place.settings.trust {
        judge(&stream, expected)?;
    }
    Ok(stream)
}

fn connector(place: &Place<'_>) -> Result<SslConnector, Trouble> {
    let unusable = |error: openssl::error::ErrorStack| {
        let problem = Problem::Here(format!("TLS can't be set up: {error}"));
        Trouble::new(DURING, problem, "report this with the version of mdc and of this machine")
    };
    let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(unusable)?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2)).map_err(unusable)?;
    match &place.settings.trust {
        TlsTrust::Authorities(ca) => {
            let ca = ca.as_ref().map(|path| place.path(path));
            let (path, pem) = authorities(ca.as_deref()).map_err(|why| no_authorities(&why))?;
            let certificates = X509::stack_from_pem(&pem).map_err(unusable)?;
            if certificates.is_empty() {
                return Err(no_authorities(&format!("{path}: there is no certificate in it")));
            }
            let mut store = X509StoreBuilder::new().map_err(unusable)?;
            for certificate in certificates {
                store.add_cert(certificate).map_err(unusable)?;
            }
            builder.set_cert_store(store.build());
        }
        // The fingerprint is looked at before anything is said to the host.
        TlsTrust::Fingerprint(_) | TlsTrust::Anyone => builder.set_verify(SslVerifyMode::NONE),
    }
    if let Some(files) = &place.settings.certificate {
        // In TLS 1.3 a host would ask later, which OpenSSL's safe interface has not.
        builder.set_max_proto_version(Some(SslVersion::TLS1_2)).map_err(unusable)?;
        show_certificate(&mut builder, place, files)?;
    }
    Ok(builder.build())
}

fn show_certificate(
    builder: &mut SslConnectorBuilder,
    place: &Place<'_>,
    files: &crate::manifest::ClientCertificate,
) -> Result<(), Trouble> {
    let path = place.path(&files.file);
    let unreadable = |path: &camino::Utf8Path, why: &dyn std::fmt::Display| {
        let problem = Problem::Here(format!("{path}: {why}"));
        Trouble::new("read the client's certificate", problem, "mend the file, or name another")
    };
    let pem = std::fs::read(&path).map_err(|error| unreadable(&path, &error))?;
    let chain = X509::stack_from_pem(&pem).map_err(|error| unreadable(&path, &error))?;
    let mut chain = chain.into_iter();
    let own = chain.next().ok_or_else(|| unreadable(&path, &"there is no certificate in it"))?;
    let key = secret::resolve_text(&files.key, place.folder).map_err(|error| {
        let hint = "mend the reference to the certificate's key";
        Trouble::new("read the client's key", Problem::Secret(error.to_string()), hint)
    })?;
    let key = PKey::private_key_from_pem(key.expose().as_bytes())
        .map_err(|_| unreadable(&path, &"its key is no private key in PEM without a passphrase"))?;
    let mut use_them = || {
        builder.set_certificate(&own)?;
        builder.set_private_key(&key)?;
        chain.try_for_each(|it| builder.add_extra_chain_cert(it))?;
        builder.check_private_key()
    };
    use_them().map_err(|_| unreadable(&path, &"certificate and key don't belong together"))
}

fn shake_hands(
    connector: &SslConnector,
    socket: TcpStream,
    address: &str,
    limit: &Limit,
) -> Result<SslStream<Bounded>, Trouble> {
    let lost = |error: &dyn std::fmt::Display| {
        let problem = Problem::Unreachable(format!("TLS did not come to be: {error}"));
        let hint = "see that a WinRM listener for HTTPS with a certificate is on this port (`winrm \
                    enumerate winrm/config/listener`); without one, `https = false` seals messages \
                    by the login instead";
        Trouble::new("connect", problem, hint)
    };
    let mut configured = connector.configure().map_err(|error| lost(&error))?;
    // OpenSSL forgets a certificate that it does not believe.
    let shown = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&shown);
    let mode = configured.verify_mode();
    configured.set_verify_callback(mode, move |is_good, context| {
        if !is_good {
            *keep.lock().unwrap_or_else(PoisonError::into_inner) = of_host(context);
        }
        is_good
    });
    let mut state = configured.connect(address, Bounded::new(socket, *limit));
    loop {
        match state {
            Ok(stream) => return Ok(stream),
            Err(HandshakeError::SetupFailure(error)) => return Err(lost(&error)),
            Err(HandshakeError::Failure(broken)) => {
                let verdict = broken.ssl().verify_result();
                if verdict != X509VerifyResult::OK {
                    let shown = shown.lock().unwrap_or_else(PoisonError::into_inner).take();
                    return Err(untrusted(verdict, shown));
                }
                return Err(lost(broken.error()));
            }
            Err(HandshakeError::WouldBlock(going)) => {
                limit.left().map_err(|problem| lost(&problem.before_any_command()))?;
                state = going.handshake();
            }
        }
    }
}

/// The certificate of the host itself, among those that are being looked at.
fn of_host(context: &X509StoreContextRef) -> Option<Digest> {
    let first = context.chain().and_then(|chain| chain.get(0));
    let current = || context.current_cert().filter(|_| context.error_depth() == 0);
    fingerprint(first.or_else(current)?)
}

fn untrusted(verdict: X509VerifyResult, shown: Option<Digest>) -> Trouble {
    let shown = shown.map_or_else(
        || "it showed no certificate".to_owned(),
        |shown| format!("it shows the certificate {shown}"),
    );
    let why = verdict.error_string();
    let problem =
        Problem::HostKey(format!("the host's certificate is not trusted: {why}; {shown}"));
    let hint = "name the authority that issued it with `ca`, or compare the fingerprint on the host \
                (`Get-ChildItem Cert:\\LocalMachine\\My` shows which certificate the listener has) and \
                set `fingerprint`";
    Trouble::new(DURING, problem, hint)
}

fn judge(stream: &SslStream<Bounded>, expected: &Digest) -> Result<(), Trouble> {
    let shown = shown(stream);
    if shown == expected.to_string() {
        return Ok(());
    }
    let problem =
        format!("the host shows another certificate: {shown}, where {expected} is pinned");
    let hint = "either the host has a new certificate, or this is another host: compare it there \
                before the manifest's `fingerprint` is changed";
    Err(Trouble::new(DURING, Problem::HostKey(problem), hint))
}

fn no_authorities(why: &str) -> Trouble {
    let hint =
        "name a file with the authority's certificate with `ca`, or pin one by `fingerprint`";
    Trouble::new(DURING, Problem::Here(why.to_owned()), hint)
}

/// The SHA-256 of the certificate that the host showed, in words.
pub(super) fn shown(stream: &SslStream<Bounded>) -> String {
    let certificate = stream.ssl().peer_certificate();
    let shown = certificate.as_deref().and_then(fingerprint);
    shown.map_or_else(|| "none".to_owned(), |shown| shown.to_string())
}

/// The SHA-256 of a certificate.
fn fingerprint(certificate: &X509Ref) -> Option<Digest> {
    certificate.to_der().ok().map(|bytes| Digest::of(&bytes))
}

/// What a login is bound to (RFC 5929, section 4): the host's certificate, hashed as its own signature
/// does, but never by less than SHA-256.
pub(super) fn binding(stream: &SslStream<Bounded>) -> Option<Vec<u8>> {
    let certificate = stream.ssl().peer_certificate()?;
    let algorithm = certificate.signature_algorithm().object().nid().signature_algorithms();
    let weak = [openssl::nid::Nid::MD5, openssl::nid::Nid::SHA1];
    let digest = algorithm
        .map(|it| it.digest)
        .filter(|digest| !weak.contains(digest))
        .and_then(MessageDigest::from_nid)
        .unwrap_or_else(MessageDigest::sha256);
    let mut data = b"tls-server-end-point:".to_vec();
    data.extend_from_slice(&certificate.digest(digest).ok()?);
    Some(data)
}
