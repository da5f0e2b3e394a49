//! The session: begun when it is first needed, thrown away when it has ended, ended with the run.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::answer::{said, said_to_login};
use super::exchange::{Outcome, Sent};
use super::{Center, Wait, pointer};
use crate::manifest::center::Method;
use crate::transport::resolve_secret;
use crate::value::{Period, Secret, harmless};

/// How long an answer to a login may take.
const ANSWER: Duration = Duration::from_secs(30);
/// How long after one another it is seen whether Control Center is ready.
const PAUSE: Duration = Duration::from_secs(2);

/// What is known of the session.
#[derive(Default)]
pub(super) struct Lock(Mutex<State>);

#[derive(Default)]
struct State {
    kept: Option<Kept>,
    /// How many sessions there were.
    number: u64,
    /// Why no login is tried any more: a wrong password must not become many attempts, for which
    /// accounts are locked.
    refused: Option<String>,
    /// What was changed since the last login.
    restarted: Option<String>,
}

/// A session.
#[derive(Clone)]
pub(super) struct Kept {
    number: u64,
    pub(super) token: Arc<Secret>,
}

/// Why there is no session.
enum NoLogin {
    /// It may be ready later.
    Later(String),
    /// It will not be.
    Never(String),
}

impl Lock {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Center<'_> {
    /// Takes note that `what`, on which sessions rest, was restarted.
    pub fn restarted(&self, what: &str) {
        let mut state = self.session.state();
        state.kept = None;
        state.restarted = Some(what.to_owned());
    }

    /// Ends the session, if there is one. One that can't be ended ends by itself.
    pub fn log_out(&self) {
        let kept = self.session.state().kept.take();
        let routes = &self.settings.routes.session;
        if let (Some(kept), Ok(way)) = (kept, self.way(ANSWER)) {
            let header = (routes.header.as_str(), &*kept.token);
            let _ = way.send((Method::Post, &routes.logout), Some(header), Sent::Nothing);
        }
    }

    /// Throws `kept` away, unless there is a newer session already.
    pub(super) fn forget(&self, kept: &Kept) {
        let mut state = self.session.state();
        if state.kept.as_ref().is_some_and(|now| now.number == kept.number) {
            state.kept = None;
        }
    }

    /// The session; one login at a time. Why there is none, in words.
    pub(super) fn session(&self, wait: &Wait<'_>) -> Result<Kept, String> {
        let mut state = self.session.state();
        let start = Instant::now();
        loop {
            if let Some(kept) = &state.kept {
                return Ok(kept.clone());
            }
            if let Some(why) = &state.refused {
                return Err(why.clone());
            }
            match self.login() {
                Ok(token) => {
                    state.number += 1;
                    let number = state.number;
                    (state.kept, state.restarted) = (Some(Kept { number, token }), None);
                }
                Err(NoLogin::Never(why)) => state.refused = Some(why),
                Err(NoLogin::Later(why)) => {
                    let left = self.patience().saturating_sub(start.elapsed());
                    let words = waiting(&why, state.restarted.as_deref());
                    if left.is_zero() {
                        return Err(format!("{words}; given up after {}", period(self.patience())));
                    }
                    let seen = format!("{words}; waiting up to {}", period(self.patience()));
                    if wait(PAUSE.min(left), seen) {
                        return Err("the run was cancelled before there was a session".to_owned());
                    }
                }
            }
        }
    }

    /// Logs in, once it is ready. Nothing is logged in with before that: right after Identity's restart
    /// a login with the right password may be refused like one with a wrong one.
    fn login(&self) -> Result<Arc<Secret>, NoLogin> {
        let routes = &self.settings.routes.session;
        let way = self.way(ANSWER).map_err(NoLogin::Never)?;
        match way.send((Method::Get, &routes.ready), None, Sent::Nothing) {
            Outcome::Answered { status, body } if status >= 500 => {
                let said = said(status, &body);
                return Err(NoLogin::Later(format!("it is not ready ({status}: {said})")));
            }
            Outcome::Answered { .. } => {}
            Outcome::NotSent(why) | Outcome::Lost(why) => return Err(NoLogin::Later(why)),
        }
        let user = &self.settings.of.user;
        let password = resolve_secret(&self.settings.of.password, self.folder)
            .map_err(|error| NoLogin::Never(error.to_string()))?;
        let body = serde_json::json!({ "user": user, "password": password.expose() }).to_string();
        let body = Secret::new(body);
        let sent = Sent::Json(body.expose());
        let (status, body) = match way.send((Method::Post, &routes.login), None, sent) {
            Outcome::Answered { status, body } => (status, body),
            Outcome::NotSent(why) => return Err(NoLogin::Later(why)),
            Outcome::Lost(why) => {
                let why = harmless(&why, &[password.expose()]);
                return Err(NoLogin::Never(format!("{why}; the login is not tried again")));
            }
        };
        let token = || pointer::text(body.as_deref().ok()?, &routes.token);
        let said = || said_to_login(&body, password.expose());
        match (status, token()) {
            (200, Some(token)) if is_header(&token) => Ok(Arc::new(Secret::new(token))),
            (200, _) => Err(NoLogin::Never(format!(
                "the answer to the login of `{user}` has no session at {}",
                routes.token
            ))),
            (500.., _) => Err(NoLogin::Later(format!("it answers {status}: {}", said()))),
            _ => Err(NoLogin::Never(format!(
                "Control Center refuses the login of `{user}` ({status}: {}); it is not tried again, so \
                 that the account is not locked",
                said()
            ))),
        }
    }
}

/// Whether it can be sent in a header.
fn is_header(token: &str) -> bool {
    !token.is_empty() && token.chars().all(|c| c.is_ascii_graphic())
}

fn waiting(why: &str, restarted: Option<&str>) -> String {
    match restarted {
        Some(what) => {
            format!("Control Center takes no login: {what} has just been restarted ({why})")
        }
        None => format!("Control Center takes no login ({why})"),
    }
}

pub(super) fn period(time: Duration) -> Period {
    Period::millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
