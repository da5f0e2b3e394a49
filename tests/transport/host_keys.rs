use std::fs;

use mdc::transport::Problem;

use crate::sshd::{Sshd, fingerprint, keygen, keys, public, skips, stdout};

/// The message of the host key's refusal.
fn refusal(sshd: &Sshd) -> (String, String) {
    let failure = sshd.refusal(sshd.settings());
    assert_eq!(failure.during, "trust the host");
    assert!(matches!(failure.problem, Problem::HostKey(_)), "{failure:?}");
    (failure.problem.to_string(), failure.hint)
}

fn accepted(sshd: &Sshd) -> bool {
    sshd.connect(sshd.settings()).is_ok_and(|mut host| stdout(&mut *host, "echo in") == "in\n")
}

#[test]
fn lines_that_know_the_host() {
    if skips("known hosts") {
        return;
    }
    let sshd = Sshd::start();
    let (key, other, name) =
        (public("host"), public("host2"), format!("[127.0.0.1]:{}", sshd.port));
    for text in [
        format!("{name} {key}"),
        format!("[127.0.*]:* {key}"),
        format!("a,b,{name} {key} a comment"),
        format!("{name} {other}\n{name} {key}"),
        format!("# comment\nnonsense\n{name} {key}"),
        format!("127.0.0.1 {key}"),
        format!("@revoked {name} {other}\n{name} {key}"),
    ] {
        sshd.know(&text);
        assert!(accepted(&sshd), "{text}");
    }
    sshd.know(&format!("{name} {key}\n"));
    keygen(&["-H", "-f", sshd.folder.join("known_hosts").as_str()]);
    assert!(fs::read_to_string(sshd.folder.join("known_hosts")).unwrap().starts_with("|1|"));
    assert!(accepted(&sshd), "hashed");
}

#[test]
fn lines_that_do_not_know_the_host() {
    if skips("unknown hosts") {
        return;
    }
    let sshd = Sshd::start();
    let (key, name, print) =
        (public("host"), format!("[127.0.0.1]:{}", sshd.port), fingerprint("host"));
    for text in [
        String::new(),
        format!("elsewhere {key}"),
        format!("[127.0.0.1]:1 {key}"),
        format!("[127.0.*]:*,!{name} {key}"),
        format!("@cert-authority {name} {key}"),
    ] {
        sshd.know(&text);
        let (problem, hint) = refusal(&sshd);
        let expected = format!("the host key of {name} is not known: it shows ED25519 {print}");
        assert!(problem.starts_with(&expected), "{text}: {problem}");
        assert!(problem.contains("known_hosts"), "{problem}");
        assert!(hint.starts_with("run `mdc trust` for this host"), "{hint}");
        assert!(hint.contains(sshd.folder.join("known_hosts").as_str()), "{hint}");
    }
    // A file that is not there knows nobody.
    fs::remove_file(sshd.folder.join("known_hosts")).unwrap();
    assert!(refusal(&sshd).0.contains("is not known"));
}

#[test]
fn a_changed_key_is_refused_with_both_fingerprints() {
    if skips("changed key") {
        return;
    }
    let sshd = Sshd::start();
    let name = format!("[127.0.0.1]:{}", sshd.port);
    for other in ["host2", "host-ecdsa"] {
        sshd.know(&format!("\n{name} {}\n", public(other)));
        let (problem, hint) = refusal(&sshd);
        assert!(problem.starts_with(&format!("the host key of {name} has changed")), "{problem}");
        for part in [fingerprint("host"), fingerprint(other), "known_hosts:2 knows".to_owned()] {
            assert!(problem.contains(&part), "{problem}");
        }
        assert!(hint.contains("only if they are the same, replace"), "{hint}");
    }
}

#[test]
fn a_revoked_key_always_loses() {
    if skips("revoked key") {
        return;
    }
    let sshd = Sshd::start();
    let (key, name) = (public("host"), format!("[127.0.0.1]:{}", sshd.port));
    for text in [
        format!("@revoked {name} {key}\n{name} {key}"),
        format!("{name} {key}\n@revoked * {key}"),
        format!("@revoked 127.0.0.1 {key}\n{name} {key}"),
    ] {
        sshd.know(&text);
        let (problem, hint) = refusal(&sshd);
        let print = fingerprint("host");
        let expected = format!("{name} uses the revoked key ED25519 {print}");
        assert!(problem.starts_with(&expected), "{problem}");
        assert!(problem.contains("known_hosts:"), "{problem}");
        assert!(hint.contains("never believed"), "{hint}");
    }
    sshd.know(&format!("@revoked {name} ssh-ed25519 garbage\n{name} {key}\n"));
    let failure = sshd.refusal(sshd.settings());
    assert!(
        failure.to_string().contains("known_hosts:1 revokes a key but can't be read"),
        "{failure}"
    );
}

#[test]
fn a_known_key_is_asked_for_when_the_host_has_several() {
    if skips("several host keys") {
        return;
    }
    let two = format!("HostKey {}\nHostKey {}\n", keys().join("host"), keys().join("host-ecdsa"));
    let sshd = Sshd::with(&two);
    let name = format!("[127.0.0.1]:{}", sshd.port);
    for key in ["host", "host-ecdsa"] {
        sshd.know(&format!("{name} {}\n", public(key)));
        assert!(accepted(&sshd), "{key}");
    }
}

/// Makes a host certificate with ssh-keygen and a server that shows it.
fn certified(arguments: &[&str]) -> Sshd {
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("key").to_str().unwrap().to_owned();
    for ending in ["", ".pub"] {
        fs::copy(format!("{}{ending}", keys().join("host")), format!("{key}{ending}")).unwrap();
    }
    let ca = keys().join("ca");
    keygen(&[&["-s", ca.as_str(), "-I", "web one"], arguments, &[&format!("{key}.pub")]].concat());
    let lines = format!("HostKey {key}\nHostCertificate {key}-cert.pub\n");
    Sshd::with_files(&lines, Some(dir))
}

#[test]
fn certificates_of_a_known_authority() {
    if skips("host certificates") {
        return;
    }
    let sshd = certified(&["-h", "-n", "web-1.example,127.0.0.1", "-V", "-1h:+1h"]);
    let name = format!("[127.0.0.1]:{}", sshd.port);
    let (ca, key) = (public("ca"), public("host"));
    for text in [
        format!("@cert-authority {name} {ca}"),
        format!("@cert-authority 127.0.0.* {ca}"),
        format!("@cert-authority * {}\n@cert-authority * {ca}", public("other")),
        // A host with a certificate is also known by its plain key.
        format!("{name} {key}"),
        format!("@cert-authority * {}\n{name} {key}", public("other")),
    ] {
        sshd.know(&text);
        assert!(accepted(&sshd), "{text}");
    }
    for (text, expected) in [
        (format!("@cert-authority elsewhere {ca}"), "is not known"),
        (format!("@cert-authority * {}", public("other")), "which is no authority known for it"),
        (format!("@cert-authority * {ca}\n@revoked * {ca}"), "uses the revoked key"),
        (format!("@cert-authority * {ca}\n@revoked * {key}"), "uses the revoked key"),
        // The authority's own key is no host's key.
        (format!("{name} {ca}"), "has changed"),
    ] {
        sshd.know(&text);
        let (problem, _) = refusal(&sshd);
        assert!(problem.contains(expected), "{text}: {problem}");
    }
}

#[test]
fn certificates_that_are_not_good_enough() {
    if skips("bad host certificates") {
        return;
    }
    let here = "127.0.0.1";
    let cases: [(&[&str], &str); 5] = [
        (&["-h", "-n", here, "-V", "20200101:20200201"], "expired at 2020-0"),
        (&["-h", "-n", here, "-V", "20990101:20990201"], "is not valid before 209"),
        (
            &["-h", "-n", "web-2.example", "-V", "-1h:+1h"],
            "is for web-2.example, not for 127.0.0.1",
        ),
        (&["-h", "-V", "-1h:+1h"], "is for no named host, not for 127.0.0.1"),
        (&["-h", "-n", here, "-V", "-1h:+1h", "-O", "critical:force=x"], "has critical options"),
    ];
    for (arguments, expected) in cases {
        let sshd = certified(arguments);
        // Its plain key is known as well, and does not help: a bad certificate is a bad sign.
        let line = format!("@cert-authority * {}\n", public("ca"));
        sshd.know(&format!("{line}[127.0.0.1]:{} {}\n", sshd.port, public("host")));
        let (problem, hint) = refusal(&sshd);
        assert!(problem.starts_with("the certificate `web one` of 127.0.0.1"), "{problem}");
        assert!(problem.contains(&fingerprint("ca")), "{problem}");
        assert!(problem.contains("known_hosts:1"), "{problem}");
        assert!(problem.contains(expected), "{problem}");
        assert!(hint.contains("sign a new one"), "{hint}");
    }
}
