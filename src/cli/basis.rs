//! Whether a saved plan may still be carried out: what it rests on, and its age.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use jiff::Timestamp;

use super::carry::another_plan;
use super::console::Console;
use super::problem::Problem;
use super::site::Site;
use crate::diagnostic::Code;
use crate::observe::Observed;
use crate::plan::{Moved, Plan, REFUSED, Says, Step, moved, refused, rewritten};
use crate::state::{Entry, Progress, Run, StateError};
use crate::view::words;

/// Refuses to go on with steps that are neither done nor untouched when what was written of them has moved:
/// nobody knows by which of the two they were begun.
pub(super) fn same_for_begun(run: &Run, site: &Site) -> Result<(), Problem> {
    let Progress { done, skipped, .. } = &run.progress;
    let is_half_way = |step: &&Step| {
        let id = &*step.id;
        !done.contains(id) && !skipped.contains_key(id) && !run.progress.is_untouched(id)
    };
    let moved = rewritten(&run.plan, run.plan.steps.iter().filter(is_half_way), &site.desired);
    if moved.is_empty() {
        return Ok(());
    }
    let why = format!(
        "what its begun steps rest on was written anew: {}",
        told(&run.plan, &moved).join("; ")
    );
    Err(another_plan(run, &why))
}

/// The steps of a plan that are not done because what they rest on has moved, each with the reason; says
/// so. Refuses the plan when nothing of what it changes is left.
pub(super) fn still_holds(
    plan: &Plan,
    steps: &[&Step],
    (site, observed): (&Site, &Observed),
    console: &Console,
) -> Result<BTreeMap<String, String>, Problem> {
    let mut moved = moved(plan, steps.iter().copied(), observed);
    moved.extend(rewritten(plan, steps.iter().copied(), &site.desired));
    let refused = refused(plan, &moved);
    if refused.is_empty() {
        return Ok(refused);
    }
    let is_left = |step: &&&Step| step.is_change() && !refused.contains_key(&*step.id);
    let had_changes = steps.iter().any(|step| step.is_change());
    if !had_changes || !steps.iter().any(|step| is_left(&step)) {
        return Err(if is_unread(&moved) { unread(&moved) } else { stale(plan, &moved) });
    }
    say_refused(plan, &moved, refused.len(), console);
    Ok(refused)
}

/// Says how many steps of `refused` are so since something `moved`, and what did.
fn say_refused(plan: &Plan, moved: &[Moved], refused: usize, console: &Console) {
    let beginning: BTreeSet<&str> = moved.iter().map(|moved| moved.step.as_str()).collect();
    let behind = refused - beginning.len();
    let (code, why) = if is_unread(moved) {
        (Code::Unreachable, "can't be carried out now, since not every host can be read")
    } else {
        (Code::PlanStale, "is stale, since what it rests on has moved")
    };
    let what = format!(
        "in part the plan {why}: {} refused, and {} that {} after them. The rest of it holds.",
        words::count(beginning.len(), "step"),
        words::count(behind, "step"),
        if behind == 1 { "comes" } else { "come" },
    );
    console.warns(code, what);
    for line in told(plan, moved) {
        console.say(&format!("  {line}"));
    }
}

/// The steps of a plan that nothing was written anew of; says how many others there are. Refuses the plan when
/// nothing is left.
pub(super) fn still_written(plan: &Plan, site: &Site, console: &Console) -> Result<Plan, Problem> {
    let moved = rewritten(plan, plan.steps.iter(), &site.desired);
    let refused = refused(plan, &moved);
    let left = plan.without(&refused);
    if left.steps.is_empty() {
        return Err(stale(plan, &moved));
    }
    if !refused.is_empty() {
        let left_out = words::count(refused.len(), "step");
        let what = format!(
            "in part the plan is stale: {left_out} left out, since what they rest on was written anew"
        );
        console.warns(Code::PlanStale, what);
    }
    Ok(left)
}

/// Records the refused steps as owed.
pub(super) fn leave_refused(
    run: &mut Run,
    refused: BTreeMap<String, String>,
) -> Result<(), Problem> {
    for (step, why) in refused {
        let reason = format!("{REFUSED}{why}");
        run.record(Entry::Skipped { step, reason }).map_err(StateError::from)?;
    }
    Ok(())
}

fn stale(plan: &Plan, moved: &[Moved]) -> Problem {
    Problem::new(
        Code::PlanStale,
        format!(
            "the plan is stale, since what it rests on has moved: {}",
            told(plan, moved).join("; ")
        ),
        "nothing was changed; make the plan again and have it reviewed",
    )
}

/// Whether nothing is known to have moved: hosts can't be read, and that is all.
fn is_unread(moved: &[Moved]) -> bool {
    moved.iter().all(|moved| moved.says == Says::Nobody)
}

fn unread(moved: &[Moved]) -> Problem {
    let first = moved.iter().map(host).min().unwrap_or("HOST");
    Problem::new(
        Code::Unreachable,
        format!("the plan can't be carried out now: {}", unread_hosts(moved).join("; ")),
        format!(
            "nothing was changed, and the plan is still good; see with `mdc doctor {first}` what stands in \
             the way, mend it, and give the same command again"
        ),
    )
}

/// The hosts that can't be read, however many steps rest on each, a line each with the reason.
fn unread_hosts(moved: &[Moved]) -> Vec<String> {
    let unread = moved.iter().filter(|moved| moved.says == Says::Nobody);
    let lines: BTreeSet<String> =
        unread.map(|moved| format!("{}: {}", host(moved), moved.in_words())).collect();
    lines.into_iter().collect()
}

fn host(moved: &Moved) -> &str {
    moved.step.split('/').next().unwrap_or_default()
}

/// What moved, a line each: hosts that can't be read, then facts with the step that rests on them, words of
/// the manifest with some of the many that do.
fn told(plan: &Plan, moved: &[Moved]) -> Vec<String> {
    /// How many steps are named.
    const NAMED: usize = 3;
    let changes: BTreeSet<&str> =
        plan.steps.iter().filter(|step| step.is_change()).map(|step| &*step.id).collect();
    let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
    let resource = |id: &str| id.rsplit_once('/').map(|(resource, _)| resource.to_owned());
    let resources: BTreeSet<String> = changes.iter().filter_map(|id| resource(id)).collect();
    for moved in moved.iter().filter(|moved| moved.says != Says::Nobody) {
        let (line, id) = (moved.in_words(), moved.step.as_str());
        // A package that would be copied rests on the same facts as the step that needs it.
        let is_told =
            !changes.contains(id) && resource(id).is_some_and(|it| resources.contains(&it));
        let is_written = moved.says == Says::Text;
        let known = lines.iter_mut().find(|(known, _)| is_written && *known == line);
        match known {
            Some((_, steps)) => steps.push(id),
            None if is_told && !is_written => {}
            None => lines.push((line, vec![id])),
        }
    }
    let line = |(line, steps): (String, Vec<&str>)| {
        let named = steps.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        match steps.len().saturating_sub(NAMED) {
            0 => format!("{named}: {line}"),
            more => format!("{named} and {more} more: {line}"),
        }
    };
    unread_hosts(moved).into_iter().chain(lines.into_iter().map(line)).collect()
}

/// Refuses a plan that is older than it may be: as it says itself, and as its manifest says now.
pub(super) fn young(plan: &Plan, path: &Utf8Path, site: &Site) -> Result<(), Problem> {
    let max_age = plan.basis.max_age.min(site.desired.plans.max_age);
    let (made, what) = match plan.basis.snapshot {
        Some(taken) => (Some(taken), "its snapshot was taken"),
        None => (written_at(path), "its file was written"),
    };
    let Some(made) = made else { return Ok(()) };
    let age = Timestamp::now().duration_since(made);
    if age.is_negative() || age.unsigned_abs() <= max_age.duration() {
        return Ok(());
    }
    let max_age = match max_age.whole_seconds() {
        whole if whole % 86_400 == 0 => words::days(max_age),
        _ => max_age.to_string(),
    };
    Err(Problem::new(
        Code::PlanExpired,
        format!(
            "the plan has expired: {what} more than {max_age} ago, on {}, which is `max-age` under `[plans]`",
            words::time(made)
        ),
        "nothing was changed; make the plan again and have it reviewed",
    ))
}

fn written_at(path: &Utf8Path) -> Option<Timestamp> {
    let written = std::fs::metadata(path).and_then(|about| about.modified()).ok()?;
    Timestamp::try_from(written).ok()
}
