//! What may go wrong on the way: nothing is done twice, and nothing is taken for what it isn't.

use crate::manifest::{WinrmAuth, WinrmConnection};
use crate::transport::failure::Problem;
use crate::transport::{Account, Command, Task, windows};
use crate::value::Period;

use super::super::shell::WinrmShell;
use super::harness::{Host, Left, open, place, requests, run, secret, told, with_target};

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
    let on_command = ["cut:Command", "401:Command", "tamper:Command", "plain:Command"];
    let on_receive =
        ["cut:Receive:1", "401:Receive:1", "403:Receive:1", "413:Receive:1", "503:Receive:1"];
    for odd in on_command.into_iter().chain(on_receive) {
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

/// Whether the host has taken it or not, the same input is sent once, and the command's end decides.
#[test]
fn input_whose_arrival_is_not_told_in_time_is_not_sent_again() {
    for (odd, stdout) in [("late:Send", "hello"), ("timeout:Send:1", "")] {
        let Some(host) = Host::start(&["--odd", odd]) else { return };
        let mut shell = open(&host.settings(WinrmAuth::Negotiate)).unwrap();
        let left = run(&mut shell, "cat", b"hello").unwrap();
        assert_eq!((left.status, &*left.stdout), (0, stdout), "{odd}");
        drop(shell);
        let said = host.end();
        // The input, and its end.
        assert_eq!(requests(&said, "Send"), 2, "{odd}: {said:?}");
    }
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

/// Nor is what to change lost on the way to who reads it.
#[test]
fn refusals_of_commands_say_what_to_change() {
    let golden = [
        ("quota:Command", "MaxShellsPerUser", "fault 2150859173"),
        ("413:Command", "raise it on the host", "status 413"),
        ("quota:Send", "MaxShellsPerUser", "before the command's end was seen"),
        ("413:Send", "raise it on the host", "before the command's end was seen"),
    ];
    for (odd, hint, problem) in golden {
        let Some(host) = Host::start(&["--odd", odd]) else { return };
        let settings = host.settings(WinrmAuth::Negotiate);
        let shell = open(&settings).unwrap();
        let failure = with_target("localhost", &settings, |target| {
            let task = Task::CheckUnit { unit: "ometascan".to_owned() };
            let (run, within) = ("exit 0".to_owned(), Period::seconds(20));
            let command = Command { run, account: Account::Root, within, task };
            windows::over(target, shell, None).run(&command, None).unwrap_err()
        });
        let said = failure.problem.to_string();
        assert!(failure.hint.contains(hint) && said.contains(problem), "{odd}: {failure:?}");
        host.end();
    }
}

/// A host that answers one request by `bytes`, and how it is reached.
fn odd_host(bytes: &'static [u8]) -> (WinrmConnection, std::thread::JoinHandle<usize>) {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let host = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let count = socket.read(&mut [0; 4096]).unwrap();
        socket.write_all(bytes).unwrap();
        count
    });
    let settings = WinrmConnection {
        user: "alice".to_owned(),
        password: Some(secret("x")),
        auth: WinrmAuth::Negotiate,
        https: false,
        port: Some(port),
        trust: crate::manifest::TlsTrust::Authorities(None),
        realm: None,
        kdc: None,
        keytab: None,
        certificate: None,
        pull: None,
        timeouts: crate::manifest::WinrmTimeouts::default(),
    };
    (settings, host)
}

/// The account of a domain, on hosts of which one has no ear for it: that says nothing about the password.
#[test]
fn a_host_that_judges_no_password_leaves_the_others_to_be_tried() {
    let Some(host) = Host::start(&[]) else { return };
    let accounts = std::sync::Arc::default();
    let domain = |mut settings: WinrmConnection| {
        settings.user = "CORP\\alice".to_owned();
        settings.password = host.settings(WinrmAuth::Negotiate).password;
        WinrmShell::open(place("localhost", &settings).sharing(&accounts))
    };
    let no_ear: [&[u8]; 2] = [
        b"HTTP/1.1 401 \r\nWWW-Authenticate: Kerberos\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 403 \r\nContent-Length: 0\r\n\r\n",
    ];
    for bytes in no_ear {
        let (settings, odd) = odd_host(bytes);
        assert!(domain(settings).is_err());
        odd.join().unwrap();
    }
    let said = host.end();
    assert_eq!(told(&said, "refused").len(), 0, "{said:?}");
}

/// While a host says nothing to a request, others are logged in to by `good`, whose account they share.
pub(super) fn nobody_waits_for_a_silent_host(good: &WinrmConnection) {
    use std::io::Read;
    let (sender, receiver) = std::sync::mpsc::channel();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = Some(listener.local_addr().unwrap().port());
    let silent = WinrmConnection { port, ..good.clone() };
    let accounts = std::sync::Arc::default();
    let opened =
        |settings| WinrmShell::open(place("localhost", settings).sharing(&accounts)).is_ok();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut socket, _) = listener.accept().unwrap();
            let count = socket.read(&mut [0; 4096]).unwrap();
            sender.send((socket, count)).unwrap();
        });
        let tried = scope.spawn(|| opened(&silent));
        let (socket, count) = receiver.recv().unwrap();
        assert!(count > 0 && opened(good) && !tried.is_finished());
        drop(socket);
        assert!(!tried.join().unwrap());
    });
}

#[test]
fn nobody_waits_for_a_host_that_says_nothing() {
    for (auth, word) in [(WinrmAuth::Negotiate, "negotiate"), (WinrmAuth::Basic, "basic")] {
        let Some(host) = Host::start(&["--auth", word, "--plain-ok", "--user", "CORP\\alice"])
        else {
            return;
        };
        let user = "CORP\\alice".to_owned();
        nobody_waits_for_a_silent_host(&WinrmConnection { user, ..host.settings(auth) });
        host.end();
    }
}

/// By name and password, too.
#[test]
fn a_password_is_shown_to_nobody_who_does_not_ask_for_it() {
    let basic = |settings: WinrmConnection| {
        let settings = WinrmConnection { auth: WinrmAuth::Basic, ..settings };
        open(&settings).err().unwrap().problem.to_string()
    };
    let (settings, host) =
        odd_host(b"HTTP/1.1 401 \r\nWWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n");
    let said = basic(settings.clone());
    assert!(said.contains("takes no such login") && said.contains("Negotiate"), "{said}");
    host.join().unwrap();
    // Who asks for it and hangs up is asked anew.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let settings =
        WinrmConnection { port: Some(listener.local_addr().unwrap().port()), ..settings };
    let asks = "HTTP/1.1 401 \r\nWWW-Authenticate: Basic realm=\"x\"\r\nConnection: close\r\n\
                Content-Length: 0\r\n\r\n";
    let host = std::thread::spawn(move || {
        [(); 2].map(|()| {
            use std::io::{Read, Write};
            let (mut socket, _) = listener.accept().unwrap();
            let mut heard = vec![0; 64 * 1024];
            let count = socket.read(&mut heard).unwrap();
            socket.write_all(asks.as_bytes()).unwrap();
            String::from_utf8_lossy(&heard[..count]).contains("Authorization: Basic")
        })
    });
    assert!(basic(settings).contains("was refused; it was tried once"));
    assert_eq!(host.join().unwrap(), [false, true]);
}

#[test]
fn a_wrong_password_of_a_domain_is_one_attempt_for_all_hosts_and_connections() {
    let Some(host) = Host::start(&[]) else { return };
    let accounts = std::sync::Arc::default();
    let mut settings = host.settings(WinrmAuth::Negotiate);
    settings.user = "CORP\\alice".to_owned();
    settings.password = Some(secret("Password02"));
    for _ in 0..3 {
        let opened = WinrmShell::open(place("localhost", &settings).sharing(&accounts));
        assert!(opened.is_err());
    }
    let said = host.end();
    assert_eq!(told(&said, "refused").len(), 1, "{said:?}");
}

#[test]
fn a_wrong_password_of_a_hosts_own_user_is_one_attempt_for_all_connections() {
    for auth in [WinrmAuth::Negotiate, WinrmAuth::Basic] {
        let Some(host) = Host::start(&["--auth", "negotiate", "--auth", "basic", "--plain-ok"])
        else {
            return;
        };
        let accounts = std::sync::Arc::default();
        let mut settings = host.settings(auth);
        settings.password = Some(secret("Password02"));
        let said = [(); 3].map(|()| {
            let opened = WinrmShell::open(place("localhost", &settings).sharing(&accounts));
            opened.err().unwrap().problem
        });
        assert!(said.iter().all(|it| matches!(it, Problem::Refused(_))), "{said:?}");
        assert!(said[2].to_string().contains("it was not tried again"), "{said:?}");
        let said = host.end();
        let last = |it: &&&serde_json::Value| it["kind"] == "last" || it["scheme"] == "Basic";
        assert_eq!(told(&said, "attempt").iter().filter(last).count(), 1, "{said:?}");
    }
}

#[test]
fn who_is_no_winrm_is_told_apart() {
    let golden: [(&[u8], &str); 3] = [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "no WinRM service"),
        (
            b"HTTP/1.1 401 \r\nWWW-Authenticate: Kerberos\r\nContent-Length: 0\r\n\r\n",
            "it offers Kerberos",
        ),
    ];
    for (bytes, expected) in golden {
        let (settings, host) = odd_host(bytes);
        let trouble = open(&settings).err().unwrap();
        let said = trouble.problem.to_string();
        assert!(said.contains(expected), "{said}");
        assert!(host.join().unwrap() > 0);
    }
}

/// What only tidies up has one limit, the way to the host included.
#[test]
fn closing_is_bounded_however_silent_the_host_is() {
    for odd in ["silent:Signal", "silent:Delete"] {
        let Some(host) = Host::start(&["--odd", odd]) else { return };
        let mut shell = open(&host.settings(WinrmAuth::Negotiate)).unwrap();
        let left = run(&mut shell, "true", b"").map(|left| left.status);
        let began = std::time::Instant::now();
        drop(shell);
        assert_eq!(left, Ok(0));
        assert!(began.elapsed() < std::time::Duration::from_secs(8), "{odd}");
    }
}
