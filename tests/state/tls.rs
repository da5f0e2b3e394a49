//! Encryption and passwords on the way to a database.

use std::os::unix::fs::PermissionsExt;

use mdc::manifest::PostgresState;
use mdc::state::{Postgres, StateError, Store};
use mdc::value::SecretReference;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509NameBuilder};

use crate::bed::{begin, claim, hold};
use crate::server::Server;

/// A certificate with its key.
struct Identity {
    certificate: X509,
    key: PKey<Private>,
}

impl Identity {
    /// An authority, or a server called `name` that one vouches for.
    fn new(name: &str, by: Option<&Self>) -> Self {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let mut subject = X509NameBuilder::new().unwrap();
        subject.append_entry_by_text("CN", name).unwrap();
        let subject = subject.build();
        let mut builder = X509Builder::new().unwrap();
        builder.set_version(2).unwrap();
        builder
            .set_serial_number(&BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap())
            .unwrap();
        builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
        builder.set_subject_name(&subject).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.set_issuer_name(by.map_or(&subject, |by| by.certificate.subject_name())).unwrap();
        let extension = match by {
            None => BasicConstraints::new().critical().ca().build().unwrap(),
            Some(by) => SubjectAlternativeName::new()
                .dns(name)
                .build(&builder.x509v3_context(Some(&by.certificate), None))
                .unwrap(),
        };
        builder.append_extension(extension).unwrap();
        builder.sign(by.map_or(&key, |by| &by.key), MessageDigest::sha256()).unwrap();
        Self { certificate: builder.build(), key }
    }
}

#[test]
fn the_servers_certificate_and_name_are_checked() {
    let Some(server) = Server::start(&[]) else { return };
    let (authority, other) = (Identity::new("authority", None), Identity::new("other", None));
    let folder = tempfile::tempdir().unwrap();
    for (name, it) in [("ca.pem", &authority), ("other.pem", &other)] {
        std::fs::write(folder.path().join(name), it.certificate.to_pem().unwrap()).unwrap();
    }
    let setting = |host: &str, ca: &str| PostgresState {
        ca: Some(ca.into()),
        encrypted: true,
        ..Server::setting(&format!("postgresql://mdc@{host}:{}/mdc", server.port()), "east")
    };
    let store = |setting| Postgres::new(setting, folder.path().to_str().unwrap().into());
    let refusal = |host: &str, ca: &str| {
        let error = store(setting(host, ca)).acquire(&claim(), None).unwrap_err();
        assert!(matches!(error, StateError::Server { .. }), "{error:?}");
        format!("{error}; {}", error.hint())
    };
    let said = refusal("localhost", "ca.pem");
    assert!(said.contains("TLS"), "a server without TLS is not talked to in the clear: {said}");

    let own = Identity::new("localhost", Some(&authority));
    server.put("server.crt", &own.certificate.to_pem().unwrap());
    server.put("server.key", &own.key.private_key_to_pem_pkcs8().unwrap());
    server.set(&[("ssl", "on")]);
    server.control(&["restart"]);
    let good = store(setting("localhost", "ca.pem"));
    let lease = hold(&good);
    begin(&good, &lease);
    let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'mdc'";
    let row = Server::client(&server.address("mdc")).query_one(encrypted, &[]).unwrap();
    assert!(row.get::<_, bool>(0));
    drop(lease);
    for (host, ca) in [("localhost", "other.pem"), ("127.0.0.1", "ca.pem")] {
        let said = refusal(host, ca);
        assert!(said.contains("certificate verify failed"), "{said}");
        assert!(said.contains("see `ca` and `tls`"), "{said}");
    }
    let said = refusal("localhost", "none.pem");
    assert!(said.contains("none.pem") && said.contains("No such file"), "{said}");
}

#[test]
fn the_password_is_read_when_it_is_needed_and_shown_nowhere() {
    let Some(server) = Server::start(&[]) else { return };
    let mut client = Server::client(&server.address("mdc"));
    client.batch_execute("ALTER USER mdc PASSWORD 'correct horse'").unwrap();
    server.put("pg_hba.conf", b"host all all 127.0.0.1/32 scram-sha-256\n");
    server.control(&["reload"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    let setting = PostgresState {
        password: Some(SecretReference::File("password".into())),
        ..Server::setting(&server.address("mdc"), "east")
    };
    let store = Postgres::new(setting, folder.path().to_str().unwrap().into());
    let refused = || store.acquire(&claim(), None).unwrap_err();
    assert!(matches!(refused(), StateError::Secret { .. }));
    std::fs::write(&file, "wrong battery\n").unwrap();
    assert!(refused().to_string().contains("may be used by other users"), "{}", refused());
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let error = refused();
    assert!(error.to_string().contains("password authentication failed"), "{error}");
    assert!(error.hint().contains("pg_hba.conf"), "{}", error.hint());
    std::fs::write(&file, "correct horse\n").unwrap();
    let lease = hold(&store);
    for text in [format!("{lease:?}"), store.place(), server.log()] {
        assert!(!text.contains("correct horse") && !text.contains("wrong battery"), "{text}");
    }
}
