//! Random clusters: where what runs, in which state it is, and what of it can't be seen.

use std::collections::BTreeMap;
use std::sync::Arc;

use mdc::address::{Address, ComponentName, HostName};
use mdc::catalog::{self, Component, Drain, Format, Rolling};
use mdc::desired::{Desired, DesiredHost, ManagedFile, Probe, Resource, Source};
use mdc::diff::{self, Comparison};
use mdc::graph;
use mdc::manifest::{BackupGate, ConfirmGate, Gates, IdleGate};
use mdc::observe::Observed;
use mdc::plan::{self, Plan};
use mdc::value::{Batch, Digest, Percent, Period, Share};
use proptest::prelude::*;

use crate::facts::{give_roles, observed};

/// The content of every package file.
pub(crate) const PACKAGE: &[u8] = b"a stand-in for a package";
pub(crate) const OLD: &str = "2.8.0";
pub(crate) const NEW: &str = "2.9.0";
pub(crate) const NEWER: &str = "2.10.0";

/// How a resource is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Absent,
    Old,
    OldStopped,
    /// In a newer version than it should be.
    Newer,
    Broken,
    Stopped,
    AsDesired,
    /// With a file that isn't as it should be.
    Edited,
    Unhealthy,
    /// To be removed, in the old version.
    Unwanted,
}

#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    pub(crate) desired: Desired,
    pub(crate) observed: Observed,
    pub(crate) states: BTreeMap<Address, State>,
}

impl Cluster {
    /// A cluster of execution hosts with all four components, all of the old version.
    pub(crate) fn of_size(hosts: usize) -> Self {
        let all: Vec<String> = (0..hosts).map(|host| format!("exec-{host:05}")).collect();
        let components = ["worker", "md-core", "api-gateway", "callback-service"];
        let placement = components.map(|component| (component, all.clone())).into();
        let ways = Ways {
            workers: "4".parse().unwrap(),
            cores: "2".parse().unwrap(),
            rolling: Rolling::default(),
            zones: vec![0],
            windows: vec![false],
            moves_house: false,
        };
        build(&placement, &ways, &vec![State::Old; 4 * hosts], &[])
    }

    pub(crate) fn comparison(&self) -> Comparison {
        diff::compare(&self.desired, &self.observed)
    }

    /// Whether more are promised to stay healthy than there are to spare.
    pub(crate) fn promises_too_much(&self) -> bool {
        let refusals = self.comparison().refusals;
        refusals.iter().any(|it| matches!(it, diff::Refusal::MinHealthy { .. }))
    }

    pub(crate) fn plan(&self) -> Plan {
        let comparison = self.comparison();
        let graph = graph::build(&self.desired, &comparison).unwrap();
        plan::make(&self.desired, &comparison, &graph).unwrap()
    }
}

/// How changes go over the hosts of Workers and Cores.
#[derive(Debug, Clone)]
struct Ways {
    workers: Batch,
    cores: Batch,
    /// Of Cores.
    rolling: Rolling,
    /// Of execution hosts, in turn.
    zones: Vec<u8>,
    /// Which execution and storage hosts run Windows, in turn.
    windows: Vec<bool>,
    /// Whether what a cluster has once is also where it should not be any more.
    moves_house: bool,
}

impl Ways {
    fn format(&self, host: &HostName) -> Format {
        let name = host.as_str();
        let may_be = name.starts_with("exec-") || name.starts_with("store-");
        if may_be && self.windows[number(host) % self.windows.len()] {
            Format::Msi
        } else {
            Format::Deb
        }
    }
}

fn number(host: &HostName) -> usize {
    host.as_str().rsplit('-').next().unwrap().parse().unwrap_or_default()
}

fn batches() -> impl Strategy<Value = Batch> {
    let (count, percent) =
        ((1_u32..5).prop_map(Share::Count), (1_u8..=100).prop_map(Share::Percent));
    prop_oneof![count, percent].prop_map(|share| share.try_into().unwrap())
}

fn ways() -> impl Strategy<Value = Ways> {
    let count = (0_u32..3).prop_map(Share::Count);
    let percent = (0_u8..80).prop_map(Share::Percent);
    let rolling = (1_u32..3, prop_oneof![count, percent], any::<bool>(), any::<bool>());
    let rolling = rolling.prop_map(|(canary, min_healthy, per, drain)| Rolling {
        canary,
        min_healthy,
        soak: None,
        per: per.then(|| "zone".to_owned()),
        drain: drain.then(|| Drain {
            isolate: "isolate".to_owned(),
            restore: "restore".to_owned(),
            within: Period::seconds(1),
        }),
    });
    let zones = prop::collection::vec(0_u8..3, 1..5);
    let windows = prop::collection::vec(any::<bool>(), 1..5);
    (batches(), batches(), rolling, zones, windows, any::<bool>()).prop_map(
        |(workers, cores, rolling, zones, windows, moves_house)| Ways {
            workers,
            cores,
            rolling,
            zones,
            windows,
            moves_house,
        },
    )
}

/// Which component is on which hosts.
type Placement = BTreeMap<&'static str, Vec<String>>;

fn placements() -> impl Strategy<Value = Placement> {
    let executing = prop::collection::vec(0_u8..8, 1..9);
    let counts = (1_usize..4, 1_usize..4, 1_usize..4, 1_usize..3);
    (executing, counts, any::<bool>()).prop_map(|(executing, counts, together)| {
        let mut placement = Placement::new();
        let mut put = |component, host: String| {
            placement.entry(component).or_default().push(host);
        };
        for (index, instances) in executing.iter().enumerate() {
            let host = format!("exec-{index:02}");
            put("worker", host.clone());
            let all = ["md-core", "api-gateway", "callback-service"];
            for (bit, component) in all.into_iter().enumerate() {
                if instances & (1 << bit) != 0 {
                    put(component, host.clone());
                }
            }
        }
        let data = |index: usize| format!("data-{index:02}");
        for (component, count) in
            [("postgresql", counts.0), ("rabbitmq", counts.1), ("redis", counts.2)]
        {
            (0..count).for_each(|index| put(component, data(index)));
        }
        (0..counts.3).for_each(|index| put("file-storage", format!("store-{index:02}")));
        let core = if together { "data-00" } else { "core-00" };
        put("identity-service", core.to_owned());
        put("control-center", core.to_owned());
        placement
    })
}

/// Random clusters; `states` is what a resource may be found in, `unseen` how many of a hundred
/// hosts can't be read.
pub(crate) fn clusters(states: Vec<State>, unseen: u8) -> impl Strategy<Value = Cluster> {
    let removes = states.contains(&State::Unwanted);
    (placements(), ways()).prop_flat_map(move |(placement, mut ways)| {
        ways.moves_house &= removes;
        let resources = placement.values().map(Vec::len).sum::<usize>();
        let states = prop::collection::vec(prop::sample::select(states.clone()), resources);
        let unseen = prop::collection::vec((0_u8..100).prop_map(move |n| n < unseen), 20);
        (Just(placement), Just(ways), states, unseen).prop_map(
            |(placement, ways, states, unseen)| build(&placement, &ways, &states, &unseen),
        )
    })
}

fn build(placement: &Placement, ways: &Ways, states: &[State], unseen: &[bool]) -> Cluster {
    let mut desired = Desired {
        durations: mdc::desired::Durations::default(),
        relays: mdc::desired::Relays::default(),
        cluster: "random".to_owned(),
        environment: "test".to_owned(),
        release: "B".to_owned(),
        allow_downgrade: true,
        hosts: BTreeMap::new(),
        components: components(placement, ways),
        resources: BTreeMap::new(),
        plans: mdc::manifest::Plans::default(),
        preflight: mdc::manifest::Preflight::default(),
        after: mdc::manifest::After::default(),
        waivers: Vec::new(),
        gates: if placement.contains_key("postgresql") {
            gates(placement)
        } else {
            Gates::default()
        },
        scan: None,
        cautions: Vec::new(),
        control_center: None,
        standby: None,
        notices: Vec::new(),
        files: BTreeMap::new(),
        removed: BTreeMap::new(),
        previous: BTreeMap::new(),
    };
    let mut states = states.iter().copied();
    let singletons = ["identity-service", "control-center"].map(|it| (it, "former-00".to_owned()));
    let all = placement
        .iter()
        .flat_map(|(component, hosts)| hosts.iter().map(move |host| (*component, host.clone())));
    let mut placed: Vec<(&str, String, State)> =
        all.map(|(component, host)| (component, host, states.next().unwrap())).collect();
    let former = singletons.into_iter().filter(|_| ways.moves_house);
    placed.extend(former.map(|(component, host)| (component, host, State::Unwanted)));
    let mut by_address = BTreeMap::new();
    for (component, host, state) in placed {
        let address = place(&mut desired, (component, &host), ways, state);
        by_address.insert(address, state);
    }
    let mut observed = observed(&by_address, &desired.hosts, unseen);
    give_roles(&mut observed, &by_address);
    Cluster { desired, observed, states: by_address }
}

/// Puts a component on a host, or among what goes from there.
fn place(
    desired: &mut Desired,
    (component, host): (&str, &str),
    ways: &Ways,
    state: State,
) -> Address {
    let component = desired.components[component].clone();
    let host: HostName = host.parse().unwrap();
    desired.hosts.insert(host.clone(), desired_host(&host, ways));
    let address = Address::new(host, component.name.clone());
    let resource = resource(&component, ways.format(&address.host));
    let before = Resource { version: OLD.parse().unwrap(), ..resource.clone() };
    if state == State::Unwanted {
        let source = Source::Repository;
        desired.removed.insert(address.clone(), Arc::new(Resource { source, ..before }));
    } else {
        desired.resources.insert(address.clone(), Arc::new(resource));
        desired.previous.insert(address.clone(), Arc::new(before));
    }
    if state == State::Edited {
        desired.files.insert(address.clone(), [file(ways.format(&address.host))].into());
    }
    address
}

/// A file that a component has.
fn file(format: Format) -> ManagedFile {
    let folder = if format == Format::Msi { r"C:\lab\" } else { "/etc/lab/" };
    let path = |name: &str| [folder, name].concat().parse().unwrap();
    ManagedFile {
        name: "settings".to_owned(),
        path: path("settings"),
        record: path("record"),
        content: "lab = 1\n".into(),
        secrets: BTreeMap::new(),
        mode: "0600".to_owned(),
        owner: "root:root".to_owned(),
        restart: true,
        only_on_install: false,
    }
}

/// All that there can be: evidence of backups, somebody's word, and idleness that is seen at once.
fn gates(placement: &Placement) -> Gates {
    let first = |component: &str| placement[component][0].parse().unwrap();
    let backup = |component: &str| {
        let gate = BackupGate {
            host: first(component),
            newest: "/var/backups/*".to_owned(),
            told_by: None,
            max_age: Period::seconds(1),
            at_least: Percent::HALF,
            probe: None,
            within: Period::seconds(1),
            take: None,
        };
        (component.parse().unwrap(), gate)
    };
    let confirm = ConfirmGate {
        host: first("worker"),
        text: "stop".to_owned(),
        verify: Some("true".to_owned()),
        within: Period::seconds(1),
    };
    Gates {
        idle: IdleGate { samples: 2, every: Period::default(), within: Period::seconds(1) },
        backup: BTreeMap::from(["postgresql", "file-storage"].map(backup)),
        confirm: BTreeMap::from([("worker".parse().unwrap(), confirm)]),
        ..Gates::default()
    }
}

fn components(placement: &Placement, ways: &Ways) -> BTreeMap<ComponentName, Arc<Component>> {
    let (catalog, problems) = catalog::load(&[]);
    assert!(problems.is_empty(), "{problems:?}");
    let placed = catalog.components().filter(|c| placement.contains_key(c.name.as_str()));
    placed
        .map(|component| {
            let mut component = Component::clone(component);
            // Nothing gets healthy by waiting for it.
            component.limits.healthy = Period::default();
            match component.name.as_str() {
                "worker" => component.at_once = ways.workers,
                "md-core" => {
                    component.at_once = ways.cores;
                    component.rolling = ways.rolling.clone();
                }
                _ => {}
            }
            (component.name.clone(), Arc::new(component))
        })
        .collect()
}

fn desired_host(host: &HostName, ways: &Ways) -> DesiredHost {
    let zone = ways.zones[number(host) % ways.zones.len()].to_string();
    let format = ways.format(host);
    let os = if format == Format::Msi { "windows-2022" } else { "debian-12" };
    DesiredHost {
        address: host.to_string(),
        os: os.to_owned(),
        format,
        connection: "simulated".parse().unwrap(),
        labels: BTreeMap::from([("zone".to_owned(), zone)]).into(),
    }
}

fn resource(component: &Component, format: Format) -> Resource {
    let infrastructure = component.kind == catalog::Kind::Infrastructure;
    let file = Source::File {
        path: "package.deb".into(),
        digest: Digest::of(PACKAGE),
        size: PACKAGE.len() as u64,
        identity: None,
    };
    Resource {
        version: NEW.parse().unwrap(),
        package: component.package[&format].clone(),
        format,
        source: if infrastructure { Source::Repository } else { file },
        unit: component.unit[&format].clone(),
        health: Probe::Http(format!("http://127.0.0.1:{}/readyz", component.ports["main"])),
        idle: component.idle.clone(),
        drain: component.rolling.drain.clone(),
        procedure: component.procedure.clone(),
        along: None,
    }
}
