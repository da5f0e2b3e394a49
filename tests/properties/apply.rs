//! Carrying plans out on the simulated fleet.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use camino::Utf8Path;
use mdc::address::HostName;
use mdc::apply::{self, Apply, Control, Copied, Event};
use mdc::diff::Action;
use mdc::manifest::{Connection as Way, SimulatedConnection};
use mdc::observe::{self, ComponentFacts, HostState, Limits, Observed, PackageState};
use mdc::plan::{Plan, Step, Taken, rollback};
use mdc::state::{Claim, Local, Store};
use mdc::transport::{Connection, Failure, Target, Tenure, simulated};
use mdc::value::{Share, Version};
use proptest::prelude::*;

use crate::cluster::{Cluster, NEW, OLD, PACKAGE, State, clusters};
use crate::order::pairs;
use crate::recorder::{Ran, Recorder, ran_only_what_is_said};

/// A cluster on a simulated fleet in a folder.
struct Fleet<'a> {
    cluster: &'a Cluster,
    folder: &'a Utf8Path,
    way: Way,
    /// What plans that were carried out have run.
    ran: Ran,
}

impl<'a> Fleet<'a> {
    fn new(cluster: &'a Cluster, folder: &'a Utf8Path) -> Self {
        let installed = cluster.states.iter().filter_map(|(address, state)| {
            let version: Version = match state {
                State::Absent => return None,
                State::AsDesired => NEW.parse().unwrap(),
                _ => OLD.parse().unwrap(),
            };
            Some((address.to_string(), version))
        });
        let settings = SimulatedConnection {
            folder: "fleet".into(),
            speed: 0,
            installed: installed.collect(),
            licences: None,
        };
        std::fs::write(folder.join("package.deb"), PACKAGE).unwrap();
        Self { cluster, folder, way: Way::Simulated(settings), ran: Ran::default() }
    }

    fn dial(&self, host: &HostName) -> Result<Box<dyn Connection>, Failure> {
        simulated::connect(&Target {
            host,
            address: "",
            format: mdc::catalog::Format::Deb,
            connection: &self.way,
            folder: self.folder,
        })
    }

    fn observe(&self) -> Observed {
        let limits = Limits::always(1);
        let dial = |host: &HostName| self.dial(host);
        let desired = &self.cluster.desired;
        observe::gather(desired, limits, &dial, &jiff::Timestamp::now, &mut |_, _| {})
    }

    fn now(&self) -> Cluster {
        Cluster { observed: self.observe(), ..self.cluster.clone() }
    }

    fn refuses(&self) -> bool {
        self.now().promises_too_much()
    }

    fn plan(&self) -> Plan {
        self.now().plan()
    }

    /// What the simulated host's file says.
    fn file(&self, host: &HostName) -> serde_json::Value {
        let path = self.folder.join(format!("fleet/{host}.json"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    /// The package's next installation on that host fails.
    fn fails_once(&self, host: &HostName, package: &str) {
        let mut file = self.file(host);
        let fault = serde_json::json!({ "says": "dpkg: error processing", "times": 1 });
        file["faults"]["fail"][format!("install:{package}")] = fault;
        std::fs::write(self.folder.join(format!("fleet/{host}.json")), file.to_string()).unwrap();
    }

    fn apply(&self, plan: Plan) -> Vec<Event> {
        let (events, over) = self.try_apply(plan);
        assert!(over, "{events:#?}");
        events
    }

    /// What happened, and whether the run came to its end.
    fn try_apply(&self, plan: Plan) -> (Vec<Event>, bool) {
        let store = Local::new(self.folder.join("state"));
        let claim = Claim {
            user: "ops".into(),
            host: "laptop".into(),
            purpose: "mdc apply".into(),
            above: 0,
        };
        let lease = store.acquire(&claim, None).unwrap();
        let mut run = store.begin(&lease, plan, (jiff::Timestamp::UNIX_EPOCH, &[])).unwrap();
        let mut events = Vec::new();
        let dial = |host: &HostName| -> Result<Box<dyn Connection>, Failure> {
            let (host, inner, ran) = (host.clone(), self.dial(host)?, Arc::clone(&self.ran));
            Ok(Box::new(Recorder { host, inner, ran }))
        };
        let at_once = NonZeroUsize::new(4).unwrap();
        let tenure = Tenure { site: "lab".to_owned(), fence: 1, holder: "the tests".to_owned() };
        let (plan, journal) = (String::new(), String::new());
        let copied = Copied { plan, journal, hosts: Vec::new() };
        let apply = Apply {
            dial: &dial,
            packages: self.folder,
            in_flight: (u64::MAX, u64::MAX),
            at_once,
            tenure: &tenure,
            patience: Duration::ZERO,
            copied: &copied,
            confirmed: &BTreeMap::new(),
            gateway: &|| Err(mdc::scan::Trouble::Here("there is no gateway".to_owned())),
            history: &|| Err(mdc::scan::Trouble::Here("there is no history".to_owned())),
            center: None,
            cores: None,
            telling: &apply::Telling { notices: &[], folder: self.folder, next: "mdc resume" },
            clock: &jiff::Timestamp::now,
        };
        let (_control, inbox) = Control::channel();
        apply::run(&apply, &mut run, inbox, &mut |event| events.extend(event)).unwrap();
        (events, run.progress.over)
    }
}

/// At every moment: nothing begins before all that it comes after is over, and no component changes
/// on more hosts than allowed.
fn kept_its_promises(cluster: &Cluster, plan: &Plan, events: &[Event]) {
    let steps: BTreeMap<&str, _> = plan.steps.iter().map(|step| (&*step.id, step)).collect();
    let (mut over, mut running) = (Vec::new(), Vec::new());
    for event in events {
        match event {
            Event::StepStarted { step } => {
                let step = steps[step.as_str()];
                for earlier in &step.after {
                    assert!(over.contains(earlier), "{} began before {earlier} ended", step.id);
                }
                running.push(step);
                let same = running.iter().filter(|other| {
                    other.component == step.component && other.action == step.action
                });
                let component = &cluster.desired.components[step.component.as_str()];
                let desired = &cluster.desired;
                let resources = desired.resources.keys().chain(desired.removed.keys());
                let all = resources.filter(|it| it.component == step.component).count();
                let allowed = component.at_once.of(all);
                let free = step.action.only_copies() || step.action.is_gate();
                assert!(free || same.count() <= allowed, "too many at once: {}", step.id);
            }
            Event::StepFinished { step, outcome, .. } => {
                assert!(outcome.is_done(), "{step}: {outcome:?}");
                running.retain(|other| *other.id != **step);
                over.push(step.as_str().into());
            }
            _ => {}
        }
    }
    assert_eq!(over.len(), plan.steps.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_plan_that_is_carried_out_leaves_nothing_to_do(
        cluster in clusters(vec![State::Absent, State::Old, State::AsDesired, State::Unwanted], 0)
    ) {
        let folder = memory_folder();
        let fleet = Fleet::new(&cluster, Utf8Path::from_path(folder.path()).unwrap());
        if fleet.refuses() {
            return Ok(());
        }
        let plan = fleet.plan();
        let events = fleet.apply(plan.clone());
        ran_only_what_is_said(&plan, &fleet.ran);
        kept_its_promises(&cluster, &plan, &events);
        enough_stay_healthy(&cluster, &plan, &events);
        works_again(&fleet, &events);
        prop_assert!(fleet.plan().is_empty(), "{:#?}", fleet.plan().steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Cores whose installation fails, as many as there may be, also when some failures are tolerated.
    #[test]
    fn enough_stay_healthy_when_batches_fail(
        cluster in clusters(vec![State::Absent, State::Old, State::AsDesired, State::Unwanted], 0),
        fails in prop::collection::vec(any::<bool>(), 8),
        tolerate in 0_u32..4,
    ) {
        let mut cluster = cluster;
        if let Some(core) = cluster.desired.components.get_mut("md-core") {
            Arc::make_mut(core).on_failure.tolerate = Share::Count(tolerate);
        }
        let folder = memory_folder();
        let fleet = Fleet::new(&cluster, Utf8Path::from_path(folder.path()).unwrap());
        if fleet.refuses() {
            return Ok(());
        }
        let plan = fleet.plan();
        let cores = cluster.states.keys().filter(|it| it.component.as_str() == "md-core");
        for (address, _) in cores.zip(fails).filter(|(_, fails)| *fails) {
            fleet.fails_once(&address.host, "md-core");
        }
        let (events, _) = fleet.try_apply(plan.clone());
        enough_stay_healthy(&cluster, &plan, &events);
        works_again(&fleet, &events);
    }
}

/// At every moment as many Cores are healthy as are promised: a step that runs takes one away, and one
/// that failed doesn't bring it back.
fn enough_stay_healthy(cluster: &Cluster, plan: &Plan, events: &[Event]) {
    let Some(core) = cluster.desired.components.get("md-core") else { return };
    let of_core = |step: &&Step| {
        step.component == core.name && !step.action.is_gate() && step.action != Action::Remove
    };
    let steps: BTreeMap<&str, &Step> =
        plan.steps.iter().filter(of_core).map(|step| (&*step.id, step)).collect();
    // What is to go is not counted on.
    let states = cluster
        .states
        .iter()
        .filter(|(address, state)| address.component == core.name && **state != State::Unwanted);
    let mut healthy: BTreeSet<&HostName> = states
        .clone()
        .filter(|(_, state)| **state != State::Absent)
        .map(|(address, _)| &address.host)
        .collect();
    let promised = core.rolling.min_healthy.at_least(states.count());
    for event in events {
        match event {
            Event::StepStarted { step } => {
                let Some(step) = steps.get(&**step).filter(|it| it.action.interrupts()) else {
                    continue;
                };
                healthy.remove(&step.host);
                let left = healthy.len();
                assert!(left >= promised, "{} leaves {left}, not {promised}", step.id);
            }
            Event::StepFinished { step, outcome, .. } if outcome.is_done() => {
                if let Some(step) = steps.get(&**step).filter(|it| !it.action.only_copies()) {
                    healthy.insert(&step.host);
                }
            }
            _ => {}
        }
    }
}

/// What was kept from new work gets work again, whatever happened; and it was kept from it before it
/// changed.
fn works_again(fleet: &Fleet<'_>, events: &[Event]) {
    for host in fleet.cluster.desired.hosts.keys() {
        let file = fleet.file(host);
        for (unit, state) in file["units"].as_object().into_iter().flatten() {
            assert_ne!(state["isolated"], true, "{unit} on {host}: {events:#?}");
        }
        let log: Vec<&str> =
            file["log"].as_array().into_iter().flatten().filter_map(|it| it.as_str()).collect();
        let place = |key: &str| log.iter().position(|it| *it == key);
        let core = fleet.cluster.desired.components.get("md-core");
        let drains = core.is_some_and(|core| core.rolling.drain.is_some());
        if let Some(change) = place("install:md-core").filter(|_| drains) {
            let isolated = place("isolate:ometascan");
            assert!(isolated.is_none_or(|isolated| isolated < change), "{log:?}");
        }
    }
}

/// Packages by resource.
fn versions(observed: &Observed) -> BTreeMap<String, PackageState> {
    let known = observed.hosts.iter().filter_map(|(host, state)| match state {
        HostState::Known(facts) => Some((host, &facts.components)),
        HostState::Unknown(_) => None,
    });
    let packages = known.flat_map(|(host, components)| {
        let of = move |(component, facts): (_, &ComponentFacts)| {
            (format!("{host}/{component}"), facts.package.clone())
        };
        components.iter().map(of)
    });
    packages.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Any part of a run that kept the order: what was moved and has a way back is as it was, what
    /// has none stays, and the way back is the way there, backwards.
    #[test]
    fn what_was_done_is_taken_back(
        cluster in clusters(vec![State::Absent, State::Old, State::AsDesired, State::Unwanted], 0),
        part in 0_usize..100,
    ) {
        let folder = memory_folder();
        let fleet = Fleet::new(&cluster, Utf8Path::from_path(folder.path()).unwrap());
        if fleet.refuses() {
            return Ok(());
        }
        let before = versions(&fleet.observe());
        let mut plan = fleet.plan();
        // The plan is in an order in which its steps could run one by one.
        plan.steps.truncate(plan.steps.len() * (part + 1) / 100);
        plan.seal = plan.digest();
        fleet.apply(plan.clone());
        let done: BTreeSet<&str> = plan.steps.iter().map(|step| &*step.id).collect();
        let what = Taken { run: "a-run", plan: &plan, steps: &done, half_way: &BTreeSet::new() };
        let back = rollback(what, (&cluster.desired, &fleet.observe()));
        let events = fleet.apply(back.clone());
        kept_its_promises(&cluster, &back, &events);
        backwards(&plan, &back);
        let after = versions(&fleet.observe());
        for step in &plan.steps {
            let id = format!("{}/{}", step.host, step.component);
            let returns = step.back().is_some() || before[&id] == after[&id];
            let stays = back.warnings.iter().any(|it| it.starts_with(&id));
            prop_assert!(returns != stays, "{id}: {:?}", back.warnings);
            prop_assert!(stays || before[&id] == after[&id], "{id}");
        }
        prop_assert!(rollback(what, (&cluster.desired, &fleet.observe())).is_empty());
    }
}

/// What was over before something began is taken back only after that.
fn backwards(plan: &Plan, back: &Plan) {
    let resource = |step: &Step| (step.host.clone(), step.component.clone());
    let ordered: BTreeSet<_> = pairs(back)
        .into_iter()
        .filter(|(.., ordered)| *ordered)
        .map(|(first, second, _)| (resource(first), resource(second)))
        .collect();
    let goes_back = |step: &Step| {
        step.back().is_some() && back.steps.iter().any(|it| resource(it) == resource(step))
    };
    for (first, second, is_ordered) in pairs(plan) {
        if is_ordered && goes_back(first) && goes_back(second) {
            assert!(
                ordered.contains(&(resource(second), resource(first))),
                "{} is not taken back before {}",
                second.id,
                first.id
            );
        }
    }
}

/// A folder in memory where there is one: the journal waits for the disk at every entry.
fn memory_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}
