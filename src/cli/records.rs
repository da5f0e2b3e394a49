//! Records of runs that hosts of the cluster keep.

use std::collections::{BTreeMap, BTreeSet};

use super::console::Console;
use super::hold::Hold;
use super::problem::Problem;
use super::site::Site;
use super::survey::{dial, keepers, no_way, survey, unusable};
use crate::address::HostName;
use crate::apply::{self, Copied, Leave};
use crate::plan::{self, Plan, Purpose};
use crate::state::{Entry, Record, Run, RunEnding, StateError, Summary, Without};
use crate::transport::{Connection, Order, Tenure, Verdict};

/// How many hosts are asked for records before a run is begun: as many as keep each.
const ASKED: usize = 2;
/// The largest file of a record that is read.
const LARGEST: usize = 1 << 30;

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
            Purpose::FailOver => Vec::new(),
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
pub(super) fn none_elsewhere(site: &Site, hold: &Hold) -> Result<(), Problem> {
    let own = hold.store.ids()?;
    let mut asked = 0;
    for host in keepers(site) {
        // A host that can't be reached is dealt with in the plan.
        let Ok(survey) = survey(site, hold.tenure(), host) else { continue };
        if let Some(other) = survey.runs.iter().find(|run| !own.contains(run)) {
            return Err(Problem::new(
                format!(
                    "the run {other} was begun from another controller and is not over: {host} has \
                     its record, and {} does not",
                    hold.store.place()
                ),
                format!(
                    "go on with it: `mdc resume --from-host {host}`; or, when it is to be left as it \
                     is, remove /var/lib/mdc/{}/runs/{other} on the hosts that have it",
                    site.name()
                ),
            ));
        }
        asked += 1;
        if asked == ASKED {
            break;
        }
    }
    Ok(())
}

/// Gives `run` up: what is left of it is never done, and hosts keep nothing of it any more.
pub(super) fn give_up(
    run: &mut Run,
    reason: &str,
    (site, hold): (&Site, &Hold),
    console: &Console,
) -> Result<(), Problem> {
    run.give_up(reason).map_err(StateError::from)?;
    console.say(&format!("The run {} is given up: {reason}", run.id));
    let dial = site.dial();
    let leave = Leave { dial: &dial, tenure: hold.tenure(), at_once: site.at_once };
    leave.nothing(run, keepers(site), &mut |host, why| {
        console.say(&format!("what it left on {host} stays there: {why}"));
    });
    Ok(())
}

/// Takes the newest record that `host` keeps over into the store.
pub(super) fn adopt(site: &Site, hold: &Hold, host: &HostName) -> Result<String, Problem> {
    if !site.desired.hosts.contains_key(host) {
        let names: Vec<&str> = site.desired.hosts.keys().map(HostName::as_str).collect();
        return Err(Problem::new(
            format!("the manifest has no host {host}"),
            format!("name one of {}", names.join(", ")),
        ));
    }
    let survey = survey(site, hold.tenure(), host)?;
    let Some(run) = survey.runs.iter().max() else {
        return Err(Problem::new(
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
pub(super) fn begun_without(site: &Site, console: &Console) -> Vec<String> {
    let store = site.store();
    let runs = store.runs().unwrap_or_else(|error| {
        let place = store.place();
        console.say(&format!(
            "Warning: {place} can't be read, so nobody knows whether earlier runs were begun without \
             approvals or rehearsals: {error}"
        ));
        Vec::new()
    });
    let without = runs.into_iter().flat_map(|run| {
        let line = move |without: Without| {
            let Without { what, by, reason } = without;
            format!(
                "the run {} was begun without the {what} that were asked for, by {by}: {reason}",
                run.run
            )
        };
        run.without.into_iter().map(line)
    });
    without.collect()
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
            Verdict::Part(part) if whole.len() + part.len() <= LARGEST => whole.extend(part),
            Verdict::Part(_) => {
                return Err(unusable(host.as_str(), &format!("{file} is too large")));
            }
            Verdict::Unknown => return Err(unusable(host.as_str(), &format!("{file} is missing"))),
            other => return Err(unusable(host.as_str(), &format!("unfit answer: {other:?}"))),
        }
    }
}
