//! A twin is as its cluster was seen, and a plan comes to its end on it.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::ops::ControlFlow::Continue;

use mdc::address::{Address, ComponentName, HostName};
use mdc::apply::Control;
use mdc::diff::Action;
use mdc::fact::{FileContent, FileState, HealthState, PackageState, SecretState, UnitState};
use mdc::observe::{HostState, Observed, Unreadable};
use mdc::plan::{Plan, Step};
use mdc::rehearsal::{Drills, Twin, Whole, differences, drills};
use mdc::state::Entry;
use mdc::transport::Task;

use crate::site::Site;

const AT_ONCE: NonZeroUsize = NonZeroUsize::new(8).unwrap();

pub(crate) fn rehearsed(site: &Site) -> Whole<'_> {
    let twin = Twin::new(&site.desired, site.packages(), &site.observed).unwrap();
    twin.carry_out(&site.plan(), (AT_ONCE, Control::channel().1), &mut |_| {}).unwrap()
}

fn known<'o>(observed: &'o mut Observed, host: &str) -> &'o mut mdc::observe::HostFacts {
    match observed.hosts.get_mut(&host.parse::<HostName>().unwrap()) {
        Some(HostState::Known(known)) => known,
        other => panic!("{other:?}"),
    }
}

/// Whatever is seen of a cluster is seen of its twin, so that the same plan follows from both.
#[track_caller]
fn twin_leads_to_the_same_plan(site: &Site) {
    let twin = Twin::new(&site.desired, site.packages(), &site.observed).unwrap();
    let seen = twin.observe();
    assert_eq!(differences(&seen, &site.observed), Vec::<String>::new());
    assert_eq!(site.plan_from(&seen).steps, site.plan().steps);
}

#[test]
fn a_twin_leads_to_the_same_plan() {
    for example in ["quickstart", "air-gapped", "fresh-install", "staging"] {
        let site = Site::new(example);
        assert!(!site.plan().steps.is_empty(), "{example}");
        twin_leads_to_the_same_plan(&site);
    }
}

#[test]
fn so_does_one_of_a_cluster_in_a_poor_state() {
    let mut site = Site::new("air-gapped");
    let core = known(&mut site.observed, "core-01");
    let (worker, md_core): (ComponentName, ComponentName) =
        ("worker".parse().unwrap(), "md-core".parse().unwrap());
    let broken = core.components.get_mut(&md_core).unwrap();
    let version = "5.19.0-1".parse().unwrap();
    broken.package = PackageState::Broken { version, status: "half-configured".to_owned() };
    broken.unit = UnitState::Stopped("failed".to_owned());
    broken.health = HealthState::NotAsked("half-configured".to_owned());
    core.components.get_mut(&worker).unwrap().unit = UnitState::Stopped("failed".to_owned());
    core.components.get_mut(&worker).unwrap().health = HealthState::Unhealthy("no".to_owned());
    let other = known(&mut site.observed, "core-02").components.get_mut(&md_core).unwrap();
    other.health = HealthState::Unhealthy("503".to_owned());
    let unknown = Unreadable { reason: "no route".to_owned(), hint: "see".to_owned() };
    let hook = "hook-01".parse().unwrap();
    site.observed.hosts.insert(hook, HostState::Unknown(unknown));
    assert_eq!(site.plan().unknown.len(), 1);
    twin_leads_to_the_same_plan(&site);
}

/// The package of another major version has another name; its data are moved, and back.
#[test]
fn so_does_one_of_a_cluster_whose_database_comes_to_another_major_version() {
    let mut site = Site::new("air-gapped");
    let name: ComponentName = "postgresql".parse().unwrap();
    let facts = known(&mut site.observed, "db-01").components.get_mut(&name).unwrap();
    facts.package = PackageState::Installed("15.8-1".parse().unwrap());
    let plan = site.plan();
    let id = "db-01/postgresql/upgrade";
    let moves = plan.steps.iter().find(|step| &*step.id == id).unwrap();
    let is_move = |task: &Task| matches!(task, Task::MoveData { .. });
    assert!(moves.commands.iter().any(|command| is_move(&command.task)), "{moves:?}");
    twin_leads_to_the_same_plan(&site);
    let whole = rehearsed(&site);
    assert!(whole.is_done(), "{:?}", whole.report);
    let drills = drills(&whole, Drills::Kinds, &mut |_, _| Continue(())).unwrap();
    let drill = drills.iter().find(|drill| drill.step == id).unwrap();
    assert!(drill.recovers(), "{drill:?}");
    let back = drill.back.as_ref().unwrap();
    assert!(
        back.completes && back.returns.contains(&"postgresql 15.8 on db-01".to_owned()),
        "{back:?}"
    );
}

/// With the ignition files of Identity and Control Center: what is known of one stays known.
#[test]
fn so_does_one_of_a_cluster_with_managed_files() {
    let always = |text: String| text.replace("write = \"on-install\"", "write = \"always\"");
    let states = |text: &str| {
        let there = |touched, secret| {
            FileState::There(FileContent {
                text: text.to_owned(),
                touched,
                mode: "600".to_owned(),
                owner: "root:root".to_owned(),
                stamp: "12 34 56.7".to_owned(),
                restart_due: false,
                secrets: [("connection-key".to_owned(), secret)].into(),
            })
        };
        [
            FileState::Absent,
            FileState::Unknown,
            there(false, SecretState::Same),
            there(false, SecretState::Differs),
            there(false, SecretState::NotCompared),
            there(true, SecretState::Same),
        ]
    };
    let mut site = Site::with("fresh-install", always);
    let component = "identity-service".parse().unwrap();
    let address = Address::new("identity-01".parse().unwrap(), component);
    let file = site.desired.files[&address][0].clone();
    for state in states(&file.content).into_iter().chain(states("another\n")) {
        let host = known(&mut site.observed, "identity-01");
        let facts = host.components.get_mut(&address.component).unwrap();
        facts.package = PackageState::Installed("2.9.0-1".parse().unwrap());
        (facts.unit, facts.health) = (UnitState::Active, HealthState::Healthy);
        facts.files.insert(file.name.clone(), state);
        twin_leads_to_the_same_plan(&site);
    }
}

#[test]
fn a_plan_comes_to_its_end_and_to_what_is_desired() {
    for example in ["quickstart", "air-gapped", "fresh-install", "staging"] {
        let site = Site::new(example);
        let before = site.files();
        let whole = rehearsed(&site);
        assert!(whole.is_done(), "{example}: {:?}", whole.report);
        assert_eq!((whole.unlike.as_slice(), whole.left_out.as_slice()), (&[][..], &[][..]));
        let left = site.plan_from(&whole.after).steps;
        assert!(left.is_empty(), "{example}: {left:?}");
        let last = &whole.records.last().unwrap().entry;
        assert_eq!(*last, Entry::Ended { stopped: None }, "{example}");
        assert_eq!(site.files(), before, "{example}: nothing of the site is touched");
    }
}

#[test]
fn what_differs_is_told() {
    let site = Site::new("air-gapped");
    let differences = differences(&rehearsed(&site).after, &site.observed);
    let changed = |step: &&Step| step.is_change();
    assert_eq!(differences.len(), site.plan().steps.iter().filter(changed).count());
    let one = "db-01/postgresql: in version 16.11-1, not in version 16.10-1".to_owned();
    assert!(differences.contains(&one), "{differences:?}");
}

#[test]
fn what_could_not_be_read_has_no_twin_and_the_rest_has() {
    let mut site = Site::new("air-gapped");
    let unknown = Unreadable { reason: "no route".to_owned(), hint: "see".to_owned() };
    let host: HostName = "core-04".parse().unwrap();
    site.observed.hosts.insert(host.clone(), HostState::Unknown(unknown.clone()));
    let whole = rehearsed(&site);
    assert_eq!(whole.after.hosts[&host], HostState::Unknown(unknown));
    assert!(whole.is_done(), "{:?}", whole.report);
}

#[test]
fn its_folder_goes_with_it() {
    let site = Site::new("air-gapped");
    let twin = Twin::new(&site.desired, site.packages(), &site.observed).unwrap();
    let folder = twin.folder().to_owned();
    assert!(folder.join("hosts").is_dir());
    drop(twin);
    assert!(!folder.exists());
}

const REAL: &str = r#"
[scan]
url = "https://gateway.invalid:8899"

[[notices]]
name = "ops"
on = ["before", "start", "end", "failure"]
blocking = true
command = "echo told >> told; false"

[control-center]
url = "https://control.invalid:8892"
user = "admin"
password = { file = "secrets/none" }
routes = "../control-center/control-center-routes.toml"

[components.worker]
driver = "control-center"

[components.callback-service]
by-hand = "Control Center: Inventory > Upgrade Now"

[gates.confirm.api-gateway]
text = "stop the clients"

[gates.history]
url = "https://control.invalid:8892"
path = "/scans?state=in-progress"

[gates.confirm.callback-service]
text = "stop the callbacks"
verify = "test ! -e /run/callbacks"
"#;

/// The quickstart with all that a twin can't do.
pub(crate) fn with_all_that_is_real() -> Site {
    Site::with("quickstart", |text| text + REAL)
}

#[test]
fn what_needs_something_real_is_left_out_and_named_and_people_do_what_they_are_asked_for() {
    let site = with_all_that_is_real();
    let before = site.files();
    let whole = rehearsed(&site);
    let left_out = |action: Action| {
        let ending = format!("/{}", action.as_str());
        whole.left_out.iter().filter(|it| it.step.ends_with(&ending)).count()
    };
    for action in [Action::ScanBefore, Action::ScanAfter] {
        assert_eq!(left_out(action), 1, "{:?}", whole.left_out);
    }
    assert_eq!(left_out(Action::AwaitIdle), 1, "what counts the scans in progress");
    // Five Workers are behind, two stages are told of three times.
    assert_eq!((left_out(Action::Upgrade), whole.left_out.len()), (5, 2 + 6 + 5 + 1));
    assert!(whole.is_done(), "{:?}", whole.report);
    assert_eq!(whole.report.steps.len() + whole.left_out.len(), site.plan().steps.len());
    let left = site.plan_from(&whole.after).steps;
    let left: Vec<&str> = left.iter().filter(|it| it.is_change()).map(|it| &*it.id).collect();
    assert!(left.len() == 5 && left.iter().all(|id| id.contains("/worker/")), "{left:?}");
    assert_eq!(site.files(), before, "nobody is told of it");
}

/// Whatever comes after something in the plan comes after it on the twin too.
#[test]
fn the_order_stays() {
    let site = with_all_that_is_real();
    let (plan, adapted) = (site.plan(), rehearsed(&site).plan);
    let (of_plan, of_twin) = (earlier(&plan), earlier(&adapted));
    assert!(of_twin.len() < of_plan.len());
    for (step, before) in &of_twin {
        let stays = |id: &&&str| of_twin.contains_key(**id);
        let expected: BTreeSet<&str> = of_plan[step].iter().filter(stays).copied().collect();
        assert_eq!(*before, expected, "{step}");
    }
}

/// All that comes before each step.
fn earlier(plan: &Plan) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut earlier: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for step in &plan.steps {
        let mut before = BTreeSet::new();
        for id in &step.after {
            before.insert(&**id);
            before.extend(&earlier[&**id]);
        }
        earlier.insert(&step.id, before);
    }
    earlier
}
