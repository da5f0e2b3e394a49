//! Standalone MD Core instances, and OPSWAT's licence server for them: what each instance tells, and the
//! requests that move its licence. A login exists only in memory and is ended when nothing more is asked.
//!
//! Routes are those of the vendor's document of MD Core 5.6.1, the licence server's those of its page on
//! scripted licences. What a move's answer says is never enough: the instance is asked for its part.

mod answer;
mod exchange;
mod observe;
mod request;
mod session;

pub use answer::Answer;
pub use session::end_sessions;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use serde_json::{Value, json};

use crate::address::HostName;
use crate::manifest::{CoreLogin, Standby, StandbyCore};
use crate::standby::Role;
use crate::transport::resolve_secret;
use crate::transport::simulated::Licences;
use crate::value::{Secret, harmless};
use answer::said;
use exchange::{Outcome, Sent, Server, exchange};
use session::Session;

/// How long an answer to a question or a login may take.
const ANSWER: Duration = Duration::from_secs(30);
/// The same where somebody waits for a takeover: one that hangs must not hold it up.
const SOON: Duration = Duration::from_secs(10);

/// How long what was seen may be believed. Who thinks longer before a yes is not alone in the world.
const JUST: Duration = Duration::from_secs(15);

/// How much is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// All but the settings.
    Brief,
    /// The settings, too.
    Whole,
}

/// Ways to instances, and the sessions there. Used by all workers of a run.
pub struct Cores {
    settings: Standby,
    /// The folder that relative paths start from.
    folder: Utf8PathBuf,
    /// Those that exist only as a file.
    simulated: BTreeMap<HostName, Licences>,
    sessions: Mutex<Sessions>,
    /// What each was seen to play, and when; none when it could not be asked.
    seen: Mutex<BTreeMap<HostName, Option<Seen>>>,
    /// Whose turn it is to log in, by host.
    turns: BTreeMap<HostName, Mutex<()>>,
}

/// The part of an instance.
#[derive(Clone, Copy)]
struct Seen {
    role: Role,
    /// When it was asked; none when that is no longer believed.
    at: Option<Instant>,
}

/// The sessions that were begun.
#[derive(Default)]
struct Sessions {
    /// Those that are used.
    kept: BTreeMap<HostName, Arc<Session>>,
    /// Those that seemed to have ended: an instance says the same to whoever has no rights.
    old: Vec<Arc<Session>>,
    /// Where the login was refused, and why: a wrong password must not become many attempts.
    refused: BTreeMap<HostName, String>,
}

impl Cores {
    /// Ways to the instances of `settings`; nothing is sent yet.
    #[must_use]
    pub fn new(
        settings: Standby,
        folder: Utf8PathBuf,
        simulated: BTreeMap<HostName, Licences>,
    ) -> Self {
        let turns = settings.cores.keys().map(|host| (host.clone(), Mutex::default())).collect();
        Self {
            settings,
            folder,
            simulated,
            sessions: Mutex::default(),
            seen: Mutex::default(),
            turns,
        }
    }

    /// The instances of the site that `host` is of.
    #[must_use]
    pub fn site(&self, host: &HostName) -> Vec<&HostName> {
        let mut sites = self.settings.sites().into_iter();
        sites.find(|site| site.contains(&host)).unwrap_or_default()
    }

    /// Whether it was seen so lately that a takeover may rest on that.
    #[must_use]
    pub fn has_just_seen(&self, host: &HostName) -> bool {
        let at = self.seen().get(host).copied().flatten().and_then(|seen| seen.at);
        at.is_some_and(|at| at.elapsed() < JUST)
    }

    /// The part that it was seen to play.
    #[must_use]
    pub fn saw(&self, host: &HostName) -> Option<Role> {
        self.seen().get(host).copied().flatten().map(|seen| seen.role)
    }

    /// No longer believes what was seen: while somebody thought, others may have acted.
    pub fn doubt(&self) {
        self.seen().values_mut().flatten().for_each(|seen| seen.at = None);
    }

    /// Those of `host`'s site, but for those who could not be asked.
    #[must_use]
    pub fn living(&self, host: &HostName) -> Vec<&HostName> {
        let seen = self.seen();
        let mut site = self.site(host);
        site.retain(|it| !matches!(seen.get(*it), Some(None)));
        site
    }

    fn seen(&self) -> MutexGuard<'_, BTreeMap<HostName, Option<Seen>>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All instances.
    pub fn hosts(&self) -> impl Iterator<Item = &HostName> {
        self.settings.cores.keys()
    }

    fn core(&self, host: &HostName) -> Result<&StandbyCore, String> {
        let core = self.settings.cores.get(host);
        core.ok_or_else(|| format!("the manifest has no `[standby.cores.{host}]` any more"))
    }

    fn server<'a>(&self, core: &'a StandbyCore) -> Server<'a> {
        let ca = core.ca.as_ref().map(|ca| self.folder.join(ca));
        Server { url: &core.url, ca, certificate: core.certificate }
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What vouches for `mdc` at `host`; `Err` with why there is nothing.
    fn key(
        &self,
        host: &HostName,
        core: &StandbyCore,
        within: Duration,
    ) -> Result<Arc<Secret>, String> {
        match &self.settings.login {
            CoreLogin::Key(key) => {
                resolve_secret(key, &self.folder).map(Arc::new).map_err(|error| error.to_string())
            }
            CoreLogin::Password { user, password } => {
                let turn = self.turns.get(host).map(Mutex::lock);
                let _turn = turn.map(|turn| turn.unwrap_or_else(PoisonError::into_inner));
                if let Some(kept) = self.sessions().kept.get(host) {
                    return Ok(Arc::clone(kept.key()));
                }
                if let Some(why) = self.refused(host) {
                    return Err(why);
                }
                let password =
                    resolve_secret(password, &self.folder).map_err(|it| it.to_string())?;
                let server = self.server(core);
                let begun =
                    Session::begin(&server, SOON, || login(&server, (user, &password), within));
                let mut sessions = self.sessions();
                match begun {
                    Ok(Some(session)) => {
                        let key = Arc::clone(session.key());
                        sessions.kept.insert(host.clone(), session);
                        Ok(key)
                    }
                    Ok(None) => Err("mdc is asked to end".to_owned()),
                    Err(NoLogin::Failed(why)) => Err(why),
                    Err(NoLogin::Refused(why)) => {
                        sessions.refused.insert(host.clone(), why.clone());
                        Err(why)
                    }
                }
            }
        }
    }

    /// Why the instance on `host` has refused the login, which is not tried again.
    #[must_use]
    pub fn refused(&self, host: &HostName) -> Option<String> {
        self.sessions().refused.get(host).cloned()
    }

    /// Sends with what vouches for `mdc`. For a question, a session that has ended is renewed once; what
    /// moves something is sent once, whatever comes of it.
    fn send(
        &self,
        host: &HostName,
        sent: &Sent<'_>,
        (within, secrets): (Duration, &[&str]),
    ) -> Outcome {
        let core = match self.core(host) {
            Ok(core) => core,
            Err(why) => return Outcome::NotSent(why),
        };
        let mut again = sent.method == "GET"
            && matches!(self.settings.login, CoreLogin::Password { .. })
            && self.sessions().kept.contains_key(host);
        loop {
            let key = match self.key(host, core, within.min(ANSWER)) {
                Ok(key) => key,
                Err(why) => return Outcome::NotSent(why),
            };
            let mut headers = sent.headers.clone();
            headers.push(("apikey", key.expose()));
            let hidden: Vec<&str> = secrets.iter().copied().chain([key.expose()]).collect();
            let Sent { method, path, body, verbatim, .. } = *sent;
            let whole = Sent { method, path, headers, body, verbatim };
            let outcome = exchange(&self.server(core), &whole, within, &hidden);
            match outcome {
                Outcome::Answered { status: 401 | 403, .. } if again => {
                    again = false;
                    self.forget(host, &key);
                }
                outcome => return outcome,
            }
        }
    }

    /// Sends a question that needs no rights.
    fn send_openly(&self, host: &HostName, sent: &Sent<'_>, within: Duration) -> Outcome {
        match self.core(host) {
            Ok(core) => exchange(&self.server(core), sent, within, &[]),
            Err(why) => Outcome::NotSent(why),
        }
    }

    fn forget(&self, host: &HostName, key: &Arc<Secret>) {
        let mut sessions = self.sessions();
        if sessions.kept.get(host).is_some_and(|kept| Arc::ptr_eq(kept.key(), key)) {
            let ended = sessions.kept.remove(host);
            sessions.old.extend(ended);
        }
    }
}

/// Why there is no session.
enum NoLogin {
    /// The instance doesn't want this login.
    Refused(String),
    /// It could not be asked, or its answer makes no sense.
    Failed(String),
}

/// Begins a session.
fn login(
    server: &Server<'_>,
    (user, password): (&str, &Secret),
    within: Duration,
) -> Result<Secret, NoLogin> {
    let body = Secret::new(json!({ "user": user, "password": password.expose() }).to_string());
    let sent = Sent {
        method: "POST",
        path: "/login",
        // A session is no sentence.
        verbatim: true,
        body: Some(("application/json", body.expose().as_bytes())),
        ..Sent::default()
    };
    let hidden = [password.expose()];
    let (status, body) = match exchange(server, &sent, within, &hidden) {
        Outcome::Answered { status, body } => (status, body),
        Outcome::NotSent(why) | Outcome::Lost(why) => return Err(NoLogin::Failed(why)),
    };
    let value = body.as_deref().ok().and_then(|it| serde_json::from_slice::<Value>(it).ok());
    let token = value.as_ref().and_then(|it| it.get("session_id")).and_then(Value::as_str);
    match (status, token) {
        (200, Some(token)) if token.chars().all(|c| c.is_ascii_graphic()) && !token.is_empty() => {
            Ok(Secret::new(token.to_owned()))
        }
        (200, _) => Err(NoLogin::Failed(format!(
            "the answer to the login of `{user}` has no session in it"
        ))),
        (401 | 403, _) => Err(NoLogin::Refused(format!(
            "the login of `{user}` is refused ({}): the password is wrong, the account is locked, or as \
             many sessions are open as the instance allows",
            said(status, &body, &hidden)
        ))),
        _ => {
            let said = said(status, &body, &hidden);
            Err(NoLogin::Failed(format!("the login of `{user}` failed: {said}")))
        }
    }
}

impl Drop for Cores {
    /// Sessions may be few: each is ended.
    fn drop(&mut self) {
        let Sessions { kept, old, .. } = std::mem::take(&mut *self.sessions());
        let all: Vec<Arc<Session>> = kept.into_values().chain(old).collect();
        session::end(&all, SOON);
    }
}

/// One line of what an instance says.
fn plain(text: &str) -> String {
    harmless(text, &[])
}
