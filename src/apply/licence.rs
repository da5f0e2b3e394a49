//! Moves of MD Core's licence. Before a move is asked for, the journal has it; when no answer is seen, the
//! instance is asked for its part until it shows what became of it. Only what an instance still shows not
//! to have happened, after all that time, is asked for again, and only by a later attempt.

use std::time::Duration;

use super::center::Past;
use super::event::Event;
use super::watch::{Look, Watched};
use super::worker::{Attempt, Looks, Work, Worker};
use crate::address::HostName;
use crate::cores::{Answer, Cores, Depth};
use crate::plan::Purpose;
use crate::standby::{Role, Standing};
use crate::state::{FailureKind, StepFailure, StepOutcome};
use crate::transport::{Command, LicenceRequest, LicenceUntil, LicenceWait, Task};

/// How often an instance is asked what became of a move.
const EVERY: Duration = Duration::from_secs(2);
/// How long it is seen whether settings have come that the instance may write in its own way.
const SETTINGS: Duration = Duration::from_secs(30);

impl Worker<'_> {
    /// Carries out a step of an instance's licence.
    pub(super) fn licence(
        &self,
        work: &Work<'_>,
        attempt: Attempt,
    ) -> Result<StepOutcome, StepFailure> {
        let commands = &work.step.commands;
        // What an earlier attempt has brought about is not waited for by what comes before it.
        let goal = commands.iter().find_map(|command| match &command.task {
            Task::Licence(request) => Some((command, &**request)),
            _ => None,
        });
        let is_done = match goal.filter(|_| attempt.looks != Looks::Never) {
            Some(goal) => self.is_reached(work, goal)? == Ok(true),
            None => false,
        };
        if !is_done {
            self.each_licence(work)?;
        }
        if let Some((command, request)) = goal
            && request.leads_to() == Some(Role::Production)
        {
            self.scans_alone(work, command)?;
        }
        Ok(if is_done { StepOutcome::FoundDone } else { StepOutcome::Done })
    }

    /// Carries out all that a step asks of an instance, one after the other.
    fn each_licence(&self, work: &Work<'_>) -> Result<(), StepFailure> {
        let commands = &work.step.commands;
        for (index, command) in commands.iter().enumerate() {
            if self.reach.halt.is_said() {
                return Err(super::job::cancelled_before(work.step, command));
            }
            self.tell(Event::CommandStarted { step: work.step.id.to_string(), index });
            match &command.task {
                Task::Licence(request) => self.move_licence(work, (index, command, request))?,
                Task::AwaitLicence(wait) => self.await_licence(work, (command, wait))?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Asks for a move, once.
    fn move_licence(
        &self,
        work: &Work<'_>,
        (index, command, request): (usize, &Command, &LicenceRequest),
    ) -> Result<(), StepFailure> {
        let what = format!("licence request {} of {}", index + 1, work.step.id);
        let record = |tries: usize, (word, said): (&str, Vec<String>)| {
            self.put_down(work, command, (format!("{what} | {word} {tries}"), said.into()))
        };
        let tries = match self.past(&what) {
            // An import that changed nothing does no harm a second time.
            Past::Done(_)
                if request.part_of().is_none()
                    && self.is_reached(work, (command, request))? == Ok(false) =>
            {
                self.notes.all(&format!("{what} | sent ")).len()
            }
            Past::Done(_) => return Ok(()),
            Past::Never(tries) => tries,
            Past::Unknown(tries) => {
                if self.came_of(work, (command, request))? {
                    return Ok(());
                }
                let seen = "it still plays the part from before".to_owned();
                record(tries, ("answered", vec![super::center::NO.to_owned(), seen]))?;
                tries + 1
            }
        };
        let cores = self.cores(work, command)?;
        // A takeover waits for no host: its lease is the newest.
        let takes_over = self.plan.purpose == Purpose::FailOver;
        if !takes_over {
            // A controller that was taken the cluster from asks for nothing any more.
            self.enter(work.step)?;
        }
        if !(takes_over && cores.has_just_seen(&work.step.host))
            && self.plays_already(work, (command, request))?
        {
            return Ok(());
        }
        record(tries, ("sent", vec![request.in_words()]))?;
        let answer = cores.request(&work.step.host, request, command.within.duration());
        let (ended, why) = match answer {
            Answer::Done(said) => {
                self.tell(Event::Watched { step: work.step.id.to_string(), seen: said });
                let yes = vec![super::center::YES.to_owned(), "{}".to_owned()];
                return record(tries, ("answered", yes));
            }
            Answer::Unknown(why) => {
                return if self.came_of(work, (command, request))? {
                    Ok(())
                } else {
                    Err(lost(work, command, &why))
                };
            }
            Answer::Refused(why) => ("refused", why),
            Answer::NotSent(why) => ("not sent", why),
        };
        record(tries, ("answered", vec![super::center::NO.to_owned(), why.clone()]))?;
        let now = cores.role(&work.step.host);
        Err(refused(work, command, (ended, &why, request, now)))
    }

    /// Whether the instance shows, within the time that a move may take, that it was done.
    fn came_of(
        &self,
        work: &Work<'_>,
        (command, request): (&Command, &LicenceRequest),
    ) -> Result<bool, StepFailure> {
        let waits = work.step.commands.iter().find_map(|command| match &command.task {
            Task::AwaitLicence(LicenceWait { until, give_up, .. }) if until.is_brought_about() => {
                Some(give_up.duration())
            }
            _ => None,
        });
        let watched = self.watch((work, command), waits.unwrap_or(SETTINGS), || {
            let (seen, answers) = match self.is_reached(work, (command, request))? {
                Ok(true) => return Ok(Look::So(())),
                Ok(false) => ("it plays the part from before".to_owned(), true),
                Err(why) => {
                    (format!("it can't be asked: {}", self.unseen(work, command, why)?), false)
                }
            };
            let seen = format!("no answer was seen, and {seen}");
            Ok(Look::NotYet { seen, again: EVERY, last: answers })
        })?;
        match watched {
            Watched::So(()) => Ok(true),
            Watched::GivenUp(_, true) => Ok(false),
            Watched::GivenUp(seen, false) => Err(lost(work, command, &seen)),
        }
    }

    /// Whether what `request` leads to is so; why that can't be seen, in words.
    fn is_reached(
        &self,
        work: &Work<'_>,
        (command, request): (&Command, &LicenceRequest),
    ) -> Result<Result<bool, String>, StepFailure> {
        let (cores, host) = (self.cores(work, command)?, &work.step.host);
        Ok(match (request, request.leads_to()) {
            (_, Some(role)) => cores.role(host).map(|now| now == role),
            (LicenceRequest::ImportSettings { digest, .. }, None) => cores
                .observe(host, Depth::Whole)
                .map(|facts| facts.settings_digest() == Some(*digest))
                .map_err(|(why, _)| why),
            _ => Ok(false),
        })
    }

    fn await_licence(
        &self,
        work: &Work<'_>,
        (command, wait): (&Command, &LicenceWait),
    ) -> Result<(), StepFailure> {
        let cores = self.cores(work, command)?;
        let asks = |command: &Command| matches!(command.task, Task::Licence(_));
        let people = match &wait.until {
            LicenceUntil::GivenBack(text) if !work.step.commands.iter().any(asks) => Some(text),
            _ => None,
        };
        let watched = self.watch((work, command), wait.give_up.duration(), || {
            let seen = match look(cores, &work.step.host, &wait.until) {
                Ok(None) => return Ok(Look::So(())),
                Ok(Some(seen)) => seen,
                Err(why) => self.unseen(work, command, why)?,
            };
            let seen = match people {
                Some(text) => format!("{seen}; somebody has to do it: {text}"),
                None => seen,
            };
            Ok(Look::NotYet { seen, again: wait.every.duration(), last: () })
        })?;
        let Watched::GivenUp(seen, ()) = watched else { return Ok(()) };
        let host = &work.step.host;
        let hint = match &wait.until {
            LicenceUntil::GivenBack(text) => format!("{text}; then `mdc resume`"),
            LicenceUntil::Ready(_) => format!(
                "by this step nothing was moved; see Inventory > Technologies of {host} and its way to the update server, \
                 then `mdc resume`"
            ),
            LicenceUntil::Settings(_) => format!(
                "see what {host} and its log say of the import; `mdc resume` looks again, and imports when they \
                 still differ"
            ),
            LicenceUntil::Plays(_) => format!(
                "see what {host} and its log say of its licence, then `mdc resume`: what was asked for is not \
                 asked for again"
            ),
        };
        let ended = format!("given up after {}; last seen: {seen}", wait.give_up);
        Err(failure(work, command, (FailureKind::Waits, ended, hint)))
    }

    /// Why an instance can't be seen now; one that has refused the login is not waited for.
    fn unseen(
        &self,
        work: &Work<'_>,
        command: &Command,
        why: String,
    ) -> Result<String, StepFailure> {
        match self.cores(work, command)?.refused(&work.step.host) {
            None => Ok(why),
            Some(why) => {
                let hint = "correct `user` and `password` under `[standby]`, or end sessions; then `mdc resume`, \
                            which sees what was moved before it asks for anything";
                Err(failure(work, command, (FailureKind::Waits, why, hint.to_owned())))
            }
        }
    }

    pub(super) fn cores(&self, work: &Work<'_>, command: &Command) -> Result<&Cores, StepFailure> {
        self.cores.ok_or_else(|| {
            let why = "the manifest has no `[standby]` any more".to_owned();
            let hint = "use the manifest that the plan was made from".to_owned();
            failure(work, command, (FailureKind::Here, why, hint))
        })
    }
}

/// What is seen instead of what is waited for; none when it is so.
fn look(cores: &Cores, host: &HostName, until: &LicenceUntil) -> Result<Option<String>, String> {
    let role = match until {
        LicenceUntil::Plays(role) => *role,
        LicenceUntil::GivenBack(_) => Role::Unlicensed,
        LicenceUntil::Settings(digest) => {
            let facts = cores.observe(host, Depth::Whole).map_err(|(why, _)| why)?;
            let now = facts.settings_digest();
            let seen = now.map_or("none that it tells".to_owned(), |now| now.short());
            return Ok((now != Some(*digest)).then(|| format!("its settings are {seen}")));
        }
        LicenceUntil::Ready(production) => {
            let observed = |host| cores.observe(host, Depth::Whole).map_err(|(why, _)| why);
            let (own, other) = (observed(host)?, observed(production).ok());
            let why = own.not_ready(other.as_ref());
            return Ok((!why.is_empty()).then(|| why.join("; ")));
        }
    };
    let now = cores.role(host)?;
    Ok((now != role).then(|| format!("it is {}", now.as_str())))
}

pub(super) fn failure(
    work: &Work<'_>,
    command: &Command,
    (kind, ended, hint): (FailureKind, String, String),
) -> StepFailure {
    StepFailure {
        kind,
        during: format!("{} ({})", command.task.in_words(), work.step.host),
        command: command.run.clone(),
        ended,
        output: Box::default(),
        hint,
    }
}

pub(super) fn refused(
    work: &Work<'_>,
    command: &Command,
    (how, why, request, now): (&str, &str, &LicenceRequest, Result<Role, String>),
) -> StepFailure {
    let mut ended = format!("{how}: {why}");
    let mut hint = "by this step nothing was moved; mend the cause, then `mdc resume`".to_owned();
    let forbidden = now.ok().zip(request.part_of()).and_then(|(role, what)| {
        let offline = matches!(request, LicenceRequest::RegisterOffline { .. });
        Standing { role, offline }.after(what).err()
    });
    if let Some(forbidden) = forbidden {
        ended = format!("{ended}; it is {} now: {}", forbidden.from.role.as_str(), forbidden.why());
        if let Some(legal) = forbidden.legal() {
            hint = format!(
                "by this step nothing was moved; the legal way is: {legal}. `mdc plan` finds it anew"
            );
        }
    }
    failure(work, command, (FailureKind::Waits, ended, hint))
}

fn lost(work: &Work<'_>, command: &Command, why: &str) -> StepFailure {
    let ended = format!("it was sent, and what became of it is not known: {why}");
    let hint = format!(
        "see on {} which part it plays; `mdc resume` asks it, and asks for the move again only when it is \
         seen not to have happened",
        work.step.host
    );
    failure(work, command, (FailureKind::Waits, ended, hint))
}
