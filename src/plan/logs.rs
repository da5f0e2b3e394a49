//! The review of logs as steps of the plan: where those of changed components end is noted before
//! everything, and what came to them since then is read after everything, also after the last test scan.
//! One of each for a component, however many hosts it changes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::healthy::All;
use super::{Members, Step};
use crate::address::ComponentName;
use crate::catalog::Stage;
use crate::diff::{Action, Reason};
use crate::step;
use crate::value::Period;

/// What reading a log should take: a guess.
const FORECAST: Period = Period::seconds(2);

/// Puts the steps at both ends of `steps`, and returns whom each of them asks.
pub(super) fn put(
    steps: &mut Vec<Step>,
    everyone: &All<'_>,
    logs: BTreeMap<ComponentName, Members>,
) -> BTreeMap<Arc<str>, Members> {
    // As what looks at the whole before it.
    let looked = steps.iter().rfind(|step| step.action == Action::Verify);
    let stage = looked.or(steps.last()).map_or(Stage::Live, |step| step.stage);
    let (ends, last) = ends(steps);
    let (mut marks, mut reads, mut asked) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (name, members) in logs {
        let Some((mark, read)) = pair(everyone, &name, &members) else { continue };
        let after = ends.iter().chain([&mark.id]).cloned().collect();
        asked.insert(Arc::clone(&mark.id), members.clone());
        asked.insert(Arc::clone(&read.id), members);
        // All that is there by then comes one wave later.
        reads.push(Step { stage, wave: last + 2, after, ..read });
        marks.push(mark);
    }
    if marks.is_empty() {
        return asked;
    }
    let ids: Vec<Arc<str>> = marks.iter().map(|step| Arc::clone(&step.id)).collect();
    steps.par_iter_mut().for_each(|later| {
        later.wave += 1;
        // All others come after these.
        if later.after.is_empty() {
            later.after.extend(ids.iter().cloned());
        }
    });
    steps.splice(0..0, marks);
    steps.extend(reads);
    asked
}

/// The last looks at the whole, which come after all changes; the changes themselves where there are none. And
/// the last wave.
fn ends(steps: &[Step]) -> (Vec<Arc<str>>, u32) {
    let looked = |action| steps.iter().rev().any(|step| step.action == action);
    let last = [Action::ScanAfter, Action::Verify].into_iter().find(|&action| looked(action));
    let is_end = |step: &&Step| last.map_or_else(|| step.is_change(), |last| step.action == last);
    let wave = steps.par_iter().map(|step| step.wave).max().unwrap_or_default();
    (steps.par_iter().filter(is_end).map(|step| Arc::clone(&step.id)).collect(), wave)
}

/// The step that notes where the logs of a component end, and the one that reads what came to them.
fn pair(everyone: &All<'_>, name: &ComponentName, members: &Members) -> Option<(Step, Step)> {
    let (first, of) = (members.0.first()?, members.0.len());
    let version = everyone.version(name)?;
    let made = |action, reason, command| Step {
        // Bound to no window: nothing is changed by it.
        stage: Stage::Live,
        reasons: vec![reason],
        forecast: FORECAST,
        ..Step::bare((&first.host, name), action, version, [command].into())
    };
    let mark = made(Action::MarkLogs, Reason::MarksLogs, step::mark_logs(name.as_str(), of));
    let how = (&*mark.id, everyone.desired.after.logs.fail_on);
    let read = step::read_logs(name.as_str(), of, how);
    let read = made(Action::ReadLogs, Reason::ReviewsLogs, read);
    Some((mark, read))
}
