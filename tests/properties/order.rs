//! The order of plans.

use std::collections::{BTreeMap, BTreeSet};

use mdc::address::{Address, HostName};
use mdc::catalog::{Stage, WhenUnknown};
use mdc::desired::Source;
use mdc::diff::Action;
use mdc::plan::{Plan, Step};
use mdc::transport::Task;
use proptest::prelude::*;

use crate::cluster::{Cluster, State, clusters};
use crate::procedure::{follows_the_procedure, needed, stages_stay_apart};

const ALL: [State; 10] = [
    State::Absent,
    State::Old,
    State::OldStopped,
    State::Newer,
    State::Broken,
    State::Stopped,
    State::AsDesired,
    State::Edited,
    State::Unhealthy,
    State::Unwanted,
];

/// For each step, all steps that come before it, directly or through others.
fn before(plan: &Plan) -> Vec<BTreeSet<usize>> {
    let places: BTreeMap<&str, usize> =
        plan.steps.iter().enumerate().map(|(place, step)| (&*step.id, place)).collect();
    assert_eq!(places.len(), plan.steps.len(), "ids are unique");
    let mut before: Vec<BTreeSet<usize>> = Vec::new();
    for (place, step) in plan.steps.iter().enumerate() {
        let mut all = BTreeSet::new();
        for id in &step.after {
            let earlier = places[&**id];
            assert!(earlier < place, "{} stands before {id}, which it comes after", step.id);
            all.extend(before[earlier].iter().copied().chain([earlier]));
        }
        before.push(all);
    }
    before
}

/// Every pair of steps with whether the first certainly ends before the second begins.
pub(crate) fn pairs(plan: &Plan) -> Vec<(&Step, &Step, bool)> {
    let before = before(plan);
    let mut pairs = Vec::new();
    for (a, first) in plan.steps.iter().enumerate() {
        for (b, second) in plan.steps.iter().enumerate().filter(|(b, _)| *b != a) {
            pairs.push((first, second, before[b].contains(&a)));
        }
    }
    pairs
}

/// Whether it takes what runs away for a while: to another version, or with other files.
pub(crate) const fn moves(step: &Step) -> bool {
    matches!(step.action, Action::Upgrade | Action::Downgrade | Action::Reconfigure)
}

/// Whether it changes what runs.
pub(crate) const fn changes(step: &Step) -> bool {
    !step.action.only_copies() && !step.action.is_gate()
}

/// Whether it is a gate between the stages.
fn is_between(step: &Step) -> bool {
    step.action.precedes_critical() && step.stage == Stage::Critical
}

/// Whether it sees a backup before anything is changed.
fn is_before_all(step: &Step) -> bool {
    step.action == Action::ProveBackup && step.stage == Stage::Live
}

/// Every gate comes after all of stage 1 and before every change of stage 2, which has none without
/// them.
fn gates_stand_between_the_stages(cluster: &Cluster, plan: &Plan) {
    for (a, b, ordered) in pairs(plan) {
        if a.stage == Stage::Live && is_between(b) {
            assert!(ordered, "{} is passed before {} is over", b.id, a.id);
        }
        if is_between(a) && b.stage == Stage::Critical && !b.action.is_gate() {
            assert!(ordered, "{} begins before {} is passed", b.id, a.id);
        }
        // Those that need it reach it before anything else of stage 2 changes.
        if a.action == Action::Reach && b.stage == Stage::Critical && changes(b) {
            let later = plan.steps.iter().position(|it| it.id == a.id)
                < plan.steps.iter().position(|it| it.id == b.id);
            assert_eq!(ordered, later, "{} and {}", a.id, b.id);
        }
        if b.action == Action::Reach && a.component == b.component && changes(a) {
            assert!(ordered, "{} is passed before {} is over", b.id, a.id);
        }
        if is_before_all(a) && b.stage == Stage::Live && changes(b) {
            assert!(ordered, "{} begins before {} is passed", b.id, a.id);
        }
        // Where logs end is noted before anything is changed, and they are read after everything.
        if a.action == Action::MarkLogs && !b.action.logs() && changes(b) {
            assert!(ordered, "{} begins before {} is over", b.id, a.id);
        }
        if b.action == Action::ReadLogs && !a.action.logs() {
            assert!(ordered, "{} is passed before {} is over", b.id, a.id);
        }
        if b.action == Action::Verify && a.action != Action::Verify && a.action != Action::ReadLogs
        {
            assert!(ordered, "{} is passed before {} is over", b.id, a.id);
        }
    }
    let of = |action| plan.steps.iter().filter(move |step| step.action == action);
    let changed: BTreeSet<_> = plan
        .steps
        .iter()
        // What goes has no log to be read afterwards.
        .filter(|step| changes(step) && step.action != Action::Remove)
        .map(|step| &step.component)
        .collect();
    for action in [Action::MarkLogs, Action::ReadLogs] {
        let whose: Vec<_> = of(action).map(|step| &step.component).collect();
        assert_eq!(whose, changed.iter().copied().collect::<Vec<_>>(), "{action:?}");
    }
    let gates = plan.steps.iter().filter(|step| is_between(step)).count();
    let idle = cluster.desired.resources.values().filter(|it| it.idle.is_some()).count();
    // All that can tell are looked at once more, together.
    let idle = idle + usize::from(idle > 0);
    let there: BTreeSet<_> = cluster.desired.resources.keys().map(|it| &it.component).collect();
    // Gates of what no host has any more are none.
    let gates_of = &cluster.desired.gates;
    let named = gates_of.backup.keys().chain(gates_of.confirm.keys());
    let named = named.filter(|name| there.contains(name)).count();
    let wanted = idle + named + there.len();
    let has_critical = plan.steps.iter().any(|step| step.stage == Stage::Critical && changes(step));
    assert!(!has_critical || plan.unknown.is_empty(), "stage 2 though a host is unseen");
    assert_eq!(gates, if has_critical { wanted } else { 0 });
    // Where anything that was there is changed in stage 1, each backup is seen before.
    let is_live = |step: &&Step| step.stage == Stage::Live && changes(step) && step.from.is_some();
    let looks = plan.steps.iter().filter(|step| is_before_all(step)).count();
    // Those on hosts that can't be read are said to be seen by nobody.
    let is_seen = |host: &HostName| plan.unknown.iter().all(|unknown| unknown.host != *host);
    let backups = gates_of.backup.iter().filter(|(name, _)| there.contains(name));
    let backups = backups.filter(|(_, gate)| is_seen(&gate.host)).count();
    assert_eq!(looks, if plan.steps.iter().any(|step| is_live(&step)) { backups } else { 0 });
}

/// Replicas change before their primary, which hands its role over first; and none that was a replica
/// changes when it has become the primary.
fn replicas_come_first(cluster: &Cluster, plan: &Plan) {
    let comparison = cluster.comparison();
    let role = |step: &Step| {
        let address = Address::new(step.host.clone(), step.component.clone());
        comparison.role(&address).map(str::to_owned)
    };
    for (a, b, ordered) in pairs(plan) {
        let roles = (role(a), role(b));
        let roles = (roles.0.as_deref(), roles.1.as_deref());
        if moves(a) && moves(b) && a.component == b.component {
            assert!(ordered || roles != (Some("replica"), Some("primary")), "{}, {}", a.id, b.id);
        }
    }
    for step in plan.steps.iter().filter(|step| step.action.interrupts()) {
        let first = step.commands.first().map(|command| &command.task);
        let expected = match role(step).as_deref() {
            Some("primary") => matches!(first, Some(Task::HandOver { .. })),
            Some(_) => matches!(first, Some(Task::CheckRole { .. })),
            None => !matches!(first, Some(Task::HandOver { .. } | Task::CheckRole { .. })),
        };
        assert!(expected, "{}: {first:?}", step.id);
    }
}

fn is_rolled(cluster: &Cluster, plan: &Plan) {
    let comparison = cluster.comparison();
    let all = pairs(plan);
    let ordered: BTreeSet<(&str, &str)> =
        all.iter().filter(|(_, _, ordered)| *ordered).map(|(a, b, _)| (&*a.id, &*b.id)).collect();
    let together = |a: &Step, b: &Step| {
        !ordered.contains(&(&*a.id, &*b.id)) && !ordered.contains(&(&*b.id, &*a.id))
    };
    for step in plan.steps.iter().filter(|step| changes(step)) {
        let component = &cluster.desired.components[step.component.as_str()];
        // What may run together with a step of a batched group is that step's batch.
        let same = plan.steps.iter().filter(|other| {
            other.component == step.component && changes(other) && (moves(other) == moves(step))
        });
        let at_once = same.filter(|other| other.id == step.id || together(step, other)).count();
        let resources = cluster.desired.resources.keys().chain(cluster.desired.removed.keys());
        let all = resources.filter(|address| address.component == component.name).count();
        let mut allowed = component.at_once.of(all);
        if let Some(promise) = comparison.promises.get(&component.name).filter(|_| moves(step)) {
            allowed = allowed.min(promise.room().max(1));
        }
        assert!(at_once <= allowed, "{at_once} of {} at once, not {allowed}", component.name);
        zone_by_zone(cluster, plan, step, &together);
        if step.stage == Stage::Critical {
            let others = plan.steps.iter().filter(|other| other.id != step.id);
            assert!(!others.clone().any(|other| together(step, other)), "{} is not alone", step.id);
        }
    }
}

/// No batch spans two zones, where zones count; and whom promises concern waits behind a gate.
fn zone_by_zone(
    cluster: &Cluster,
    plan: &Plan,
    step: &Step,
    together: &dyn Fn(&Step, &Step) -> bool,
) {
    let rolling = &cluster.desired.components[&step.component].rolling;
    let zone = |step: &Step| cluster.desired.hosts[&step.host].labels.get("zone").cloned();
    let same = |other: &&Step| {
        other.component == step.component && moves(other) && moves(step) && other.id != step.id
    };
    if rolling.per.is_some() {
        for other in plan.steps.iter().filter(same).filter(|other| together(step, other)) {
            assert_eq!(zone(other), zone(step), "{} with {}", step.id, other.id);
        }
    }
    if moves(step) && !rolling.min_healthy.is_none() {
        let gate = |id: &&std::sync::Arc<str>| id.ends_with("/keep-healthy");
        let looks = ["/mark-logs", "/prove-backup-live"];
        let is_look = |id: &std::sync::Arc<str>| looks.iter().any(|look| id.ends_with(look));
        let mut after = step.after.iter().filter(|id| !is_look(id));
        assert!(after.next().is_some_and(|id| gate(&id)) && after.next().is_none(), "{}", step.id);
    }
}

fn has_no_step_without_need(cluster: &Cluster, plan: &Plan) {
    for step in &plan.steps {
        let address = Address::new(step.host.clone(), step.component.clone());
        let expected: &[Action] = match cluster.states[&address] {
            State::Absent => &[Action::Copy, Action::Fetch, Action::Install],
            State::Old | State::OldStopped => {
                &[Action::Copy, Action::Fetch, Action::Keep, Action::Upgrade]
            }
            State::Newer => &[Action::Copy, Action::Fetch, Action::Downgrade],
            State::Edited => &[Action::Reconfigure],
            State::Broken => &[Action::Copy, Action::Fetch, Action::Keep, Action::Repair],
            State::Stopped => &[Action::Start],
            State::Unwanted => &[Action::Remove],
            State::AsDesired | State::Unhealthy => &[],
        };
        if step.action.is_gate() {
            continue;
        }
        assert!(expected.contains(&step.action), "{} has no need", step.id);
        assert!(!step.reasons.is_empty() && !step.commands.is_empty(), "{} is empty", step.id);
    }
}

fn forgets_nothing(cluster: &Cluster, plan: &Plan) {
    let planned: BTreeSet<String> = plan
        .steps
        .iter()
        .filter(|step| changes(step))
        .map(|step| format!("{}/{}", step.host, step.component))
        .collect();
    let of = |action| -> BTreeSet<String> {
        let steps = plan.steps.iter().filter(|step| step.action == action);
        steps.map(|step| format!("{}/{}", step.host, step.component)).collect()
    };
    let copied = of(Action::Copy);
    let fetched = of(Action::Fetch);
    let kept = of(Action::Keep);
    let withheld: BTreeSet<String> =
        plan.withheld.iter().map(|held| format!("{}/{}", held.host, held.component)).collect();
    let unseen = |host: &str| plan.unknown.iter().any(|unknown| unknown.host.as_str() == host);
    for (address, state) in &cluster.states {
        // What goes stays as long as nobody sees what takes its place.
        let mut places = cluster.desired.resources.keys();
        let blind = *state == State::Unwanted
            && places.any(|it| it.component == address.component && unseen(it.host.as_str()));
        let needs_change = !blind && !matches!(state, State::AsDesired | State::Unhealthy);
        let id = address.to_string();
        let accounted = planned.contains(&id) || withheld.contains(&id);
        assert_eq!(needs_change && !unseen(address.host.as_str()), accounted, "{id} ({state:?})");
        let resource = cluster.desired.resources.get(address);
        let from_file = resource.is_some_and(|it| matches!(it.source, Source::File { .. }));
        assert_eq!(kept.contains(&id), has_way_back(cluster, address, *state, &planned), "{id}");
        let installs = !matches!(state, State::Stopped | State::Edited);
        let wants_copy = planned.contains(&id) && from_file && installs;
        assert_eq!(wants_copy, copied.contains(&id), "copy of {id}");
        let from_repository = resource.is_some_and(|it| it.source == Source::Repository);
        let wants_fetch = planned.contains(&id) && from_repository && installs;
        assert_eq!(wants_fetch, fetched.contains(&id), "fetch of {id}");
    }
    assert!(plan.withheld.is_empty() || !plan.unknown.is_empty());
}

/// Whether the version before is to be kept: what moves by a package file, and what the catalog lets
/// go back.
fn has_way_back(
    cluster: &Cluster,
    address: &Address,
    state: State,
    planned: &BTreeSet<String>,
) -> bool {
    let component = &cluster.desired.components[&address.component];
    let moves = matches!(state, State::Old | State::OldStopped | State::Broken);
    let by_package = matches!(component.way_back, mdc::catalog::WayBack::Package(_));
    moves && by_package && planned.contains(&address.to_string())
}

fn copies_before_it_changes(plan: &Plan) {
    for (a, b, ordered) in pairs(plan) {
        // What is looked at before anything changes is looked at meanwhile.
        let looks = matches!(b.action, Action::MarkLogs | Action::ProveBackup);
        if a.action.only_copies() && !b.action.only_copies() && !looks {
            assert!(ordered, "{} may begin before {} is over", b.id, a.id);
        }
    }
}

fn plans_nothing_behind_the_unseen(cluster: &Cluster, plan: &Plan) {
    let components = &cluster.desired.components;
    let unseen: BTreeSet<&str> = plan
        .unknown
        .iter()
        .flat_map(|unknown| &unknown.components)
        .map(mdc::address::ComponentName::as_str)
        .filter(|name| components[*name].when_unknown == WhenUnknown::Block)
        .collect();
    for step in plan.steps.iter().filter(|step| changes(step)) {
        let own = &components[step.component.as_str()];
        for name in &unseen {
            let other = &components[*name];
            let later = (own.stage, own.upgrade_order) > (other.stage, other.upgrade_order);
            assert!(!(moves(step) && later), "{} comes after {name}, which is unseen", step.id);
            let needs = needed(cluster, step.component.as_str()).contains(*name);
            assert!(!needs, "{} needs {name}, which is unseen", step.id);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_plan_keeps_every_promise(cluster in clusters(ALL.to_vec(), 0)) {
        let plan = cluster.plan();
        follows_the_procedure(&cluster, &plan);
        stages_stay_apart(&plan);
        replicas_come_first(&cluster, &plan);
        is_rolled(&cluster, &plan);
        gates_stand_between_the_stages(&cluster, &plan);
        has_no_step_without_need(&cluster, &plan);
        forgets_nothing(&cluster, &plan);
        copies_before_it_changes(&plan);
        prop_assert!(plan.seal_holds());
    }

    #[test]
    fn with_unseen_hosts_too(cluster in clusters(ALL.to_vec(), 15)) {
        let plan = cluster.plan();
        follows_the_procedure(&cluster, &plan);
        stages_stay_apart(&plan);
        replicas_come_first(&cluster, &plan);
        is_rolled(&cluster, &plan);
        gates_stand_between_the_stages(&cluster, &plan);
        has_no_step_without_need(&cluster, &plan);
        forgets_nothing(&cluster, &plan);
        plans_nothing_behind_the_unseen(&cluster, &plan);
    }
}
