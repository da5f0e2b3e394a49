//! What a change must leave as it is: recorded before anything is changed, and compared afterwards.
//! What was recorded first counts for the whole run, whoever goes on with it: once a change has begun,
//! nobody can ask any more what was there before.

use std::collections::BTreeMap;
use std::sync::mpsc::{Sender, sync_channel};
use std::sync::{Mutex, PoisonError};

use super::control::Message;
use super::event::Event;
use super::telling::{failed_command, lines};
use super::worker::{Work, Worker};
use crate::catalog::{Rule, Stage};
use crate::state::{BEGUN, Entry, FailureKind, Kept, Noted, Progress, StepFailure};
use crate::transport::{Command, Output, Task};

/// The longest answer that is recorded, in bytes: some hundred queues with their numbers.
const LONGEST: usize = 64 << 10;

/// What the boot before a reboot is noted as.
pub(super) const BOOT: &str = "boot";

/// Lines of an answer.
pub(super) type Lines = Box<[String]>;

/// What is known from before the changes of a run.
pub(super) struct Notes {
    noted: Mutex<BTreeMap<String, Noted>>,
    /// The way to the coordinator, who records.
    sender: Sender<Message>,
}

impl Notes {
    /// With what an earlier attempt at the run has recorded.
    pub(super) fn new(progress: &Progress, sender: Sender<Message>) -> Self {
        Self { noted: Mutex::new(progress.noted.clone()), sender }
    }

    pub(super) fn before(&self, step: &str, what: &str) -> Option<Lines> {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.get(step)?.get(what).cloned()
    }

    /// What is noted, by any step, under a name that begins so: the rest of the name, and what it is.
    pub(super) fn all(&self, beginning: &str) -> Vec<(String, Lines)> {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = |(what, said): (&String, &Lines)| {
            Some((what.strip_prefix(beginning)?.to_owned(), said.clone()))
        };
        noted.values().flatten().filter_map(rest).collect()
    }

    /// Returns once it is recorded, or why it can't be.
    pub(super) fn take(&self, step: &str, what: &str, said: Lines) -> Result<(), String> {
        let over = || "the run has ended meanwhile".to_owned();
        let (recorded, end) = sync_channel(1);
        let entry =
            Entry::Noted { step: step.to_owned(), what: what.to_owned(), said: said.clone() };
        self.sender.send(Message::Noted { entry, recorded }).map_err(|_| over())?;
        end.recv().map_err(|_| over())??;
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.entry(step.to_owned()).or_default().insert(what.to_owned(), said);
        Ok(())
    }
}

impl Worker<'_> {
    /// Records what the change must leave as it is, unless that was done before.
    pub(super) fn note(&self, work: &Work<'_>, command: &Command) -> Result<(), StepFailure> {
        let step = work.step;
        let what = match &command.task {
            Task::Note { what, .. } => what.as_str(),
            Task::NoteBoot {} => BOOT,
            _ => return Ok(()),
        };
        if self.notes.before(&step.id, what).is_some() {
            return Ok(());
        }
        let said = self.answer(work, command)?;
        let seen = format!("{what}: {}", Kept::short(&said));
        self.notes.take(&step.id, what, said).map_err(|why| unrecorded(work, command, why))?;
        self.tell(Event::Watched { step: step.id.to_string(), seen });
        Ok(())
    }

    /// Records that a component of stage 2 may be left half-way from now on: that is mended before anything else,
    /// where what never came so far waits for the gates once more.
    pub(super) fn begins(&self, work: &Work<'_>, command: &Command) -> Result<(), StepFailure> {
        let step = work.step;
        let counts = step.stage == Stage::Critical && command.task.may_leave_half_way();
        if !counts || self.notes.before(&step.id, BEGUN).is_some() {
            return Ok(());
        }
        let taken = self.notes.take(&step.id, BEGUN, Lines::default());
        taken.map_err(|why| unrecorded(work, command, why))
    }

    /// Asks again and compares. What nobody has asked before can't be compared, and is told.
    pub(super) fn compare(
        &self,
        work: &Work<'_>,
        command: &Command,
    ) -> Result<Option<Kept>, StepFailure> {
        let Task::Compare { what, rule, .. } = &command.task else { return Ok(None) };
        let (after, what) = (self.answer(work, command)?, what.clone());
        let before = self.notes.before(&work.step.id, &what);
        let differences =
            before.as_ref().map_or_else(Vec::new, |before| rule.differences(before, &after));
        let kept = Kept { what, before, after };
        if differences.is_empty() {
            return Ok(Some(kept));
        }
        Err(differs(work, command, (&kept, *rule, &differences)))
    }

    pub(super) fn answer(&self, work: &Work<'_>, command: &Command) -> Result<Lines, StepFailure> {
        let output = self.on_host(work.step, command, &mut |host| host.run(command, None))?;
        if !output.end.is_success() {
            return Err(failed_command(&work.step.host, command, &output));
        }
        if output.stdout.len() > LONGEST {
            return Err(too_long(work, command, &output));
        }
        Ok(lines(&output.stdout).into())
    }
}

fn unrecorded(work: &Work<'_>, command: &Command, why: String) -> StepFailure {
    StepFailure {
        kind: FailureKind::Here,
        during: format!("{} on {}", command.task.in_words(), work.step.host),
        command: String::new(),
        ended: why,
        output: Box::default(),
        hint: "nothing was changed by this step; mend where the run is recorded, then `mdc resume`"
            .to_owned(),
    }
}

fn too_long(work: &Work<'_>, command: &Command, output: &Output) -> StepFailure {
    StepFailure {
        ended: format!("its answer is longer than {} KiB", LONGEST >> 10),
        hint: "let the question print less, such as numbers or digests: `keeps` in `procedure` of the \
               component; then plan again"
            .to_owned(),
        ..failed_command(&work.step.host, command, output)
    }
}

/// How many differences a message holds.
const NAMED: usize = 5;

/// Whether something is lost or only told differently, people have to look; nothing is taken back for it
/// by itself.
fn differs(
    work: &Work<'_>,
    command: &Command,
    (kept, rule, differences): (&Kept, Rule, &[String]),
) -> StepFailure {
    let mut named: Vec<String> = differences.iter().take(NAMED).cloned().collect();
    if differences.len() > NAMED {
        named.push(format!("{} differences more", differences.len() - NAMED));
    }
    let may = match rule {
        Rule::Equal => "have to be the same as before",
        Rule::NotFewer => "may not be fewer than before",
    };
    let before = kept.before.as_deref().unwrap_or_default();
    StepFailure {
        kind: FailureKind::Waits,
        during: format!("{} on {}", command.task.in_words(), work.step.host),
        command: command.run.clone(),
        ended: format!("the {} {may}: {}", kept.what, named.join("; ")),
        output: [
            format!("before: {}", Kept::short(before)),
            format!("now: {}", Kept::short(&kept.after)),
        ]
        .into(),
        hint: "the new version is there and stays; keep work away from it until it is known what is \
               missing, and bring that back from the backup; then `mdc resume`: it is compared again. When \
               all is as it should be, `mdc apply --give-up \"…\"` records why and plans what is left"
            .to_owned(),
    }
}
