//! Standalone MD Core instances, and OPSWAT's licence server for them: what each instance tells, and the
//! requests that move its licence. A login exists only in memory and is ended when nothing more is asked.
//!
//! Routes are those of the vendor's document of MD Core 5.6.1, the licence server's those of its page on
//! scripted licences. What a move's answer says is never enough: the instance is asked for its part.

mod answer;
mod exchange;
mod observe;
mod request;

pub use answer::Answer;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use camino::Utf8PathBuf;
use serde_json::{Value, json};

use crate::address::HostName;
use crate::manifest::{CoreLogin, Standby, StandbyCore};
use crate::transport::resolve_secret;
use crate::transport::simulated::Licences;
use crate::value::{Secret, harmless};
use answer::said;
use exchange::{Outcome, Sent, Server, exchange};

/// How long an answer to a question or a login may take.
const ANSWER: Duration = Duration::from_secs(30);
/// The same where somebody waits for a takeover: one that hangs must not hold it up.
const SOON: Duration = Duration::from_secs(10);

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
}

/// The sessions that were begun.
#[derive(Default)]
struct Sessions {
    /// Those that are used.
    kept: BTreeMap<HostName, Arc<Secret>>,
    /// Those that seemed to have ended: an instance says the same to whoever has no rights.
    old: Vec<(HostName, Arc<Secret>)>,
}

impl Cores {
    /// Ways to the instances of `settings`; nothing is sent yet.
    #[must_use]
    pub fn new(
        settings: Standby,
        folder: Utf8PathBuf,
        simulated: BTreeMap<HostName, Licences>,
    ) -> Self {
        Self { settings, folder, simulated, sessions: Mutex::default() }
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
                if let Some(kept) = self.sessions().kept.get(host) {
                    return Ok(Arc::clone(kept));
                }
                let password =
                    resolve_secret(password, &self.folder).map_err(|it| it.to_string())?;
                let token = Arc::new(login(&self.server(core), (user, &password), within)?);
                self.sessions().kept.insert(host.clone(), Arc::clone(&token));
                Ok(token)
            }
        }
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
            let whole = Sent { method: sent.method, path: sent.path, headers, body: sent.body };
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
        if sessions.kept.get(host).is_some_and(|kept| Arc::ptr_eq(kept, key)) {
            sessions.kept.remove(host);
            sessions.old.push((host.clone(), Arc::clone(key)));
        }
    }
}

/// Begins a session. A wrong password must not become many attempts: nobody tries again.
fn login(
    server: &Server<'_>,
    (user, password): (&str, &Secret),
    within: Duration,
) -> Result<Secret, String> {
    let body = Secret::new(json!({ "user": user, "password": password.expose() }).to_string());
    let sent = Sent {
        method: "POST",
        path: "/login",
        body: Some(("application/json", body.expose().as_bytes())),
        ..Sent::default()
    };
    let hidden = [password.expose()];
    let (status, body) = match exchange(server, &sent, within, &hidden) {
        Outcome::Answered { status, body } => (status, body),
        Outcome::NotSent(why) | Outcome::Lost(why) => return Err(why),
    };
    let value = body.as_deref().ok().and_then(|it| serde_json::from_slice::<Value>(it).ok());
    let token = value.as_ref().and_then(|it| it.get("session_id")).and_then(Value::as_str);
    match (status, token) {
        (200, Some(token)) if token.chars().all(|c| c.is_ascii_graphic()) && !token.is_empty() => {
            Ok(Secret::new(token.to_owned()))
        }
        (200, _) => Err(format!("the answer to the login of `{user}` has no session in it")),
        (403, _) => Err(format!(
            "the login of `{user}` is refused ({}): the password is wrong, the account is locked, or as \
             many sessions are open as the instance allows",
            said(status, &body, &hidden)
        )),
        _ => Err(format!("the login of `{user}` failed: {}", said(status, &body, &hidden))),
    }
}

impl Drop for Cores {
    /// Sessions may be few: each is ended. One that can't be ended ends by itself.
    fn drop(&mut self) {
        let Sessions { kept, old } = std::mem::take(&mut *self.sessions());
        for (host, key) in kept.into_iter().chain(old) {
            let Ok(core) = self.core(&host) else { continue };
            let sent = Sent {
                method: "POST",
                path: "/logout",
                headers: vec![("apikey", key.expose())],
                body: None,
            };
            let _ = exchange(&self.server(core), &sent, ANSWER, &[key.expose()]);
        }
    }
}

/// One line of what an instance says.
fn plain(text: &str) -> String {
    harmless(text, &[])
}
