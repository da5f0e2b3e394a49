//! Getting a package file from the relay of a site: the host makes a key, the relay lets it read this one
//! file, and the key is dismissed whatever comes of it.

use super::copying::Sought;
use super::event::Event;
use super::job;
use super::telling::failed_command;
use super::worker::{Work, Worker};
use crate::address::HostName;
use crate::plan::{Feeder, Step};
use crate::state::{FailureKind, StepFailure};
use crate::transport::{Command, Connection, End, Failure, Output, RelayTask, Task};
use crate::value::Digest;

/// What came of something that is done to get a file from a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// The file.
    File,
    /// Nothing yet: what comes next may bring it.
    Nothing,
    /// The run stopped while others had their turn at the relay.
    NotBegun,
}

/// Why a file doesn't come from a relay.
enum NotGiven {
    /// The relay doesn't give it, which another way may mend.
    ByRelay(StepFailure),
    /// Something else is wrong, which stays so on any way.
    Otherwise(StepFailure),
}

impl NotGiven {
    /// A failure on the relay. Who may change the cluster, what people want and what is wrong on the
    /// controller are nothing of it.
    fn on_relay(failure: StepFailure) -> Self {
        if failure.kind.is_of_host() { Self::ByRelay(failure) } else { Self::Otherwise(failure) }
    }
}

impl From<StepFailure> for NotGiven {
    fn from(failure: StepFailure) -> Self {
        Self::Otherwise(failure)
    }
}

/// What a host needs to know of its relay.
struct Admitted {
    user: String,
    /// The relay's key, as the controller trusts it.
    host_key: String,
}

impl Worker<'_> {
    /// Does what `task` says. A file that its relay doesn't give is looked for anew where the controller
    /// sends it instead.
    pub(super) fn by_relay(
        &self,
        work: &Work<'_>,
        (command, task): (&Command, &RelayTask),
        found: &mut Option<Sought>,
    ) -> Result<Came, StepFailure> {
        let step = work.step;
        match task {
            // Whatever gets the file makes the key for it.
            RelayTask::OfferKey { .. } => Ok(Came::Nothing),
            RelayTask::PullFile { .. } => match self.pull(step, command) {
                Ok(came) => Ok(came),
                Err(NotGiven::Otherwise(failure)) => Err(failure),
                Err(NotGiven::ByRelay(failure)) => {
                    let sends = |it: &Command| matches!(it.task, Task::ReceiveFile { .. });
                    let is_sent = step.commands.iter().any(sends);
                    if !is_sent || self.reach.halt.is_said() {
                        return Err(failure);
                    }
                    let why =
                        format!("not by the relay, but by the controller: {}", told(&failure));
                    self.tell(Event::SentOtherwise { step: step.id.to_string(), why });
                    if let Some((find, output)) = found {
                        *output = self.on_host(step, find, &mut |host| host.run(find, None))?;
                    }
                    Ok(Came::Nothing)
                }
            },
            _ => {
                self.ends_well(&step.host, step, (command, None))?;
                Ok(Came::Nothing)
            }
        }
    }

    /// Gets the file of `step` from the relay, piece by piece; `pull` gets one.
    fn pull(&self, step: &Step, pull: &Command) -> Result<Came, NotGiven> {
        let Some(feeder) = &step.feeder else {
            return Err(
                broken(step, pull, "its plan names no relay that it could come from").into()
            );
        };
        let Some(_room) = self.copying.at_relay(&feeder.host, self.reach.halt) else {
            return Ok(Came::NotBegun);
        };
        self.enter(step)?;
        let got = self.got(step, feeder, pull);
        self.dismiss(step);
        if got.is_err() {
            self.forget(step);
        }
        got.map(|()| Came::File)
    }

    /// The host's half of the key goes, too: looking for the file takes it away.
    fn forget(&self, step: &Step) {
        let mut looks = step.commands.iter();
        let find = looks.find(|command| matches!(command.task, Task::FindFile { .. }));
        if let Some(find) = find {
            let _ = self.reach.connections.with(&step.host, |host| host.run(find, None));
        }
    }

    fn got(&self, step: &Step, feeder: &Feeder, pull: &Command) -> Result<(), NotGiven> {
        let offers = |task: &Task| matches!(task, Task::Relay(RelayTask::OfferKey { .. }));
        let Some(offer) = step.commands.iter().find(|command| offers(&command.task)) else {
            return Err(broken(step, pull, "its plan says nothing of a key").into());
        };
        let key = self.ends_well(&step.host, step, (offer, None))?;
        let admitted = self.admit(step, feeder, &key).map_err(NotGiven::on_relay)?;
        let Admitted { user, host_key } = admitted;
        let words = format!("{user}\n{host_key}\n");
        loop {
            if self.reach.halt.is_said() {
                return Err(job::cancelled_before(step, pull).into());
            }
            let run = &mut |host: &mut dyn Connection| host.run(pull, Some(&mut words.as_bytes()));
            let output = self.on_host(step, pull, run)?;
            let has = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap_or_default();
            let total = step.copied().map_or(0, |(_, size)| size);
            let is_there = output.end.is_success();
            if is_there || output.end == End::Exit(RelayTask::MORE) {
                let sent = if is_there { total } else { has };
                self.tell(Event::Copied { step: step.id.to_string(), sent, total });
            }
            match output.end {
                End::Exit(0) => return Ok(()),
                End::Exit(RelayTask::MORE) => {}
                _ => {
                    let failure = failed_command(&step.host, pull, &output);
                    return Err(NotGiven::ByRelay(not_given(failure, feeder)));
                }
            }
        }
    }

    /// Has the relay see to the file and let the key in; asks what the host has to know of it.
    fn admit(&self, step: &Step, feeder: &Feeder, key: &str) -> Result<Admitted, StepFailure> {
        let mut user = String::new();
        for command in feeder.commands.iter() {
            match command.task {
                Task::Relay(RelayTask::LendFile { .. }) => {
                    self.ends_well(&feeder.host, step, (command, None))?;
                }
                Task::Relay(RelayTask::AdmitKey { .. }) => {
                    let words = format!("{} {key}\n", mark(step));
                    let said = self.ends_well(&feeder.host, step, (command, Some(&words)))?;
                    user = said.chars().filter(char::is_ascii_graphic).collect();
                }
                _ => {}
            }
        }
        let shown = self.reach.with(&step.id, &feeder.host, &mut |host| Ok(host.host_key()));
        let shown = shown.map_err(|failure| self.failed_way(step, &failure, None))?;
        let host_key = shown.ok_or_else(|| StepFailure {
            kind: FailureKind::Here,
            during: format!("let {} know the relay {}", step.host, feeder.host),
            command: String::new(),
            ended: "the relay is not reached by SSH, and so its key is not known".to_owned(),
            output: Box::default(),
            hint: "name a relay that is reached by SSH".to_owned(),
        })?;
        Ok(Admitted { user, host_key })
    }

    /// What `command` prints on `host`, when it succeeds.
    fn ends_well(
        &self,
        host: &HostName,
        step: &Step,
        (command, words): (&Command, Option<&str>),
    ) -> Result<String, StepFailure> {
        let mut run = |connection: &mut dyn Connection| -> Result<Output, Failure> {
            match words {
                Some(words) => connection.run(command, Some(&mut words.as_bytes())),
                None => connection.run(command, None),
            }
        };
        let output = self.reach.with(&step.id, host, &mut run);
        let output = output.map_err(|failure| self.failed_way(step, &failure, Some(command)))?;
        if output.end.is_success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        Err(failed_command(host, command, &output))
    }

    /// Takes the key of `step` from its relay, if there is one. Nobody waits for a relay that is gone: the
    /// key ends by itself.
    pub(super) fn dismiss(&self, step: &Step) {
        let Some(feeder) = &step.feeder else { return };
        let dismisses = |task: &Task| matches!(task, Task::Relay(RelayTask::DismissKey { .. }));
        let Some(command) = feeder.commands.iter().find(|it| dismisses(&it.task)) else { return };
        let words = format!("{}\n", mark(step));
        let done = self
            .reach
            .connections
            .with(&feeder.host, |host| host.run(command, Some(&mut words.as_bytes())));
        let why = match done {
            Ok(output) if output.end.is_success() => return,
            Ok(output) => output.end.to_string(),
            Err(failure) => failure.problem.to_string(),
        };
        let (step, relay) = (step.id.to_string(), feeder.host.clone());
        self.tell(Event::KeyStays { step, relay, why });
    }
}

/// What to do when the relay gives nothing.
fn not_given(failure: StepFailure, feeder: &Feeder) -> StepFailure {
    let Feeder { host, site, .. } = feeder;
    let hint = format!(
        "see that the SSH server of {host}, the relay of {site}, lets its login user in by a key in \
         ~/.ssh/authorized_keys (AuthorizedKeysFile, AllowUsers), and that no firewall stands between; \
         what came stays and is gone on with"
    );
    StepFailure { hint, ..failure }
}

/// A failure in one line.
fn told(failure: &StepFailure) -> String {
    let said = failure.output.last().map(|line| format!(": {line}")).unwrap_or_default();
    format!("could not {}: {}{said}", failure.during, failure.ended)
}

/// What a key is known by on the relay.
fn mark(step: &Step) -> String {
    format!("mdc-relay-{}-{}", Digest::of(step.id.as_bytes()).short(), step.host)
}

fn broken(step: &Step, pull: &Command, why: &str) -> StepFailure {
    StepFailure {
        kind: FailureKind::Here,
        during: format!("{} on {}", pull.task.in_words(), step.host),
        command: pull.run.clone(),
        ended: why.to_owned(),
        output: Box::default(),
        hint: "make the plan anew".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_fails_on_the_relay_is_a_reason_for_another_way() {
        use FailureKind::{Cancelled, Command, Fenced, Gone, Here, Late, Passing, Waits, Way};
        let by_relay = |kind| {
            let failure = StepFailure {
                kind,
                during: String::new(),
                command: String::new(),
                ended: String::new(),
                output: Box::default(),
                hint: String::new(),
            };
            matches!(NotGiven::on_relay(failure), NotGiven::ByRelay(_))
        };
        assert!([Command, Passing, Gone, Late, Way].into_iter().all(by_relay));
        assert!(![Fenced, Cancelled, Waits, Here].into_iter().any(by_relay));
    }
}
