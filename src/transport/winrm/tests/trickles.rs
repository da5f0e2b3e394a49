//! Hosts that say little by little: none is waited for longer than its limit says.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::manifest::{TlsTrust, WinrmAuth, WinrmConnection};
use crate::transport::failure::{Problem, Trouble};
use crate::transport::limit::Limit;
use crate::value::Period;

use super::super::kdc::{self, Heard};
use super::harness::{open, settings};
use super::logins::acceptor;

/// Sooner than a read's own limit.
const BETWEEN: Duration = Duration::from_millis(100);
/// Longer than any limit here.
const FOR_EVER: Duration = Duration::from_secs(20);

/// Says `first`, and then a byte after the other for as long as somebody listens.
fn trickle(mut socket: &TcpStream, first: &[u8]) {
    let until = Instant::now() + FOR_EVER;
    let mut said = socket.write_all(first);
    while said.is_ok() && Instant::now() < until {
        std::thread::sleep(BETWEEN);
        said = socket.write_all(b"x");
    }
}

/// A host whose connections `answer` has; its port.
fn host(answer: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().flatten().for_each(answer));
    port
}

/// What became of a login over TLS within a second.
fn log_in(port: u16) -> Trouble {
    let mut settings = WinrmConnection {
        https: true,
        trust: TlsTrust::Anyone,
        ..settings(port, WinrmAuth::Basic)
    };
    settings.timeouts.login = Period::seconds(1);
    let began = Instant::now();
    let trouble = open(&settings).err().unwrap();
    assert!(began.elapsed() < FOR_EVER / 4, "{:?}: {trouble:?}", began.elapsed());
    trouble
}

#[test]
fn a_host_that_lets_tls_trickle_is_not_waited_for() {
    // The head of a record of 16 KiB.
    let port = host(|socket| trickle(&socket, b"\x16\x03\x03\x40\x00"));
    let problem = log_in(port).problem.to_string();
    assert!(problem.contains("beginning TLS took longer than 1 s"), "{problem}");
}

#[test]
fn a_host_that_lets_what_is_in_tls_trickle_is_not_waited_for() {
    let acceptor = acceptor();
    let port = host(move |socket| {
        let Ok(mut stream) = acceptor.accept(socket) else { return };
        let _ = stream.read(&mut [0; 4096]);
        trickle(stream.get_ref(), b"\x17\x03\x03\x40\x00");
    });
    let problem = log_in(port).problem;
    assert!(matches!(problem, Problem::TimedOut { .. }), "{problem}");
}

#[test]
fn a_kdc_that_lets_its_answer_trickle_is_not_waited_for() {
    let port = host(|socket| trickle(&socket, &1000_u32.to_be_bytes()));
    let url = format!("tcp://127.0.0.1:{port}");
    let request = sspi::generator::NetworkRequest {
        protocol: sspi::network_client::NetworkProtocol::Tcp,
        url: url.parse().unwrap(),
        data: b"who?".to_vec(),
    };
    let limit = Limit::start("logging in", Duration::from_secs(1));
    let began = Instant::now();
    let problem = kdc::ask(&request, &limit, &mut Heard::default()).unwrap_err().to_string();
    assert!(began.elapsed() < FOR_EVER / 4, "{problem}");
    assert!(problem.contains("logging in took longer than 1 s"), "{problem}");
}
