//! What Control Center is asked for. Before anything is sent that changes something, the journal has it;
//! when no answer is seen, it is never sent again by the run: the host shows what became of it.

mod failed;

use std::fs::File;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use failed::{failure, lost, never_there, not_sent, period, refused};

use super::event::Event;
use super::keep::Lines;
use super::telling::{failed_command, lines};
use super::watch::{Look, Watched};
use super::worker::{Work, Worker};
use crate::center::{Accepted, Answer, Center, Content, Saved, Sending, with};
use crate::desired::ControlCenter;
use crate::plan::Step;
use crate::state::{FailureKind, StepFailure};
use crate::transport::{Command, Request, Task, UploadedFile};

/// How long after one another a question is asked that had no answer.
const PAUSE: Duration = Duration::from_secs(2);
/// The first lines of answers that are recorded.
pub(super) const YES: &str = "accepted";
pub(super) const NO: &str = "not done";

/// The way to Control Center.
pub(super) struct Console<'a> {
    center: Option<&'a Center<'a>>,
    /// Whose turn it is to upload: the same file is sent once.
    uploading: Mutex<()>,
}

/// How far a step's requests are.
#[derive(Default)]
pub(super) struct Asking {
    /// The host has the version: nothing is to be asked for.
    is_there: Option<bool>,
    /// What answers have told.
    saved: Saved,
    /// What was asked for, and what was answered.
    sent: Vec<String>,
    /// The last request, of which it is not known what became.
    unknown: Option<String>,
}

/// What is known of a request from before.
pub(super) enum Past {
    /// Nothing was done by it, however often it was sent.
    Never(usize),
    Done(Saved),
    /// It was sent, and no answer was seen: the number of that time.
    Unknown(usize),
}

impl<'a> Console<'a> {
    pub(super) fn new(center: Option<&'a Center<'a>>) -> Self {
        Self { center, uploading: Mutex::default() }
    }

    /// Ends the session before a step that changes what it rests on.
    pub(super) fn before(&self, step: &Step) {
        if restarts(step) {
            self.log_out();
        }
    }

    /// Takes note that a step is over: a session doesn't outlive what it rests on.
    pub(super) fn hear(&self, step: &Step) {
        if let Some(center) = self.center.filter(|_| restarts(step)) {
            center.restarted(step.component.as_str());
        }
    }

    /// Ends the session.
    pub(super) fn log_out(&self) {
        if let Some(center) = self.center {
            center.log_out();
        }
    }
}

/// Whether sessions rest on what it changes.
fn restarts(step: &Step) -> bool {
    step.is_change() && ControlCenter::is_needed(&step.component)
}

impl Worker<'_> {
    /// Asks Control Center, unless the host shows that there is nothing to ask for any more.
    pub(super) fn request(
        &self,
        work: &Work<'_>,
        (index, command): (usize, &Command),
        asking: &mut Asking,
    ) -> Result<(), StepFailure> {
        let Task::Request(request) = &command.task else { return Ok(()) };
        if asking.is_there.is_none() {
            asking.is_there = Some(self.is_there(work)?);
        }
        if asking.is_there == Some(true) || asking.unknown.is_some() {
            return Ok(());
        }
        let request = with(request, &asking.saved).map_err(|why| {
            let hint = "nothing was sent; correct the routes, then begin anew with `mdc apply --give-up \
                        REASON`";
            failure(work, command, (FailureKind::Command, why, hint.to_owned()))
        })?;
        if !request.changes() {
            return self.ask(work, (command, &request), asking);
        }
        let Some(why) = self.change(work, (index, command, &request), asking)? else {
            return Ok(());
        };
        asking.sent.push(format!("{}: not known ({why})", request.what()));
        // As long as another one has to come, the host can't get there by itself.
        let rest = work.step.commands.iter().skip(index + 1);
        let mut rest = rest.filter_map(|command| match &command.task {
            Task::Request(request) => Some(request),
            _ => None,
        });
        if rest.any(|request| request.changes()) {
            asking.is_there = Some(self.is_there(work)?);
            if asking.is_there != Some(true) {
                return Err(lost(work, command, (&why, asking)));
            }
        }
        asking.unknown = Some(why);
        Ok(())
    }

    /// A question, asked again as long as no answer comes, or until it says what is waited for.
    fn ask(
        &self,
        work: &Work<'_>,
        (command, request): (&Command, &Request),
        asking: &mut Asking,
    ) -> Result<(), StepFailure> {
        let center = self.center(work, command)?;
        let until = request.until.as_ref();
        let bound = until.map_or(center.patience(), |until| until.within.duration());
        let watched = self.watch((work, command), bound, || {
            let (seen, again) = match self.send(work, (command, request), None)? {
                Answer::Accepted(Accepted { saved, seen }) => match (until, seen) {
                    (Some(until), Some(seen)) if until.fails.contains(&seen) => {
                        let ended = format!("Control Center says `{seen}` at {}", until.pointer);
                        return Err(refused(work, command, (ended, asking)));
                    }
                    (Some(until), seen) if seen.as_ref() != Some(&until.equals) => {
                        let seen = seen.unwrap_or_else(|| format!("nothing at {}", until.pointer));
                        (seen, until.every.duration())
                    }
                    _ => return Ok(Look::So(saved)),
                },
                Answer::Refused(why) => return Err(refused(work, command, (why, asking))),
                Answer::NotSent(why) => return Err(not_sent(work, command, why)),
                Answer::Unknown(why) => (why, PAUSE),
            };
            Ok(Look::NotYet { seen, again, last: () })
        })?;
        match watched {
            Watched::So(saved) => {
                asking.saved.extend(saved);
                Ok(())
            }
            Watched::GivenUp(seen, ()) => {
                let ended = format!("given up after {}; last seen: {seen}", period(bound));
                let why = refused(work, command, (ended, asking));
                Err(StepFailure { kind: FailureKind::Late, ..why })
            }
        }
    }

    /// Has something done, unless it was done before; why its end is not known, when it isn't.
    fn change(
        &self,
        work: &Work<'_>,
        (index, command, request): (usize, &Command, &Request),
        asking: &mut Asking,
    ) -> Result<Option<String>, StepFailure> {
        let turn = || self.console.uploading.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = request.upload.is_some().then(turn);
        let what = match &turn {
            Some(_) => request.what(),
            // Not by what it says: what was saved from an answer may be another thing the next time.
            None => format!("request {} of {}", index + 1, work.step.id),
        };
        let tries = match self.past(&what) {
            Past::Done(saved) => {
                asking.saved.extend(saved);
                asking.sent.push(format!("{}: accepted before", request.what()));
                return Ok(None);
            }
            Past::Unknown(_) => {
                return Ok(Some("it was sent before, and no answer was seen".to_owned()));
            }
            Past::Never(tries) => tries,
        };
        let file = request.upload.as_ref();
        let mut file = file.map(|file| self.package(work, command, file)).transpose()?;
        // A controller that was taken the cluster from asks for nothing any more.
        self.enter(work.step)?;
        let noted = |word: &str, said: Lines| {
            self.put_down(work, command, (format!("{what} | {word} {tries}"), said))
        };
        noted("sent", [request.say.clone()].into())?;
        let content = file.as_mut().map(|file| file as &mut dyn Content);
        let (said, end) = match self.send(work, (command, request), content)? {
            Answer::Accepted(Accepted { saved, .. }) => {
                let kept = serde_json::to_string(&saved).unwrap_or_default();
                asking.saved.extend(saved);
                asking.sent.push(format!("{}: accepted", request.what()));
                ([YES.to_owned(), kept], Ok(None))
            }
            Answer::Refused(why) => {
                let end = Err(refused(work, command, (why.clone(), asking)));
                ([NO.to_owned(), why], end)
            }
            Answer::NotSent(why) => {
                let end = Err(not_sent(work, command, why.clone()));
                ([NO.to_owned(), why], end)
            }
            Answer::Unknown(why) => return Ok(Some(why)),
        };
        noted("answered", said.into())?;
        end
    }

    /// What the journal of the run has of a request.
    pub(super) fn past(&self, what: &str) -> Past {
        let sent = self.notes.all(&format!("{what} | sent "));
        for (number, _) in &sent {
            let answered = self.notes.all(&format!("{what} | answered {number}"));
            let answered = answered.iter().find(|(rest, _)| rest.is_empty());
            match answered.map(|(_, said)| said.as_ref()) {
                Some([yes, kept]) if yes == YES => {
                    return Past::Done(serde_json::from_str(kept).unwrap_or_default());
                }
                Some(_) => {}
                None => return Past::Unknown(number.parse().unwrap_or_default()),
            }
        }
        Past::Never(sent.len())
    }

    pub(super) fn put_down(
        &self,
        work: &Work<'_>,
        command: &Command,
        (what, said): (String, Lines),
    ) -> Result<(), StepFailure> {
        self.notes.take(&work.step.id, &what, said).map_err(|why| {
            let hint = "mend where the run is recorded, then `mdc resume`".to_owned();
            failure(work, command, (FailureKind::Here, why, hint))
        })
    }

    fn send(
        &self,
        work: &Work<'_>,
        (command, request): (&Command, &Request),
        content: Option<&mut dyn Content>,
    ) -> Result<Answer, StepFailure> {
        let center = self.center(work, command)?;
        let wait = |time, seen| {
            self.tell(Event::Watched { step: work.step.id.to_string(), seen });
            self.reach.halt.wait(time)
        };
        let sending = Sending { content, within: command.within.duration() };
        Ok(center.send(request, sending, &wait))
    }

    fn center(&self, work: &Work<'_>, command: &Command) -> Result<&Center<'_>, StepFailure> {
        self.console.center.ok_or_else(|| {
            let why = "the manifest has no `[control-center]` any more".to_owned();
            let hint = "use the manifest that the plan was made from".to_owned();
            failure(work, command, (FailureKind::Here, why, hint))
        })
    }

    /// The package file, when it is still the one that was reviewed.
    fn package(
        &self,
        work: &Work<'_>,
        command: &Command,
        file: &UploadedFile,
    ) -> Result<File, StepFailure> {
        self.copying.file(&file.from, (file.digest, file.size)).map_err(|why| {
            let hint =
                "nothing was sent; put the package file back that was reviewed, then `mdc resume`";
            failure(work, command, (FailureKind::Here, why, hint.to_owned()))
        })
    }

    /// Whether the host shows the version.
    fn is_there(&self, work: &Work<'_>) -> Result<bool, StepFailure> {
        let waits = |command: &&Command| matches!(command.task, Task::AwaitVersion { .. });
        let Some(command) = work.step.commands.iter().find(waits) else { return Ok(false) };
        let output = self.on_host(work.step, command, &mut |host| host.run(command, None))?;
        Ok(output.end.is_success())
    }

    /// Waits until the host shows the version, whatever Control Center says of it.
    pub(super) fn await_version(
        &self,
        work: &Work<'_>,
        command: &Command,
        asking: &Asking,
    ) -> Result<(), StepFailure> {
        let Task::AwaitVersion { every, give_up, .. } = &command.task else { return Ok(()) };
        let watched = self.watch((work, command), give_up.duration(), || {
            let output = self.on_host(work.step, command, &mut |host| host.run(command, None))?;
            if output.end.is_success() {
                return Ok(Look::So(()));
            }
            let said = lines(&output.stderr).into_iter().chain(lines(&output.stdout)).next();
            let seen = said.unwrap_or_else(|| "no version".to_owned());
            Ok(Look::NotYet { seen, again: every.duration(), last: output })
        })?;
        match watched {
            Watched::So(()) => Ok(()),
            Watched::GivenUp(seen, output) => {
                let ended = format!("given up after {give_up}; last seen on the host: {seen}");
                let why =
                    StepFailure { ended, ..failed_command(&work.step.host, command, &output) };
                Err(never_there(work, why, asking))
            }
        }
    }
}
