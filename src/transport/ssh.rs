//! SSH, by libssh2: nothing of it is seen outside this folder.

mod algorithms;
mod certificate;
mod channel;
mod config;
mod doubt;
mod host_key;
mod jump;
mod key_file;
mod keyring;
mod known_hosts;
mod login;
mod pattern;
mod route;
mod text_file;
mod trust;
mod wire;

pub use config::settings_about;
pub(super) use keyring::Keyring;
pub use known_hosts::knows_host;
pub(super) use trust::look;
pub use trust::{Judgement, ShownKey};

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Instant;

use ssh_key::PublicKey;

use crate::catalog::Format;
use crate::manifest::SshConnection;

use super::connected::Connected;
use super::failure::{Failure, Problem, Trouble};
use super::limit::Limit;
use super::process::{Process, Shell};
use super::{Connection, Target, tcp, windows};
use channel::RemoteProcess;
use doubt::Doubt;
use host_key::Shown;
use known_hosts::KnownHosts;
use route::{Hop, Planner};
use wire::{Snag, Wire};

/// Connects to `target`, through its jump hosts, and logs in.
pub(super) fn connect(
    keyring: &Keyring,
    target: &Target<'_>,
    settings: &SshConnection,
) -> Result<Box<dyn Connection>, Failure> {
    let wire = reach(keyring, target, settings).map_err(|trouble| trouble.of(target.host))?;
    let shell = RemoteShell { wire, given_up: None };
    // Windows OpenSSH hands the line to cmd or PowerShell, whichever its registry says.
    if target.format == Format::Msi {
        return Ok(windows::over(target, shell, None));
    }
    Ok(Box::new(Connected::new(target, settings.sudo.clone(), shell)))
}

/// Walks the hops; each one's key is judged before anything is shown to it.
fn reach(
    keyring: &Keyring,
    target: &Target<'_>,
    settings: &SshConnection,
) -> Result<Wire, Trouble> {
    let mut reached: Option<Wire> = None;
    for hop in way(keyring, target, settings)? {
        let socket = socket(keyring, reached, &hop)?;
        reached = Some(enter(keyring, &hop, socket)?);
    }
    reached.ok_or_else(|| no_answer(Problem::Here("the way to the host is empty".to_owned())))
}

/// The hops to `target`, the last of which is that host.
fn way(
    keyring: &Keyring,
    target: &Target<'_>,
    settings: &SshConnection,
) -> Result<Vec<Hop>, Trouble> {
    let controller = keyring.controller();
    let config = settings.ssh_config.as_ref().map(|path| controller.path(target.folder, path));
    let config = config.map(|path| keyring.config(&path)).transpose().map_err(|problem| {
        Trouble::new(
            "read the ssh-config",
            Problem::Here(problem),
            "mend the file, or name another",
        )
    })?;
    let planner =
        Planner { settings, folder: target.folder, controller, config: config.as_deref() };
    planner.route(target.address)
}

/// A socket to `hop`, through the host that was reached before.
fn socket(keyring: &Keyring, reached: Option<Wire>, hop: &Hop) -> Result<OwnedFd, Trouble> {
    let limit = Limit::start("connecting", hop.timeouts.connect.duration());
    match reached {
        None => {
            let (socket, turn) =
                tcp::connect_timed(&hop.id.address, hop.id.port, &limit).map_err(no_answer)?;
            keyring.turns().took(turn);
            Ok(socket.into())
        }
        Some(before) => jump::through(before, &hop.id, &limit),
    }
}

fn no_answer(problem: Problem) -> Trouble {
    let hint = match &problem {
        Problem::Name(_) => "check the address in the manifest and this machine's name servers",
        _ => {
            "see that the host is up, that sshd listens on this port, and that no firewall stands between"
        }
    };
    Trouble::new("connect", problem, hint)
}

/// Exchanges keys over `socket`, judges the host's key and logs in.
fn enter(keyring: &Keyring, hop: &Hop, socket: OwnedFd) -> Result<Wire, Trouble> {
    let Greeting { mut wire, known, limit } = greet(keyring, hop, socket)?;
    judge(&wire, hop, &known).map_err(|doubt| {
        Trouble::new("trust the host", Problem::HostKey(doubt.problem), doubt.hint)
    })?;
    login::log_in(&mut wire, hop, keyring, &limit)?;
    Ok(wire)
}

/// A session whose keys were exchanged, and nothing more.
struct Greeting {
    wire: Wire,
    known: Arc<KnownHosts>,
    /// How long the login may take, key exchange included.
    limit: Limit,
}

fn greet(keyring: &Keyring, hop: &Hop, socket: OwnedFd) -> Result<Greeting, Trouble> {
    let limit = Limit::start("logging in", hop.timeouts.login.duration());
    let known = keyring.known_hosts(&hop.known_hosts).map_err(|problem| {
        let hint = "no host can be trusted before that; mend the file";
        Trouble::new("read the known host keys", Problem::Here(problem), hint)
    })?;
    let mut wire = Wire::new(socket, &hop.timeouts).map_err(|e| no_session(&e))?;
    algorithms::prefer(&wire.session, &hop.id.lines(&known)).map_err(|e| no_session(&e))?;
    wire.settle(&limit, ssh2::Session::handshake).map_err(no_handshake)?;
    Ok(Greeting { wire, known, limit })
}

fn judge(wire: &Wire, hop: &Hop, known: &KnownHosts) -> Result<(), Doubt> {
    let now = u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default();
    host_key::judge(known, &hop.id, shown(wire), now)
}

/// The key or certificate that the host showed; none is as good as one that can't be read.
fn shown(wire: &Wire) -> &[u8] {
    wire.session.host_key().map_or(&[][..], |(blob, _)| blob)
}

fn no_session(error: &ssh2::Error) -> Trouble {
    let problem = Problem::Here(format!("libssh2 can't be set up: {}", error.message()));
    Trouble::new("connect", problem, "report this with the version of mdc and of this machine")
}

fn no_handshake(snag: Snag) -> Trouble {
    let problem = match snag {
        Snag::Problem(Problem::Lost(text)) => Problem::Unreachable(text),
        Snag::Problem(problem) => problem,
        Snag::Refused(error) => Problem::Unreachable(format!(
            "the host did not finish the key exchange ({})",
            error.message()
        )),
    };
    let hint = "see that an SSH server listens on this port, that it is not overloaded \
                (sshd_config, MaxStartups), and that it has an algorithm without SHA-1 \
                (`ssh -vv` shows what it offers)";
    Trouble::new("connect", problem, hint)
}

/// Starts commands in channels of one session, one after another: a session gains nothing from
/// several at once.
struct RemoteShell {
    wire: Wire,
    given_up: Option<String>,
}

impl Shell for RemoteShell {
    fn start(&mut self, text: &str, until: Instant) -> Result<Box<dyn Process>, Problem> {
        if let Some(reason) = &self.given_up {
            let reason = format!("the connection was given up before: {reason}");
            return Err(Problem::Lost(reason));
        }
        RemoteProcess::start(self.wire.clone(), text, until)
            .map(|process| Box::new(process) as Box<dyn Process>)
    }

    fn give_up(&mut self, reason: String) {
        self.given_up.get_or_insert(reason);
    }

    fn host_key(&self) -> Option<String> {
        let key = Shown::read(shown(&self.wire))?.key().clone();
        PublicKey::from(key).to_openssh().ok()
    }
}

impl Drop for RemoteShell {
    /// Says goodbye, so that the host's log has no broken connection; nobody waits for an answer.
    fn drop(&mut self) {
        let _ = self.wire.session.disconnect(None, "", None);
    }
}
