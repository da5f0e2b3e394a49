//! By e-mail.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::run::{ops, site};
use crate::servers::{Server, certificate};
use crate::site::Site;

/// A site whose people get mail at `port` of this machine.
fn mailed(port: u16, more: &str) -> Site {
    let keys = format!(
        "email = {{ smtp = \"localhost:{port}\", from = \"mdc <mdc@example.org>\", \
         to = [\"ops@example.org\", \"night@example.org\"], {more} }}\n"
    );
    site(&ops("\"start\"", &keys))
}

#[test]
fn mail_is_encrypted_and_arrives_as_it_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = certificate(folder.path(), "localhost");
    for (mode, tls) in [("starttls,auth", "starttls"), ("tls,auth", "tls")] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::mail(folder.path(), mode, Some((&cert, &key)));
        let site = mailed(
            server.port,
            &format!(
                "tls = \"{tls}\", user = \"mdc\", password = {{ env = \"MDC_MAIL\" }}, ca = {cert:?}"
            ),
        );
        site.edit(
            "on = [\"start\"]",
            "subject = \"Wartung: {{site}} – {{stage}}\"\ntext = \"{{what}}. Grüße\\n.\\n<b>&\"\non = [\"start\"]",
        );
        let mut apply = site.command(&["apply", "--yes"]);
        let ran = crate::site::Ran::of(&apply.env("MDC_MAIL", "canary-s3cret").output().unwrap());
        ran.ended(0).tells(&["✓ 250 taken as 4711"]);
        let taken = server.taken();
        assert_eq!(taken.len(), 2, "{mode}: {taken:?}");
        let first = &taken[0];
        assert_eq!(first["from"], "mdc@example.org");
        assert_eq!(first["to"], serde_json::json!(["ops@example.org", "night@example.org"]));
        assert_eq!(first["subject"], "Wartung: quickstart – live");
        let text = first["text"].as_str().unwrap().replace("\r\n", "\n");
        assert_eq!(text.trim_end(), "Stage 1 (live) begins. Grüße\n.\n<b>&");
        assert_eq!(first["encrypted"], true);
        assert_eq!(first["login"], "mdc");
        assert_eq!(first["auto"], "auto-generated");
        assert_ne!(first["id"], taken[1]["id"]);
        no_canary(&site);
    }
}

/// Nothing that mdc has written holds the secret.
pub(crate) fn no_canary(site: &Site) {
    let mut open = vec![site.path(".mdc")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                let holds = String::from_utf8_lossy(&bytes).contains("canary-s3cret");
                assert!(!holds, "{}", path.display());
            }
        }
    }
}

#[test]
fn mail_that_is_not_taken_says_why_and_shows_no_password() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = certificate(folder.path(), "localhost");
    let (other, _) = {
        let folder = folder.path().join("other");
        fs::create_dir(&folder).unwrap();
        certificate(&folder, "localhost")
    };
    let login = "user = \"mdc\", password = { env = \"MDC_MAIL\" }";
    for (mode, more, password, words) in [
        ("starttls,auth", format!("{login}, ca = {cert:?}"), "wrong-canary", "535"),
        (
            "starttls,auth",
            format!("{login}, ca = {other:?}"),
            "canary-s3cret",
            "certificate is not",
        ),
        ("starttls,refuse", format!("ca = {cert:?}"), "", "550"),
        ("auth", format!("{login}, ca = {cert:?}"), "canary-s3cret", "STARTTLS"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::mail(folder.path(), mode, Some((&cert, &key)));
        let site = mailed(server.port, &more);
        let mut notify = site.command(&["notify", "--test"]);
        let ran = crate::site::Ran::of(&notify.env("MDC_MAIL", password).output().unwrap());
        assert!(!ran.said.contains("canary"), "{}", ran.said);
        ran.ended(1).tells(&["✗ not delivered:", words]);
        assert!(server.taken().is_empty(), "{mode}");
    }
}

#[test]
fn a_mail_server_that_says_nothing_is_not_waited_for_longer_than_it_may_take() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let site = mailed(port, "tls = \"none\"");
    site.edit("on = [\"start\"]", "within = \"1s\"\non = [\"start\"]");
    let start = Instant::now();
    site.mdc(&["notify", "--test"]).ended(1).tells(&["✗ not delivered:"]);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn mail_in_the_clear_where_that_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::mail(folder.path(), "plain", None);
    let site = mailed(server.port, "tls = \"none\"");
    site.mdc(&["notify", "--test"]).ended(0).tells(&["✓ taken: 250 taken as 4711"]);
    let said = [r#""delivered": true"#, r#""said": "250 taken as 4711""#];
    site.mdc(&["notify", "--test", "--format", "json"]).ended(0).tells(&said);
    let taken = server.taken();
    assert_eq!(taken[0]["encrypted"], false);
    assert!(taken[0]["subject"].as_str().unwrap().starts_with("TEST: "), "{taken:?}");
    assert!(taken[0]["text"].as_str().unwrap().starts_with("THIS IS A TEST."), "{taken:?}");
}
