//! Which of two changes comes first, for every kind of change: written down anew here, so that neither
//! the planner nor the catalog can change it unnoticed. `docs/order.md` says the same in words.

use std::collections::BTreeSet;

use mdc::catalog::Stage;
use mdc::diff::Action;
use mdc::plan::{Plan, Step};

use crate::cluster::Cluster;
use crate::order::{changes, moves, pairs};

/// The order of upgrades, downgrades and files; the last four are stage 2.
const UPGRADE: [&[&str]; 8] = [
    &["identity-service"],
    &["control-center"],
    &["worker"],
    &["md-core", "api-gateway", "callback-service"],
    &["postgresql"],
    &["rabbitmq"],
    &["redis"],
    &["file-storage"],
];
const STAGE_2: usize = 4;

/// The order of what is missing or down. What goes, goes backwards.
const INSTALL: [&[&str]; 8] = [
    &["redis"],
    &["rabbitmq"],
    &["postgresql"],
    &["file-storage"],
    &["identity-service"],
    &["control-center"],
    &["worker"],
    &["md-core", "api-gateway", "callback-service"],
];

fn place(order: &[&[&str]], step: &Step) -> usize {
    order.iter().position(|names| names.contains(&step.component.as_str())).unwrap()
}

fn removes(step: &Step) -> bool {
    step.action == Action::Remove
}

/// What a component needs, directly or through others.
pub(crate) fn needed(cluster: &Cluster, component: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![component.to_owned()];
    while let Some(next) = open.pop() {
        let Some(entry) = cluster.desired.components.get(next.as_str()) else { continue };
        for need in &entry.needs {
            if found.insert(need.component.to_string()) {
                open.push(need.component.to_string());
            }
        }
    }
    found
}

/// Every change is in the stage of its component, but for one exception: what is missing, broken or down
/// comes up in stage 1, also of the components of stage 2, since it takes nothing away from anybody and
/// those of stage 1 need it. Stage 2 begins when stage 1 is over, and there one change comes after another.
pub(crate) fn stages_stay_apart(plan: &Plan) {
    for step in plan.steps.iter().filter(|step| changes(step)) {
        let is_critical = place(&UPGRADE, step) >= STAGE_2 && !step.action.restores();
        let stage = if is_critical { Stage::Critical } else { Stage::Live };
        assert_eq!(step.stage, stage, "{}", step.id);
    }
    let mut one_by_one = BTreeSet::new();
    for (a, b, ordered) in pairs(plan) {
        if a.stage == Stage::Live && b.stage == Stage::Critical {
            assert!(ordered, "stage 2 begins with {} before {} is over", b.id, a.id);
        }
        if ordered {
            one_by_one.insert((&*a.id, &*b.id));
        }
    }
    let critical = || plan.steps.iter().filter(|it| it.stage == Stage::Critical && changes(it));
    for (a, b) in critical().flat_map(|a| critical().map(move |b| (&*a.id, &*b.id))) {
        let apart = one_by_one.contains(&(a, b)) || one_by_one.contains(&(b, a));
        assert!(a == b || apart, "{a} and {b} may run together in stage 2");
    }
}

/// Every pair of changes that has an order has that one.
pub(crate) fn follows_the_procedure(cluster: &Cluster, plan: &Plan) {
    for (a, b, ordered) in pairs(plan) {
        if !changes(a) || !changes(b) {
            // Gates and notices ask what they ask for; none of them looks at what isn't up yet.
            assert!(ordered || !is_used_before(cluster, plan, a, b), "{} before {}", b.id, a.id);
            continue;
        }
        if let Some(why) = comes_first(cluster, a, b) {
            assert!(ordered, "{} begins before {} is over: {why}", b.id, a.id);
        }
    }
}

/// Whether `a` brings up what `b`, a gate, needs.
fn is_used_before(cluster: &Cluster, plan: &Plan, a: &Step, b: &Step) -> bool {
    // What goes needs nothing any more, nor does the gate before it.
    let goes = plan.steps.iter().any(|it| removes(it) && it.after.contains(&b.id));
    let asks = !changes(b) && !b.action.only_copies() && !b.action.logs() && !goes;
    // Backups are looked at before anything changes, on the host itself.
    let looks = b.action == Action::ProveBackup && b.stage == Stage::Live;
    let needs = needed(cluster, b.component.as_str()).contains(a.component.as_str());
    a.action.restores() && asks && !looks && needs
}

/// Why `a` has to be over before `b` begins; none where both may run in any order.
fn comes_first(cluster: &Cluster, a: &Step, b: &Step) -> Option<&'static str> {
    let needs = |one: &Step, other: &Step| {
        needed(cluster, one.component.as_str()).contains(other.component.as_str())
    };
    let same = a.component == b.component;
    let moves_house = |step: &Step| {
        let mut stays = cluster.desired.resources.keys();
        cluster.desired.components[&step.component].singleton
            && stays.any(|it| it.component == step.component)
    };
    let (rule, holds) = if removes(a) && removes(b) {
        // Users of what comes back elsewhere go when their successors are there, which need it.
        let waits = moves_house(a) || !moves_house(b);
        let is_later = place(&INSTALL, a) > place(&INSTALL, b);
        ("what goes, goes backwards", is_later && waits && a.stage == b.stage)
    } else if removes(a) {
        let comes_back = same && moves_house(a) && a.stage == b.stage;
        ("of what there is once there are never two", comes_back)
    } else if removes(b) && b.stage == Stage::Critical {
        ("stage 2 takes away at its end", true)
    } else if removes(b) {
        let is_left = (needs(a, b) || same) && !moves_house(b);
        ("its successor is there and its users have changed", is_left && a.stage == b.stage)
    } else if a.action.restores() && b.action.restores() {
        ("the order of an installation", place(&INSTALL, a) < place(&INSTALL, b))
    } else if a.action.restores() {
        ("it comes up before it or its users change", needs(b, a) || same)
    } else if b.action.restores() {
        let is_old = a.stage == Stage::Live && needs(b, a);
        ("nothing comes up beside what is too old for it", is_old)
    } else {
        assert!(moves(a) && moves(b), "no rule for {} and {}", a.id, b.id);
        ("the order of an upgrade", place(&UPGRADE, a) < place(&UPGRADE, b))
    };
    holds.then_some(rule)
}
