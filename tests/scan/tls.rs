//! A gateway that speaks TLS is believed only by the manifest's authorities and its own name.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use camino::Utf8Path;
use mdc::scan::{Gateway, Trouble};
use openssl::ssl::{SslAcceptor, SslMethod};

use crate::certified::Certified;
use crate::interface::scans;

/// Answers one submission over TLS. What it is asked is returned.
fn answer_one(Certified { certificate, key }: &Certified) -> (u16, thread::JoinHandle<String>) {
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
    let [own, other] = [(); 2].map(|()| Certified::new(("localhost", false), None));
    std::fs::write(folder.join("own.pem"), own.certificate.to_pem().unwrap()).unwrap();
    std::fs::write(folder.join("other.pem"), other.certificate.to_pem().unwrap()).unwrap();
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
