//! What may go wrong on the way: nothing is done twice, and nothing is taken for what it isn't.

use crate::manifest::WinrmAuth;
use crate::transport::failure::Problem;

use super::harness::{Host, Left, open, requests, run, told};

/// Runs one command on a host that does `odd`, and gives what came of it and what the host told.
fn with(odd: &[&str]) -> Option<(Result<Left, Problem>, Vec<serde_json::Value>)> {
    let arguments: Vec<&str> = odd.iter().flat_map(|odd| ["--odd", odd]).collect();
    let host = Host::start(&arguments)?;
    let mut shell = open(&host.settings(WinrmAuth::Negotiate)).unwrap();
    let left = run(&mut shell, "echo done >> ran; wc -l < ran; rm ran", b"");
    drop(shell);
    Some((left, host.end()))
}

#[test]
fn a_request_that_may_have_run_is_not_sent_again() {
    for odd in ["cut:Command", "401:Command", "cut:Receive:1", "tamper:Command", "plain:Command"] {
        let Some((left, said)) = with(&[odd]) else { return };
        assert!(matches!(left, Err(Problem::Lost(_))), "{odd}: {left:?}");
        assert_eq!(requests(&said, "Command"), 1, "{odd}: {said:?}");
        // Nothing but the shell's end is asked for after that, over a login of its own.
        assert_eq!(requests(&said, "Delete"), 1, "{odd}: {said:?}");
    }
}

#[test]
fn a_tampered_answer_is_seen() {
    let Some((left, _)) = with(&["tamper:Receive:1"]) else { return };
    let problem = left.unwrap_err().to_string();
    assert!(problem.contains("can't be opened"), "{problem}");
}

#[test]
fn an_answer_in_the_clear_is_not_believed() {
    let Some((left, _)) = with(&["plain:Receive:1"]) else { return };
    let problem = left.unwrap_err().to_string();
    assert!(problem.contains("is not sealed"), "{problem}");
}

#[test]
fn nothing_yet_is_no_failure() {
    let Some((left, said)) = with(&["timeout:Receive:1:25"]) else { return };
    assert_eq!(left.unwrap().status, 0);
    assert!(requests(&said, "Receive") > 25);
}

#[test]
fn an_end_without_a_status_is_unknown() {
    let Some((left, _)) = with(&["no-status:Receive"]) else { return };
    let problem = left.unwrap_err().to_string();
    assert!(problem.contains("not with which status"), "{problem}");
}

#[test]
fn a_shell_that_is_gone_is_made_anew() {
    let Some((left, said)) = with(&["gone:Command:1"]) else { return };
    assert_eq!(left.unwrap().stdout.trim(), "1");
    assert_eq!(requests(&said, "Create"), 2);
}

#[test]
fn a_connection_that_the_host_has_closed_is_made_anew() {
    for odd in ["close:Create", "close:Get"] {
        let Some((left, said)) = with(&[odd]) else { return };
        assert_eq!(left.unwrap().stdout.trim(), "1", "{odd}");
        assert_eq!(told(&said, "login").len(), 2, "{odd}: {said:?}");
    }
}

#[test]
fn a_slow_host_is_waited_for() {
    let Some((left, _)) = with(&["slow:Receive"]) else { return };
    assert_eq!(left.unwrap().stdout.trim(), "1");
}

#[test]
fn refusals_say_what_to_change() {
    let golden = [
        ("quota:Create", "MaxShellsPerUser"),
        ("denied:Create", "LocalAccountTokenFilterPolicy"),
        ("413:Create", "MaxEnvelopeSizekb"),
    ];
    for (odd, expected) in golden {
        let Some(host) = Host::start(&["--odd", odd]) else { return };
        let trouble = open(&host.settings(WinrmAuth::Negotiate)).err().unwrap();
        let said = format!("{} {}", trouble.problem, trouble.hint);
        assert!(said.contains(expected), "{odd}: {said}");
        host.end();
    }
}

#[test]
fn who_is_no_winrm_is_told_apart() {
    use std::io::{Read, Write};
    let golden: [(&[u8], &str); 3] = [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "no WinRM service"),
        (
            b"HTTP/1.1 401 \r\nWWW-Authenticate: Kerberos\r\nContent-Length: 0\r\n\r\n",
            "it offers Kerberos",
        ),
    ];
    for (bytes, expected) in golden {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let host = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let count = socket.read(&mut [0; 4096]).unwrap();
            socket.write_all(bytes).unwrap();
            count
        });
        let settings = crate::manifest::WinrmConnection {
            user: "alice".to_owned(),
            password: Some(super::harness::secret("x")),
            auth: WinrmAuth::Negotiate,
            https: false,
            port: Some(port),
            trust: crate::manifest::TlsTrust::Authorities(None),
            realm: None,
            kdc: None,
            keytab: None,
            certificate: None,
            timeouts: crate::manifest::WinrmTimeouts::default(),
        };
        let opened =
            super::super::shell::WinrmShell::open(super::harness::place("localhost", &settings));
        let trouble = opened.err().unwrap();
        let said = trouble.problem.to_string();
        assert!(said.contains(expected), "{said}");
        assert!(host.join().unwrap() > 0);
    }
}
