//! Looking at the way to one host, step by step, for someone who wants to know why it doesn't work.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::failure::{Failure, Problem, Trouble};
use super::limit::Limit;
use super::windows::EXAMINE;
use super::{Also, Connection, Dialer, Judgement, Questions, Target, tcp, winrm};
use crate::catalog::Format;
use crate::manifest::{self, SshConnection, Sudo};

/// Clocks that differ by more make logins and certificates fail, and logs hard to read.
const SKEW: i64 = 60;
/// How long a host may take to answer a question.
const WITHIN: Duration = Duration::from_secs(30);

/// What is looked at, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The address as a name.
    Name,
    /// The port.
    Port,
    /// The host's certificate or key.
    Identity,
    /// The login.
    Login,
    /// A command.
    Shell,
    /// The rights of the user.
    Rights,
    /// What the host allows at most.
    Quotas,
    /// The host's clock.
    Clock,
}

/// What was found of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Of what.
    pub subject: Subject,
    /// What.
    pub outcome: Outcome,
}

/// How it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be; in words.
    Good(String),
    /// It works, but it should be looked at.
    Odd {
        /// What is so.
        what: String,
        /// What to do.
        hint: String,
    },
    /// It does not work, so that what comes after it was not looked at.
    Bad {
        /// What is wrong.
        what: String,
        /// What to do.
        hint: String,
    },
}

/// One request and its answer, without what tells whose they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedExchange {
    /// The request's text.
    pub request: String,
    /// The answer's text; of one that is of no use, what is known of it.
    pub response: Result<String, String>,
}

impl Subject {
    /// In a word or two.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Port => "port",
            Self::Identity => "identity",
            Self::Login => "login",
            Self::Shell => "shell",
            Self::Rights => "rights",
            Self::Quotas => "quotas",
            Self::Clock => "clock",
        }
    }
}

impl Finding {
    pub(super) fn good(subject: Subject, what: impl Into<String>) -> Self {
        Self { subject, outcome: Outcome::Good(what.into()) }
    }

    pub(super) fn odd(subject: Subject, what: impl Into<String>, hint: &str) -> Self {
        let outcome = Outcome::Odd { what: what.into(), hint: hint.to_owned() };
        Self { subject, outcome }
    }

    pub(super) fn bad(subject: Subject, problem: &Problem, hint: impl Into<String>) -> Self {
        let outcome = Outcome::Bad { what: problem.to_string(), hint: hint.into() };
        Self { subject, outcome }
    }

    /// Whether nothing after it can be looked at.
    #[must_use]
    pub const fn is_bad(&self) -> bool {
        matches!(self.outcome, Outcome::Bad { .. })
    }
}

/// What was found of one host.
#[derive(Debug, Default)]
pub struct Checkup {
    /// In the order in which it was looked at; only the last one can be bad.
    pub findings: Vec<Finding>,
    /// What was said, where the way has messages of its own (WinRM).
    pub exchanges: Vec<RecordedExchange>,
}

impl Dialer {
    /// Looks at the way to `target`, up to the first thing that doesn't work. Nothing on the host is
    /// changed.
    #[must_use]
    pub fn examine(&self, target: &Target<'_>) -> Checkup {
        let mut checkup = Checkup::default();
        // The first failure is the last finding.
        let _ = match target.connection {
            manifest::Connection::Ssh(settings) => self.by_ssh(target, settings, &mut checkup),
            manifest::Connection::Winrm(settings) => {
                let port = settings.port();
                let connect = settings.timeouts.connect.duration();
                reach(target, port, connect, &mut checkup.findings).and_then(|()| {
                    winrm::examine(self.controller(), target, settings, &mut checkup)
                })
            }
            manifest::Connection::Local(settings) => {
                self.by_commands(target, &settings.sudo, &mut checkup.findings)
            }
            manifest::Connection::Simulated(_) => {
                let what = "the host is simulated: there is no way to look at";
                checkup.findings.push(Finding::good(Subject::Name, what));
                Some(())
            }
        };
        checkup
    }

    fn by_ssh(
        &self,
        target: &Target<'_>,
        settings: &SshConnection,
        checkup: &mut Checkup,
    ) -> Option<()> {
        let findings = &mut checkup.findings;
        // Behind a jump host or an `ssh-config`, name and port are not for this machine to find.
        if settings.jump.is_empty() && settings.ssh_config.is_none() {
            let connect = settings.timeouts.connect.duration();
            reach(target, settings.port.unwrap_or(22), connect, findings)?;
        }
        match self.look(target) {
            Ok(Some(key)) => findings.push(judged(&key.judgement, &key.name, &key.fingerprint)),
            Ok(None) => {}
            Err(failure) => findings.push(failed(Subject::Identity, &failure)),
        }
        if findings.last().is_some_and(Finding::is_bad) {
            return None;
        }
        self.by_commands(target, &settings.sudo, findings)
    }

    /// Logs in, and asks as root for a few words.
    fn by_commands(
        &self,
        target: &Target<'_>,
        sudo: &Sudo,
        findings: &mut Vec<Finding>,
    ) -> Option<()> {
        let mut connection = match self.connect(target) {
            Ok(connection) => connection,
            Err(failure) => {
                findings.push(failed(Subject::Login, &failure));
                return None;
            }
        };
        findings.push(Finding::good(Subject::Login, "the host lets the user in"));
        if let Sudo::Gate(gate) = sudo {
            let what = format!("root runs only what {gate} has listed");
            findings.push(Finding::good(Subject::Rights, what));
            return Some(());
        }
        let sent = Timestamp::now();
        match ask(connection.as_mut(), target.format) {
            Ok((user, clock)) => {
                findings.push(Finding::good(Subject::Shell, "it runs commands"));
                findings.push(rights(&user));
                findings.extend(clock.map(|clock| of_clock(clock.as_second() - middle(sent))));
                Some(())
            }
            Err(failure) => {
                let subject = match failure.problem {
                    Problem::Privilege(_) | Problem::Secret(_) => Subject::Rights,
                    _ => Subject::Shell,
                };
                findings.push(failed(subject, &failure));
                None
            }
        }
    }
}

/// The second in the middle between `sent` and now.
fn middle(sent: Timestamp) -> i64 {
    i64::midpoint(sent.as_second(), Timestamp::now().as_second())
}

/// Asks for the user's number and the time.
pub(super) fn ask(
    connection: &mut dyn Connection,
    format: Format,
) -> Result<(String, Option<Timestamp>), Failure> {
    let script = if format == Format::Msi { EXAMINE } else { "id -u; date +%s" };
    let questions = Questions {
        os: String::new(),
        format,
        resources: BTreeMap::new(),
        also: Also::default(),
        script: script.to_owned(),
        words: vec![String::new()],
    };
    let answer = connection.ask(&questions, WITHIN)?;
    let text = String::from_utf8_lossy(&answer);
    let mut lines = text.lines();
    let user = lines.next().unwrap_or_default().to_owned();
    let second = lines.next().and_then(|line| line.trim().parse().ok());
    Ok((user, second.and_then(|second| Timestamp::from_second(second).ok())))
}

fn rights(user: &str) -> Finding {
    if user.trim() == "0" {
        return Finding::good(Subject::Rights, "commands become root");
    }
    let problem = Problem::Privilege("commands do not become root".to_owned());
    let hint = "log in as root (on Windows: as an administrator), or set `sudo` in the connection";
    Finding::bad(Subject::Rights, &problem, hint)
}

/// What to say of a host's clock that is ahead by `seconds`.
pub(super) fn of_clock(seconds: i64) -> Finding {
    if seconds.abs() <= SKEW {
        return Finding::good(Subject::Clock, format!("within {SKEW} s of this machine's"));
    }
    let (ahead, seconds) = (seconds > 0, seconds.abs());
    let word = if ahead { "ahead of" } else { "behind" };
    let what = format!("the host's clock is {seconds} s {word} this machine's");
    let hint = "let both follow the same time server; Kerberos refuses more than five minutes";
    Finding::odd(Subject::Clock, what, hint)
}

/// Resolves the name and connects to the port, which says whether anybody listens.
fn reach(
    target: &Target<'_>,
    port: u16,
    within: Duration,
    findings: &mut Vec<Finding>,
) -> Option<()> {
    let limit = Limit::start("connecting", within);
    match tcp::resolve(target.address, port, &limit) {
        Ok(found) => {
            let found: Vec<String> = found.iter().map(|it| it.ip().to_string()).collect();
            let what = format!("{} is {}", target.address, found.join(", "));
            findings.push(Finding::good(Subject::Name, what));
        }
        Err(problem) => {
            let hint = "check the address in the manifest and this machine's name servers";
            findings.push(Finding::bad(Subject::Name, &problem, hint));
            return None;
        }
    }
    match tcp::connect(target.address, port, &limit) {
        Ok(_) => {
            findings.push(Finding::good(Subject::Port, format!("{port} is open")));
            Some(())
        }
        Err(problem) => {
            let hint = "see that the host is up, that its service listens on this port, and that no \
                        firewall stands between";
            findings.push(Finding::bad(Subject::Port, &problem, hint));
            None
        }
    }
}

fn judged(judgement: &Judgement, name: &str, fingerprint: &str) -> Finding {
    match judgement {
        Judgement::Known => {
            Finding::good(Subject::Identity, format!("{name} shows {fingerprint}, which is known"))
        }
        Judgement::Unknown => {
            let problem =
                Problem::HostKey(format!("{name} shows {fingerprint}, which is not known"));
            let hint = "compare it on the host's console (`ssh-keygen -lf`), then `mdc trust`";
            Finding::bad(Subject::Identity, &problem, hint)
        }
        Judgement::Refused { problem, hint } => {
            Finding::bad(Subject::Identity, &Problem::HostKey(problem.clone()), hint.clone())
        }
    }
}

fn failed(subject: Subject, failure: &Failure) -> Finding {
    Finding::bad(subject, &failure.problem, failure.hint.clone())
}

/// What kept a step from its end.
pub(super) fn broken(subject: Subject, trouble: Trouble) -> Finding {
    Finding::bad(subject, &trouble.problem, trouble.hint)
}
