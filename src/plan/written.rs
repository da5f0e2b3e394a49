//! What the decisions of a plan took from manifest, release and catalog: of each of its steps what was
//! written of its host, its component and the tables that it comes from, and nothing of the rest.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::seen::Seen;
use super::{Moved, Plan, Says, Step};
use crate::address::{ComponentName, HostName};
use crate::catalog::Stage;
use crate::desired::{Desired, Keys, Shared, Subject};
use crate::diff::Action;
use crate::transport::Task;
use crate::value::Digest;

/// What was written when a plan was made, as far as its steps rest on it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Written {
    /// By subject (`[gates]`, `host core-01`, `core-01/md-core`), the name of what was written of it.
    pub subjects: BTreeMap<String, String>,
    /// What was written, by its name: keys with their values, long ones as their SHA-256. Subjects that are
    /// alike share it.
    pub texts: BTreeMap<String, Keys>,
}

impl Written {
    /// What `desired` says of all that `steps` rest on.
    #[must_use]
    pub fn of(desired: &Desired, steps: &[Step]) -> Self {
        let subjects = all_subjects(steps);
        let (some, others) = subjects.split_at(subjects.len() / 2);
        // Of a large cluster it takes its time, and no subject needs another.
        let (mut written, others) =
            rayon::join(|| Self::of_subjects(desired, some), || Self::of_subjects(desired, others));
        written.subjects.extend(others.subjects);
        written.texts.extend(others.texts);
        written
    }

    fn of_subjects(desired: &Desired, all: &[Subject<'_>]) -> Self {
        let mut texts = BTreeMap::new();
        // Hosts that are alike share what should be there: it is turned into keys once.
        let mut known: BTreeMap<Shared, String> = BTreeMap::new();
        let mut named = |subject: Subject<'_>| {
            let shared = desired.shared(subject);
            if let Some(name) = shared.and_then(|shared| known.get(&shared)) {
                return Some(name.clone());
            }
            let keys = Some(desired.written(subject)).filter(|keys| !keys.is_empty())?;
            let name = Digest::of_json(&keys).short();
            texts.entry(name.clone()).or_insert(keys);
            known.extend(shared.map(|shared| (shared, name.clone())));
            Some(name)
        };
        let subjects = all.iter().filter_map(|&it| Some((it.to_string(), named(it)?))).collect();
        Self { subjects, texts }
    }

    /// What `desired` says of `steps` now, besides what was written before.
    pub fn renew(&mut self, desired: &Desired, steps: &[Step]) {
        let now = Self::of(desired, steps);
        self.subjects.extend(now.subjects);
        self.texts.extend(now.texts);
    }

    fn get(&self, subject: &str) -> Option<&Keys> {
        self.texts.get(self.subjects.get(subject)?)
    }

    /// The keys of `subject` that `now` has otherwise, each with what it was and is.
    fn moved(&self, subject: &str, now: &Self) -> Vec<(String, String, String)> {
        let empty = Keys::new();
        let (then, now) = (self.get(subject).unwrap_or(&empty), now.get(subject).unwrap_or(&empty));
        let value =
            |keys: &Keys, key: &str| keys.get(key).cloned().unwrap_or_else(|| "not set".into());
        let all: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
        let moved = all.into_iter().filter(|key| then.get(*key) != now.get(*key));
        moved
            .map(|key| (format!("`{key}` of {subject}"), value(then, key), value(now, key)))
            .collect()
    }
}

impl Plan {
    /// Whether it is held what was written of what a step changes.
    pub(super) fn rests_on_text(&self, step: &Step) -> bool {
        let subject = Subject::Resource(&step.host, &step.component).to_string();
        self.basis.written.get(&subject).is_some()
    }
}

/// What moved in manifest, release and catalog under `steps` of the plan, of which `desired` is what they
/// say now.
#[must_use]
pub fn rewritten<'a>(
    plan: &Plan,
    steps: impl Iterator<Item = &'a Step>,
    desired: &Desired,
) -> Vec<Moved> {
    let Some(now) = written_anew(plan, desired) else { return Vec::new() };
    let mut known: BTreeMap<Subject<'_>, Vec<(String, String, String)>> = BTreeMap::new();
    let mut found = Vec::new();
    for step in steps {
        for subject in subjects(step) {
            let moved = known
                .entry(subject)
                .or_insert_with(|| plan.basis.written.moved(&subject.to_string(), &now));
            found.extend(moved.iter().map(|(fact, planned, observed)| Moved {
                step: step.id.to_string(),
                fact: fact.clone(),
                says: Says::Text,
                planned: planned.clone(),
                observed: observed.clone(),
            }));
        }
    }
    found
}

/// What moved in manifest, release and catalog under all steps of the plan, in words: by key, then and now.
#[must_use]
pub fn rewording(plan: &Plan, desired: &Desired) -> Vec<(String, String, String)> {
    let Some(now) = written_anew(plan, desired) else { return Vec::new() };
    let subjects = all_subjects(&plan.steps);
    let moved = |subject: Subject<'_>| plan.basis.written.moved(&subject.to_string(), &now);
    subjects.into_iter().flat_map(moved).collect()
}

/// What `desired` says of the steps of the plan; none when it is as it was: the same manifest, release and
/// catalog say the same of everything.
fn written_anew(plan: &Plan, desired: &Desired) -> Option<Written> {
    (plan.basis.desired != desired.digest()).then(|| Written::of(desired, &plan.steps))
}

/// What `steps` rest on, each once, in order.
fn all_subjects(steps: &[Step]) -> Vec<Subject<'_>> {
    let share = steps.len().div_ceil(rayon::current_num_threads()).max(TOGETHER);
    let mut all: Vec<Subject<'_>> = steps.par_chunks(share).flat_map_iter(of_some).collect();
    all.par_sort_unstable();
    all.dedup();
    all
}

/// At least so many steps are looked at together, for what they share.
const TOGETHER: usize = 1 << 13;

/// What some steps rest on; hosts and what is on them also more than once.
fn of_some(steps: &[Step]) -> Vec<Subject<'_>> {
    let mut all = BTreeSet::new();
    let mut hosts = Vec::new();
    // Steps mostly share the names of their hosts and components; places in memory are compared faster.
    let (mut seen, mut names, mut alike) = (Seen::new(), Seen::new(), Seen::new());
    for step in steps {
        for (host, component) in resources(step) {
            let place = host.as_str().as_ptr();
            if seen.is_new((place, component.as_str().as_ptr())) {
                hosts.push(Subject::Resource(host, component));
                hosts.extend(names.is_new(place).then_some(Subject::Host(host)));
                all.insert(Subject::Component(component));
            }
        }
        let tables = tables(step);
        if alike.is_new((step.component.as_str().as_ptr(), tables.map(|(_, rests)| rests))) {
            all.insert(Subject::Component(&step.component));
            all.extend(rested_on(tables));
        }
    }
    hosts.extend(all);
    hosts
}

/// What a step rests on.
fn subjects(step: &Step) -> BTreeSet<Subject<'_>> {
    let resources = resources(step).flat_map(|(host, component)| of_resource(host, component));
    let own = std::iter::once(Subject::Component(&step.component));
    resources.chain(own).chain(rested_on(tables(step))).collect()
}

/// What it changes, and what has to be healthy for that; nothing of what only looks, which rests on nothing
/// but what it sees.
fn resources(step: &Step) -> impl Iterator<Item = (&HostName, &ComponentName)> {
    let own = (!step.action.is_gate()).then_some((&step.host, &step.component));
    let needed = step.needs_healthy.iter().map(|need| (&need.host, &need.component));
    own.into_iter().chain(needed)
}

const fn of_resource<'a>(host: &'a HostName, component: &'a ComponentName) -> [Subject<'a>; 3] {
    [Subject::Host(host), Subject::Component(component), Subject::Resource(host, component)]
}

/// The tables, and whether it comes from them.
fn tables(step: &Step) -> [(Subject<'_>, bool); 11] {
    let action = step.action;
    let is_guarded = step.stage == Stage::Critical || action.precedes_critical();
    [
        (Subject::Cluster, true),
        (Subject::Waivers, true),
        (Subject::Connections, true),
        (Subject::Gates, is_guarded || action == Action::BackUp),
        (Subject::Preflight, action.only_copies()),
        (Subject::Copying, step.feeder.is_some() || action.is_of_relay()),
        (Subject::After, action == Action::Verify || action.logs()),
        (Subject::Scan, action.scans()),
        (Subject::Notices, action.tells()),
        (Subject::Standby, action.is_of_licence()),
        (Subject::ControlCenter, asks_center(step)),
    ]
}

fn rested_on<'a>(
    tables: impl IntoIterator<Item = (Subject<'a>, bool)>,
) -> impl Iterator<Item = Subject<'a>> {
    tables.into_iter().filter(|(_, rests)| *rests).map(|(subject, _)| subject)
}

fn asks_center(step: &Step) -> bool {
    let asks = |task: &Task| matches!(task, Task::Request(_) | Task::AwaitVersion { .. });
    step.commands.iter().any(|command| asks(&command.task))
}
