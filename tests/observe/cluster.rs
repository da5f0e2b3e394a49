//! A small cluster as it should be, for the tests beside this file.

use std::collections::BTreeMap;
use std::sync::Arc;

use mdc::address::{Address, HostName};
use mdc::catalog::{Component, Durations, Format, Health, Kind, Limits, Stage, WhenUnknown};
use mdc::desired::{Desired, DesiredHost, Probe, Resource, Source};
use mdc::observe::questions;
use mdc::transport::Questions;
use mdc::value::Period;

/// A component with its package, service and probe.
pub(crate) type Placed<'a> = (&'a str, &'a str, &'a str, Probe);

pub(crate) fn http(url: &str) -> Probe {
    Probe::Http(url.to_owned())
}

pub(crate) fn command(line: &str) -> Probe {
    Probe::Command(line.to_owned())
}

/// The questions for one host that carries `placed`.
pub(crate) fn asked(format: Format, placed: &[Placed<'_>]) -> Questions {
    let desired = desired(["host-1"], format, placed);
    questions(&desired, &"host-1".parse().unwrap()).unwrap()
}

/// Hosts that all carry `placed`.
pub(crate) fn desired<'a>(
    hosts: impl IntoIterator<Item = &'a str>,
    format: Format,
    placed: &[Placed<'_>],
) -> Desired {
    let mut desired = Desired {
        durations: mdc::desired::Durations::default(),
        relays: mdc::desired::Relays::default(),
        cluster: "test".to_owned(),
        environment: "test".to_owned(),
        release: "test".to_owned(),
        allow_downgrade: false,
        hosts: BTreeMap::new(),
        components: BTreeMap::new(),
        resources: BTreeMap::new(),
        gates: mdc::manifest::Gates::default(),
        plans: mdc::manifest::Plans::default(),
        preflight: mdc::manifest::Preflight::default(),
        after: mdc::manifest::After::default(),
        waivers: Vec::new(),
        scan: None,
        cautions: Vec::new(),
        control_center: None,
        standby: None,
        notices: Vec::new(),
        files: BTreeMap::new(),
        removed: BTreeMap::new(),
        previous: BTreeMap::new(),
    };
    for host in hosts {
        let host: HostName = host.parse().unwrap();
        desired.hosts.insert(host.clone(), desired_host(format));
        for (name, package, unit, health) in placed {
            let component = Arc::new(component(name, health));
            let resource = Resource {
                version: "2.9.0".parse().unwrap(),
                package: (*package).to_owned(),
                format,
                source: Source::Repository,
                unit: (*unit).to_owned(),
                health: health.clone(),
                idle: None,
                drain: None,
                procedure: mdc::catalog::Procedure::default(),
                along: None,
            };
            let address = Address::new(host.clone(), component.name.clone());
            desired.components.insert(component.name.clone(), component);
            desired.resources.insert(address, Arc::new(resource));
        }
    }
    desired
}

fn desired_host(format: Format) -> DesiredHost {
    let os = if format == Format::Rpm { "rocky-9" } else { "debian-12" };
    DesiredHost {
        address: "192.0.2.1".to_owned(),
        os: os.to_owned(),
        format,
        connection: "test".parse().unwrap(),
        labels: Arc::default(),
    }
}

fn component(name: &str, health: &Probe) -> Component {
    Component {
        windows: mdc::catalog::OnWindows::default(),
        name: name.parse().unwrap(),
        title: name.to_owned(),
        kind: Kind::Service,
        singleton: false,
        procedure: mdc::catalog::Procedure::default(),
        optional: false,
        stage: Stage::Live,
        upgrade_order: 1,
        install_order: 1,
        needs: Vec::new(),
        at_once: mdc::value::Batch::ONE,
        impact: String::new(),
        package: BTreeMap::new(),
        unit: BTreeMap::new(),
        ports: BTreeMap::new(),
        health: match health {
            Probe::Http(url) => Health::Http(url.clone()),
            Probe::Command(line) => Health::Command(line.clone()),
        },
        limits: Limits {
            install: Period::seconds(600),
            healthy: Period::seconds(60),
            settle: Period::seconds(5),
        },
        durations: Durations { install: Period::seconds(8), start: Period::seconds(4) },
        on_failure: mdc::catalog::OnFailure::default(),
        when_unknown: WhenUnknown::Block,
        way_back: mdc::catalog::WayBack::default(),
        files: BTreeMap::new(),
        values: BTreeMap::new(),
        secrets: BTreeMap::new(),
        idle: None,
        driver: None,
        replicas: None,
        reboot: None,
        by_hand: None,
        in_console: None,
        rolling: mdc::catalog::Rolling::default(),
        backup_by: None,
        logs: mdc::catalog::Logs::default(),
        backup: mdc::catalog::Backup::None,
        minimum_version: None,
        tested_below: None,
        not_older_than: Vec::new(),
        jumps: Vec::new(),
        within_major: false,
        runtime: None,
        sure: BTreeMap::new(),
    }
}
