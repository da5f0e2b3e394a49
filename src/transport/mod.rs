//! Ways to a host. A [`Connection`] runs commands on one host; nothing above this folder knows how.

mod accounts;
mod authorities;
mod checkup;
mod clixml;
mod command;
mod connected;
mod controller;
mod dialer;
mod dialogue;
mod end;
mod errand;
mod excerpt;
mod failure;
mod gate;
mod interrupt;
mod job;
mod licence;
mod limit;
mod local;
mod pinned;
mod process;
mod pump;
mod questions;
mod quote;
mod readiness;
mod relay;
mod request;
mod secret;
pub mod simulated;
mod ssh;
mod stop;
mod sudo;
mod tail;
mod task;
mod tcp;
mod token;
mod turns;
mod web;
mod windows;
mod winrm;

pub use authorities::authorities;
pub use checkup::{Checkup, Finding, Outcome, RecordedExchange, Subject};
pub use clixml::plain_errors;
pub use command::{Account, Command};
pub use controller::Controller;
pub use dialer::Dialer;
pub use end::End;
pub use failure::{Failure, Problem};
pub use gate::{ALLOWED_PATH, GATE_PATH, allowed, host_gate, sudoers};
pub use interrupt::interrupt;
pub use job::{Gone, JobEnd, Order, PART, Tenure, Verdict};
pub use licence::{LicenceRequest, LicenceWait, Until as LicenceUntil};
pub use local::login_environment;
pub use pinned::pinned;
pub use questions::{Also, Endpoint, FileQuestion, MARK, Questions, ResourceQuestions};
pub use quote::quote;
pub use relay::RelayTask;
pub use request::{Request, UploadedFile};
pub use secret::{resolve as resolve_secret, resolve_exact, resolve_text};
pub use ssh::{Judgement, ShownKey, knows_host, settings_about};
pub use task::{Counted, LogsSince, Rounds, ScanBounds, Task};
pub use token::random_word;
pub use turns::Turns;
pub use web::{Unanswered, certificates, web};
pub use windows::quote::{
    cmd as quote_cmd, cmd_own as quote_cmd_own, powershell as quote_powershell,
};
pub use windows::{PERFORMER as WINDOWS_PERFORMER, fetched, scripts as windows_scripts};
pub use winrm::{answered_over_winrm, keytab_has, sealed_parts, told_over_winrm};

use std::io::Read;
use std::time::Duration;

use camino::Utf8Path;

use crate::address::HostName;
use crate::catalog::Format;
use crate::manifest;

/// A host to connect to.
#[derive(Debug, Clone)]
pub struct Target<'a> {
    /// Its name in the manifest.
    pub host: &'a HostName,
    /// Name or address to connect to.
    pub address: &'a str,
    /// The package format of its system, which tells hosts with Windows from others.
    pub format: Format,
    /// How.
    pub connection: &'a manifest::Connection,
    /// The folder that the connection's relative paths start from.
    pub folder: &'a Utf8Path,
}

/// A live connection to one host. One command at a time.
pub trait Connection: Send {
    /// Runs `command` to its end, with `input` (if any) as its standard input.
    ///
    /// Returns how it ended and what it printed, each stream cut to a bound from its *end* (the
    /// telling lines stand there).
    ///
    /// # Errors
    /// When it is not known that the command ended: the connection was lost, a limit passed.
    fn run(&mut self, command: &Command, input: Option<&mut dyn Read>) -> Result<Output, Failure>;

    /// Asks all `questions` in one command and returns its standard output, for
    /// `observe` to parse.
    ///
    /// # Errors
    /// When the answer is not whole.
    fn ask(&mut self, questions: &Questions, within: Duration) -> Result<Vec<u8>, Failure>;

    /// Gives an `order` about jobs and records, as root. Every order may be given again when its
    /// answer was not seen: a job that was started is found, not started anew.
    ///
    /// # Errors
    /// When the answer is not seen whole.
    fn order(&mut self, tenure: &Tenure, order: &Order<'_>) -> Result<Verdict, Failure>;

    /// The host's own key, in the form of `known_hosts`: the one that this connection was trusted by.
    fn host_key(&self) -> Option<String> {
        None
    }
}

/// What a command left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// How it ended.
    pub end: End,
    /// Standard output, its last bytes when it was long.
    pub stdout: Vec<u8>,
    /// Standard error, its last bytes when it was long.
    pub stderr: Vec<u8>,
}
