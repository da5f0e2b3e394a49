//! Encryption and passwords on the way to a database.

use std::os::unix::fs::PermissionsExt;

use mdc::manifest::PostgresState;
use mdc::state::{Postgres, StateError, Store};
use mdc::value::SecretReference;

use crate::bed::{begin, claim, hold};
use crate::certified::Certified;
use crate::server::Server;

#[test]
fn the_servers_certificate_and_name_are_checked() {
    let Some(server) = Server::start(&[]) else { return };
    let [authority, other] =
        ["own authority", "other authority"].map(|name| Certified::new((name, false), None));
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

    let own = Certified::new(("localhost", false), Some(&authority));
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
