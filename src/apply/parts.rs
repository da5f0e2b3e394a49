//! The parts that the instances of a site play right before and right after a move. Controllers that share no
//! record of runs know of one another by nothing else.

use super::event::Event;
use super::licence::{failure, refused};
use super::worker::{Work, Worker};
use crate::address::HostName;
use crate::cores::Cores;
use crate::diff::Action;
use crate::plan::{Purpose, Step};
use crate::standby::{Role, Standing};
use crate::state::{FailureKind, StepFailure};
use crate::transport::{Command, LicenceRequest};

impl Worker<'_> {
    /// Whether the instance plays the part already; an error when the rules forbid the move from where it
    /// is now, or when others of its site have been moved. All are asked at once, by which their sessions are also
    /// seen to be alive; whoever can't be asked is passed over.
    pub(super) fn plays_already(
        &self,
        work: &Work<'_>,
        (command, request): (&Command, &LicenceRequest),
    ) -> Result<bool, StepFailure> {
        let (cores, host) = (self.cores(work, command)?, &work.step.host);
        let Some(what) = request.part_of() else { return Ok(false) };
        let mut roles = cores.roles(&self.asked_again(cores, host));
        match roles.remove(host).unwrap_or_else(|| cores.role(host)) {
            Ok(role) if role == what.leads_to() => Ok(true),
            Ok(role) if (Standing { role, offline: false }).after(what).is_err() => {
                let why = "it was not sent";
                Err(refused(work, command, ("forbidden", why, request, Ok(role))))
            }
            Ok(_) => {
                let seen = roles.into_iter().filter_map(|(host, now)| Some((host, now.ok()?)));
                seen.map(|(host, now)| self.stands((work, command), request, (host, now)))
                    .find(Result::is_err)
                    .unwrap_or(Ok(()))?;
                Ok(false)
            }
            Err(why) => {
                Err(refused(work, command, ("not sent", &why, request, Err(String::new()))))
            }
        }
    }

    /// A takeover asks no second time who could not be asked: somebody waits for it.
    fn asked_again<'c>(&self, cores: &'c Cores, host: &HostName) -> Vec<&'c HostName> {
        match self.plan.purpose {
            Purpose::FailOver => cores.living(host),
            _ => cores.site(host),
        }
    }

    /// Sees that another one of the site plays the part that the plan rests on.
    fn stands(
        &self,
        (work, command): (&Work<'_>, &Command),
        request: &LicenceRequest,
        (host, now): (&HostName, Role),
    ) -> Result<(), StepFailure> {
        let left_out = |step: &Step| self.left_out.has(step);
        let moved = match self.plan.parts_before(work.step, &left_out).get(host) {
            Some(then) => now != *then,
            // It has nothing to do with this, as long as not both would scan.
            None => now == Role::Production && request.leads_to() == Some(Role::Production),
        };
        if !moved {
            return Ok(());
        }
        let ended = format!(
            "not sent: {host} is {} now, and the plan was made from something else: somebody else has moved a \
             licence",
            now.as_str()
        );
        let hint = "see `mdc status`; then give this run up with --give-up REASON and begin anew";
        Err(failure(work, command, (FailureKind::Waits, ended, hint.to_owned())))
    }

    /// Sees that an instance which has just become the production instance is the only one: another takeover
    /// may have been on its way at the same time.
    pub(super) fn scans_alone(
        &self,
        work: &Work<'_>,
        command: &Command,
    ) -> Result<(), StepFailure> {
        let (cores, own) = (self.cores(work, command)?, &work.step.host);
        let left_out = |step: &Step| self.left_out.has(step);
        let before = self.plan.parts_before(work.step, &left_out);
        for (host, now) in cores.roles(&self.asked_again(cores, own)) {
            let Ok(now) = now else { continue };
            let then = before.get(host).copied().or_else(|| cores.saw(host));
            let trouble = match now {
                Role::Production => host != own && !self.gives_way(host, &left_out),
                _ => host == own,
            };
            if trouble {
                let ended = format!(
                    "it was done, and {host} is {} now: another takeover came at the same time",
                    now.as_str()
                );
                let hint = "see `mdc status` which instance scans, and let one of the two who ordered this decide; then \
                            give this run up with --give-up REASON";
                return Err(failure(work, command, (FailureKind::Waits, ended, hint.to_owned())));
            }
            if (then, now) == (Some(Role::Backup), Role::Unlicensed)
                && !self.gives_way(host, &left_out)
            {
                let seen = format!(
                    "{host} was a backup and is unlicensed now: another takeover came at the same time, or this one \
                     has unregistered it; `mdc plan` registers it anew"
                );
                self.tell(Event::Watched { step: work.step.id.to_string(), seen });
            }
        }
        Ok(())
    }

    /// Whether the plan has it lose its licence: by a takeover, or as a debt.
    fn gives_way(&self, host: &HostName, left_out: &dyn Fn(&Step) -> bool) -> bool {
        self.plan.steps.iter().any(|step| {
            step.host == *host
                && match step.action {
                    Action::Yield => true,
                    Action::Deactivate => left_out(step),
                    _ => false,
                }
        })
    }
}
