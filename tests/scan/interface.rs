//! The stand-in's answers and mdc's requests, held against the vendor's document of the interface.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use mdc::manifest::{self, TestScans};
use mdc::scan::{Gateway, Noise, Sample, Scanned, Seen, Trouble, test};
use serde_json::Value;

use crate::stand_in::StandIn;

/// The two routes, with all that they refer to, out of the vendor's document of 5.6.1; without its
/// descriptions and examples.
fn document() -> Value {
    serde_json::from_str(include_str!("openapi-5.6.1.json")).unwrap()
}

/// Fails unless `answer` is one that the document has for this status.
#[track_caller]
fn is_documented(operation: (&str, &str), status: u16, answer: &Value) {
    let document = document();
    let mut response =
        &document["paths"][operation.1][operation.0]["responses"][status.to_string()];
    if let Some(name) = response["$ref"].as_str() {
        response = &document["components"]["responses"][name.rsplit('/').next().unwrap()];
    }
    let mut schema = response["content"]["application/json"]["schema"].clone();
    assert!(schema.is_object(), "{operation:?} has no answer {status}");
    schema["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(answer).map(|it| it.to_string()).collect();
    assert!(errors.is_empty(), "{operation:?} {status}: {errors:?}\n{answer}");
}

/// Sends a request as it stands, and reads status and body.
fn raw(url: &str, request: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    (status, serde_json::from_str(body).unwrap())
}

fn post(url: &str, headers: &str, body: &str) -> (u16, Value) {
    let length = body.len();
    raw(url, &format!("POST /file HTTP/1.1\r\nContent-Length: {length}\r\n{headers}\r\n{body}"))
}

const POST: (&str, &str) = ("post", "/file");
const GET: (&str, &str) = ("get", "/file/{data_id}");

#[test]
fn the_stand_in_answers_as_the_document_says() {
    let gateway = StandIn::new(&[("scan_ms", "60000")]);
    let url = gateway.url();
    let (status, accepted) = post(&url, "filename: a.txt\r\n", "hello");
    is_documented(POST, status, &accepted);
    let id = accepted["data_id"].as_str().unwrap();
    let ask = || raw(&url, &format!("GET /file/{id} HTTP/1.1\r\n\r\n"));
    let (status, working) = ask();
    is_documented(GET, status, &working);
    assert_eq!(working["scan_results"]["scan_all_result_a"], "In Progress");
    gateway.set(&[]);
    let (status, finished) = ask();
    is_documented(GET, status, &finished);
    assert_eq!(finished["scan_results"]["scan_all_result_a"], "No Threat Detected");
    gateway.set(&[("fails", "1")]);
    is_documented(GET, 200, &ask().1);
    let (status, unknown) = raw(&url, "GET /file/abc HTTP/1.1\r\n\r\n");
    is_documented(GET, status, &unknown);
    for (settings, headers, body, expected) in [
        (&[][..], "", "", 422),
        (&[("queue_full", "1")], "", "hello", 503),
        (&[("apikey", "k")], "apikey: other\r\n", "hello", 403),
        (&[("apikey", "k")], "apikey: k\r\n", "hello", 200),
    ] {
        gateway.set(settings);
        let (status, answer) = post(&url, headers, body);
        assert_eq!(status, expected, "{settings:?}: {answer}");
        is_documented(POST, status, &answer);
    }
    let (status, answer) = raw(
        &url,
        "POST /file HTTP/1.1\r\nTransfer-Encoding: chunked\r\napikey: k\r\n\r\n0\r\n\r\n",
    );
    assert_eq!(status, 411);
    is_documented(POST, status, &answer);
}

pub(crate) fn scans(text: &str) -> TestScans {
    let text = format!(
        "format-version = 1\n[cluster]\nname = \"c\"\nenvironment = \"test\"\nrelease = \"r\"\n\
         [connections.here.local]\n[hosts.gw]\nos = \"debian-12\"\nconnection = \"here\"\n\
         components = [\"api-gateway\"]\n[scan]\n{text}\n"
    );
    let (manifest, found) = manifest::parse("mdc.toml", &text, Utf8Path::new(""));
    manifest.unwrap_or_else(|| panic!("{found:?}")).scan.unwrap()
}

fn gateway(stand_in: &StandIn, more: &str) -> Gateway {
    let text = format!("url = \"{}/\"\n{more}", stand_in.url());
    Gateway::of(&scans(&text), Utf8Path::new("/")).unwrap()
}

fn scanned(gateway: &Gateway, file: Sample, within: Duration) -> Result<Scanned, String> {
    test(gateway, file, within, &|time, _| {
        std::thread::sleep(time);
        false
    })
}

const SOON: Duration = Duration::from_secs(20);

#[test]
fn every_request_of_mdc_is_one_of_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, "0123456789abcdef\n").unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let stand_in = StandIn::new(&[("apikey", "0123456789abcdef"), ("scan_ms", "150")]);
    let more = format!("rule = \"File process/ü\"\napi-key = {{ file = {key:?} }}");
    let gateway = gateway(&stand_in, &more);
    let harmless = scanned(&gateway, Sample::Harmless, SOON).unwrap();
    let eicar = scanned(&gateway, Sample::Eicar, SOON).unwrap();
    assert_eq!((harmless.verdict.index, eicar.verdict.index), (0, 1));
    gateway.submit(("noise.bin", 300_000), &mut Noise::new(1, 300_000), SOON).unwrap();

    let document = document();
    let requests = stand_in.requests();
    assert!(requests.len() >= 5, "{requests:?}");
    for request in requests {
        let mut line = request[0].split(' ');
        let (method, path) = (line.next().unwrap(), line.next().unwrap());
        let route = if method == "POST" { "/file" } else { "/file/{data_id}" };
        let is_route = match route.split_once('{') {
            Some((before, _)) => path.starts_with(before) && !path[before.len()..].contains('/'),
            None => path == route,
        };
        assert!(is_route, "{path} is not {route}");
        let operation = &document["paths"][route][method.to_lowercase()];
        let parameter = |it: &Value| match it["$ref"].as_str() {
            Some(name) => {
                document["components"]["parameters"][name.rsplit('/').next().unwrap()].clone()
            }
            None => it.clone(),
        };
        let parameters = operation["parameters"].as_array().unwrap().iter().map(parameter);
        let mut known: Vec<String> = parameters
            .filter(|it| it["in"] == "header")
            .map(|it| it["name"].as_str().unwrap().to_lowercase())
            .collect();
        // HTTP's own (RFC 9110).
        known.extend(["host", "accept", "user-agent", "content-length"].map(str::to_owned));
        for header in &request[1..] {
            let (name, value) = header.split_once(": ").unwrap();
            if name == "content-type" {
                let body = &document["components"]["requestBodies"]["uploadFile"]["content"];
                assert!(method == "POST" && body[value].is_object(), "{value}");
                continue;
            }
            assert!(known.contains(&name.to_lowercase()), "{method} {route} has no header {name}");
            if name == "rule" {
                assert_eq!(value, "File%20process%2F%C3%BC");
            }
        }
        let length = request.iter().any(|it| it.to_lowercase().starts_with("content-length: "));
        assert_eq!(length, method == "POST", "{request:?}");
    }
}

#[test]
fn what_was_accepted_outlives_a_restart() {
    let mut stand_in = StandIn::new(&[("scan_ms", "60000")]);
    let gateway = gateway(&stand_in, "");
    let id = gateway.submit(("a.bin", 1000), &mut Noise::new(1, 1000), SOON).unwrap();
    assert!(matches!(gateway.look(&id), Ok(Seen::At(_))));
    stand_in.stop();
    assert!(matches!(gateway.look(&id), Err(Trouble::Unreachable(_))));
    stand_in.restart(&[]);
    assert!(matches!(gateway.look(&id), Ok(Seen::Finished(verdict)) if verdict.is_harmless()));
    assert_eq!(gateway.look("0"), Ok(Seen::Unknown));
}

#[test]
fn a_full_queue_passes_and_a_refusal_does_not() {
    let stand_in = StandIn::new(&[("queue_full", "1")]);
    let way = gateway(&stand_in, "");
    let why = scanned(&way, Sample::Harmless, Duration::from_millis(300)).unwrap_err();
    assert!(why.contains("no verdict after 300ms") && why.contains("too busy"), "{why}");
    // It passes: another answer is there when it is asked again.
    let heard = test(&way, Sample::Harmless, SOON, &|_, _| {
        stand_in.set(&[]);
        false
    });
    assert!(heard.unwrap().verdict.is_harmless());
    stand_in.set(&[("apikey", "k")]);
    let start = Instant::now();
    let why = scanned(&way, Sample::Harmless, SOON).unwrap_err();
    assert!(why.contains("403: Access denied") && start.elapsed() < SOON / 2, "{why}");
    stand_in.set(&[("scan_ms", "60000")]);
    let why = scanned(&way, Sample::Eicar, Duration::from_millis(300)).unwrap_err();
    assert!(why.contains("last: 0 % of the EICAR test pattern"), "{why}");
}

/// A server of hostile answers.
#[test]
fn hostile_answers_are_refused_and_bounded() {
    let huge = format!("{{\"data_id\":\"{}\"}}", "a".repeat(3 << 20));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (answer, words) in [
        (
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/file\r\nContent-Length: 0\r\n\r\n",
            "302",
        ),
        (
            "HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:1/file\r\nContent-Length: 0\r\n\r\n",
            "307",
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "can't be understood"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "no answer"),
        (
            &format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{huge}", huge.len()),
            "longer than",
        ),
        (&format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{deep}", deep.len()), "understood"),
        ("HTTP/1.1 500 X\r\nContent-Length: 4\r\n\r\n\u{1b}[2J", "500: \u{fffd}[2J"),
    ] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer = answer.to_owned();
        let server = std::thread::spawn(move || {
            let (mut peer, _) = listener.accept().unwrap();
            let mut head = [0; 4096];
            let _ = peer.read(&mut head);
            let _ = peer.write_all(answer.as_bytes());
            let _ = peer.shutdown(std::net::Shutdown::Write);
            let _ = peer.read_to_end(&mut Vec::new());
        });
        let gateway = Gateway::of(&scans(&format!("url = \"{url}\"")), Utf8Path::new("/")).unwrap();
        let trouble = gateway.submit(("a", 5), &mut b"hello".as_slice(), SOON).unwrap_err();
        assert!(trouble.to_string().contains(words), "{words}: {trouble}");
        drop(gateway);
        server.join().unwrap();
    }
}

#[test]
fn a_key_that_the_gateway_repeats_is_not_shown() {
    let stand_in = StandIn::new(&[("apikey", "k"), ("repeats", "1")]);
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, "0123456789abcdef").unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let gateway = gateway(&stand_in, &format!("api-key = {{ file = {key:?} }}"));
    let why = scanned(&gateway, Sample::Harmless, SOON).unwrap_err();
    assert!(why.contains("403: no such key: (the key)"), "{why}");
}
