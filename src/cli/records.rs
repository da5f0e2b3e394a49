//! Records of runs that hosts of the cluster keep.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use jiff::Timestamp;

use super::console::Console;
use super::give_work;
use super::hold::Hold;
use super::problem::Problem;
use super::site::Site;
use super::survey::{dial, keepers, no_way, survey, unusable};
use crate::address::HostName;
use crate::apply::{self, Copied, Hosts};
use crate::diagnostic::{Code, Remark};
use crate::observe::Observed;
use crate::plan::{self, Plan, Purpose};
use crate::state::{Entry, Record, Run, RunEnding, StateError, Summary, Without};
use crate::transport::{Connection, Order, Tenure, Verdict};

/// How many hosts are asked for records before a run is begun: as many as keep each.
const ASKED: usize = 2;
/// In how many of the newest runs deployment ids are looked for.
const LATEST: usize = 20;

/// What of `run` is copied, and to which hosts.
pub(super) fn copied(run: &Run, site: &Site, hold: &Hold) -> Result<Copied, Problem> {
    let mut bytes = Vec::new();
    plan::write(&run.plan, &mut bytes).map_err(|error| unusable(&run.place, &error.to_string()))?;
    let text =
        |bytes| String::from_utf8(bytes).map_err(|error| unusable(&run.place, &error.to_string()));
    Ok(Copied {
        plan: text(bytes)?,
        journal: text(hold.store.text(&run.id)?)?,
        // A takeover waits for no host.
        hosts: match run.plan.purpose {
            // A lost controller loses nothing: the files that are there are found again.
            Purpose::FailOver | Purpose::Stage => Vec::new(),
            _ => keepers(site).cloned().collect(),
        },
    })
}

/// Refuses a plan that was carried out before: what was approved was that it is done once. With a reason
/// it is begun again, and what is recorded of that is the answer.
pub(super) fn once(
    plan: &Plan,
    again: Option<&str>,
    hold: &Hold,
) -> Result<Option<Entry>, Problem> {
    let runs = hold.store.runs()?;
    let is_done = |run: &&Summary| {
        run.seal == Some(plan.seal) && run.ending == RunEnding::Complete && run.debts.is_empty()
    };
    let Some(run) = runs.iter().find(is_done) else { return Ok(None) };
    match again {
        Some(reason) => Ok(Some(Entry::Again {
            run: run.run.clone(),
            by: hold.lease.holder().who(),
            reason: reason.to_owned(),
        })),
        None => Err(Problem::new(
            Code::PlanRepeated,
            format!("this plan was carried out before, by the run {}", run.run),
            format!(
                "nothing was changed; `mdc report {}` tells what came of it; to do it once more, give \
                 --again REASON",
                run.run
            ),
        )),
    }
}

/// Refuses to begin a run while hosts keep the record of one that was begun elsewhere and is not
/// over: a record is removed when its run is done.
pub(super) fn none_elsewhere(site: &Site, hold: &Hold, console: &Console) -> Result<(), Problem> {
    let own = hold.store.ids()?;
    let hosts: Vec<&HostName> = keepers(site).collect();
    let ask = |host: &HostName| survey(site, hold.tenure(), host);
    // A host that can't be reached is dealt with in the plan.
    let answers = first_answers(&hosts, site.at_once, ask, |_, problem| {
        let why = problem.in_words();
        console.say(&format!("can't ask for runs that were begun elsewhere: {why}"));
    });
    for (host, survey) in answers {
        if let Some(other) = survey.runs.iter().find(|run| !own.contains(run)) {
            return Err(elsewhere(other, host, (site, hold)));
        }
    }
    Ok(())
}

/// The answers of the first [`ASKED`] of `hosts` that give one. When those can't be asked, others are, many
/// at once: each may take its time to be given up.
fn first_answers<'h, T: Send, E: Send>(
    hosts: &[&'h HostName],
    at_once: NonZeroUsize,
    ask: impl Fn(&HostName) -> Result<T, E> + Sync,
    mut gives_none: impl FnMut(&HostName, E),
) -> Vec<(&'h HostName, T)> {
    let (first, others) = hosts.split_at(ASKED.min(hosts.len()));
    let mut answers = Vec::new();
    for some in std::iter::once(first).chain(others.chunks(at_once.get())) {
        let mut heard = BTreeMap::new();
        apply::each(&some.iter().copied().collect(), at_once, &ask, |host, answer| match answer {
            Ok(answer) => drop(heard.insert(host, answer)),
            Err(error) => gives_none(host, error),
        });
        answers.extend(some.iter().filter_map(|host| heard.remove_entry(host)));
        if answers.len() >= ASKED {
            break;
        }
    }
    answers.truncate(ASKED);
    answers
}

fn elsewhere(run: &str, host: &HostName, (site, hold): (&Site, &Hold)) -> Problem {
    Problem::new(
        Code::RunElsewhere,
        format!(
            "the run {run} was begun from another controller and is not over, or owes steps: {host} has \
             its record, and {} does not",
            hold.store.place()
        ),
        format!(
            "go on with it: `mdc resume --from-host {host}`; or, when it is to be left as it is, remove \
             /var/lib/mdc/{}/runs/{run} on the hosts that have it",
            site.name()
        ),
    )
}

/// Gives `run` up: what is left of it is never done. Hosts keep its record until `leave_nothing`.
pub(super) fn give_up(run: &mut Run, reason: &str, console: &Console) -> Result<(), Problem> {
    run.give_up(reason).map_err(StateError::from)?;
    console.say(&format!("The run {} is given up: {reason}", run.id));
    Ok(())
}

/// Begins a run that changes the cluster. What the newest one before it still owes can't be carried out from
/// then on, so hosts keep nothing of that one any more.
pub(super) fn begin(
    (plan, entries): (Plan, &[Entry]),
    (site, hold): (&Site, &Hold),
    console: &Console,
) -> Result<Run, Problem> {
    let owing = hold.owing()?;
    let run = hold.store.begin(&hold.lease, plan, (Timestamp::now(), entries))?;
    if let Some(mut owing) = owing {
        give_work::to_left_out(&mut owing, (site, hold), console)?;
        leave_nothing(&owing, (site, hold), console);
    }
    Ok(run)
}

/// Removes what `run` keeps on hosts.
pub(super) fn leave_nothing(run: &Run, (site, hold): (&Site, &Hold), console: &Console) {
    let dial = site.dial();
    let hosts = Hosts { dial: &dial, tenure: hold.tenure(), at_once: site.at_once };
    hosts.leave_nothing(run, keepers(site), &mut |host, why| stays(&run.id, host, &why, console));
}

/// Removes what the run `id` keeps on `on`.
pub(super) fn forget(
    id: &str,
    on: &BTreeSet<&HostName>,
    (site, hold): (&Site, &Hold),
    console: &Console,
) {
    let dial = site.dial();
    let hosts = Hosts { dial: &dial, tenure: hold.tenure(), at_once: site.at_once };
    hosts.forget(id, on, &mut |host, why| stays(id, host, &why, console));
}

fn stays(run: &str, host: &HostName, why: &str, console: &Console) {
    let what = format!("what the run {run} left on {host} stays there: {why}");
    console.warns(Code::LeftBehind, what);
}

/// Takes the newest record that `host` keeps over into the store.
pub(super) fn adopt(site: &Site, hold: &Hold, host: &HostName) -> Result<String, Problem> {
    if !site.desired.hosts.contains_key(host) {
        let names: Vec<&str> = site.desired.hosts.keys().map(HostName::as_str).collect();
        return Err(Problem::new(
            Code::UnknownName,
            format!("the manifest has no host {host}"),
            format!("name one of {}", names.join(", ")),
        ));
    }
    let survey = survey(site, hold.tenure(), host)?;
    let Some(run) = survey.runs.iter().max() else {
        return Err(Problem::new(
            Code::RunMissing,
            format!("{host} keeps no record of a run"),
            "try another host; records are on two hosts of a cluster, and are removed when their \
             run is done",
        ));
    };
    let mut connection = dial(site, host)?;
    let mut file = |name| recall(connection.as_mut(), (hold.tenure(), host), (run, name));
    let (plan, journal) = (file("plan.json")?, file("journal.jsonl")?);
    let plan = plan::parse(&plan)
        .map_err(|error| unusable(&format!("the plan of {run} on {host}"), &error.to_string()))?;
    Ok(hold.store.adopt(&hold.lease, &plan, &journal)?)
}

/// What earlier runs were begun without, in words: it stays to be told.
pub(super) fn begun_without(site: &Site, console: &Console) -> Vec<Remark> {
    let store = site.store();
    let runs = store.runs().unwrap_or_else(|error| {
        let place = store.place();
        let what = format!(
            "{place} can't be read, so nobody knows whether earlier runs were begun without approvals or \
             rehearsals: {error}"
        );
        console.warns(Code::RecordUnread, what);
        Vec::new()
    });
    let without = runs.into_iter().flat_map(|run| {
        let line = move |without: Without| {
            let Without { what, by, reason } = without;
            Code::BegunWithout.said(format!(
                "the run {} was begun without the {what} that were asked for, by {by}: {reason}",
                run.run
            ))
        };
        run.without.into_iter().map(line)
    });
    without.collect()
}

/// MD Core instances that were known by another deployment id when a run last had to do with their licences,
/// in words. What the manifest says of that is told with the plan.
pub(super) fn moved_deployments(
    site: &Site,
    observed: &Observed,
    console: &Console,
) -> Vec<String> {
    let Some(standby) = &site.desired.standby else { return Vec::new() };
    let mut last: BTreeMap<HostName, String> = BTreeMap::new();
    let store = site.store();
    // That runs can't be read at all is told elsewhere.
    for run in store.ids().unwrap_or_default().iter().take(LATEST) {
        match store.plan(run) {
            Ok(plan) => {
                for (host, used) in plan.basis.cores {
                    last.entry(host).or_insert(used.deployment);
                }
            }
            Err(error) => console.warns(
                Code::RecordUnread,
                format!("the plan of the run {run} can't be read, which may know deployment ids: {error}"),
            ),
        }
    }
    let moved = |(host, known): (HostName, String)| {
        let is_written = standby.cores.get(&host)?.deployment.is_some();
        let facts = observed.cores.get(&host)?.known()?;
        let is_same = is_written || known.is_empty() || known == facts.deployment;
        (!is_same).then(|| format!("{host}: {}", facts.moved_from(&known)))
    };
    last.into_iter().filter_map(moved).collect()
}

/// What the record of `run` tells.
pub(super) fn told(run: &Run, hold: &Hold) -> Result<Vec<Record>, Problem> {
    let mut told = Vec::new();
    hold.store.read(&run.id, &mut |record| told.push(record))?;
    Ok(told)
}

/// Records what hosts know of `run` and its record doesn't: jobs that were begun in the moments that
/// the copies were behind.
pub(super) fn complete(run: &mut Run, site: &Site, tenure: &Tenure) -> Result<(), Problem> {
    let on_hosts = run.plan.steps.iter().filter(|step| !step.action.tells());
    let hosts: BTreeSet<&HostName> = on_hosts.map(|step| &step.host).collect();
    let order = Order::Jobs { run: &run.id };
    let ask = |host: &HostName| site.dial()(host).and_then(|mut host| host.order(tenure, &order));
    let mut begun: BTreeMap<String, u32> = BTreeMap::new();
    let mut unknown = Vec::new();
    apply::each(&hosts, site.at_once, ask, |host, answer| match answer {
        Ok(Verdict::Jobs(jobs)) => {
            let known = jobs.iter().filter_map(|job| apply::step_of(job, &run.plan.steps));
            for (step, attempt) in known.filter(|(step, _)| step.host == *host) {
                let newest = begun.entry(step.id.to_string()).or_default();
                *newest = attempt.max(*newest);
            }
        }
        _ => unknown.push(host.as_str()),
    });
    if !unknown.is_empty() {
        return Err(Problem::new(
            Code::Unreachable,
            format!("what the run {} began on {} can't be asked", run.id, unknown.join(", ")),
            "nothing was changed; make these hosts reachable, then resume again",
        ));
    }
    for (step, attempt) in begun {
        let known = run.progress.attempts.get(&step).copied().unwrap_or_default();
        if attempt > known {
            run.record(Entry::Intent { step, attempt }).map_err(StateError::from)?;
        }
    }
    Ok(())
}

fn recall(
    connection: &mut dyn Connection,
    (tenure, host): (&Tenure, &HostName),
    (run, file): (&str, &str),
) -> Result<Vec<u8>, Problem> {
    let mut whole = Vec::new();
    loop {
        let order = Order::Recall { run, file, offset: whole.len() as u64 };
        match connection.order(tenure, &order).map_err(no_way)? {
            Verdict::Part(part) if part.is_empty() => return Ok(whole),
            // Of the files of a record the plan is the largest.
            Verdict::Part(part) if (whole.len() + part.len()) as u64 <= plan::LARGEST => {
                whole.extend(part);
            }
            Verdict::Part(_) => {
                return Err(unusable(host.as_str(), &format!("{file} is too large")));
            }
            Verdict::Unknown => return Err(unusable(host.as_str(), &format!("{file} is missing"))),
            other => return Err(unusable(host.as_str(), &format!("unfit answer: {other:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;

    /// Hosts of which those from `works` on answer, and how many of the others were waited for at once.
    fn asked(works: usize) -> (Vec<String>, usize, usize) {
        let hosts: Vec<HostName> =
            (10..26).map(|number| format!("core-{number}").parse().unwrap()).collect();
        let waiting = Mutex::new((0, 0));
        let ask = |host: &HostName| {
            if hosts.iter().position(|it| it == host) >= Some(works) {
                return Ok(());
            }
            {
                let mut waiting = waiting.lock().unwrap();
                waiting.0 += 1;
                waiting.1 = waiting.0.max(waiting.1);
            }
            std::thread::sleep(Duration::from_millis(100));
            waiting.lock().unwrap().0 -= 1;
            Err(())
        };
        let mut silent = 0;
        let at_once = NonZeroUsize::new(8).unwrap();
        let hosts: Vec<&HostName> = hosts.iter().collect();
        let answers = first_answers(&hosts, at_once, ask, |_, ()| silent += 1);
        let names = answers.into_iter().map(|(host, ())| host.to_string()).collect();
        (names, silent, waiting.into_inner().unwrap().1)
    }

    #[test]
    fn the_first_who_answer_count_and_the_others_are_waited_for_at_once() {
        assert_eq!(asked(0), (vec!["core-10".to_owned(), "core-11".to_owned()], 0, 0));
        let (names, silent, _) = asked(1);
        assert_eq!((names, silent), (vec!["core-11".to_owned(), "core-12".to_owned()], 1));
        let (names, silent, at_once) = asked(16);
        assert!(names.is_empty() && silent == 16 && (3..=8).contains(&at_once), "{at_once}");
    }
}
