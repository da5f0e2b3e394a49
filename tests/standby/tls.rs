//! An instance that speaks TLS is believed only by the manifest's authorities and its own name, before
//! anything secret is sent.

use std::io::Read;
use std::net::TcpListener;
use std::thread;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509Builder, X509NameBuilder};

use crate::bed::Bed;

#[test]
fn a_certificate_of_another_name_or_authority_gets_no_password() {
    let bed = Bed::new(&["production", "backup"], &["production", "backup"]);
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", "core-b").unwrap();
    let subject = subject.build();
    let mut builder: X509Builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(&subject).unwrap();
    builder.set_pubkey(&key).unwrap();
    let context = builder.x509v3_context(None, None);
    let names = SubjectAlternativeName::new().dns("core-b").build(&context).unwrap();
    builder.append_extension(names).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    let certificate = builder.build();
    std::fs::write(bed.site.path("own.pem"), certificate.to_pem().unwrap()).unwrap();
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
    acceptor.set_certificate(&certificate).unwrap();
    acceptor.set_private_key(&key).unwrap();
    let acceptor = acceptor.build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // Whatever is sent over a connection that was believed.
    let server = thread::spawn(move || {
        let (peer, _) = listener.accept().unwrap();
        let mut heard = Vec::new();
        if let Ok(mut stream) = acceptor.accept(peer) {
            let _ = stream.read_to_end(&mut heard);
        }
        heard
    });
    let url = bed.cores.url(1);
    // The name of the certificate is not the one that is asked.
    bed.site.edit(&url, &format!("https://127.0.0.1:{port}"));
    bed.site.edit("role = \"backup\"\n", "role = \"backup\"\nca = \"own.pem\"\n");
    let ran = bed.run(&["failover", "--to", "core-b", "--yes"]).ended(1);
    ran.tells(&["the server's certificate is not trusted", "core-b can't be asked"]);
    assert_eq!(server.join().unwrap(), b"");
}
