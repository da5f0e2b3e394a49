use std::net::TcpListener;
use std::process::Command as Program;
use std::time::{Duration, Instant};

use mdc::transport::Problem;
use mdc::value::Period;

use crate::sshd::{Sshd, children_of, command, skips, stdout};

/// The sshd processes that serve our one connection, innermost last.
pub(crate) fn servants(sshd: &Sshd) -> Vec<i32> {
    let mut found = sshd.children();
    let mut at = 0;
    while let Some(&pid) = found.get(at) {
        found.extend(children_of(pid.unsigned_abs()));
        at += 1;
    }
    found.retain(|pid| {
        std::fs::read_to_string(format!("/proc/{pid}/comm"))
            .is_ok_and(|name| name.trim().starts_with("sshd"))
    });
    found
}

pub(crate) fn signal(name: &str, pids: &[i32]) {
    let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
    assert!(Program::new("kill").arg(name).args(pids).status().unwrap().success());
}

/// Waits until the command on the host has made `path`.
pub(crate) fn await_file(path: &camino::Utf8Path) {
    let started = Instant::now();
    while !path.exists() {
        assert!(started.elapsed() < Duration::from_secs(20), "{path} is not made");
        std::thread::yield_now();
    }
}

#[test]
fn a_server_that_dies_is_a_lost_connection_never_a_success() {
    if skips("lost connection") {
        return;
    }
    let sshd = Sshd::start();
    let mut host = sshd.open();
    let begun = sshd.folder.join("begun");
    let run = format!("echo out; echo err >&2; touch {begun}; sleep 2; exit 0");
    let failure = std::thread::scope(|scope| {
        scope.spawn(|| {
            await_file(&begun);
            signal("-KILL", &servants(&sshd));
        });
        host.run(&command(&run), None).unwrap_err()
    });
    assert!(matches!(failure.problem, Problem::Lost(_)), "{failure}");
    assert!(failure.hint.contains("not known what the command did"));
    let failure = host.run(&command("true"), None).unwrap_err();
    assert!(failure.to_string().contains("given up before"), "{failure}");
}

#[test]
fn a_frozen_server_is_given_up_after_the_limit_of_silence() {
    if skips("silence") {
        return;
    }
    let sshd = Sshd::start();
    let mut settings = sshd.settings();
    settings.timeouts.keepalive = Period::millis(200);
    settings.timeouts.silence = Period::millis(5100);
    let mut host = sshd.connect(settings).unwrap();
    assert_eq!(stdout(&mut *host, "echo hello"), "hello\n");
    let frozen = servants(&sshd);
    signal("-STOP", &frozen);
    let started = Instant::now();
    let failure = host.run(&command("true"), None).unwrap_err();
    let waited = started.elapsed();
    signal("-CONT", &frozen);
    let text = failure.to_string();
    assert!(text.contains("nothing was heard from the host for 5.1 s"), "{text}");
    assert!(waited >= Duration::from_secs(5) && waited < Duration::from_secs(9), "{waited:?}");
}

#[test]
fn a_listener_that_says_nothing_is_given_up_after_the_login_limit() {
    if skips("silent listener") {
        return;
    }
    let sshd = Sshd::start();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut settings = sshd.settings();
    settings.port = Some(silent.local_addr().unwrap().port());
    settings.timeouts.login = Period::millis(400);
    let failure = sshd.refusal(settings);
    assert_eq!(failure.to_string(), "web-1: could not connect: logging in took longer than 400 ms");
}

#[test]
fn what_is_no_ssh_server_is_said() {
    if skips("no SSH server") {
        return;
    }
    let sshd = Sshd::start();
    let web = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut settings = sshd.settings();
    settings.port = Some(web.local_addr().unwrap().port());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut stream, _) = web.accept().unwrap();
            std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        });
        let failure = sshd.refusal(settings);
        assert!(matches!(failure.problem, Problem::Unreachable(_)), "{failure:?}");
        assert!(failure.hint.contains("an SSH server listens on this port"));
    });
}

#[test]
fn a_closed_port_is_said() {
    if skips("closed port") {
        return;
    }
    let sshd = Sshd::start();
    let mut settings = sshd.settings();
    settings.port = Some(TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
    let failure = sshd.refusal(settings);
    assert!(failure.to_string().contains("Connection refused"), "{failure}");
    assert!(failure.problem.may_pass());
}
