//! Certificates with their keys, for servers and clients of tests.

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509NameBuilder};

/// A certificate with its key.
pub(crate) struct Certified {
    pub(crate) certificate: X509,
    pub(crate) key: PKey<Private>,
}

impl Certified {
    /// One for `name` and, when that is asked for, this machine's address; signed by `by`, or by itself. Who is
    /// called an authority may sign others.
    pub(crate) fn new((name, here): (&str, bool), by: Option<&Self>) -> Self {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let mut subject = X509NameBuilder::new().unwrap();
        subject.append_entry_by_text("CN", name).unwrap();
        let subject = subject.build();
        let mut builder: X509Builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        let serial = BigNum::from_u32(if by.is_some() { 2 } else { 1 }).unwrap();
        builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
        builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
        builder.set_subject_name(&subject).unwrap();
        builder.set_issuer_name(by.map_or(&subject, |it| it.certificate.subject_name())).unwrap();
        builder.set_pubkey(&key).unwrap();
        let mut names = SubjectAlternativeName::new();
        names.dns(name);
        if here {
            names.ip("127.0.0.1");
        }
        let issuer = by.map(|it| &*it.certificate);
        let names = names.build(&builder.x509v3_context(issuer, None)).unwrap();
        builder.append_extension(names).unwrap();
        if name.ends_with("authority") {
            let may_sign = BasicConstraints::new().critical().ca().build().unwrap();
            builder.append_extension(may_sign).unwrap();
        }
        builder.sign(by.map_or(&key, |it| &it.key), MessageDigest::sha256()).unwrap();
        Self { certificate: builder.build(), key }
    }
}
