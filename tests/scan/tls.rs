//! A gateway that speaks TLS is believed only by the manifest's authorities and its own name.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use camino::Utf8Path;
use mdc::scan::{Gateway, Trouble};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509Builder, X509NameBuilder};

use crate::interface::scans;

/// A certificate that vouches for itself.
fn identity(name: &str) -> (X509, PKey<Private>) {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(&subject).unwrap();
    builder.set_pubkey(&key).unwrap();
    let context = builder.x509v3_context(None, None);
    let names = SubjectAlternativeName::new().dns(name).build(&context).unwrap();
    builder.append_extension(names).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    (builder.build(), key)
}

/// Answers one submission over TLS. What it is asked is returned.
fn answer_one((certificate, key): &(X509, PKey<Private>)) -> (u16, thread::JoinHandle<String>) {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
    acceptor.set_certificate(certificate).unwrap();
    acceptor.set_private_key(key).unwrap();
    let acceptor = acceptor.build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (peer, _) = listener.accept().unwrap();
        let Ok(mut stream) = acceptor.accept(peer) else { return String::new() };
        // To the end of its body: what is closed before that is reset.
        let mut asked = String::new();
        let mut bytes = [0; 4096];
        while !asked.ends_with("hello") {
            let count = stream.read(&mut bytes).unwrap_or(0);
            if count == 0 {
                return asked;
            }
            asked.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        let body = r#"{"data_id":"1"}"#;
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let _ = stream.write_all(answer.as_bytes());
        asked
    });
    (port, server)
}

#[test]
fn the_gateways_certificate_and_name_are_checked_before_the_key_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap();
    let (own, other) = (identity("localhost"), identity("localhost"));
    std::fs::write(folder.join("own.pem"), own.0.to_pem().unwrap()).unwrap();
    std::fs::write(folder.join("other.pem"), other.0.to_pem().unwrap()).unwrap();
    std::fs::write(folder.join("none.pem"), "nothing").unwrap();
    std::fs::write(folder.join("key"), "0123456789").unwrap();
    std::fs::set_permissions(
        folder.join("key"),
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    let submit = |host: &str, ca: &str| {
        let (port, server) = answer_one(&own);
        let text = format!(
            "url = \"https://{host}:{port}\"\nca = \"{ca}\"\napi-key = {{ file = \"key\" }}"
        );
        let gateway = Gateway::of(&scans(&text), folder).unwrap();
        let sent = gateway.submit(("a", 5), &mut b"hello".as_slice(), Duration::from_secs(10));
        drop(gateway);
        (sent, server.join().unwrap())
    };
    let (sent, asked) = submit("localhost", "own.pem");
    assert_eq!(sent, Ok("1".to_owned()));
    assert!(asked.contains("apikey: 0123456789"), "{asked}");
    for (host, ca) in [("localhost", "other.pem"), ("127.0.0.1", "own.pem")] {
        let (sent, asked) = submit(host, ca);
        let why = sent.unwrap_err();
        assert!(why.to_string().contains("certificate verify failed"), "{host}, {ca}: {why}");
        assert!(matches!(why, Trouble::Untrusted(_)) && asked.is_empty(), "{asked}");
    }
    let text = |ca: &str| format!("url = \"https://localhost\"\nca = \"{ca}\"");
    for (ca, words) in [("none.pem", "no certificate"), ("missing.pem", "No such file")] {
        let why = Gateway::of(&scans(&text(ca)), folder).err().unwrap();
        assert!(matches!(&why, Trouble::Here(why) if why.contains(words)), "{why}");
    }
}
