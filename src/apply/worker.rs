//! One step, carried out on its host.

use std::fs::File;
use std::io::{self, Read};

use camino::Utf8Path;

use super::connections::Connections;
use super::event::Event;
use super::telling::{failed_command, failed_way};
use crate::plan::Step;
use crate::state::{StepFailure, StepOutcome};
use crate::transport::{Command, Connection, Failure, Problem, Task};

/// Bytes between two events of a copy.
const COPIED_EVERY: u64 = 1 << 20;

/// What carrying out steps takes.
pub(super) struct Worker<'a> {
    pub(super) connections: &'a Connections<'a>,
    /// The folder that package files are relative to.
    pub(super) packages: &'a Utf8Path,
    pub(super) tell: &'a (dyn Fn(Event) + Sync),
}

impl Worker<'_> {
    /// Carries `step` out. `interrupted`: an earlier attempt began it and did not see its end, so
    /// that its effect is observed before anything is done again.
    pub(super) fn carry_out(&self, step: &Step, interrupted: bool) -> StepOutcome {
        let result = self.needs(step).and_then(|()| {
            let mut command = None;
            let done = self.connections.with(&step.host, |connection| {
                if interrupted && found_done(step, connection)? {
                    return Ok(Ok(StepOutcome::FoundDone));
                }
                self.commands(step, connection, &mut command)
            });
            done.unwrap_or_else(|failure| Err(failed_way(&failure, command)))
        });
        result.unwrap_or_else(StepOutcome::Failed)
    }

    /// What has to be healthy, is.
    fn needs(&self, step: &Step) -> Result<(), StepFailure> {
        let checks = step.needs_healthy.iter();
        for (need, check) in checks.flat_map(|need| need.check.iter().map(move |one| (need, one))) {
            let output = self
                .connections
                .with(&need.host, |connection| connection.run(check, None))
                .map_err(|failure| failed_way(&failure, Some(check)))?;
            if !output.end.is_success() {
                let mut failure = failed_command(&need.host, check, &output);
                failure.hint = format!(
                    "{} has to be healthy on {} before this step begins; nothing was changed by it; {}",
                    need.component, need.host, failure.hint
                );
                return Err(failure);
            }
        }
        Ok(())
    }

    fn commands<'s>(
        &self,
        step: &'s Step,
        connection: &mut dyn Connection,
        at: &mut Option<&'s Command>,
    ) -> Result<Result<StepOutcome, StepFailure>, Failure> {
        for (index, command) in step.commands.iter().enumerate() {
            *at = Some(command);
            (self.tell)(Event::CommandStarted { step: step.id.to_string(), index });
            let output = match &command.task {
                Task::ReceiveFile { from, size, .. } => {
                    let mut file = self.open(step, from, *size)?;
                    connection.run(command, Some(&mut file))?
                }
                _ => connection.run(command, None)?,
            };
            match (&command.task, output.end.is_success()) {
                // The file is there: the rest of a copy has nothing to do.
                (Task::FindFile { .. }, true) => return Ok(Ok(StepOutcome::FoundDone)),
                (Task::FindFile { .. }, false) | (_, true) => {}
                (_, false) => return Ok(Err(failed_command(&step.host, command, &output))),
            }
        }
        Ok(Ok(StepOutcome::Done))
    }

    fn open<'w>(&'w self, step: &'w Step, from: &str, total: u64) -> Result<Counted<'w>, Failure> {
        let path = self.packages.join(from);
        let file = File::open(&path).map_err(|error| Failure {
            host: step.host.clone(),
            during: "copy the package file to the host".to_owned(),
            problem: Problem::Here(format!("{path}: {error}")),
            hint: "put the package file back where the release says".to_owned(),
        })?;
        Ok(Counted { file, tell: self.tell, step: &step.id, sent: 0, told: 0, total })
    }
}

/// Whether all that a step's checks look at is already so.
fn found_done(step: &Step, connection: &mut dyn Connection) -> Result<bool, Failure> {
    // The check of the package file tells nothing about the installation.
    let looks = |command: &&Command| {
        command.task.only_looks() && !matches!(command.task, Task::CheckFile { .. })
    };
    for command in step.commands.iter().filter(looks) {
        if !connection.run(command, None)?.end.is_success() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A package file that tells how much of it was read.
struct Counted<'a> {
    file: File,
    tell: &'a (dyn Fn(Event) + Sync),
    step: &'a str,
    sent: u64,
    told: u64,
    total: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.sent += count as u64;
        if self.sent - self.told >= COPIED_EVERY || count == 0 {
            self.told = self.sent;
            let step = self.step.to_owned();
            (self.tell)(Event::Copied { step, sent: self.sent, total: self.total });
        }
        Ok(count)
    }
}
