//! A simulated fleet: hosts that exist only as files in a folder, one a host, for rehearsals and
//! tests. `docs/simulated.md` says how to use it and what it models.

mod answer;
mod fault;
mod file;
mod fleet;
mod host;
mod job;
mod licence;
mod managed;
mod record;
mod relay;
mod task;

pub use fleet::{Facts, Fleet, UnitFacts, known_secret};
pub use licence::Licences;

use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

use rustix::process::Signal;

use super::excerpt::excerpt;
use super::{
    Command, Connection, End, Failure, Order, Output, Problem, Questions, Target, Task, Tenure,
    Verdict,
};
use crate::address::HostName;
use crate::manifest;
use crate::value::{Digest, Version};
use fault::{Fault, Moment};
use file::HostFile;
use host::Host;
use managed::Sent;
use record::Records;
use task::Received;

/// How often it is seen whether a job was ended by somebody.
const LOOK: Duration = Duration::from_millis(100);
/// Bytes of words that a command takes.
const MOST_WORDS: u64 = 1 << 16;

/// Opens the way to a host of a simulated fleet, and makes the fleet's folder when there is none.
///
/// # Errors
/// When the host is set to be unreachable, or its file or folder can't be used.
pub fn connect(target: &Target<'_>) -> Result<Box<dyn Connection>, Failure> {
    let manifest::Connection::Simulated(settings) = target.connection else {
        return Err(Failure {
            host: target.host.clone(),
            during: "connect to a simulated host".to_owned(),
            problem: Problem::Here("this connection is not a simulated one".to_owned()),
            hint: "set `simulated` for this connection in the manifest".to_owned(),
        });
    };
    let host = target.host;
    let file = HostFile::open(&target.folder.join(&settings.folder), host)?;
    let simulated = Simulated {
        host: host.clone(),
        file,
        speed: settings.speed,
        installed: settings.installed.clone(),
    };
    simulated.change("connect", |_| Ok(()))?;
    Ok(Box::new(simulated))
}

/// A connection to a simulated host. The host itself is in its file and nowhere else: every command
/// reads it anew, so it can be edited while a run goes on.
struct Simulated {
    host: HostName,
    file: HostFile,
    speed: u32,
    installed: BTreeMap<String, Version>,
}

impl Connection for Simulated {
    fn run(&mut self, command: &Command, input: Option<&mut dyn Read>) -> Result<Output, Failure> {
        let received = self.receive(&command.task, input)?;
        // The host changes at once and the time passes afterwards: like a real installation, it goes
        // on when mdc is killed meanwhile.
        let (outcome, fault) = self.change("run a command", |host| {
            let fault = host.faults.meet(&fault::key(&command.task));
            if fault.as_ref().is_some_and(|fault| fault.kill == Some(Moment::Before)) {
                return Ok((None, fault));
            }
            Ok((Some(host.carry_out(&command.task, &received, fault.as_ref())), fault))
        })?;
        let (Some(outcome), None) = (outcome, fault.as_ref().and_then(|fault| fault.kill)) else {
            return Err(self.die("run a command"));
        };
        self.pass("run a command", outcome.takes, command.within.duration())?;
        match fault {
            Some(Fault { says, lost: true, .. }) => {
                Err(self.failure("run a command", Problem::Lost(plain(&says))))
            }
            _ => Ok(outcome.output),
        }
    }

    fn ask(&mut self, questions: &Questions, within: Duration) -> Result<Vec<u8>, Failure> {
        let (answer, takes) = self.change("ask the host", |host| {
            if let Some(fault) = host.faults.meet("ask") {
                return Err(self.failure("ask the host", Problem::Lost(plain(&fault.says))));
            }
            host.learn(questions, |component| self.installed_at_first(component));
            Ok((host.answer(questions), host.takes(host.durations.ask)))
        })?;
        self.pass("ask the host", takes, within)?;
        Ok(answer.into_bytes())
    }

    fn order(&mut self, tenure: &Tenure, order: &Order<'_>) -> Result<Verdict, Failure> {
        let during = order.in_words();
        let (verdict, fault) = self.change(during, |host| {
            if let Some(verdict) = host.enter(tenure, order) {
                return Ok((verdict, None));
            }
            match *order {
                Order::Attend { run, job, command } => {
                    Ok(host.attend((run, job), command, self.speed))
                }
                _ => Ok((host.obey(order, &Records::beside(self.file.path())), None)),
            }
        })?;
        match fault {
            Some(Fault { kill: Some(_), .. }) => return Err(self.die(during)),
            Some(Fault { lost: true, says, .. } | Fault { missed: true, says, .. }) => {
                return Err(self.failure(during, Problem::Lost(plain(&says))));
            }
            _ => {}
        }
        let Order::Attend { run, job, .. } = *order else { return Ok(verdict) };
        self.await_end(run, job, verdict)
    }

    fn host_key(&self) -> Option<String> {
        Some(format!("ssh-ed25519 SIMULATED/{}", self.host))
    }
}

impl Simulated {
    /// Lets `change` work on the host, alone, and keeps what it changed.
    fn change<T>(
        &self,
        during: &str,
        change: impl FnOnce(&mut Host) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.file.change(&self.host, |host| match &host.faults.unreachable {
            Some(reason) => Err(self.failure(during, Problem::Unreachable(plain(reason)))),
            None => change(host),
        })
    }

    /// Reads a package, a managed file or words to the end, as a real host would.
    fn receive(&self, task: &Task, input: Option<&mut dyn Read>) -> Result<Received, Failure> {
        let Some(input) = input else { return Ok(Received::Nothing) };
        let (received, what) = match task {
            // One byte more tells a longer file, and bounds it.
            Task::ReceiveFile { size, from, .. } => {
                let read = Digest::of_reader(&mut input.take(size.saturating_add(1)));
                (read.map(|(digest, size)| Received::File(digest, size)), from.as_str())
            }
            Task::WriteFile { path, .. } => {
                (Sent::read(input).map(Received::Managed), path.as_str())
            }
            _ => {
                let mut text = String::new();
                let read = input.take(MOST_WORDS).read_to_string(&mut text);
                (read.map(|_| Received::Text(text)), "the input")
            }
        };
        received.map_err(|error| Failure {
            hint: "check that the file can be read on this machine".to_owned(),
            ..self.failure("copy a file", Problem::Here(format!("{what} can't be read: {error}")))
        })
    }

    fn installed_at_first(&self, component: &str) -> Option<&Version> {
        let own = format!("{}/{component}", self.host);
        self.installed.get(&own).or_else(|| self.installed.get(component))
    }

    /// Lets modelled time pass, at most to the limit; both run `speed` times faster than they say.
    fn pass(&self, during: &str, takes: Duration, within: Duration) -> Result<(), Failure> {
        if let Some(real) = takes.min(within).checked_div(self.speed)
            && !real.is_zero()
        {
            std::thread::sleep(real);
        }
        if takes > within {
            let problem = Problem::TimedOut { limit: "the command".to_owned(), after: within };
            return Err(self.failure(during, problem));
        }
        Ok(())
    }

    /// Lets the modelled time of a job pass; somebody may end the job meanwhile.
    fn await_end(&self, run: &str, job: &str, verdict: Verdict) -> Result<Verdict, Failure> {
        loop {
            let during = "see the end of the job";
            let left = self.change(during, |host| Ok(host.left(run, job)))?;
            let Some(left) = left.filter(|left| !left.is_zero()) else {
                let end = self.change(during, |host| Ok(host.job_end(run, job)))?;
                return Ok(end.unwrap_or(verdict));
            };
            std::thread::sleep(left.min(LOOK));
        }
    }

    /// Ends this process as a power cut would, for a rehearsal of that. Returns only when the
    /// system doesn't allow it.
    fn die(&self, during: &str) -> Failure {
        let killed = rustix::process::kill_process(rustix::process::getpid(), Signal::KILL);
        self.failure(during, Problem::Here(format!("this process could not be killed: {killed:?}")))
    }

    fn failure(&self, during: &str, problem: Problem) -> Failure {
        Failure {
            host: self.host.clone(),
            during: during.to_owned(),
            problem,
            hint: format!("this host is simulated: look at `faults` in {}", self.file.path()),
        }
    }
}

/// As the other ways tell what a host says.
fn plain(says: &str) -> String {
    excerpt(says.as_bytes(), "no reason was told")
}

fn exit(status: i64, stdout: impl Into<String>, stderr: impl Into<String>) -> Output {
    let bytes = |text: String| if text.is_empty() { text } else { text + "\n" }.into_bytes();
    Output { end: End::Exit(status), stdout: bytes(stdout.into()), stderr: bytes(stderr.into()) }
}

#[cfg(test)]
mod tests;
