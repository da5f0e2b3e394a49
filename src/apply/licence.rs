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
/// How long it is seen whether settings have come, which no part shows.
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
        if let Some((command, request)) = goal.filter(|_| attempt.looks != Looks::Never)
            && self.is_reached(work, (command, request))? == Ok(true)
        {
            return Ok(StepOutcome::FoundDone);
        }
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
        Ok(StepOutcome::Done)
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
        // A takeover waits for nobody: its lease is the newest, and it has just asked.
        if self.plan.purpose != Purpose::FailOver {
            // A controller that was taken the cluster from asks for nothing any more.
            self.enter(work.step)?;
            if self.is_there_or_forbidden(work, (command, request))? {
                return Ok(());
            }
        }
        record(tries, ("sent", vec![request.in_words()]))?;
        let cores = self.cores(work, command)?;
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

    /// Whether the instance plays the part already; an error when the rules forbid the move from where it
    /// is now. By this its session is also seen to be alive.
    fn is_there_or_forbidden(
        &self,
        work: &Work<'_>,
        (command, request): (&Command, &LicenceRequest),
    ) -> Result<bool, StepFailure> {
        let cores = self.cores(work, command)?;
        let Some(what) = request.part_of() else { return Ok(false) };
        match cores.role(&work.step.host) {
            Ok(role) if role == what.leads_to() => Ok(true),
            Ok(role) if (Standing { role, offline: false }).after(what).is_err() => {
                let why = "it was not sent";
                Err(refused(work, command, ("forbidden", why, request, Ok(role))))
            }
            Ok(_) => Ok(false),
            Err(why) => {
                Err(refused(work, command, ("not sent", &why, request, Err(String::new()))))
            }
        }
    }

    /// Whether the instance shows, within the time that a move may take, that it was done.
    fn came_of(
        &self,
        work: &Work<'_>,
        (command, request): (&Command, &LicenceRequest),
    ) -> Result<bool, StepFailure> {
        let waits = work.step.commands.iter().find_map(|command| match &command.task {
            Task::AwaitLicence(LicenceWait { until: LicenceUntil::Plays(_), give_up, .. }) => {
                Some(give_up.duration())
            }
            _ => None,
        });
        let watched = self.watch((work, command), waits.unwrap_or(SETTINGS), || {
            let (seen, answers) = match self.is_reached(work, (command, request))? {
                Ok(true) => return Ok(Look::So(())),
                Ok(false) => ("it plays the part from before".to_owned(), true),
                Err(why) => (format!("it can't be asked: {why}"), false),
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
        let watched = self.watch((work, command), wait.give_up.duration(), || {
            let seen = match look(cores, &work.step.host, &wait.until) {
                Ok(None) => return Ok(Look::So(())),
                Ok(Some(seen)) | Err(seen) => seen,
            };
            Ok(Look::NotYet { seen, again: wait.every.duration(), last: () })
        })?;
        let Watched::GivenUp(seen, ()) = watched else { return Ok(()) };
        let host = &work.step.host;
        let hint = match &wait.until {
            LicenceUntil::GivenBack(text) => format!("{text}; then `mdc resume`"),
            LicenceUntil::Ready(_) => format!(
                "nothing was moved; see Inventory > Technologies of {host} and its way to the update server, \
                 then `mdc resume`"
            ),
            LicenceUntil::Plays(_) => format!(
                "see what {host} and its log say of its licence, then `mdc resume`: what was asked for is not \
                 asked for again"
            ),
        };
        let ended = format!("given up after {}; last seen: {seen}", wait.give_up);
        Err(failure(work, command, (FailureKind::Waits, ended, hint)))
    }

    fn cores(&self, work: &Work<'_>, command: &Command) -> Result<&Cores, StepFailure> {
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

fn failure(
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

fn refused(
    work: &Work<'_>,
    command: &Command,
    (how, why, request, now): (&str, &str, &LicenceRequest, Result<Role, String>),
) -> StepFailure {
    let mut ended = format!("{how}: {why}");
    let mut hint = "nothing was moved; mend the cause, then `mdc resume`".to_owned();
    let forbidden = now.ok().zip(request.part_of()).and_then(|(role, what)| {
        let offline = matches!(request, LicenceRequest::RegisterOffline { .. });
        Standing { role, offline }.after(what).err()
    });
    if let Some(forbidden) = forbidden {
        ended = format!("{ended}; it is {} now: {}", forbidden.from.role.as_str(), forbidden.why());
        if let Some(legal) = forbidden.legal() {
            hint =
                format!("nothing was moved; the legal way is: {legal}. `mdc plan` finds it anew");
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
