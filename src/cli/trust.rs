//! `mdc trust`: hosts' keys, shown and compared before they are believed.

mod expected;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::thread;

use camino::Utf8PathBuf;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::console::Console;
use super::form::{Answer, Plain, json};
use super::problem::Problem;
use super::{Common, Exit, ManifestPath};
use crate::address::HostName;
use crate::catalog::Format;
use crate::diagnostic::Code;
use crate::manifest::{self, Manifest};
use crate::transport::{Dialer, Failure, Judgement, ShownKey, Target};
use expected::{Expected, digest};

/// More jump hosts one after another than any way has.
const LONGEST_WAY: usize = 16;

/// Connects to hosts as far as the key exchange, shows the fingerprints of their keys, and adds keys
/// that are not known yet to the first `known_hosts` file of the connection: after the question
/// whether you have compared them, or when `--expect` names them. A key that has changed or is
/// revoked is never replaced.
#[derive(Debug, Args)]
pub(super) struct Trust {
    #[command(flatten)]
    path: ManifestPath,
    /// Only these hosts; default all
    #[arg(value_name = "HOST")]
    hosts: Vec<String>,
    /// Fingerprints that you have got another way, for trusting without a question: one line a key,
    /// `NAME SHA256:…`, where NAME is the host's name in the manifest or its address (`[address]:port`
    /// except for port 22; a jump host has only that)
    #[arg(long, value_name = "FILE")]
    expect: Option<Utf8PathBuf>,
    /// In which form; JSON is one list at the end
    #[arg(long, default_value = "text")]
    format: Plain,
}

/// All keys, for programs.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct AllSettled {
    /// Each key and what came of it.
    keys: Vec<Settled>,
}

/// A key and what came of it, for programs.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Settled {
    /// The name by which `known_hosts` has it.
    name: String,
    /// Its fingerprint.
    fingerprint: String,
    /// What was known of it before.
    judgement: &'static str,
    /// Whether it is of a jump host.
    is_jump: bool,
    /// The hosts of the manifest that need it.
    hosts: BTreeSet<HostName>,
    /// Whether it is trusted now.
    trusted: bool,
}

/// A key, and the hosts of the manifest that need it.
type Keys = Vec<(ShownKey, BTreeSet<HostName>)>;

impl Trust {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let (manifest, found) = manifest::read(&self.path.manifest);
        let failed = found.has_errors();
        let (Some(manifest), false) = (manifest, failed) else {
            return Err(Problem::Diagnostics(found.sorted()));
        };
        let expected = self.expect.as_deref().map(Expected::read).transpose()?;
        let mut open = self.chosen(&manifest)?;
        let mut all_trusted = true;
        let mut all_settled = Vec::new();
        // One round for each host on the way: behind a jump host that was not trusted, none is seen.
        for _ in 0..LONGEST_WAY {
            let (keys, reached) = look(&manifest, &open, common.at_once().get(), console);
            all_trusted &= reached;
            open.clear();
            for (key, hosts) in keys {
                if self.format == Plain::Text {
                    console.data(&line(&key, &hosts))?;
                }
                let trusted = settle(&key, &hosts, expected.as_ref(), console)?;
                all_trusted &= trusted;
                all_settled.push(Settled::of(&key, &hosts, trusted));
                if trusted && key.is_jump {
                    open.extend(hosts);
                }
            }
            if open.is_empty() {
                break;
            }
        }
        if self.format == Plain::Json {
            console.data(&json(&Answer::of("trust", AllSettled { keys: all_settled }))?)?;
        }
        Ok(if all_trusted && open.is_empty() { Exit::Done } else { Exit::Incomplete })
    }

    fn chosen(&self, manifest: &Manifest) -> Result<BTreeSet<HostName>, Problem> {
        if self.hosts.is_empty() {
            return Ok(manifest.hosts.keys().cloned().collect());
        }
        let known = |name: &String| {
            manifest.hosts.get_key_value(name.as_str()).map(|(host, _)| host.clone()).ok_or_else(
                || {
                    Problem::new(
                        Code::UnknownName,
                        format!("the manifest has no host `{name}`"),
                        "name hosts as the manifest does, after the manifest's own path",
                    )
                },
            )
        };
        self.hosts.iter().map(known).collect()
    }
}

/// Looks at the keys on the way to `hosts`, many at once; each key once. Says which hosts could not
/// be reached; false when there is one.
fn look(
    manifest: &Manifest,
    hosts: &BTreeSet<HostName>,
    at_once: usize,
    console: &Console,
) -> (Keys, bool) {
    // Made anew for each round: a dialer reads files once.
    let dialer = Dialer::new();
    let waiting = Mutex::new(hosts.iter());
    let seen = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some(host) = waiting.lock().unwrap_or_else(PoisonError::into_inner).next() {
            let shown = look_at(&dialer, manifest, host);
            seen.lock().unwrap_or_else(PoisonError::into_inner).insert(host.clone(), shown);
        }
    };
    thread::scope(|scope| {
        for _ in 1..at_once.min(hosts.len()) {
            scope.spawn(work);
        }
        work();
    });
    let mut keys = Keys::new();
    let mut all_reached = true;
    for (host, shown) in seen.into_inner().unwrap_or_else(PoisonError::into_inner) {
        match shown {
            Ok(None) => {}
            Ok(Some(key)) => match keys.iter_mut().find(|(known, _)| *known == key) {
                Some((_, hosts)) => drop(hosts.insert(host)),
                None => keys.push((key, BTreeSet::from([host]))),
            },
            Err(failure) => {
                all_reached = false;
                console.warns(Code::Unreachable, &failure);
                console.say(&format!("  next: {}", failure.hint));
            }
        }
    }
    (keys, all_reached)
}

fn look_at(
    dialer: &Dialer,
    manifest: &Manifest,
    host: &HostName,
) -> Result<Option<ShownKey>, Failure> {
    let about = manifest.hosts.get(host);
    let way = about.and_then(|about| Some((about, manifest.connections.get(&about.connection)?)));
    let Some((about, connection)) = way else { return Ok(None) };
    let folder = &manifest.folder;
    dialer.look(&Target {
        host,
        address: &about.address,
        format: Format::of_system(&about.os).unwrap_or(Format::Deb),
        connection,
        folder,
    })
}

impl Settled {
    fn of(key: &ShownKey, hosts: &BTreeSet<HostName>, trusted: bool) -> Self {
        Self {
            name: key.name.clone(),
            fingerprint: key.fingerprint.clone(),
            judgement: word(&key.judgement),
            is_jump: key.is_jump,
            hosts: hosts.clone(),
            trusted,
        }
    }
}

const fn word(judgement: &Judgement) -> &'static str {
    match judgement {
        Judgement::Known => "known",
        Judgement::Unknown => "unknown",
        Judgement::Refused { .. } => "refused",
    }
}

/// A key in one line.
fn line(key: &ShownKey, hosts: &BTreeSet<HostName>) -> String {
    let names: Vec<&str> = hosts.iter().map(HostName::as_str).collect();
    let (kind, print) = key.fingerprint.split_once(' ').unwrap_or(("", &key.fingerprint));
    let role = if key.is_jump { "on the way to " } else { "" };
    let word = word(&key.judgement);
    format!("{} {print} {kind} {word} ({role}{})\n", key.name, names.join(", "))
}

/// Trusts a key if that is wanted; whether it is trusted now.
fn settle(
    key: &ShownKey,
    hosts: &BTreeSet<HostName>,
    expected: Option<&Expected>,
    console: &Console,
) -> Result<bool, Problem> {
    match &key.judgement {
        Judgement::Known => return Ok(true),
        Judgement::Unknown => {}
        Judgement::Refused { problem, hint } => {
            console.say(&format!("  not trusted: {problem}"));
            console.say(&format!("  next: {hint}"));
            return Ok(false);
        }
    }
    let wanted = match expected {
        Some(expected) => expected.allows(key, hosts).map_err(|why| {
            console.say(&format!("  not trusted: {why}"));
        }),
        None => asked(key, console),
    };
    let Ok(()) = wanted else { return Ok(false) };
    let kept = key.keep().map_err(|problem| {
        Problem::new(
            Code::FileUnusable,
            problem,
            "mend the file, or name another one first in `known-hosts`",
        )
    })?;
    let how = if kept { "trusted from now on" } else { "trusted already" };
    console.say(&format!("  {how}: {} in {}", key.name, key.file));
    Ok(true)
}

/// Asks whether the key is the host's; the answer may also be the fingerprint itself.
fn asked(key: &ShownKey, console: &Console) -> Result<(), ()> {
    let question = format!(
        "  Compare it with `ssh-keygen -lf` on the console of {}. Is it the same? Answer yes, no, or \
         with the fingerprint that you have: ",
        key.name
    );
    let told = match console.answer(&question).as_deref() {
        None => "there is no terminal to ask on; give --expect FILE",
        Some("yes") => return Ok(()),
        Some(answer) if digest(answer).is_some_and(|own| digest(&key.fingerprint) == Some(own)) => {
            return Ok(());
        }
        Some(answer) if digest(answer).is_some() => {
            "the fingerprints differ: find out who answers in the host's place"
        }
        Some(_) => "you did not agree",
    };
    console.say(&format!("  not trusted: {told}"));
    Err(())
}
