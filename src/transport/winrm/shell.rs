//! The one shell that a connection has on its host. It is closed when the connection is dropped,
//! whatever happened before; a shell that could not be closed goes away by itself.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::transport::failure::{Problem, Trouble};
use crate::transport::process::{Process, Shell};

use super::client::{Client, LARGEST, Refusal};
use super::envelope::Wish;
use super::place::OwnPlace;
use super::process::WinrmProcess;
use super::reply::ServiceSettings;

/// How long a shell lives that nothing is asked of: one that a killed controller left is gone soon, and
/// one that is gone is made anew.
const IDLE: Duration = Duration::from_secs(180);
/// How long closing a shell may take, with all that it takes to reach its host again.
pub(super) const CLOSING: Duration = Duration::from_secs(5);
/// How long the host may take to end a command.
pub(super) const ENDING: Duration = Duration::from_secs(2);
/// Larger envelopes gain nothing.
const LARGE: usize = 2 * 1024 * 1024;

/// A shell on a Windows host.
pub(in crate::transport) struct WinrmShell {
    line: Arc<Mutex<Line>>,
    given_up: Option<String>,
}

/// The connection and the shell on it.
pub(super) struct Line {
    pub(super) client: Client,
    /// The shell's id, once there is one.
    pub(super) shell: Option<String>,
    /// The service's settings, where the user may see them.
    pub(super) settings: Option<ServiceSettings>,
    /// What to do about what went wrong last.
    pub(super) advice: Option<String>,
}

impl WinrmShell {
    /// Connects, logs in and opens a shell.
    pub(super) fn open(place: OwnPlace) -> Result<Self, Trouble> {
        let mut line =
            Line { client: Client::connect(place)?, shell: None, settings: None, advice: None };
        line.settle()?;
        line.create()?;
        Ok(Self::of(line))
    }

    /// The shell on `line`.
    pub(super) fn of(line: Line) -> Self {
        Self { line: Arc::new(Mutex::new(line)), given_up: None }
    }

    pub(super) fn share(&self) -> Arc<Mutex<Line>> {
        Arc::clone(&self.line)
    }
}

impl Line {
    /// Asks for the service's settings, which only administrators may see, and takes the size of
    /// envelopes from them.
    pub(super) fn settle(&mut self) -> Result<(), Trouble> {
        match self.client.ask(&Wish::Settings, self.client.operation()) {
            Ok(reply) => {
                let settings = reply.settings().unwrap_or_default();
                let largest = settings.largest.unwrap_or(LARGEST).clamp(8192, LARGE);
                self.client.set_largest(largest);
                self.settings = Some(settings);
                Ok(())
            }
            // It goes without: the smallest size is taken everywhere.
            Err(Refusal::Fault(_)) => Ok(()),
            Err(refusal) => Err(refusal.trouble("read the service's settings")),
        }
    }

    /// Opens a shell.
    pub(super) fn create(&mut self) -> Result<(), Trouble> {
        let wish = Wish::Create { idle: IDLE };
        let during = wish.in_words();
        let reply = self
            .client
            .ask(&wish, self.client.operation())
            .map_err(|refusal| refusal.trouble(during))?;
        let shell = reply.shell_id().map_err(|why| {
            let problem = Problem::Answer(format!("the host's answer can't be used: {why}"));
            Trouble::new(during, problem, "see that it is Windows that answers")
        })?;
        self.shell = Some(shell);
        Ok(())
    }

    /// Starts `text`; false when the shell is gone, so that nothing was started.
    fn command(&mut self, text: &str) -> Result<Option<String>, Problem> {
        let Some(shell) = self.shell.clone() else { return Ok(None) };
        let wish = Wish::Command { shell: &shell, line: text };
        match self.client.ask(&wish, self.client.operation()) {
            Ok(reply) => reply
                .command_id()
                .map(Some)
                .map_err(|why| Problem::Lost(format!("the host's answer can't be used: {why}"))),
            Err(Refusal::Fault(fault)) if fault.is_gone() => Ok(None),
            Err(refusal) => Err(self.advised(refusal)),
        }
    }

    /// The problem; what to do about it is kept.
    pub(super) fn advised(&mut self, refusal: Refusal) -> Problem {
        let Trouble { problem, hint, .. } = refusal.trouble("");
        // Of what is lost nothing is known but that.
        self.advice = Some(hint).filter(|_| !matches!(problem, Problem::Lost(_)));
        problem
    }
}

impl Shell for WinrmShell {
    /// `text` is a command line for `cmd`.
    fn start(&mut self, text: &str, _: Instant) -> Result<Box<dyn Process>, Problem> {
        if let Some(reason) = &self.given_up {
            let reason = format!("the connection was given up before: {reason}");
            return Err(Problem::Lost(reason));
        }
        let mut line = lock(&self.line);
        line.advice = None;
        let mut started = line.command(text)?;
        if started.is_none() {
            // A shell that nothing was asked of for long is gone; the command was not started.
            line.shell = None;
            let created = line.create();
            created.map_err(|trouble| line.advised(Refusal::Trouble(trouble)))?;
            started = line.command(text)?;
        }
        let Some(command) = started else {
            return Err(Problem::Answer("the host forgets its shells at once".to_owned()));
        };
        let shell = line.shell.clone().unwrap_or_default();
        drop(line);
        Ok(Box::new(WinrmProcess::new(Arc::clone(&self.line), shell, command)))
    }

    fn give_up(&mut self, reason: String) {
        self.given_up.get_or_insert(reason);
    }

    fn advice(&self) -> Option<String> {
        lock(&self.line).advice.clone()
    }

    fn own_address(&self) -> Option<IpAddr> {
        lock(&self.line).client.own_address()
    }
}

impl Drop for WinrmShell {
    /// Closes the shell, and with it everything that runs in it.
    fn drop(&mut self) {
        let mut line = lock(&self.line);
        if let Some(shell) = line.shell.take() {
            // One try: a shell that is out of reach ends by itself.
            let _ = line.client.ask_at_last(&Wish::Delete { shell: &shell }, CLOSING);
        }
    }
}

/// Whoever panicked with the lock held left nothing half-done that matters here.
pub(super) fn lock(line: &Mutex<Line>) -> MutexGuard<'_, Line> {
    line.lock().unwrap_or_else(PoisonError::into_inner)
}
