//! What an instance tells: all questions at once, so that it is one round trip after the login.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::answer::said;
use super::exchange::{Outcome, Sent};
use super::{ANSWER, Cores, Depth, SOON, Seen, plain};
use crate::address::HostName;
use crate::fact::{CoreFacts, EngineFacts};
use crate::manifest::CoreLogin;
use crate::standby::Role;
use crate::value::Digest;

const BACKUP: &str = "/admin/license/backup";
const LICENSE: &str = "/admin/license";
const VERSION: &str = "/version";
const READY: &str = "/readyz?verbose=true";
const ENGINES: &str = "/stat/engines";
const EXPORT: &str = "/admin/export";
/// Parts of settings, or engines, that are taken note of.
const MOST: usize = 500;
/// How often a question is asked at most, and how long after one another.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);
/// Where health is kept: what makes an instance unhealthy, and what it says of its parts.
const UNHEALTHY: &str = "unhealthy";
const SAID: &str = "said";

/// Why there are no facts, and what to do next.
type Trouble = (String, String);

impl Cores {
    /// What the instance on `host` tells.
    ///
    /// # Errors
    /// When it can't be asked, or its answers make no sense: why, and what to do next.
    pub fn observe(&self, host: &HostName, depth: Depth) -> Result<CoreFacts, Trouble> {
        let asked = Instant::now();
        let facts = match self.simulated.get(host) {
            Some(licences) => licences.facts(host),
            None => self.asked(host, depth),
        };
        let seen = facts.as_ref().ok().map(|facts| Seen { role: facts.role, at: Some(asked) });
        self.seen().insert(host.clone(), seen);
        facts.map_err(|why| (why, hint(host)))
    }

    /// The part that the instance plays, and nothing else.
    ///
    /// # Errors
    /// When it can't be asked, in words.
    pub fn role(&self, host: &HostName) -> Result<Role, String> {
        self.part(host, ANSWER)
    }

    /// The parts that `hosts` play, all asked at once: one round trip where there are sessions. One that hangs
    /// holds it up no longer than it does a takeover.
    #[must_use]
    pub fn roles<'h>(
        &self,
        hosts: &[&'h HostName],
    ) -> BTreeMap<&'h HostName, Result<Role, String>> {
        at_once(hosts.iter().map(|host| (*host, move || self.part(host, SOON))))
    }

    fn part(&self, host: &HostName, within: Duration) -> Result<Role, String> {
        if let Some(licences) = self.simulated.get(host) {
            return licences.facts(host).map(|facts| facts.role);
        }
        // One login for both.
        if let CoreLogin::Password { .. } = self.settings.login {
            self.key(host, self.core(host)?, within)?;
        }
        let ask = |path| (path, move || self.get(host, path, within));
        let mut answers = at_once([BACKUP, LICENSE].map(ask));
        let mut take = |path| answers.remove(path).unwrap_or(Ok(Value::Null));
        Ok(role(&take(BACKUP)?, &take(LICENSE)?))
    }

    fn asked(&self, host: &HostName, depth: Depth) -> Result<CoreFacts, String> {
        let within = if depth == Depth::Brief { SOON } else { ANSWER };
        // One login for all of them.
        if let CoreLogin::Password { .. } = self.settings.login {
            self.key(host, self.core(host)?, within)?;
        }
        let mut paths = vec![BACKUP, LICENSE, VERSION, READY, ENGINES];
        if depth == Depth::Whole && self.settings.import_settings {
            paths.push(EXPORT);
        }
        let ask = |path| (path, move || self.get(host, path, within));
        facts(at_once(paths.into_iter().map(ask)))
    }

    /// The deployment id of an instance.
    pub(super) fn deployment(&self, host: &HostName) -> Result<String, String> {
        let deployment = text(&self.get(host, LICENSE, ANSWER)?, "deployment");
        deployment
            .filter(|it| !it.is_empty())
            .ok_or_else(|| format!("{LICENSE}: there is no deployment id in the answer"))
    }

    /// The settings of an instance as JSON.
    pub(super) fn export(&self, host: &HostName) -> Result<Value, String> {
        self.get(host, EXPORT, ANSWER)
    }

    /// Asks, and asks again within the time when a server has failed or the connection was cut. One that can't
    /// be reached is not waited for.
    fn get(&self, host: &HostName, path: &str, within: Duration) -> Result<Value, String> {
        let start = Instant::now();
        let mut tries = TRIES;
        loop {
            tries -= 1;
            let left = within.saturating_sub(start.elapsed());
            let verbatim = path == EXPORT;
            let sent = Sent { method: "GET", path, verbatim, ..Sent::default() };
            // The vendor's document has no key for it.
            let outcome = if path == READY {
                self.send_openly(host, &sent, left)
            } else {
                self.send(host, &sent, (left, &[]))
            };
            // That it is unhealthy is an answer.
            let failed = match &outcome {
                Outcome::Answered { status, body } => {
                    body.is_err() || (*status >= 500 && path != READY)
                }
                Outcome::Lost(_) => true,
                Outcome::NotSent(_) => false,
            };
            if tries == 0 || !failed || start.elapsed() + PAUSE >= within {
                return answered(path, outcome);
            }
            thread::sleep(PAUSE);
        }
    }
}

/// Asks all `questions` at once; their answers by name.
fn at_once<K: Ord + Send, T: Send>(
    questions: impl IntoIterator<Item = (K, impl FnOnce() -> Result<T, String> + Send)>,
) -> BTreeMap<K, Result<T, String>> {
    thread::scope(|scope| {
        let asked: Vec<_> =
            questions.into_iter().map(|(name, ask)| (name, scope.spawn(ask))).collect();
        let lost = || Err("mdc itself failed while it asked".to_owned());
        let answers = asked.into_iter();
        answers.map(|(name, it)| (name, it.join().unwrap_or_else(|_| lost()))).collect()
    })
}

/// What an answer holds; why there is none.
fn answered(path: &str, outcome: Outcome) -> Result<Value, String> {
    let question = path.split('?').next().unwrap_or(path);
    let (status, body) = match outcome {
        Outcome::Answered { status, body } => (status, body),
        Outcome::NotSent(why) | Outcome::Lost(why) => return Err(why),
    };
    let says = || said(status, &body, &[]);
    if path == READY && status == 503 {
        let said = body.as_ref().ok().and_then(|body| serde_json::from_slice(body).ok());
        return Ok(json!({ UNHEALTHY: says(), SAID: said.unwrap_or(Value::Null) }));
    }
    if status != 200 {
        return Err(format!("{question}: {}", says()));
    }
    let body = body.map_err(|why| format!("{question}: the answer was cut: {why}"))?;
    let value: Value = serde_json::from_slice(&body).map_err(|_| {
        let begin = String::from_utf8_lossy(body.get(..80).unwrap_or(&body)).into_owned();
        // Settings may hold secrets.
        let begin = if path == EXPORT { String::new() } else { format!(": {}", plain(&begin)) };
        format!("{question}: the answer is no JSON, as if another server stood there{begin}")
    })?;
    Ok(if path == READY { json!({ SAID: value }) } else { value })
}

/// What the answers come to. Without its part there is no instance; all else may be lacking.
fn facts(mut answers: BTreeMap<&'static str, Result<Value, String>>) -> Result<CoreFacts, String> {
    let mut take = |path| answers.remove(path).unwrap_or(Ok(Value::Null));
    let (backup, license) = (take(BACKUP)?, take(LICENSE)?);
    let mut unanswered = BTreeMap::new();
    let mut take = |path: &'static str| {
        let answer = take(path);
        answer.unwrap_or_else(|why| {
            unanswered.insert(path.split('?').next().unwrap_or(path).to_owned(), why);
            Value::Null
        })
    };
    let (version, ready, engine, export) =
        (take(VERSION), take(READY), take(ENGINES), take(EXPORT));
    Ok(CoreFacts {
        role: role(&backup, &license),
        deployment: text(&license, "deployment").unwrap_or_default(),
        online: license.get("online_activated").and_then(Value::as_bool),
        days_left: number(&license, "days_left"),
        version: text(&version, "version").unwrap_or_default(),
        unhealthy: text(&ready, UNHEALTHY).or_else(|| unanswered.get("/readyz").cloned()),
        ailing: ailing(&ready),
        unanswered,
        engines: engines(&engine),
        settings: (!export.is_null()).then(|| parts(&export)),
    })
}

/// What of the health of an instance doesn't come from its licence, which a backup's may.
fn ailing(ready: &Value) -> Vec<String> {
    let said = ready.get(SAID);
    let status = |part: &str| said.and_then(|it| it.get(part)?.get("status"));
    if status("database").and_then(Value::as_bool) == Some(false) {
        return vec!["its database is not connected".to_owned()];
    }
    let is_of_licence = status("license").and_then(Value::as_str).is_some_and(|it| it != "ok");
    text(ready, UNHEALTHY).filter(|_| !is_of_licence).into_iter().collect()
}

fn hint(host: &HostName) -> String {
    format!(
        "see whether MD Core runs on {host}, and `url`, `ca` and the login under `[standby]` (docs/standby.md)"
    )
}

/// The part by what the two routes tell. That an instance without a licence names no product and no
/// day on which its licence ends is a guess: the vendor's document shows a licensed one only.
fn role(backup: &Value, license: &Value) -> Role {
    if backup.get("is_backup").and_then(Value::as_bool) == Some(true) {
        return Role::Backup;
    }
    let has = |key: &str| text(license, key).is_some_and(|text| !text.is_empty());
    if has("expiration") && has("product_id") { Role::Production } else { Role::Unlicensed }
}

fn text(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) => Some(plain(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn number(value: &Value, key: &str) -> Option<i64> {
    match value.get(key)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn engines(answer: &Value) -> BTreeMap<String, EngineFacts> {
    let engine = |it: &Value| {
        let name = text(it, "eng_name").or_else(|| text(it, "eng_id"))?;
        let progress = number(it, "download_progress").and_then(|it| u8::try_from(it).ok());
        let state = text(it, "state").unwrap_or_default();
        let progress = progress.filter(|it| *it < 100);
        let version = text(it, "eng_ver").unwrap_or_default();
        Some((name, EngineFacts { version, state, progress }))
    };
    let all = answer.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().take(MOST).filter_map(engine).collect()
}

/// The parts of exported settings, each as a digest: of `config`, where the vendor's example has it.
pub(super) fn parts(export: &Value) -> BTreeMap<String, Digest> {
    let config = export.get("config").unwrap_or(export);
    match config.as_object() {
        Some(parts) => {
            let part = |(name, part): (&String, &Value)| (plain(name), Digest::of_json(part));
            parts.iter().take(MOST).map(part).collect()
        }
        None => BTreeMap::from([("settings".to_owned(), Digest::of_json(config))]),
    }
}
