//! Stand-in for one MetaDefender Cluster service: it answers for its health and version and can misbehave on demand.
//!
//!     md-stand-in NAME VERSION CONF [KEY=VALUE ...]
//!
//! Settings come from the file CONF, else from the arguments (by which a package ships a defect that CONF can repair):
//!   port            to listen on
//!   start_delay_ms  sleep before listening
//!   fails_to_start  1: exit with an error at once
//!   dies_after_ms   exit with an error so long after listening began
//!   unhealthy       1: /readyz and /health answer 503   (this and the next are read at every request)
//!   queue           what /readyz?verbose=true tells as scan_queue.number_in_queue (read at every request)
//!   hangs           1: accept connections, never answer
//! The API Gateway and MD Core also take files for scanning; see scans.rs for that and its settings.
mod scans;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::exit;
use std::sync::Arc;
use std::thread::{sleep, spawn};
use std::time::Duration;

use scans::{Request, Scans};

/// More than the head of any request of a test.
const LONGEST_HEAD: usize = 16 * 1024;

#[derive(Clone)]
struct Service {
    name: String,
    version: String,
    conf: String,
    defaults: Vec<String>,
}

impl Service {
    fn setting(&self, key: &str) -> u64 {
        self.text(key).and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    fn text(&self, key: &str) -> Option<String> {
        let conf = std::fs::read_to_string(&self.conf).unwrap_or_default();
        conf.lines()
            .chain(self.defaults.iter().map(String::as_str))
            .filter_map(|line| line.split_once('='))
            .find(|(k, _)| k.trim() == key)
            .map(|(_, v)| v.trim().to_string())
    }

    fn scans(&self) -> bool {
        self.name.contains("api-gateway") || self.name.contains("md-core")
    }

    fn fail(&self, why: &str) -> ! {
        eprintln!("{} {}: error: {why}", self.name, self.version);
        exit(3)
    }

    fn answer(&self, mut peer: TcpStream, scans: &Scans) {
        let _ = peer.set_read_timeout(Some(Duration::from_secs(5)));
        let (text, rest) = head(&mut peer);
        let target = text.split(' ').nth(1).unwrap_or("/");
        let path = target.split('?').next().unwrap_or("/");
        if self.setting("hangs") == 1 {
            sleep(Duration::from_secs(3600));
        }
        let (name, version) = (&self.name, &self.version);
        let (code, health) = match self.setting("unhealthy") {
            1 => ("503 Service Unavailable", "unhealthy"),
            _ => ("200 OK", "healthy"),
        };
        let (code, body) = match path {
            _ if self.scans() && (path == "/file" || path.starts_with("/file/")) => {
                scans.answer(self, &mut Request { head: &text, path, rest, peer: &mut peer })
            }
            // MD Core's OpenAPI document 5.6.1, schema `readyz`.
            "/readyz" if target.ends_with("?verbose=true") => (
                code,
                format!(
                    "{{\"database\":{{\"status\":true}},\"scan_queue\":{{\"max_number_in_queue\":1500,\
                     \"number_in_queue\":{},\"threshold\":80,\"status\":true}}}}",
                    self.setting("queue")
                ),
            ),
            "/readyz" => (code, format!("{{\"status\":\"{health}\"}}")),
            "/health" => (code, format!("{{\"product_id\":\"{name}\",\"version\":\"{version}\",\"status\":\"{health}\"}}")),
            "/version" => ("200 OK", format!("{{\"product_id\":\"{name}\",\"version\":\"{version}\"}}")),
            _ => ("404 Not Found", "{\"err\":\"not found\"}".to_string()),
        };
        let _ = write!(
            peer,
            "HTTP/1.1 {code}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}\n",
            body.len() + 1
        );
    }
}

/// The request's head, and what was read of its body with it.
fn head(peer: &mut TcpStream) -> (String, Vec<u8>) {
    let mut read = Vec::new();
    let mut part = [0; 4096];
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = read.split_off(end + 4);
            return (String::from_utf8_lossy(&read).into_owned(), rest);
        }
        match peer.read(&mut part) {
            Ok(count) if count > 0 && read.len() < LONGEST_HEAD => read.extend(&part[..count]),
            _ => return (String::from_utf8_lossy(&read).into_owned(), Vec::new()),
        }
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(name), Some(version), Some(conf)) = (args.next(), args.next(), args.next()) else {
        eprintln!("usage: md-stand-in NAME VERSION CONF [KEY=VALUE ...]");
        exit(2)
    };
    let service = Service { name, version, conf, defaults: args.collect() };
    eprintln!("{} {}: starting", service.name, service.version);
    if service.setting("fails_to_start") == 1 {
        service.fail("fails_to_start=1 in the configuration");
    }
    sleep(Duration::from_millis(service.setting("start_delay_ms")));
    let port = service.setting("port") as u16;
    let listener = match TcpListener::bind(("0.0.0.0", port)) {
        Ok(listener) => listener,
        Err(e) => service.fail(&format!("cannot listen on port {port}: {e}")),
    };
    eprintln!("{} {}: ready on port {port}", service.name, service.version);
    let life = service.setting("dies_after_ms");
    if life > 0 {
        let service = service.clone();
        spawn(move || {
            sleep(Duration::from_millis(life));
            service.fail("lost the connection to its database: unsupported schema version 41")
        });
    }
    let scans = Arc::new(Scans::kept(&service));
    for peer in listener.incoming().flatten() {
        let (service, scans) = (service.clone(), Arc::clone(&scans));
        spawn(move || service.answer(peer, &scans));
    }
}
