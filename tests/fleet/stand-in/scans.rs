//! Stand-in for the clients' interface of the API Gateway: files are submitted, and their results asked for. Not OPSWAT's software.
//!
//! Routes, headers and answers follow MD Core's OpenAPI document 5.6.1 (`POST /file`, `GET /file/{data_id}`), which the gateway copies.
//! In a real cluster an accepted file lives in File Storage, Redis and RabbitMQ, so that a restarted gateway still knows it. Here it is one
//! line in a file, written before the submission is answered. The only threat that is known is the EICAR test pattern.
//!
//! Settings, beside those of service.rs; read at every request:
//!   scan_ms      how long a scan takes
//!   blind        1: the EICAR pattern is not found
//!   fails        1: scans end with the result "Failed"
//!   queue_full   1: submissions are refused with 503
//!   forgets      1: accepted files are not kept
//!   apikey       requests without this key are refused with 403
//!   repeats      1: the refusal repeats the key
//!   scans        the file of accepted scans, default /var/lib/NAME.scans (read at the start)
//!   requests     a file to which the head of each request to these routes is appended, one line each
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Service;

pub struct Request<'r> {
    pub head: &'r str,
    pub path: &'r str,
    /// What was read of the body with the head.
    pub rest: Vec<u8>,
    pub peer: &'r mut TcpStream,
}

impl Request<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

#[derive(Clone)]
struct Accepted {
    /// Milliseconds since 1970.
    at: u128,
    size: usize,
    /// Whether it begins with the test pattern.
    threat: bool,
    name: String,
}

pub struct Scans {
    known: Mutex<HashMap<String, Accepted>>,
    kept: String,
}

type Answer = (&'static str, String);

impl Scans {
    /// Those that were accepted before the last restart.
    pub fn kept(service: &Service) -> Self {
        let kept = service.text("scans").unwrap_or_else(|| format!("/var/lib/{}.scans", service.name));
        let text = std::fs::read_to_string(&kept).unwrap_or_default();
        let known = text.lines().filter_map(|line| {
            let mut parts = line.splitn(5, ' ');
            let id = parts.next()?.to_string();
            let (at, size) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            Some((id, Accepted { at, size, threat: parts.next()? == "1", name: parts.next()?.to_string() }))
        });
        Self { known: Mutex::new(known.collect()), kept }
    }

    pub fn answer(&self, service: &Service, request: &mut Request<'_>) -> Answer {
        if let Some(log) = service.text("requests") {
            append(Path::new(&log), &request.head.trim_end().replace("\r\n", "\t"));
        }
        if service.text("apikey").is_some_and(|key| request.header("apikey") != Some(&key)) {
            let said = match service.setting("repeats") {
                1 => format!("no such key: {}", request.header("apikey").unwrap_or("")),
                _ => "Access denied".to_string(),
            };
            // A connection that is closed with bytes unread is reset, and the answer lost (RFC 9112, 9.6).
            let size = request.header("content-length").and_then(|it| it.parse().ok());
            let _ = size.and_then(|size| body(request, size));
            return ("403 Forbidden", format!(r#"{{"err":"{said}"}}"#));
        }
        let method = request.head.split(' ').next().unwrap_or_default();
        match (method, request.path.strip_prefix("/file/")) {
            ("POST", None) => self.submitted(service, request),
            ("GET", Some(id)) => ("200 OK", self.result(service, id)),
            _ => ("404 Not Found", r#"{"err":"Not Found"}"#.into()),
        }
    }

    fn submitted(&self, service: &Service, request: &mut Request<'_>) -> Answer {
        let chunked = request.header("transfer-encoding").is_some();
        let Some(size) = request.header("content-length").and_then(|it| it.parse().ok()).filter(|_| !chunked) else {
            return ("411 Length Required", r#"{"err":"Missing Content-Length header."}"#.into());
        };
        if request.header("expect").is_some() {
            let _ = request.peer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        let Some(threat) = body(request, size) else {
            return ("500 Internal Server Error", r#"{"err":"The body broke off."}"#.into());
        };
        if size == 0 {
            return ("422 Unprocessable Entity", r#"{"err":"File is empty."}"#.into());
        }
        if service.setting("queue_full") == 1 {
            return ("503 Service Unavailable", r#"{"err":"Server is too busy. Try again later."}"#.into());
        }
        let name = request.header("filename").unwrap_or("").chars().filter(|c| !c.is_control()).collect();
        let accepted = Accepted { at: now(), size, threat, name };
        let mut known = self.known.lock().unwrap();
        let id = format!("{:016x}{:016x}", accepted.at, known.len());
        if service.setting("forgets") != 1 {
            let Accepted { at, size, threat, name } = &accepted;
            append(Path::new(&self.kept), &format!("{id} {at} {size} {} {name}", u8::from(*threat)));
            known.insert(id.clone(), accepted);
        }
        ("200 OK", format!(r#"{{"data_id":"{id}"}}"#))
    }

    fn result(&self, service: &Service, id: &str) -> String {
        let known = self.known.lock().unwrap().get(id).cloned();
        let plain: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
        // The document has no answer for an unknown id: a guess.
        let Some(Accepted { at, size, threat, name }) = known else {
            return format!(r#"{{"{plain}":"Not Found"}}"#);
        };
        let (takes, passed) = (u128::from(service.setting("scan_ms")), now().saturating_sub(at));
        let (progress, result, index, words) = match () {
            () if passed < takes => (passed * 100 / takes, "Processing", 255, "In Progress"),
            () if service.setting("fails") == 1 => (100, "Blocked", 3, "Failed"),
            () if threat && service.setting("blind") != 1 => (100, "Blocked", 1, "Infected"),
            () => (100, "Allowed", 0, "No Threat Detected"),
        };
        let name = name.replace(['\\', '"'], "_");
        format!(
            r#"{{"data_id":"{id}","file_info":{{"display_name":"{name}","file_size":{size}}},"process_info":{{"progress_percentage":{progress},"result":"{result}","processing_time":{},"profile":"stand-in"}},"scan_results":{{"data_id":"{id}","progress_percentage":{progress},"scan_all_result_a":"{words}","scan_all_result_i":{index},"total_avs":1,"total_time":{}}}}}"#,
            passed.min(takes),
            passed.min(takes),
        )
    }
}

/// Reads the body to its end; whether it begins with the test pattern. None when it breaks off.
fn body(request: &mut Request<'_>, size: usize) -> Option<bool> {
    // In two halves, so that nobody's virus scanner takes this file for the pattern.
    let pattern = [r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR", "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].concat();
    let mut beginning = std::mem::take(&mut request.rest);
    let mut read = beginning.len();
    let mut part = vec![0; 64 * 1024];
    while read < size {
        let count = request.peer.read(&mut part).ok().filter(|count| *count > 0)?;
        read += count;
        if beginning.len() < pattern.len() {
            beginning.extend(&part[..count]);
        }
    }
    Some(beginning.starts_with(pattern.as_bytes()))
}

fn append(path: &Path, line: &str) {
    let written = OpenOptions::new().create(true).append(true).open(path).and_then(|mut file: File| {
        file.write_all(format!("{line}\n").as_bytes())?;
        file.sync_data()
    });
    if let Err(error) = written {
        eprintln!("{}: {error}", path.display());
    }
}

fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_millis())
}
