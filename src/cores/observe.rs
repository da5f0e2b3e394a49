//! What an instance tells: all questions at once, so that it is one round trip after the login.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::answer::said;
use super::exchange::{Outcome, Sent};
use super::{ANSWER, Cores, Depth, SOON, plain};
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

/// Why there are no facts, and what to do next.
type Trouble = (String, String);

impl Cores {
    /// What the instance on `host` tells.
    ///
    /// # Errors
    /// When it can't be asked, or its answers make no sense: why, and what to do next.
    pub fn observe(&self, host: &HostName, depth: Depth) -> Result<CoreFacts, Trouble> {
        if let Some(licences) = self.simulated.get(host) {
            return licences.facts(host).map_err(|why| (why, hint(host)));
        }
        self.asked(host, depth).map_err(|why| (why, hint(host)))
    }

    /// The part that the instance plays, and nothing else.
    ///
    /// # Errors
    /// When it can't be asked, in words.
    pub fn role(&self, host: &HostName) -> Result<Role, String> {
        if let Some(licences) = self.simulated.get(host) {
            return licences.facts(host).map(|facts| facts.role);
        }
        let (backup, license) = (self.get(host, BACKUP, ANSWER)?, self.get(host, LICENSE, ANSWER)?);
        Ok(role(&backup, &license))
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
        let mut answers: BTreeMap<&str, Result<Value, String>> = thread::scope(|scope| {
            let ask = |path| (path, scope.spawn(move || self.get(host, path, within)));
            let asked: Vec<_> = paths.into_iter().map(ask).collect();
            let lost = || Err("mdc itself failed while it asked".to_owned());
            let answers = asked.into_iter();
            answers.map(|(path, it)| (path, it.join().unwrap_or_else(|_| lost()))).collect()
        });
        let mut take = |path| answers.remove(path).unwrap_or(Ok(Value::Null));
        let (backup, license, version) = (take(BACKUP)?, take(LICENSE)?, take(VERSION)?);
        let settings = match take(EXPORT)? {
            Value::Null => None,
            export => Some(parts(&export)),
        };
        Ok(CoreFacts {
            role: role(&backup, &license),
            deployment: text(&license, "deployment").unwrap_or_default(),
            online: license.get("online_activated").and_then(Value::as_bool),
            days_left: number(&license, "days_left"),
            version: text(&version, "version").unwrap_or_default(),
            unhealthy: take(READY).err(),
            engines: engines(&take(ENGINES)?),
            settings,
        })
    }

    /// The settings of an instance as JSON.
    pub(super) fn export(&self, host: &HostName) -> Result<Value, String> {
        self.get(host, EXPORT, ANSWER)
    }

    fn get(&self, host: &HostName, path: &str, within: Duration) -> Result<Value, String> {
        let sent = Sent { method: "GET", path, ..Sent::default() };
        let question = path.split('?').next().unwrap_or(path);
        // The vendor's document has no key for it.
        let outcome = if path == READY {
            self.send_openly(host, &sent, within)
        } else {
            self.send(host, &sent, (within, &[]))
        };
        let (status, body) = match outcome {
            Outcome::Answered { status, body } => (status, body),
            Outcome::NotSent(why) | Outcome::Lost(why) => return Err(why),
        };
        if status != 200 {
            return Err(format!("{question}: {}", said(status, &body, &[])));
        }
        let body = body.map_err(|why| format!("{question}: the answer was cut: {why}"))?;
        serde_json::from_slice(&body).map_err(|_| {
            let begin = String::from_utf8_lossy(body.get(..80).unwrap_or(&body)).into_owned();
            format!(
                "{question}: the answer is no JSON, as if another server stood there: {}",
                plain(&begin)
            )
        })
    }
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
