//! What `mdc doctor` finds of the stand-in.

use crate::manifest::{Connection, WinrmAuth, WinrmConnection};
use crate::transport::{Checkup, Controller, Dialer, Outcome, Subject, Target};

use super::harness::{Host, secret, told};

fn examine(address: &str, settings: &WinrmConnection) -> Checkup {
    let host = "win-01".parse().unwrap();
    let connection = Connection::Winrm(Box::new(settings.clone()));
    let target = Target {
        host: &host,
        address,
        format: crate::catalog::Format::Msi,
        connection: &connection,
        folder: "".into(),
    };
    Dialer::of(Controller::default()).examine(&target)
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
    let Some(host) = Host::start(&["--skew", "400"]) else { return };
    let checkup = examine("localhost", &host.settings(WinrmAuth::Negotiate));
    let subjects: Vec<&str> = checkup.findings.iter().map(|it| it.subject.in_words()).collect();
    let all = ["name", "port", "identity", "login", "shell", "rights", "quotas", "clock"];
    assert_eq!(subjects, all);
    let (_, said, is_bad) = last(&checkup);
    assert!(said.contains("400 s ahead of") && !is_bad, "{said}");
    let texts = checkup.exchanges.iter().map(|it| format!("{}{}", it.request, it.response));
    let whole = texts.collect::<String>();
    assert!(whole.contains("whoami") && whole.contains("ReceiveResponse"));
    assert!(!whole.contains("alice") && !whole.contains("localhost:"), "{whole}");
    let said = host.end();
    assert_eq!(told(&said, "login").len(), 1, "{said:?}");
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
