//! What `mdc doctor` finds of the stand-in.

use std::os::unix::fs::PermissionsExt;

use crate::manifest::{WinrmAuth, WinrmConnection};
use crate::transport::{Checkup, Controller, Dialer, Outcome, RecordedExchange, Subject};
use crate::value::Digest;

use super::super::super::windows::BOOTSTRAP;
use super::harness::{Host, file, made, secret, told, with_target};

fn examine(address: &str, settings: &WinrmConnection) -> Checkup {
    with_target(address, settings, |target| Dialer::of(Controller::default()).examine(target))
}

/// A stand-in with what is asked of Windows: `ver`, and the emulation in the place of PowerShell.
fn windows(arguments: &[&str], has_powershell: bool) -> Option<(Host, tempfile::TempDir)> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("ver"), "#!/bin/sh\necho 'Microsoft Windows [Version 10.0]'\n").unwrap();
    std::fs::set_permissions(path("ver"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let bootstrap = Digest::of(BOOTSTRAP.as_bytes()).to_string();
    let mut table = serde_json::json!({bootstrap: [made("venv/bin/python"), file("emulated.py")]});
    if !has_powershell {
        table = serde_json::json!({});
    }
    std::fs::write(path("table"), table.to_string()).unwrap();
    let table = path("table");
    let all = [&["--scripts", &table], arguments].concat();
    let search = format!("{}:/usr/bin:/bin", folder.path().display());
    let host = Host::start_with(&all, &[("PATH", &search), ("WINEPREFIX", &path("prefix"))])?;
    Some((host, folder))
}

fn messages(checkup: &Checkup) -> String {
    let both = |it: &RecordedExchange| match &it.response {
        Ok(text) | Err(text) => format!("{}{text}", it.request),
    };
    checkup.exchanges.iter().map(both).collect()
}

/// What was found last, and its words.
fn last(checkup: &Checkup) -> (Subject, String, bool) {
    let last = checkup.findings.last().unwrap();
    let said = match &last.outcome {
        Outcome::Good(what) => what.clone(),
        Outcome::Odd { what, hint } | Outcome::Bad { what, hint } => format!("{what}; {hint}"),
    };
    (last.subject, said, last.is_bad())
}

#[test]
fn a_host_that_works_is_looked_at_from_name_to_clock() {
    let Some((host, _folder)) = windows(&["--skew", "400"], true) else { return };
    let checkup = examine("localhost", &host.settings(WinrmAuth::Negotiate));
    let subjects: Vec<&str> = checkup.findings.iter().map(|it| it.subject.in_words()).collect();
    let all = ["name", "port", "identity", "login", "shell", "rights", "quotas", "clock"];
    assert_eq!(subjects, all);
    let (_, said, is_bad) = last(&checkup);
    assert!(said.contains("400 s ahead of") && !is_bad, "{said}");
    // Whoever is surprised later by what a host can't reach, reads it here first.
    let login = format!("{:?}", checkup.findings[3]);
    assert!(login.contains("second hop") && login.contains("credssp"), "{login}");
    let whole = messages(&checkup);
    assert!(whole.contains(">ver<") && whole.contains("ReceiveResponse"), "{whole}");
    for secret in ["alice", "localhost", "dc-01", "10.9.8.7"] {
        assert!(!whole.contains(secret), "{secret}: {whole}");
    }
    let said = host.end();
    assert_eq!(told(&said, "login").len(), 1, "{said:?}");
}

/// A host that can't do what plans need is none that works, and what it said is there to be read.
#[test]
fn what_a_host_lacks_is_bad_and_recorded() {
    let Some(linux) = Host::start(&[]) else { return };
    let checkup = examine("localhost", &linux.settings(WinrmAuth::Negotiate));
    let (subject, words, is_bad) = last(&checkup);
    assert!(subject == Subject::Shell && is_bad && words.contains("`ver` ends with"), "{words}");
    linux.end();
    // No such script: as where PowerShell is not there, or is not allowed to do it.
    let Some((mute, folder)) = windows(&[], false) else { return };
    let checkup = examine("localhost", &mute.settings(WinrmAuth::Negotiate));
    let (subject, words, is_bad) = last(&checkup);
    assert!(subject == Subject::Shell && is_bad && words.contains("PowerShell"), "{words}");
    mute.end();
    drop(folder);
    let Some(full) = Host::start(&["--odd", "quota:Create"]) else { return };
    let checkup = examine("localhost", &full.settings(WinrmAuth::Negotiate));
    assert!(
        last(&checkup).2 && messages(&checkup).contains("2150859173"),
        "{}",
        messages(&checkup)
    );
    full.end();
}

/// The message that failed is what somebody wants to read, also when there is no message in answer to it.
#[test]
fn what_failed_by_a_status_or_in_silence_is_recorded_too() {
    for (odd, failed) in [
        ("413:Create", "status 413"),
        ("401:Get", "status 401"),
        ("plain:Get", "status 200"),
        ("cut:Create", "no answer"),
    ] {
        let Some(host) = Host::start(&["--odd", odd]) else { return };
        let checkup = examine("localhost", &host.settings(WinrmAuth::Negotiate));
        let last = checkup.exchanges.last().unwrap();
        assert_eq!(last.response, Err(failed.to_owned()), "{odd}");
        assert!(last.request.contains("Envelope") && !last.request.contains("localhost"), "{odd}");
        host.end();
    }
}

#[test]
fn the_first_thing_that_does_not_work_is_the_last_that_is_looked_at() {
    let Some(host) = Host::start(&["--odd", "quota:Create"]) else { return };
    let good = host.settings(WinrmAuth::Negotiate);
    let closed = WinrmConnection { port: Some(1), ..good.clone() };
    let tls = WinrmConnection { https: true, ..good.clone() };
    let wrong = WinrmConnection { password: Some(secret("Password02")), ..good.clone() };
    let golden = [
        ("host.invalid", &good, Subject::Name, "name servers"),
        ("localhost", &closed, Subject::Port, "Connection refused"),
        ("localhost", &tls, Subject::Identity, "listener for HTTPS"),
        ("localhost", &wrong, Subject::Login, "tried once"),
        ("localhost", &good, Subject::Shell, "MaxShellsPerUser"),
    ];
    for (address, settings, subject, words) in golden {
        let checkup = examine(address, settings);
        let (found, said, is_bad) = last(&checkup);
        assert!(found == subject && is_bad && said.contains(words), "{found:?}: {said}");
    }
    host.end();
}

#[test]
fn who_may_log_in_but_open_no_shell_is_told_whose_rights_to_change() {
    let Some(host) = Host::start(&["--odd", "denied:Create"]) else { return };
    let (subject, said, is_bad) = last(&examine("localhost", &host.settings(WinrmAuth::Negotiate)));
    assert!(subject == Subject::Shell && is_bad, "{said}");
    assert!(said.contains("Administrators") && said.contains("LocalAccountToken"), "{said}");
    host.end();
}
