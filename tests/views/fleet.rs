//! A cluster of twelve hosts and all ten components: what the views are shown with.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a fleet that is not whole is a broken test"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use mdc::address::{Address, ComponentName, HostName};
use mdc::catalog::{
    Component, Durations, Format, Health, Kind, Limits, OnFailure, Stage, WhenUnknown,
};
use mdc::desired::{Desired, DesiredHost, Probe, Resource, Source};
use mdc::diagnostic::Code;
use mdc::diff::{Action, Reason};
use mdc::observe::{
    ComponentFacts, HealthState, HostFacts, HostState, Observed, PackageState, UnitState,
    Unreadable,
};
use mdc::plan::{
    self, Basis, Commands, Compared, HealthyBefore, Plan, Purpose, Step, Unknown, WayBack, Withheld,
};
use mdc::report::{PartReport, Report, ScanResult, StepReport, TestScan};
use mdc::scan::load::{LoadAccount, StepLoad, Tally};
use mdc::scan::{Sample, Verdict};
use mdc::state::{FailureKind, StepFailure, StepOutcome};
use mdc::transport::{Account, Command, Task};
use mdc::value::{Digest, PackageVersion, Period, Size, Version};

/// One component of the fleet.
struct Line {
    name: &'static str,
    stage: Stage,
    from: &'static str,
    to: &'static str,
    seconds: u64,
    hosts: &'static [&'static str],
    impact: &'static str,
    needs: &'static [(&'static str, &'static str)],
    /// Megabytes; none comes from the host's own repository.
    package: u64,
}

const CORES: &[&str] = &["core-01", "core-02", "core-03", "core-04"];
const AGENTS: &[&str] = &["core-01", "core-02", "core-03", "core-04", "gateway-01", "callback-01"];

const LINES: &[Line] = &[
    Line {
        name: "identity-service",
        stage: Stage::Live,
        from: "2.8.0-1",
        to: "2.9.0",
        seconds: 130,
        hosts: &["control-01"],
        impact: "API authentication: no new authenticated requests; running scans go on",
        needs: &[("postgresql", "db-01")],
        package: 84,
    },
    Line {
        name: "control-center",
        stage: Stage::Live,
        from: "2.8.0-1",
        to: "2.9.0",
        seconds: 200,
        hosts: &["control-01"],
        impact: "the web console; scanning goes on",
        needs: &[
            ("identity-service", "control-01"),
            ("postgresql", "db-01"),
            ("redis", "redis-01"),
            ("rabbitmq", "queue-01"),
        ],
        package: 212,
    },
    Line {
        name: "worker",
        stage: Stage::Live,
        from: "2.8.0-1",
        to: "2.9.0",
        seconds: 45,
        hosts: AGENTS,
        impact: "System Health, System Activity, workflow synchronisation, support packages, automated deployment",
        needs: &[("control-center", "control-01")],
        package: 37,
    },
    Line {
        name: "md-core",
        stage: Stage::Live,
        from: "5.14.1-1",
        to: "5.14.2",
        seconds: 240,
        hosts: CORES,
        impact: "one of four scanning instances at a time; scans take longer",
        needs: &[
            ("worker", ""),
            ("rabbitmq", "queue-01"),
            ("redis", "redis-01"),
            ("file-storage", "files-01"),
        ],
        package: 1_310,
    },
    Line {
        name: "api-gateway",
        stage: Stage::Live,
        from: "2.8.0-1",
        to: "2.9.0",
        seconds: 60,
        hosts: &["gateway-01"],
        impact: "the scan API: there is a single gateway",
        needs: &[("worker", ""), ("identity-service", "control-01"), ("rabbitmq", "queue-01")],
        package: 58,
    },
    Line {
        name: "callback-service",
        stage: Stage::Live,
        from: "",
        to: "2.9.0",
        seconds: 60,
        hosts: &["callback-01"],
        impact: "",
        needs: &[("worker", "")],
        package: 41,
    },
    Line {
        name: "postgresql",
        stage: Stage::Critical,
        from: "15.4-1",
        to: "15.8",
        seconds: 420,
        hosts: &["db-01"],
        impact: "everything: the window's own outage",
        needs: &[],
        package: 0,
    },
    Line {
        name: "rabbitmq",
        stage: Stage::Critical,
        from: "3.12.1-1",
        to: "3.13.7",
        seconds: 180,
        hosts: &["queue-01"],
        impact: "everything: the window's own outage",
        needs: &[("postgresql", "db-01")],
        package: 0,
    },
    Line {
        name: "redis",
        stage: Stage::Critical,
        from: "5:7.0.11-1",
        to: "7.0.15",
        seconds: 60,
        hosts: &["redis-01"],
        impact: "everything: the window's own outage",
        needs: &[("rabbitmq", "queue-01")],
        package: 0,
    },
    Line {
        name: "file-storage",
        stage: Stage::Critical,
        from: "2.8.0-1",
        to: "2.9.0",
        seconds: 240,
        hosts: &["files-01"],
        impact: "everything: the window's own outage",
        needs: &[("redis", "redis-01")],
        package: 96,
    },
];

pub(crate) fn plan() -> Plan {
    let mut steps = Vec::new();
    for line in LINES.iter().filter(|line| line.package > 0) {
        steps.extend(line.hosts.iter().map(|host| copy(line, host)));
    }
    let mut wave = 1;
    for line in LINES {
        wave += 1;
        for (place, host) in line.hosts.iter().enumerate() {
            // MD Core goes through its hosts two by two.
            wave += u32::from(line.name == "md-core" && place == 2);
            steps.push(change(line, host, wave));
        }
    }
    let needs = steps.iter().flat_map(|step| &step.needs_healthy);
    Plan {
        on_failure: BTreeMap::new(),
        windows: std::collections::BTreeSet::new(),
        checks: needs.map(|need| need.check.entry()).collect(),
        steps,
        unknown: vec![Unknown {
            host: host("core-05"),
            components: vec![component("md-core"), component("worker")],
            reason: "core-05: could not log in: the host's key has changed since it was last seen".into(),
            hint: "compare the key with the one on the machine's console, then remove the old line from known_hosts".into(),
        }],
        withheld: vec![Withheld {
            host: host("files-02"),
            component: component("file-storage"),
            action: Action::Upgrade,
            reason: "comes after md-core on core-05, which is unknown".into(),
        }],
        warnings: vec![
            Code::FewCopies.said("api-gateway runs on gateway-01 alone: the scan API stops while it changes"),
            Code::Stays.said("going to postgresql 15.8 can't be undone by installing 15.4 again: restore the backup instead"),
        ],
        ..empty_plan()
    }
}

/// The same cluster as it should be.
pub(crate) fn empty_plan() -> Plan {
    let resources = LINES.iter().map(|line| line.hosts.len()).sum();
    Plan {
        notices: Vec::new(),
        format: plan::FORMAT.into(),
        version: plan::VERSION,
        seal: Digest::of(b"the plan"),
        manifest: "../cluster.toml".into(),
        cluster: "scan-eu".into(),
        environment: "production".into(),
        release: "2026.11".into(),
        purpose: Purpose::Release,
        window: None,
        basis: Basis {
            tool: "0.1.0".into(),
            desired: Digest::of(b"desired"),
            max_age: Period::seconds(7 * 24 * 3600),
            written: plan::Written::default(),
            snapshot: None,
            compared: Compared { hosts: 12, resources },
            cores: BTreeMap::new(),
            facts: BTreeMap::new(),
        },
        on_failure: BTreeMap::new(),
        windows: std::collections::BTreeSet::new(),
        checks: BTreeMap::new(),
        members: BTreeMap::new(),
        asked: BTreeMap::new(),
        steps: Vec::new(),
        unknown: Vec::new(),
        withheld: Vec::new(),
        warnings: Vec::new(),
        waivers: Vec::new(),
        approvals: None,
        rehearsal: None,
    }
}

fn copy(line: &Line, at: &str) -> Step {
    let file = format!("/var/lib/mdc/packages/{}_{}.deb", line.name, line.to);
    let (path, digest) = (file.parse().unwrap(), Digest::of(line.name.as_bytes()));
    let task = Task::ReceiveFile {
        from: format!("packages/{}_{}.deb", line.name, line.to),
        path,
        digest,
        size: line.package * 1_000_000,
    };
    Step {
        action: Action::Copy,
        wave: 1,
        id: format!("{at}/{}/copy", line.name).into(),
        after: Vec::new(),
        needs_healthy: Vec::new(),
        reasons: vec![Reason::NeededBy { step: format!("{at}/{}/{}", line.name, verb(line)) }],
        impact: "".into(),
        forecast: Period::seconds(line.package / 20 + 1),
        slow: None,
        canary: false,
        staged: false,
        commands: [command(
            &format!("cat > {file}.part && mv -f {file}.part {file}"),
            Account::Root,
            1800,
            task,
        )]
        .into(),
        way_back: None,
        ..change(line, at, 1)
    }
}

fn change(line: &Line, at: &str, wave: u32) -> Step {
    let from: Option<PackageVersion> = line.from.parse().ok();
    let reason = from.clone().map_or_else(
        || Reason::NotInstalled { desired: version(line.to) },
        |observed| Reason::VersionDiffers { observed, desired: version(line.to) },
    );
    Step {
        id: format!("{at}/{}/{}", line.name, verb(line)).into(),
        host: host(at),
        component: component(line.name),
        action: if from.is_some() { Action::Upgrade } else { Action::Install },
        stage: line.stage,
        wave,
        from,
        to: version(line.to),
        after: vec![format!("{at}/{}/copy", line.name).into()],
        needs_healthy: line
            .needs
            .iter()
            .map(|(name, on)| need(name, if on.is_empty() { at } else { on }))
            .collect(),
        reasons: vec![reason],
        impact: line.impact.into(),
        forecast: Period::seconds(line.seconds),
        slow: None,
        canary: false,
        staged: false,
        feeder: None,
        commands: commands(line).into(),
        way_back: Some(WayBack::None("its data was migrated; restore the backup".into())),
    }
}

fn verb(line: &Line) -> &'static str {
    if line.from.is_empty() { "install" } else { "upgrade" }
}

fn commands(line: &Line) -> Vec<Command> {
    let (package, unit, to) =
        (format!("md-{}", line.name), format!("md-{}.service", line.name), version(line.to));
    let install = if line.package == 0 {
        command(
            &format!("DEBIAN_FRONTEND=noninteractive apt-get install -y '{package}={}*'", line.to),
            Account::Root,
            900,
            Task::InstallFromRepository {
                package: package.clone(),
                version: to,
                unit: unit.clone(),
            },
        )
    } else {
        let file = format!("/var/lib/mdc/packages/{}_{}.deb", line.name, line.to);
        command(
            &format!("DEBIAN_FRONTEND=noninteractive apt-get install -y {file}"),
            Account::Root,
            900,
            Task::InstallFile {
                package: package.clone(),
                version: to,
                path: file.parse().unwrap(),
                unit: unit.clone(),
            },
        )
    };
    let probe = Probe::Http("http://127.0.0.1:8008/health".into());
    let wait = "until curl -fsS http://127.0.0.1:8008/health; do sleep 2; done";
    vec![install, command(wait, Account::Login, 300, Task::AwaitHealth { unit, probe, samples: 5 })]
}

fn need(name: &str, on: &str) -> HealthyBefore {
    let probe = Probe::Command(format!("systemctl is-active --quiet {name}"));
    let check = command(
        &format!("systemctl is-active --quiet {name}"),
        Account::Login,
        30,
        Task::AwaitHealth { unit: name.to_owned(), probe, samples: 1 },
    );
    HealthyBefore {
        host: host(on),
        component: component(name),
        check: Commands::new(name, vec![check]),
    }
}

fn command(run: &str, account: Account, seconds: u64, task: Task) -> Command {
    Command { run: run.into(), account, within: Period::seconds(seconds), task }
}

/// A run of [`plan`] in which the second MD Core could not be upgraded.
pub(crate) fn failed_report() -> Report {
    let plan = plan();
    let broken = plan.steps.iter().position(|step| *step.id == *"core-02/md-core/upgrade").unwrap();
    let steps = plan.steps.iter().enumerate().map(|(place, step)| StepReport {
        step: step.id.to_string(),
        outcome: match place.cmp(&broken) {
            std::cmp::Ordering::Less if place == 0 => Some(StepOutcome::FoundDone),
            std::cmp::Ordering::Less => Some(StepOutcome::Done),
            std::cmp::Ordering::Equal => Some(StepOutcome::Failed(dpkg_failure())),
            std::cmp::Ordering::Greater => None,
        },
        waits: (place > broken)
            .then(|| "waits for core-02/md-core/upgrade, which failed".to_owned()),
        took: Period::seconds(if place <= broken { step.forecast.whole_seconds() + 7 } else { 0 }),
        forecast: step.forecast,
    });
    Report {
        parts: vec![PartReport {
            part: "Stage 1, live".into(),
            steps: 20,
            ended: 9,
            forecast: Period::seconds(310),
            slow: Period::seconds(930),
            took: Period::seconds(1_020),
        }],
        taken_back: None,
        unreturned: Vec::new(),
        stays: Vec::new(),
        logs: Vec::new(),
        notices: Vec::new(),
        run: "20261118-220400".into(),
        cluster: plan.cluster.clone(),
        release: plan.release.clone(),
        purpose: plan.purpose.clone(),
        steps: steps.collect(),
        scans: [(Sample::Harmless, 0, "No Threat Detected"), (Sample::Eicar, 1, "Infected")]
            .map(|(file, index, result)| TestScan {
                file,
                before: Some(ScanResult {
                    verdict: Verdict {
                        index,
                        result: result.into(),
                        processed: if index == 0 { "Allowed" } else { "Blocked" }.into(),
                    },
                    took: Period::millis(412),
                }),
                after: None,
            })
            .into(),
        load: Some(load()),
        stopped: None,
        unknown: plan.unknown.iter().map(|unknown| unknown.host.clone()).collect(),
        withheld: plan.withheld.len(),
        back: "mdc rollback production.toml".into(),
        mixed: vec!["md-core: 5.14.1 on core-[02..04], 5.14.2 on core-01".into()],
        recorded: "state/runs/20261118-220400/journal.jsonl".into(),
        next: "mdc apply plans/production.json --resume".into(),
    }
}

/// The load of a rehearsal in which a restart of the gateway was felt, and two files were lost.
pub(crate) fn load() -> LoadAccount {
    let whole = Tally {
        submitted: 400,
        finished: 391,
        slow: 12,
        failed: 1,
        refused: 6,
        lost: 2,
        longest_gap: Period::seconds(7),
        slowest: Period::millis(48_300),
        held_up: 3,
        open: 0,
    };
    let upgrade = Tally { submitted: 21, finished: 13, ..whole };
    LoadAccount {
        size: Size::of(56_000),
        at_once: 1,
        every: Period::seconds(1),
        slow_after: Period::seconds(30),
        lost_after: Period::seconds(300),
        may_lose: Some(0),
        problem: None,
        whole,
        steps: vec![StepLoad { step: "core-01/md-core/upgrade".into(), tally: upgrade }],
        more_steps: 0,
    }
}

fn dpkg_failure() -> StepFailure {
    StepFailure {
        kind: FailureKind::Command,
        during: "install md-md-core 5.14.2".into(),
        command: "DEBIAN_FRONTEND=noninteractive apt-get install -y /var/lib/mdc/packages/md-core_5.14.2.deb".into(),
        ended: "exit status 100".into(),
        output: vec![
            "Unpacking md-md-core (5.14.2-1) over (5.14.1-1) ...".into(),
            "dpkg: error processing archive /var/lib/mdc/packages/md-core_5.14.2.deb (--unpack):".into(),
            " cannot copy extracted data for './opt/ometascan/engines.bin': No space left on device".into(),
        ]
        .into(),
        hint: "free space below /opt on core-02, then go on: the half-installed package is repaired first".into(),
    }
}

/// The whole fleet, as it should be.
pub(crate) fn desired() -> Desired {
    let mut desired = Desired {
        notices: Vec::new(),
        cautions: Vec::new(),
        control_center: None,
        standby: None,
        cluster: "scan-eu".into(),
        environment: "production".into(),
        release: "2026.11".into(),
        allow_downgrade: false,
        hosts: BTreeMap::new(),
        components: BTreeMap::new(),
        resources: BTreeMap::new(),
        gates: mdc::manifest::Gates::default(),
        preflight: mdc::manifest::Preflight::default(),
        plans: mdc::manifest::Plans::default(),
        after: mdc::manifest::After::default(),
        waivers: Vec::new(),
        scan: None,
        files: BTreeMap::new(),
        removed: BTreeMap::new(),
        durations: mdc::desired::Durations::default(),
        relays: mdc::desired::Relays::default(),
        previous: BTreeMap::new(),
    };
    for (order, line) in (1..).zip(LINES) {
        desired.components.insert(component(line.name), Arc::new(entry(line, order)));
        for at in line.hosts.iter().chain((line.name == "md-core").then_some(&"core-05")) {
            desired.hosts.insert(
                host(at),
                DesiredHost {
                    address: format!("{at}.example.net"),
                    os: "debian-12".into(),
                    format: Format::Deb,
                    connection: "ssh".parse().unwrap(),
                    labels: Arc::default(),
                },
            );
            desired.resources.insert(
                Address::new(host(at), component(line.name)),
                Arc::new(Resource {
                    version: version(line.to),
                    package: format!("md-{}", line.name),
                    format: Format::Deb,
                    source: Source::Repository,
                    unit: format!("md-{}.service", line.name),
                    health: Probe::Command("true".into()),
                    idle: None,
                    drain: None,
                    procedure: mdc::catalog::Procedure::default(),
                    along: None,
                }),
            );
        }
    }
    desired
}

fn entry(line: &Line, order: u32) -> Component {
    Component {
        windows: mdc::catalog::OnWindows::default(),
        name: component(line.name),
        title: line.name.into(),
        kind: Kind::Service,
        singleton: false,
        procedure: mdc::catalog::Procedure::default(),
        optional: false,
        stage: line.stage,
        upgrade_order: order,
        install_order: order,
        needs: Vec::new(),
        at_once: mdc::value::Batch::ONE,
        impact: line.impact.into(),
        package: BTreeMap::new(),
        unit: BTreeMap::new(),
        ports: BTreeMap::new(),
        health: Health::Command("true".into()),
        limits: Limits {
            install: Period::seconds(1),
            healthy: Period::seconds(1),
            settle: Period::seconds(1),
        },
        durations: Durations { install: Period::seconds(1), start: Period::seconds(1) },
        on_failure: OnFailure::default(),
        when_unknown: WhenUnknown::Block,
        way_back: mdc::catalog::WayBack::default(),
        files: BTreeMap::new(),
        values: BTreeMap::new(),
        secrets: BTreeMap::new(),
        idle: None,
        backup_by: None,
        driver: None,
        replicas: None,
        reboot: None,
        by_hand: None,
        in_console: None,
        rolling: mdc::catalog::Rolling::default(),
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

/// The fleet in the middle of an upgrade: one unknown host, one broken package, one sick service.
pub(crate) fn observed() -> Observed {
    let mut hosts: BTreeMap<HostName, HostState> = BTreeMap::new();
    for (place, line) in LINES.iter().enumerate() {
        for at in line.hosts {
            let state = hosts.entry(host(at)).or_insert_with(|| HostState::Known(quiet_host()));
            let HostState::Known(facts) = state else { continue };
            let version = if place < 4 { line.to } else { line.from };
            let found = if line.from.is_empty() { absent() } else { healthy(version) };
            facts.components.insert(component(line.name), found);
        }
    }
    *facts(&mut hosts, "core-02", "md-core") = ComponentFacts {
        package: PackageState::Broken {
            version: "5.14.2-1".parse().unwrap(),
            status: "half-configured".into(),
        },
        unit: UnitState::Stopped("failed".into()),
        health: HealthState::Unhealthy("curl: (7) Failed to connect to 127.0.0.1 port 8008".into()),
        since: None,
        role: None,
        files: BTreeMap::new(),
        kept: Vec::new(),
    };
    facts(&mut hosts, "redis-01", "redis").health =
        HealthState::Unhealthy("NOAUTH Authentication required.".into());
    let unreadable = Unreadable {
        reason: "core-05: could not log in: the host's key has changed since it was last seen"
            .into(),
        hint: "compare the key with the one on the machine's console".into(),
    };
    hosts.insert(host("core-05"), HostState::Unknown(unreadable));
    Observed { hosts, ..Observed::default() }
}

fn facts<'a>(
    hosts: &'a mut BTreeMap<HostName, HostState>,
    at: &str,
    name: &str,
) -> &'a mut ComponentFacts {
    let Some(HostState::Known(facts)) = hosts.get_mut(at) else { panic!("{at} is known") };
    facts.components.get_mut(name).unwrap()
}

/// What our own journals tell of when versions came.
pub(crate) fn past() -> mdc::report::Past {
    let at = "2026-11-20T22:04:05Z".parse().unwrap();
    [(Address::new(host("core-01"), "md-core".parse().unwrap()), at)].into()
}

fn quiet_host() -> HostFacts {
    HostFacts {
        os: "debian-12".into(),
        architecture: "x86_64".into(),
        free_disk: 41_200_000_000,
        free_memory: 6_100_000_000,
        clock_ahead: -2,
        boot_id: "3f0c6b1e-5a0f-4c6e-9b61-0d6a3c1d7a42".into(),
        reboot_pending: false,
        file_systems: BTreeMap::new(),
        unreachable: BTreeMap::new(),
        certificates: BTreeMap::new(),
        packages: BTreeMap::new(),
        offers: BTreeMap::new(),
        runtimes: BTreeMap::new(),
        staged: BTreeMap::new(),
        components: BTreeMap::new(),
    }
}

fn healthy(version: &str) -> ComponentFacts {
    ComponentFacts {
        package: PackageState::Installed(version.parse().unwrap()),
        unit: UnitState::Active,
        health: HealthState::Healthy,
        since: None,
        role: None,
        files: BTreeMap::new(),
        kept: Vec::new(),
    }
}

fn absent() -> ComponentFacts {
    ComponentFacts {
        package: PackageState::Absent,
        unit: UnitState::Absent,
        health: HealthState::NotAsked("the package is absent".into()),
        since: None,
        role: None,
        files: BTreeMap::new(),
        kept: Vec::new(),
    }
}

pub(crate) fn host(name: &str) -> HostName {
    name.parse().unwrap()
}

fn component(name: &str) -> ComponentName {
    name.parse().unwrap()
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}
