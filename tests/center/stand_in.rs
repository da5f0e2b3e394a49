//! A stand-in for Control Center. Not OPSWAT's software: its paths are those of
//! examples/control-center, which are made up; only `/login`, `/logout` and `/readyz` follow the
//! vendor's page. It keeps sessions, packages and jobs, and what it is asked for happens on the
//! simulated hosts. A session rests on the versions of Identity and Control Center at its login.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use mdc::value::Digest;
use rustix::fs::{FlockOperation, flock};
use serde_json::{Value, json};

pub(crate) const PASSWORD: &str = "canary-s3cret";

/// How it behaves, and what it has seen.
#[derive(Default)]
pub(crate) struct State {
    /// Where the simulated hosts are.
    fleet: PathBuf,
    /// Requests as `METHOD path status`, first to last.
    pub(crate) log: Vec<String>,
    /// By token: what they rest on, and how many requests are left.
    sessions: BTreeMap<String, (Value, usize)>,
    logins: usize,
    /// After how many requests a session ends.
    pub(crate) session_lasts: Option<usize>,
    /// How many times it isn't ready, once what sessions rest on has changed.
    pub(crate) unready: usize,
    seen: Option<Value>,
    /// Requests whose path holds this are done, and not answered.
    pub(crate) cut: Option<&'static str>,
    /// Requests whose path holds this are answered by an error, and nothing is done.
    pub(crate) refuses: Option<(&'static str, u16)>,
    /// It says yes, and nothing happens on the hosts.
    pub(crate) deaf: bool,
    /// Connections of requests whose path holds this are given away, open and without an answer.
    pub(crate) holds: Option<(&'static str, Sender<TcpStream>)>,
    /// A file that is overwritten when Workers are asked for.
    pub(crate) spoils: Option<PathBuf>,
    /// Jobs end so.
    pub(crate) job_ends: Option<&'static str>,
    /// What was uploaded: name and digest.
    pub(crate) installers: BTreeMap<String, Digest>,
    /// How often each job was asked for.
    jobs: BTreeMap<String, usize>,
}

#[derive(Clone)]
pub(crate) struct StandIn {
    state: Arc<Mutex<State>>,
    pub(crate) port: u16,
}

struct Asked {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl StandIn {
    pub(crate) fn new(fleet: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State { fleet, ..State::default() }));
        let stand_in = Self { state, port };
        let serving = stand_in.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let serving = serving.clone();
                thread::spawn(move || serving.serve(&mut stream.unwrap()));
            }
        });
        stand_in
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often something was asked for: `POST /login 200`.
    pub(crate) fn count(&self, line: &str) -> usize {
        self.state().log.iter().filter(|one| one.contains(line)).count()
    }

    fn serve(&self, stream: &mut TcpStream) {
        let Some(asked) = read(stream) else { return };
        let mut state = self.state();
        let (status, answer) = state.answer(&asked);
        let is_cut = state.cut.is_some_and(|part| asked.path.contains(part));
        let told = if is_cut { "cut".to_owned() } else { status.to_string() };
        state.log.push(format!("{} {} {told}", asked.method, asked.path));
        if let Some((part, give)) = &state.holds
            && asked.path.contains(part)
        {
            give.send(stream.try_clone().unwrap()).unwrap();
            return;
        }
        drop(state);
        if is_cut {
            return;
        }
        let body = answer.to_string();
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
        let _ = stream.write_all((head + &body).as_bytes());
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { method, path, headers, body })
}

impl State {
    fn answer(&mut self, asked: &Asked) -> (u16, Value) {
        let no = |status, why: &str| (status, json!({ "err": why }));
        let rests_on = self.rests_on();
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/readyz") => return self.ready(rests_on),
            ("POST", "/login") => return self.login(&asked.body, rests_on),
            _ => {}
        }
        let token = asked.headers.get("apikey").cloned().unwrap_or_default();
        match self.sessions.get_mut(&token) {
            Some((on, left)) if *on == rests_on && *left > 0 => *left -= 1,
            // It may repeat what it was given: nobody may write that down.
            _ => return no(403, &format!("Session {token} has expired")),
        }
        if let Some((part, status)) = self.refuses
            && asked.path.contains(part)
        {
            return no(status, "so it was told");
        }
        if asked.path == "/logout" {
            self.sessions.remove(&token);
            return (200, json!({}));
        }
        let parts: Vec<&str> = asked.path.split('/').skip(1).collect();
        match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["made-up", "workers"]) => {
                self.spoils.iter().for_each(|path| fs::write(path, "another").unwrap());
                let worker = |host: &String| json!({ "host": host, "id": format!("w-{host}") });
                (200, json!({ "workers": self.hosts().iter().map(worker).collect::<Vec<_>>() }))
            }
            ("POST", ["made-up", "installers"]) => self.upload(asked),
            ("POST", ["made-up", "workers", "by-name", host, "upgrade"]) => {
                self.change(host, "worker", &asked.body)
            }
            ("POST", ["made-up", "workers", id, "upgrade"]) => {
                let host = id.strip_prefix("w-").unwrap().to_owned();
                self.change(&host, "worker", &asked.body)
            }
            ("POST", ["made-up", "deployments", host, component, "upgrade"]) => {
                self.change(host, component, &asked.body)
            }
            ("GET", ["made-up", "jobs", job]) => {
                let asked = self.jobs.entry((*job).to_owned()).or_default();
                *asked += 1;
                let end = self.job_ends.unwrap_or("done");
                (200, json!({ "state": if *asked == 1 { "running" } else { end } }))
            }
            _ => no(404, "no such route"),
        }
    }

    /// Not until it has been asked a few times after a restart.
    fn ready(&mut self, rests_on: Value) -> (u16, Value) {
        let restarted = self.seen.as_ref().is_some_and(|seen| *seen != rests_on);
        if restarted && self.unready > 0 {
            self.unready -= 1;
            return (503, json!({ "err": "identity: not connected" }));
        }
        self.seen = Some(rests_on);
        (200, json!({}))
    }

    fn login(&mut self, body: &[u8], rests_on: Value) -> (u16, Value) {
        let body: Value = serde_json::from_slice(body).unwrap();
        if body != json!({ "user": "admin", "password": PASSWORD }) {
            return (403, json!({ "err": "Failed to login" }));
        }
        self.logins += 1;
        let token = format!("{PASSWORD}-session-{}", self.logins);
        let lasts = self.session_lasts.unwrap_or(usize::MAX);
        self.sessions.insert(token.clone(), (rests_on, lasts));
        (200, json!({ "session_id": token, "oms-csrf-token": "unused" }))
    }

    fn upload(&mut self, asked: &Asked) -> (u16, Value) {
        let kind = &asked.headers["content-type"];
        let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
        let split = |bytes: &[u8], at: &[u8]| {
            let place = bytes.windows(at.len()).position(|window| window == at).unwrap();
            (bytes[..place].to_vec(), bytes[place + at.len()..].to_vec())
        };
        let (head, rest) = split(&asked.body, b"\r\n\r\n");
        let (content, end) = split(&rest, format!("\r\n--{boundary}--\r\n").as_bytes());
        assert!(end.is_empty());
        let head = String::from_utf8(head).unwrap();
        assert!(head.contains("name=\"file\""), "{head}");
        let name = head.split("filename=\"").nth(1).unwrap().split('"').next().unwrap();
        self.installers.insert(name.to_owned(), Digest::of(&content));
        (201, json!({ "id": self.installers.len() }))
    }

    fn change(&mut self, host: &str, component: &str, body: &[u8]) -> (u16, Value) {
        let body: Value = serde_json::from_slice(body).unwrap();
        let version = body["version"].as_str().unwrap();
        let (package, unit) = match component {
            "worker" => ("md-cluster-worker", "md-cluster-worker"),
            "md-core" => ("md-core", "ometascan"),
            _ => return (404, json!({ "err": "no such component" })),
        };
        // What goes forward comes out of a package that was uploaded before.
        let is_there = self.installers.keys().any(|name| name.contains(version));
        if !is_there && version != "2.8.0" {
            return (409, json!({ "err": format!("no package of {version}") }));
        }
        if !self.deaf {
            install(&self.fleet, host, package, unit, version);
        }
        (202, json!({ "job": format!("{host}-{component}-{version}") }))
    }

    /// The versions of what sessions rest on.
    fn rests_on(&self) -> Value {
        let package = |host: &str, package: &str| {
            let text = fs::read(self.fleet.join(format!("{host}.json"))).unwrap();
            let host: Value = serde_json::from_slice(&text).unwrap();
            host["packages"][package].clone()
        };
        let control = package("control-01", "md-cluster-control-center");
        json!([package("identity-01", "md-cluster-identity-service"), control])
    }

    fn hosts(&self) -> BTreeSet<String> {
        let files = fs::read_dir(&self.fleet).unwrap().map(|it| it.unwrap().file_name());
        let name =
            |file: std::ffi::OsString| Some(file.to_str()?.strip_suffix(".json")?.to_owned());
        files.filter_map(name).filter(|name| !name.starts_with('.')).collect()
    }
}

/// Brings a simulated host to another version, under the lock that mdc takes too.
pub(crate) fn install(fleet: &Path, host: &str, package: &str, unit: &str, version: &str) {
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(fleet.join(format!(".{host}.lock")))
        .unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    let path = fleet.join(format!("{host}.json"));
    let mut file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    file["packages"][package] = json!({ "installed": format!("{version}-1") });
    file["units"][unit]["state"] = json!("active");
    let next = fleet.join(format!(".{host}.json.center"));
    fs::write(&next, file.to_string()).unwrap();
    fs::rename(next, path).unwrap();
}
