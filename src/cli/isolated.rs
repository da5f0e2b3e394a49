//! Which instances may be without new work: of the newest run, and of the one that it takes back.

use super::console::Console;
use super::site::Site;
use crate::apply::{WithoutWork, without_work};
use crate::diagnostic::Code;
use crate::plan::{Plan, Step};
use crate::report::status::Isolated;
use crate::state::{Progress, StateError, Store, Summary};
use crate::transport::Task;

/// A run as it is recorded.
pub(super) struct Recorded {
    pub(super) id: String,
    plan: Plan,
    progress: Progress,
}

impl Recorded {
    fn read(store: &dyn Store, id: &str) -> Result<Self, StateError> {
        let plan = store.plan(id)?;
        let mut progress = Progress::default();
        let checked = store.read(id, &mut |record| progress.take(&record.entry))?;
        checked.damage.map_or(Ok(()), Err)?;
        Ok(Self { id: id.to_owned(), plan, progress })
    }

    /// The run that one of `back` takes back. A controller that has taken over the record of `back` alone knows
    /// nothing of it, and says so.
    pub(super) fn taken_back(
        back: &Plan,
        store: &dyn Store,
        console: &Console,
    ) -> Result<Option<Self>, StateError> {
        let Some(id) = back.purpose.rolls_back() else { return Ok(None) };
        match Self::read(store, id) {
            Err(why @ StateError::NoSuchRun { .. }) => {
                unread(id, &why, console);
                Ok(None)
            }
            read => read.map(Some),
        }
    }

    /// The instances that it may have left without work, and that the run of `back`, which takes it back and is
    /// as far as `progress`, has not seen to.
    pub(super) fn not_given_by(&self, back: &Plan, progress: &Progress) -> Vec<WithoutWork<'_>> {
        let is_seen_to = |one: &WithoutWork<'_>| {
            progress.is_given_work(&one.step.id, one.attempt)
                || restoring(back, one.step).any(|step| sees_to(step, progress))
        };
        without_work(&self.plan, &self.progress)
            .into_iter()
            .filter(|one| !is_seen_to(one))
            .collect()
    }

    /// Those of them that no step of `back` gives their work to, or only one that is left out.
    pub(super) fn left_out_by(&self, back: &Plan, progress: &Progress) -> Vec<WithoutWork<'_>> {
        let is_out = |step: &Step| progress.skipped.contains_key(&*step.id);
        let mut those = self.not_given_by(back, progress);
        those.retain(|one| restoring(back, one.step).all(is_out));
        those
    }
}

/// The steps of `back` that give the instance of `step` its work again.
pub(super) fn restoring<'p>(back: &'p Plan, step: &'p Step) -> impl Iterator<Item = &'p Step> {
    let is_same = |own: &&Step| (&own.host, &own.component) == (&step.host, &step.component);
    let restores = |own: &&Step| {
        own.commands.iter().any(|command| matches!(command.task, Task::Restore { .. }))
    };
    back.steps.iter().filter(move |own| is_same(own) && restores(own))
}

/// Whether the step has given work again, or has itself left the instance as one that is to be given work.
fn sees_to(step: &Step, progress: &Progress) -> bool {
    let attempt = progress.attempts.get(&*step.id).copied().unwrap_or_default();
    progress.done.contains(&*step.id)
        || progress.is_given_work(&step.id, attempt)
        || progress.may_lack_work(&step.id)
}

/// Says that nobody knows what the run `id` has isolated, since its record can't be read.
pub(super) fn unread(id: &str, why: &StateError, console: &Console) {
    let what = format!("which instances the run {id} has kept new work from is not known: {why}");
    console.warns(Code::RecordUnread, what);
}

/// Which instances the run `id`, the newest one, may have left without work, or the one that it takes back; and
/// what of that can't be read.
pub(super) fn isolated(
    store: &dyn Store,
    id: &str,
    console: &Console,
) -> (Vec<Isolated>, Option<StateError>) {
    let newest = match Recorded::read(store, id) {
        Ok(newest) => newest,
        Err(why) => return (Vec::new(), Some(why)),
    };
    let Recorded { plan, progress, .. } = &newest;
    let mut all = by(id, &without_work(plan, progress));
    match Recorded::taken_back(plan, store, console) {
        Ok(Some(former)) => all.extend(by(&former.id, &former.not_given_by(plan, progress))),
        Ok(None) => {}
        Err(why) => return (all, Some(why)),
    }
    (all, None)
}

fn by(run: &str, those: &[WithoutWork<'_>]) -> Vec<Isolated> {
    let isolated = |one: &WithoutWork<'_>| Isolated {
        host: one.step.host.clone(),
        component: one.step.component.clone(),
        run: run.to_owned(),
        restore: one.command.run.clone(),
    };
    those.iter().map(isolated).collect()
}

/// Says which instances may be without work, and what gives it to them; `unfinished`: the newest run, if it is
/// not over.
pub(super) fn say(
    isolated: &[Isolated],
    unfinished: Option<&Summary>,
    site: &Site,
    console: &Console,
) {
    for Isolated { host, component, run, restore } in isolated {
        let goes_on = |newest: &Summary| {
            let taken_back = format!("the run {}, which takes it back", newest.run);
            let with = if newest.run == *run { "it" } else { &taken_back };
            format!(
                "`mdc resume {manifest}` goes on with {with}, `mdc apply {manifest} --give-up REASON` gives the \
                 instance its work back; ",
                manifest = site.path
            )
        };
        let what = format!(
            "{component} on {host} may be isolated: the run {run} kept new work from it, and did not give it back. \
             {}by hand: on {host}, as root: `{restore}`",
            unfinished.map(goes_on).unwrap_or_default()
        );
        console.warns(Code::WithoutWork, what);
    }
}
