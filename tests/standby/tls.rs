//! An instance that speaks TLS is believed only by the manifest's authorities and its own name, or by its
//! pinned certificate, before anything secret is sent.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use mdc::value::Digest;
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::X509;

use crate::bed::Bed;
use crate::certified::Certified;

/// A way to a server of plain HTTP by TLS, whose certificate has a name that nobody asks for.
struct Front {
    port: u16,
    certificate: X509,
    /// What was sent over connections that were believed.
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Front {
    fn new(target: u16, Certified { key, certificate }: Certified) -> Self {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
        acceptor.set_certificate(&certificate).unwrap();
        acceptor.set_private_key(&key).unwrap();
        let acceptor = Arc::new(acceptor.build());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&heard);
        thread::spawn(move || {
            for peer in listener.incoming() {
                let (acceptor, all) = (Arc::clone(&acceptor), Arc::clone(&all));
                thread::spawn(move || {
                    let Ok(mut stream) = acceptor.accept(peer.unwrap()) else { return };
                    let asked = request(&mut stream);
                    all.lock().unwrap().extend(&asked);
                    if asked.is_empty() {
                        return;
                    }
                    let mut behind = TcpStream::connect(("127.0.0.1", target)).unwrap();
                    behind.write_all(&asked).unwrap();
                    let mut answer = Vec::new();
                    behind.read_to_end(&mut answer).unwrap();
                    let _ = stream.write_all(&answer);
                    let _ = stream.shutdown();
                });
            }
        });
        Self { port, certificate, heard }
    }
}

/// A request with its body.
fn request(stream: &mut impl Read) -> Vec<u8> {
    let mut asked = Vec::new();
    let mut bytes = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&asked).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("content-length: ").nth(1);
            let length = length.map_or(0, |it| it.lines().next().unwrap().parse().unwrap());
            if body.len() >= length {
                return asked;
            }
        }
        match stream.read(&mut bytes) {
            Ok(count) if count > 0 => asked.extend(&bytes[..count]),
            _ => return asked,
        }
    }
}

fn bed(certified: Certified) -> (Bed, Front) {
    let bed = Bed::new(&["production", "backup"], &["production", "backup"]);
    let front = Front::new(bed.cores.ports[1], certified);
    std::fs::write(bed.site.path("own.pem"), front.certificate.to_pem().unwrap()).unwrap();
    bed.site.edit(&bed.cores.url(1), &format!("https://127.0.0.1:{}", front.port));
    (bed, front)
}

#[test]
fn a_certificate_of_the_manifests_authority_is_believed_and_of_no_other() {
    let [own, foreign] =
        ["own authority", "foreign authority"].map(|name| Certified::new((name, false), None));
    let (bed, front) = bed(Certified::new(("core-b", true), Some(&own)));
    for (name, authority) in [("own.pem", &own), ("foreign.pem", &foreign)] {
        std::fs::write(bed.site.path(name), authority.certificate.to_pem().unwrap()).unwrap();
    }
    bed.site.edit("role = \"backup\"\n", "role = \"backup\"\nca = \"foreign.pem\"\n");
    let ran = bed.run(&["failover", "--to", "core-b", "--yes"]).ended(1);
    ran.tells(&["the server's certificate is not trusted", "core-b can't be asked"]);
    assert_eq!(*front.heard.lock().unwrap(), b"");
    bed.site.edit("foreign.pem", "own.pem");
    bed.run(&["failover", "--to", "core-b", "--yes"]).ended(0);
    assert_eq!(bed.cores.roles(), ["unlicensed", "production"]);
}

#[test]
fn a_certificate_of_another_name_gets_no_password() {
    // It is trusted, but for its name.
    let (bed, front) = bed(Certified::new(("core-b", false), None));
    bed.site.edit("role = \"backup\"\n", "role = \"backup\"\nca = \"own.pem\"\n");
    let ran = bed.run(&["failover", "--to", "core-b", "--yes"]).ended(1);
    ran.tells(&["the server's certificate is not trusted", "core-b can't be asked"]);
    assert_eq!(*front.heard.lock().unwrap(), b"");
}

#[test]
fn a_pinned_certificate_is_believed_and_no_other() {
    let (bed, front) = bed(Certified::new(("core-b", false), None));
    let right = Digest::of(&front.certificate.to_der().unwrap()).to_string();
    let wrong = Digest::of(b"another certificate").to_string();
    let pin = |digest: &str| format!("role = \"backup\"\ncertificate-sha256 = \"{digest}\"\n");
    bed.site.edit("role = \"backup\"\n", &pin(&wrong));
    let ran = bed.run(&["failover", "--to", "core-b", "--yes"]).ended(1);
    ran.tells(&["its certificate is not the one whose SHA-256 the manifest has"]);
    assert_eq!(*front.heard.lock().unwrap(), b"");
    bed.site.edit(&pin(&wrong), &pin(&right));
    bed.run(&["failover", "--to", "core-b", "--yes"]).ended(0);
    assert_eq!(bed.cores.roles(), ["unlicensed", "production"]);
}
