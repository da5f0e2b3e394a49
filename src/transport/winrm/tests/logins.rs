//! Every login, and every login that must fail.

use camino::Utf8PathBuf;

use crate::manifest::{ClientCertificate, TlsTrust, WinrmAuth, WinrmConnection};
use crate::transport::failure::Problem;
use crate::value::Digest;

use super::harness::{
    Host, Left, certificates, file, made, open, requests, run, secret, settings, told,
};

fn tried(settings: &WinrmConnection) {
    let mut shell = open(settings).unwrap();
    let left = run(&mut shell, "cat; echo out; echo err >&2; exit 7", b"in\n").unwrap();
    let expected = Left { status: 7, stdout: "in\nout\n".into(), stderr: "err\n".into() };
    assert_eq!(left, expected);
}

#[test]
fn over_http_everything_is_sealed() {
    for (auth, gssapi) in
        [(WinrmAuth::Ntlm, false), (WinrmAuth::Negotiate, false), (WinrmAuth::Ntlm, true)]
    {
        let Some(host) = Host::start(if gssapi { &["--gssapi"][..] } else { &[] }) else { return };
        tried(&host.settings(auth));
        let said = host.end();
        let mechanisms: Vec<_> = told(&said, "login").iter().map(|it| &it["mechanism"]).collect();
        assert!(told(&said, "plaintext").is_empty() && !mechanisms.is_empty(), "{said:?}");
    }
}

#[test]
fn all_forms_of_a_users_name() {
    let Some(host) = Host::start(&[]) else { return };
    for user in ["alice", ".\\alice", "CORP\\alice"] {
        let mut settings = host.settings(WinrmAuth::Negotiate);
        settings.user = user.to_owned();
        tried(&settings);
    }
    host.end();
}

/// A stand-in with TLS, and the connection to it.
fn over_tls(auth: WinrmAuth, arguments: &[&str]) -> Option<(Host, WinrmConnection)> {
    over_tls_with(auth, arguments, &[])
}

/// The same in an environment with `variables`.
pub(super) fn over_tls_with(
    auth: WinrmAuth,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Option<(Host, WinrmConnection)> {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (pem, key, ca) = (path("host.pem"), path("host.key"), path("ca.pem"));
    let mut all = vec!["--tls", &pem, &key, "--client-ca", &ca];
    all.extend_from_slice(arguments);
    let host = Host::start_with(&all, variables)?;
    let mut settings = host.settings(auth);
    settings.https = true;
    for name in ["ca.pem", "host.pem", "client.pem", "client.key"] {
        std::fs::copy(path(name), host.folder.path().join(name)).unwrap();
    }
    settings.trust = TlsTrust::Authorities(Some(at(&host, "ca.pem")));
    Some((host, settings))
}

fn at(host: &Host, name: &str) -> Utf8PathBuf {
    host.folder.path().join(name).try_into().unwrap()
}

#[test]
fn over_https_a_login_is_bound_to_the_certificate() {
    for auth in [WinrmAuth::Ntlm, WinrmAuth::Negotiate] {
        let Some((host, settings)) = over_tls(auth, &["--cbt"]) else { return };
        tried(&settings);
        host.end();
    }
}

#[test]
fn by_credssp() {
    let Some((host, settings)) = over_tls(WinrmAuth::Credssp, &["--auth", "credssp"]) else {
        return;
    };
    tried(&settings);
    let said = host.end();
    assert!(told(&said, "login").iter().any(|it| it["scheme"] == "CredSSP"), "{said:?}");
}

#[test]
fn by_name_and_password_and_by_certificate() {
    let auth = ["--auth", "basic", "--auth", "certificate"];
    let Some((host, mut settings)) = over_tls(WinrmAuth::Basic, &auth) else { return };
    tried(&settings);
    settings.auth = WinrmAuth::Certificate;
    let key = std::fs::read_to_string(at(&host, "client.key")).unwrap();
    let file = at(&host, "client.pem");
    settings.certificate = Some(ClientCertificate { file, key: secret(&key) });
    tried(&settings);
    host.end();
}

/// Of the certificate that the stand-in shows.
fn fingerprint(host: &Host) -> Digest {
    let pem = std::fs::read(at(host, "host.pem")).unwrap();
    Digest::of(&openssl::x509::X509::from_pem(&pem).unwrap().to_der().unwrap())
}

#[test]
fn a_pinned_certificate_is_enough() {
    let Some((host, mut settings)) = over_tls(WinrmAuth::Negotiate, &[]) else { return };
    let shown = fingerprint(&host);
    settings.trust = TlsTrust::Fingerprint(shown);
    tried(&settings);
    settings.trust = TlsTrust::Fingerprint(Digest::of(b"another"));
    let trouble = open(&settings).err().unwrap();
    assert!(matches!(trouble.problem, Problem::HostKey(_)), "{trouble:?}");
    let said = trouble.problem.to_string();
    assert!(said.contains(&shown.to_string()), "{said}");
    host.end();
}

#[test]
fn who_is_not_trusted_learns_nothing() {
    let Some((host, mut settings)) = over_tls(WinrmAuth::Basic, &["--auth", "basic"]) else {
        return;
    };
    settings.trust = TlsTrust::Authorities(None);
    let trouble = open(&settings).err().unwrap();
    assert!(matches!(trouble.problem, Problem::HostKey(_)), "{trouble:?}");
    let shown = fingerprint(&host).to_string();
    assert!(trouble.problem.to_string().contains(&shown), "{trouble:?}");
    settings.trust = TlsTrust::Authorities(Some(at(&host, "ca.pem")));
    let other = super::harness::place("127.0.0.1", &settings);
    let trouble = super::super::shell::WinrmShell::open(other).err().unwrap();
    assert!(trouble.problem.to_string().contains("IP address mismatch"), "{trouble:?}");
    assert!(trouble.problem.to_string().contains(&shown), "{trouble:?}");
    let said = host.end();
    assert!(told(&said, "attempt").is_empty(), "{said:?}");
}

#[test]
fn one_wrong_password_is_one_attempt() {
    for auth in [WinrmAuth::Ntlm, WinrmAuth::Negotiate] {
        let Some(host) = Host::start(&[]) else { return };
        wrong_password(host.settings(auth));
        let said = host.end();
        assert_eq!(told(&said, "refused").len(), 1, "{said:?}");
        assert_eq!(told(&said, "connection").len(), 1, "{said:?}");
    }
    for (auth, word) in [(WinrmAuth::Basic, "basic"), (WinrmAuth::Credssp, "credssp")] {
        let Some((host, settings)) = over_tls(auth, &["--auth", word]) else { return };
        wrong_password(settings);
        let said = host.end();
        assert_eq!(told(&said, "connection").len(), 1, "{said:?}");
        assert_eq!(requests(&said, "Create"), 0, "{said:?}");
    }
}

fn wrong_password(mut settings: WinrmConnection) {
    settings.password = Some(secret("Password02"));
    let trouble = open(&settings).err().unwrap();
    assert!(matches!(trouble.problem, Problem::Refused(_)), "{trouble:?}");
    let said = format!("{} {}", trouble.problem, trouble.hint);
    assert!(!said.contains("Password02"), "{said}");
}

#[test]
fn a_login_bound_to_another_certificate_is_refused() {
    // The stand-in asks for its own certificate; what ends TLS before it has another.
    let Some((host, mut settings)) = over_tls(WinrmAuth::Ntlm, &["--cbt"]) else { return };
    settings.trust = TlsTrust::Anyone;
    let relay = relay(&host);
    settings.port = Some(relay);
    let trouble = open(&settings).err().unwrap();
    assert!(trouble.problem.to_string().contains("was refused"), "{trouble:?}");
    let said = host.end();
    assert_eq!(told(&said, "login").len(), 0, "{said:?}");
}

/// Ends TLS by a certificate of its own, and speaks TLS with `host`.
fn relay(host: &Host) -> u16 {
    use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
    use std::io::{Read, Write};
    let acceptor = acceptor();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let there = host.port;
    std::thread::spawn(move || {
        let mut ours = acceptor.accept(listener.accept().unwrap().0).unwrap();
        let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
        connector.set_verify(SslVerifyMode::NONE);
        let socket = std::net::TcpStream::connect(("127.0.0.1", there)).unwrap();
        let mut theirs = connector.build().connect("localhost", socket).unwrap();
        // Requests and answers take turns, and each fits into one read here.
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = ours.read(&mut buffer) {
            theirs.write_all(&buffer[..count]).unwrap();
            let Ok(count @ 1..) = theirs.read(&mut buffer) else { break };
            ours.write_all(&buffer[..count]).unwrap();
        }
    });
    port
}

/// Takes one connection over TLS, and answers its requests by `answers`, one after the other. Gives its port, and
/// what it was told when that has ended.
fn answering(answers: &'static [&'static str]) -> (u16, std::thread::JoinHandle<Vec<String>>) {
    use std::io::{BufRead, BufReader, Write};
    let acceptor = acceptor();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let told = std::thread::spawn(move || {
        let stream = acceptor.accept(listener.accept().unwrap().0).unwrap();
        let mut stream = BufReader::new(stream);
        let mut told = Vec::new();
        for answer in answers {
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                if stream.read_line(&mut head).is_ok_and(|count| count > 0) {
                    continue;
                }
                return told;
            }
            told.push(head);
            let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
        told
    });
    (port, told)
}

#[test]
fn who_does_not_ask_for_a_password_is_shown_none() {
    for (answers, said, requests) in [
        (&["200 OK", "200 OK", "200 OK"][..], "asks for no login (status 200)", 1),
        (&["400 Bad Request", "400 No"], "asks for no login (status 400)", 1),
        (&["500 Oops", "500 Oops"], "asks for no login (status 500)", 1),
        (&["404 Not Found", "200 OK"], "no WinRM service", 1),
        (&["401 No\r\nWWW-Authenticate: Negotiate", "200 OK"], "it offers Negotiate", 1),
        (&["401 No\r\nWWW-Authenticate: Basic", "400 No"], "status 400 and nothing else", 2),
    ] {
        let (port, told) = answering(answers);
        let mut settings = settings(port, WinrmAuth::Basic);
        (settings.https, settings.trust) = (true, TlsTrust::Anyone);
        let trouble = open(&settings).err().unwrap();
        let problem = trouble.problem.to_string();
        // Nothing is sealed over TLS.
        assert!(problem.contains(said) && !problem.contains("sealed"), "{problem}");
        let told = told.join().unwrap();
        assert_eq!(told.len(), requests, "{said}: {told:?}");
        let shown = told.iter().filter(|head| head.contains("Authorization")).count();
        assert_eq!(shown, requests - 1, "{said}: {told:?}");
    }
}

/// With a certificate of its own.
pub(super) fn acceptor() -> openssl::ssl::SslAcceptor {
    use openssl::ssl::{SslAcceptor, SslFiletype, SslMethod};
    let own = tempfile::tempdir().unwrap();
    certificates(own.path());
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    acceptor.set_certificate_chain_file(own.path().join("host.pem")).unwrap();
    acceptor.set_private_key_file(own.path().join("host.key"), SslFiletype::PEM).unwrap();
    acceptor.build()
}

/// What clients that others wrote can use is no invention of ours.
#[test]
fn others_can_use_the_stand_in() {
    let Some((tls, _)) =
        over_tls(WinrmAuth::Basic, &["--auth", "basic", "--auth", "credssp", "--auth", "ntlm"])
    else {
        return;
    };
    let Some(plain) = Host::start(&[]) else { return };
    let ca = at(&tls, "ca.pem");
    for arguments in [vec![plain.port.to_string()], vec![tls.port.to_string(), ca.to_string()]] {
        let output = std::process::Command::new(made("venv/bin/python").unwrap())
            .arg(file("others.py"))
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    plain.end();
    tls.end();
}
