use std::io::{Cursor, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Barrier;
use std::time::Duration;

use openssl::ssl::{SslConnector, SslMethod, SslStream, SslVerifyMode};

use super::*;
use crate::value::Digest;

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn puller(port: Option<u16>, doors: Doors) -> Puller {
    Puller::new(&Pull { address: None, port }, &Arc::new(doors))
}

fn local() -> Offer {
    puller(None, Doors::default()).offer(Some(LOCAL)).unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind((LOCAL, 0)).unwrap().local_addr().unwrap().port()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// A connection to where the host is told to go.
fn connect(words: &[String]) -> SslStream<TcpStream> {
    let socket = TcpStream::connect((words[0].as_str(), words[1].parse().unwrap())).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
    connector.set_verify(SslVerifyMode::NONE);
    connector.build().connect("mdc", socket).unwrap()
}

/// What is answered to `request` where `words` lead, and the digest of its certificate.
fn ask(words: &[String], request: &str) -> (String, Vec<u8>, String) {
    let mut stream = connect(words);
    let shown = stream.ssl().peer_certificate().unwrap().to_der().unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let at = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
    let body = answer.split_off(at);
    (String::from_utf8(answer).unwrap(), body, Digest::of(&shown).to_string())
}

fn request(word: &str, range: &str) -> String {
    format!("GET /{word} HTTP/1.1\r\nHost: mdc\r\n{range}\r\n")
}

/// What a host gets that fetches what is offered.
fn fetched(offer: &Offer, content: &[u8]) -> Vec<u8> {
    let file = (&mut Cursor::new(content) as &mut dyn Read, content.len() as u64);
    let words = offer.words("", 0);
    let fetch = || ask(&words, &request(&words[2], "")).1;
    beside(offer, file, soon(), fetch).0
}

#[test]
fn who_knows_the_word_gets_the_rest_of_the_file_once() {
    let content: Vec<u8> = (0..700_000_u32).map(|it| (it % 251) as u8).collect();
    let offer = local();
    let words = offer.words("p", 7);
    let [word, pin, path, size] = &words[2..] else { panic!("{words:?}") };
    assert_eq!((path.as_str(), size.as_str()), ("p", "7"));
    let mut source = Cursor::new(&content);
    let fetch = || {
        let (other, ..) = ask(&words, &request("0123456789abcdef0123456789abcdef", ""));
        let (verb, ..) = ask(&words, &request(word, "").replace("GET", "PUT"));
        let (whole, body, shown) = ask(&words, &request(word, "Range: bytes=100000-\r\n"));
        let (again, ..) = ask(&words, &request(word, ""));
        (other, verb, whole, body, shown, again)
    };
    let ((other, verb, whole, body, shown, again), given) =
        beside(&offer, (&mut source, content.len() as u64), soon(), fetch);
    for refused in [other, verb, again] {
        assert!(refused.starts_with("HTTP/1.1 404 "), "{refused}");
    }
    assert!(whole.starts_with("HTTP/1.1 206 "), "{whole}");
    assert!(whole.contains("Content-Range: bytes 100000-699999/700000"), "{whole}");
    assert!(body == content[100_000..], "{} bytes", body.len());
    assert_eq!(shown, *pin);
    assert_eq!((given.read, given.broken), (700_000, None));
}

#[test]
fn two_hosts_fetch_at_once_on_one_port_and_nothing_listens_afterwards() {
    let port = free_port();
    let puller = puller(Some(port), Doors::default());
    let both = Barrier::new(2);
    let contents = [vec![1; 300_000], vec![2; 200_000]];
    for _ in 0..3 {
        std::thread::scope(|scope| {
            for content in &contents {
                scope.spawn(|| {
                    let offer = puller.offer(Some(LOCAL)).unwrap();
                    assert_eq!(offer.words("", 0)[1], port.to_string());
                    // Each is on offer while the other is.
                    both.wait();
                    let body = fetched(&offer, content);
                    both.wait();
                    assert!(body == *content);
                });
            }
        });
        drop(TcpListener::bind((LOCAL, port)).unwrap());
    }
}

/// Whoever reaches the port can neither hold a fetch up nor stay.
#[test]
fn strangers_are_heard_for_a_while_and_hold_nobody_up() {
    let offer = local();
    let words = offer.words("", 0);
    let stranger = || TcpStream::connect((words[0].as_str(), words[1].parse().unwrap())).unwrap();
    let silent: Vec<TcpStream> = (0..10).map(|_| stranger()).collect();
    let mut in_tls: Vec<_> = (0..10).map(|_| connect(&words)).collect();
    for stream in &mut in_tls {
        stream.write_all(b"GET /").unwrap();
    }
    let began = Instant::now();
    assert!(fetched(&offer, &[7; 1000]) == [7; 1000]);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    drop((silent, in_tls));
    // More than are heard at once: those who wait come in when the others' time is up.
    let offer =
        puller(None, Doors::patient(Duration::from_millis(300))).offer(Some(LOCAL)).unwrap();
    let words = offer.words("", 0);
    let stranger = || TcpStream::connect((words[0].as_str(), words[1].parse().unwrap())).unwrap();
    let mut crowd: Vec<TcpStream> = (0..100).map(|_| stranger()).collect();
    assert!(fetched(&offer, &[7; 1000]) == [7; 1000]);
    crowd[0].set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert_eq!(crowd[0].read(&mut [0]).unwrap(), 0, "its time is up");
    // The beginning of a long message, byte by byte.
    let mut slow = stranger();
    slow.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    slow.write_all(&[0x16, 3, 1, 0x40, 0]).unwrap();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(5) && slow.write_all(&[1]).is_ok() {
        let is_closed = slow.read(&mut [0]).map_or_else(|it| it.kind() != WOULD_BLOCK, |_| true);
        if is_closed {
            break;
        }
    }
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

const WOULD_BLOCK: std::io::ErrorKind = std::io::ErrorKind::WouldBlock;

#[test]
fn a_host_that_ends_without_taking_the_file_is_not_waited_for() {
    let offer = local();
    let words = offer.words("", 0);
    let size = 1 << 30;
    let mut source = std::io::repeat(7).take(size);
    let began = Instant::now();
    let (stream, given) = beside(&offer, (&mut source, size), soon(), || {
        let mut stream = connect(&words);
        stream.write_all(request(&words[2], "").as_bytes()).unwrap();
        stream.read_exact(&mut [0; 1000]).unwrap();
        stream
    });
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert!(given.read < size);
    drop(stream);
}

#[test]
fn a_file_that_breaks_off_is_told_and_no_end_of_it_is_made_up() {
    let offer = local();
    let words = offer.words("", 0);
    let mut source = Cursor::new([7; 1000]);
    let ((_, body, _), given) =
        beside(&offer, (&mut source, 2000), soon(), || ask(&words, &request(&words[2], "")));
    assert_eq!(body.len(), 1000);
    assert_eq!(given.broken.as_deref(), Some("the file has become shorter"));
}

#[test]
fn nobody_is_waited_for_when_the_host_has_ended() {
    let (said, given) = beside(&local(), (&mut Cursor::new([0; 9]), 9), soon(), || "unreachable");
    assert_eq!((said, given.read), ("unreachable", 0));
}

#[test]
fn a_port_that_is_taken_is_told_and_tried_again() {
    let taken = TcpListener::bind((LOCAL, 0)).unwrap();
    let puller = puller(Some(taken.local_addr().unwrap().port()), Doors::default());
    let problem = puller.offer(Some(LOCAL)).unwrap_err().to_string();
    assert!(problem.contains("nothing can be offered at 127.0.0.1:"), "{problem}");
    drop(taken);
    puller.offer(Some(LOCAL)).unwrap();
}

/// Over both kinds of addresses, by the connection's own or a named one.
#[test]
fn hosts_are_told_an_address_that_they_reach() {
    let six = IpAddr::V6(Ipv6Addr::LOCALHOST);
    for own in [LOCAL, six] {
        if TcpListener::bind((own, 0)).is_err() {
            let _ = writeln!(std::io::stderr(), "SKIPPED: this machine has no {own}");
            continue;
        }
        for address in [None, Some(own.to_string())] {
            let settings = Pull { address: address.clone(), port: None };
            let puller = Puller::new(&settings, &Arc::default());
            let offer = puller.offer(address.is_none().then_some(own)).unwrap();
            assert_eq!(offer.words("", 0)[0], own.to_string());
            assert!(fetched(&offer, b"content") == b"content");
        }
    }
    let problem = puller(None, Doors::default()).offer(None).unwrap_err().to_string();
    assert!(problem.contains("`pull-address`"), "{problem}");
}
