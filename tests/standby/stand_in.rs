//! A stand-in for MD Core instances and for OPSWAT's licence server. It keeps real state by the rules of
//! the vendor's page on hot backup and answers as the vendor's document of 5.6.1 has it; sessions are
//! few, and end only by a logout. It knows nothing of mdc's own state machine.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub(crate) const PASSWORD: &str = "canary-p4ssword";
pub(crate) const KEY: &str = "canary-KEY1-KEY2-KEY3";
pub(crate) const ARCHIVE: &str = "canary-archive-password";
/// How many sessions an instance allows.
const SESSIONS: usize = 2;

/// What goes wrong with a request whose `METHOD path` holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection is cut before anything is done.
    CutBefore,
    /// It is done, and the connection is cut.
    CutAfter,
    /// Nothing is done, and this status is answered.
    Status(u16),
    /// Nothing is done, and this is answered.
    Says(u16, &'static str),
    /// Nothing is done, and all that was sent is repeated behind this status.
    Repeats(u16),
    /// Nothing is done, and a page is answered.
    Html,
    /// After this many milliseconds the connection is cut, and nothing is done.
    SlowCut(u64),
    /// It is done, and nothing is ever answered.
    Hang,
    /// Nothing is done, and nothing is ever answered.
    HangBefore,
    /// It is done after this many milliseconds, and the answer comes then.
    Slow(u64),
}

impl Fault {
    /// Whether it is done, whatever is answered.
    const fn is_done(self) -> bool {
        matches!(self, Self::CutAfter | Self::Hang | Self::Slow(_))
    }

    /// What is answered where nothing is done.
    fn says(self, asked: &Asked) -> Option<(u16, Vec<u8>)> {
        let error = |said: &str| json!({ "err": said }).to_string().into_bytes();
        Some(match self {
            Self::Status(status) => (status, error("made to fail")),
            Self::Says(status, body) => (status, body.as_bytes().to_vec()),
            Self::Repeats(status) => {
                let body = String::from_utf8_lossy(&asked.body);
                (status, error(&format!("denied: {} {:?} {body}", asked.path, asked.headers)))
            }
            Self::Html => (200, b"<html><body>A proxy's page</body></html>".to_vec()),
            _ => return None,
        })
    }
}

/// One instance.
pub(crate) struct Core {
    pub(crate) role: &'static str,
    pub(crate) offline: bool,
    pub(crate) deployment: String,
    pub(crate) days_left: i64,
    pub(crate) settings: Value,
    pub(crate) engine_state: &'static str,
    pub(crate) engine_version: &'static str,
    pub(crate) version: &'static str,
    /// What it says of its health when it is not well.
    pub(crate) unhealthy: Option<Value>,
    /// The service that it runs by: as long as that one takes no connection, nothing is answered.
    pub(crate) service: Option<SocketAddr>,
    /// It says yes to an import, and keeps its settings.
    pub(crate) ignores_imports: bool,
    pub(crate) sessions: BTreeSet<String>,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) core: usize,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    pub(crate) came: Instant,
    pub(crate) answered: Option<Instant>,
    /// Status and body; none when it was cut.
    pub(crate) answer: Option<(u16, Vec<u8>)>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) cores: Vec<Core>,
    pub(crate) log: Vec<Asked>,
    /// By instance, or the licence server behind the last: a text, the fault, and how often.
    pub(crate) faults: Vec<(&'static str, Fault, usize)>,
    /// Instances that are down.
    pub(crate) down: BTreeSet<usize>,
    /// Instances that take connections and never answer.
    pub(crate) hangs: BTreeSet<usize>,
    /// Requests as they come, before anything is done.
    pub(crate) came: Vec<String>,
    /// How many of them were dealt with.
    pub(crate) done: usize,
    /// Requests that hold one of these wait until they no longer do.
    pub(crate) held: BTreeSet<&'static str>,
    /// Nominations that were carried out.
    pub(crate) nominations: usize,
    pub(crate) logins: usize,
    /// No login is right any more.
    pub(crate) is_locked: bool,
    pub(crate) refused: usize,
    /// Every answer takes so long.
    pub(crate) delay: Duration,
}

#[derive(Clone)]
pub(crate) struct StandIn {
    state: Arc<Mutex<State>>,
    released: Arc<Condvar>,
    pub(crate) ports: Vec<u16>,
}

pub(crate) fn license_file(core: usize) -> String {
    format!(
        "# license.yml\ndeployment: canary-license-of-{core}\nsignature: canary-signature-{core}\n"
    )
}

impl StandIn {
    /// Instances that play these parts, and the licence server at the port behind theirs.
    pub(crate) fn new(roles: &[&'static str]) -> Self {
        let core = |(place, role): (usize, &&'static str)| Core {
            role,
            offline: false,
            deployment: format!("MSCLdeployment{place}"),
            days_left: 200,
            settings: json!({ "config": { "policy.rule": { "of": place }, "common": { "a": 1 } } }),
            engine_state: "production",
            engine_version: "3.0-43",
            version: "5.6.1",
            unhealthy: None,
            service: None,
            ignores_imports: false,
            sessions: BTreeSet::new(),
        };
        let cores = roles.iter().enumerate().map(core).collect();
        let state = Arc::new(Mutex::new(State { cores, ..State::default() }));
        let mut stand_in = Self { state, released: Arc::default(), ports: Vec::new() };
        for place in 0..=roles.len() {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            stand_in.ports.push(listener.local_addr().unwrap().port());
            let serving = stand_in.clone();
            thread::spawn(move || {
                for stream in listener.incoming() {
                    let serving = serving.clone();
                    thread::spawn(move || serving.serve(place, &mut stream.unwrap()));
                }
            });
        }
        stand_in
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has requests with `text` wait.
    pub(crate) fn hold(&self, text: &'static str) {
        self.state().held.insert(text);
    }

    pub(crate) fn release(&self) {
        self.state().held.clear();
        self.released.notify_all();
    }

    /// Returns when `count` requests with `text` have come.
    pub(crate) fn waits_for(&self, text: &str, count: usize) {
        let start = Instant::now();
        let came = || self.state().came.iter().filter(|line| line.contains(text)).count();
        while came() < count {
            assert!(start.elapsed() < Duration::from_secs(60), "{text} has not come");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Returns when all that has come is dealt with.
    pub(crate) fn is_quiet(&self) {
        let goes_on = |state: &State| state.done < state.came.len();
        while goes_on(&self.state()) {
            thread::sleep(Duration::from_millis(2));
        }
    }

    pub(crate) fn url(&self, place: usize) -> String {
        format!("http://127.0.0.1:{}", self.ports[place])
    }

    pub(crate) fn roles(&self) -> Vec<&'static str> {
        self.state().cores.iter().map(|core| core.role).collect()
    }

    /// The requests that move something, as `core METHOD path`, that were answered by 200.
    pub(crate) fn moves(&self) -> Vec<String> {
        let state = self.state();
        let done = state.log.iter().filter(|asked| {
            let moves = asked.path.starts_with("/admin/") || asked.path.starts_with("/deact");
            let asks = asked.method == "GET" && !asked.path.starts_with("/deact");
            moves && !asks && asked.answer.as_ref().is_some_and(|(status, _)| *status == 200)
        });
        done.map(|it| {
            let path = it.path.split('?').next().unwrap();
            format!("{} {} {path}", it.core, it.method)
        })
        .collect()
    }

    fn serve(&self, place: usize, stream: &mut TcpStream) {
        let service = self.state().cores.get(place).and_then(|core| core.service);
        if self.state().down.contains(&place) || !service.is_none_or(takes_connections) {
            return;
        }
        let Some(mut asked) = read(place, stream) else { return };
        if self.state().hangs.contains(&place) {
            // To the end of the one who asks.
            let _ = stream.read(&mut [0]);
            return;
        }
        let line = format!("{} {}", asked.method, asked.path);
        self.state().came.push(line.clone());
        let (fault, delay) = {
            let is_held = |state: &mut State| state.held.iter().any(|text| line.contains(text));
            let mut state = self.released.wait_while(self.state(), is_held).unwrap();
            let route = line.split('?').next().unwrap();
            let is_on = |on: &str| match on.strip_suffix('$') {
                Some(whole) => route == whole,
                None => line.contains(on),
            };
            let found = state.faults.iter_mut().find(|(on, _, times)| is_on(on) && *times > 0);
            let fault = found.map(|(_, fault, times)| {
                *times -= 1;
                *fault
            });
            (fault, state.delay)
        };
        thread::sleep(delay);
        if let Some(Fault::Slow(millis) | Fault::SlowCut(millis)) = fault {
            thread::sleep(Duration::from_millis(millis));
        }
        let answer = match fault {
            Some(fault) if !fault.is_done() => fault.says(&asked),
            _ => Some(self.state().answer(place, &asked)),
        };
        let is_lost = matches!(fault, Some(Fault::CutAfter | Fault::Hang));
        let answer = answer.filter(|_| !is_lost);
        asked.answer.clone_from(&answer);
        self.state().done += 1;
        asked.answered = Some(Instant::now());
        self.state().log.push(asked);
        if matches!(fault, Some(Fault::Hang | Fault::HangBefore)) {
            // To the end of the one who asks.
            let _ = stream.read(&mut [0]);
            return;
        }
        let Some((status, body)) = answer else { return };
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: \
             close\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all(&[head.as_bytes(), &body].concat());
    }
}

pub(crate) fn takes_connections(service: SocketAddr) -> bool {
    TcpStream::connect_timeout(&service, Duration::from_secs(2)).is_ok()
}

fn read(core: usize, stream: &TcpStream) -> Option<Asked> {
    let came = Instant::now();
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
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (answered, answer) = (None, None);
    Some(Asked { core, method, path, headers, body, came, answered, answer })
}

type Answer = (u16, Value);

fn no(why: &str) -> Answer {
    (400, json!({ "err": why }))
}

impl State {
    fn answer(&mut self, place: usize, asked: &Asked) -> (u16, Vec<u8>) {
        if place == self.cores.len() {
            return (200, self.licence_server(&asked.path).into_bytes());
        }
        let (route, _) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        let body = || serde_json::from_slice::<Value>(&asked.body).unwrap_or(Value::Null);
        let open = ["/login", "/readyz", "/version", "/stat/engines"];
        let key = asked.headers.get("apikey").cloned().unwrap_or_default();
        if !open.contains(&route) && !self.cores[place].sessions.contains(&key) {
            return (403, json!({ "err": "Access denied" }).to_string().into_bytes());
        }
        let (status, value) = match (asked.method.as_str(), route) {
            ("POST", "/login") => self.login(place, &body()),
            ("POST", "/logout") => {
                self.cores[place].sessions.remove(&key);
                (200, json!({ "response": "Logout success" }))
            }
            ("GET", "/admin/export/v2") => {
                let password = asked.headers.get("password");
                if password.map(String::as_str) != Some(ARCHIVE) {
                    return (400, json!({ "err": "Unable to export" }).to_string().into_bytes());
                }
                return (200, format!("ZIP{}", self.cores[place].settings).into_bytes());
            }
            ("POST", "/admin/import" | "/admin/import/v2") => self.import(place, asked),
            ("POST", "/admin/license/activation") => self.activate(place, &body()),
            ("POST", "/admin/license") => self.activate_offline(place, &asked.body),
            ("POST", "/admin/license/backup") => self.register(place, asked),
            ("DELETE", "/admin/license/backup") => {
                if self.cores[place].role == "backup" {
                    self.cores[place].role = "unlicensed";
                    (200, json!({ "success": "No backup any more." }))
                } else {
                    no("Failed to remove backup license")
                }
            }
            ("POST", "/admin/license/backup/nomination") => self.nominate(place),
            ("GET", _) => self.tells(place, route),
            _ => (404, json!({ "err": "Not found" })),
        };
        (status, value.to_string().into_bytes())
    }

    fn tells(&self, place: usize, route: &str) -> Answer {
        let core = &self.cores[place];
        let licensed = core.role != "unlicensed";
        match route {
            "/admin/license/backup" => (200, json!({ "is_backup": core.role == "backup" })),
            "/admin/license" if !licensed => (200, json!({ "deployment": core.deployment })),
            "/admin/license" => (
                200,
                json!({
                    "deployment": core.deployment, "product_id": "MSCL-4-01",
                    "product_name": "MetaDefender Core", "expiration": "12/31/2030",
                    "days_left": core.days_left, "online_activated": !core.offline,
                    "max_node_count": "1", "licensed_engines": ["*"]
                }),
            ),
            "/version" => (200, json!({ "product_id": "MSCL", "version": core.version })),
            "/readyz" if core.unhealthy.is_some() => {
                (503, core.unhealthy.clone().unwrap_or_default())
            }
            "/readyz" => {
                (200, json!({ "license": { "status": if licensed { "ok" } else { "invalid" } } }))
            }
            "/stat/engines" if licensed => (
                200,
                json!([{ "active": true, "eng_id": "clamav_1_linux", "eng_name": "ClamAV",
                    "eng_ver": core.engine_version, "engine_type": "av", "state": core.engine_state,
                    "download_progress": if core.engine_state == "production" { 100 } else { 40 } }]),
            ),
            "/stat/engines" => (200, json!([])),
            "/admin/export" => (200, core.settings.clone()),
            _ => (404, json!({ "err": "Not found" })),
        }
    }

    fn login(&mut self, place: usize, body: &Value) -> Answer {
        if self.is_locked || body != &json!({ "user": "admin", "password": PASSWORD }) {
            self.refused += 1;
            return (403, json!({ "err": "Failed to login" }));
        }
        if self.cores[place].sessions.len() >= SESSIONS {
            return (403, json!({ "err": "Too many sessions" }));
        }
        self.logins += 1;
        let token = format!("canary-session-{place}-{}", self.logins);
        self.cores[place].sessions.insert(token.clone());
        (200, json!({ "session_id": token, "oms-csrf-token": "t" }))
    }

    fn production(&self) -> Option<usize> {
        self.cores.iter().position(|core| core.role == "production")
    }

    fn register(&mut self, place: usize, asked: &Asked) -> Answer {
        if self.cores[place].role != "unlicensed" {
            return no("This instance is activated or registered already");
        }
        let key = asked.headers.get("activation-key");
        let offline = key.is_none();
        let right = match self.production() {
            Some(other) if offline => asked.body == license_file(other).into_bytes(),
            Some(other) => {
                key.map(String::as_str) == Some(KEY)
                    && asked.headers.get("active-deployment-id")
                        == Some(&self.cores[other].deployment)
            }
            None => false,
        };
        if !right {
            return no("Failed to register");
        }
        let core = &mut self.cores[place];
        (core.role, core.offline) = ("backup", offline);
        (200, json!({ "success": "The instance is now registered as a backup one." }))
    }

    fn nominate(&mut self, place: usize) -> Answer {
        if self.cores[place].role != "backup" || self.cores[place].offline {
            return no("This instance can't be nominated");
        }
        if let Some(other) = self.production() {
            self.cores[other].role = "unlicensed";
        }
        self.nominations += 1;
        self.cores[place].role = "production";
        (200, json!({ "success": "This instance is now fully activated." }))
    }

    fn activate(&mut self, place: usize, body: &Value) -> Answer {
        if self.cores[place].role != "unlicensed" || self.production().is_some() {
            return no("Activation failed");
        }
        if body["activationKey"] != KEY || body["quantity"] != 1 {
            return no("Invalid key");
        }
        self.cores[place].role = "production";
        (200, json!({ "success": true }))
    }

    fn activate_offline(&mut self, place: usize, body: &[u8]) -> Answer {
        if body != license_file(place).as_bytes() || self.cores[place].role != "unlicensed" {
            return no("Invalid license");
        }
        let core = &mut self.cores[place];
        (core.role, core.offline) = ("production", true);
        (200, json!({ "success": true }))
    }

    fn import(&mut self, place: usize, asked: &Asked) -> Answer {
        let text = match asked.path.as_str() {
            "/admin/import" => &asked.body[..],
            _ if asked.headers.get("password").map(String::as_str) != Some(ARCHIVE) => {
                return no("Bad password");
            }
            _ => asked.body.strip_prefix(b"ZIP").unwrap(),
        };
        let settings: Value = serde_json::from_slice(text).unwrap();
        if settings == self.cores[place].settings {
            return (304, json!({}));
        }
        if !self.cores[place].ignores_imports {
            self.cores[place].settings = settings;
        }
        (200, json!({ "result": "Successfully imported" }))
    }

    /// Failures come by 200, too.
    fn licence_server(&mut self, path: &str) -> String {
        let Some((route, query)) = path.split_once('?') else { return "error: no query".into() };
        let query: BTreeMap<&str, &str> =
            query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        if route != "/deactivation" || query.get("key") != Some(&KEY) {
            return "error: invalid activation key".into();
        }
        let of = |core: &&mut Core| Some(&core.deployment.as_str()) == query.get("deployment");
        match self.cores.iter_mut().find(of) {
            Some(core) if core.role == "production" => {
                core.role = "unlicensed";
                "OK".into()
            }
            _ => "error: no such deployment".into(),
        }
    }
}
