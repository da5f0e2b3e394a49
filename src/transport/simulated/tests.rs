use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use super::*;
use crate::catalog::Format;
use crate::desired::Probe;
use crate::manifest::SimulatedConnection;
use crate::observe::{Exchange, HealthState, HostFacts, PackageState, UnitState, parse};
use crate::transport::{Account, Also, ResourceQuestions};
use crate::value::{Period, RemotePath};

const CONTENT: &[u8] = b"a package";

/// A folder with one host, `core-01`, that has md-core 2.8.0 and could have a worker.
struct Fleet {
    folder: tempfile::TempDir,
    settings: manifest::Connection,
}

impl Fleet {
    fn new(speed: u32) -> Self {
        let installed = [("md-core", "2.8.0"), ("core-02/worker", "2.7.0")];
        let settings = manifest::Connection::Simulated(SimulatedConnection {
            folder: "fleet".into(),
            speed,
            installed: installed.map(|(c, v)| (c.to_owned(), v.parse().unwrap())).into(),
            licences: None,
        });
        Self { folder: tempfile::tempdir().unwrap(), settings }
    }

    fn folder(&self) -> &Utf8Path {
        Utf8Path::from_path(self.folder.path()).unwrap()
    }

    fn file(&self, host: &str) -> Utf8PathBuf {
        self.folder().join("fleet").join(format!("{host}.json"))
    }

    fn connect(&self, host: &str) -> Result<Box<dyn Connection>, Failure> {
        let host = host.parse().unwrap();
        connect(&Target {
            host: &host,
            address: "192.0.2.1",
            format: Format::Deb,
            connection: &self.settings,
            folder: self.folder(),
        })
    }

    /// Sets `faults` in the host's file, as a person would.
    fn set(&self, host: &str, faults: &Value) {
        let file = self.file(host);
        let text = std::fs::read_to_string(&file).unwrap_or_else(|_| "{}".to_owned());
        let mut host: Value = serde_json::from_str(&text).unwrap();
        host["faults"] = faults.clone();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, host.to_string()).unwrap();
    }
}

fn probe(component: &str) -> Probe {
    Probe::Http(format!("http://127.0.0.1/{component}"))
}

fn questions(format: Format) -> Questions {
    let about = |package: &str, unit: &str, name: &str| ResourceQuestions {
        package: package.to_owned(),
        others: Vec::new(),
        repository: None,
        unit: unit.to_owned(),
        health: probe(name),
        role: None,
        files: BTreeMap::new(),
        kept: None,
    };
    let resources = BTreeMap::from([
        ("md-core".parse().unwrap(), about("md-core", "ometascan", "md-core")),
        ("worker".parse().unwrap(), about("md-cluster-worker", "md-cluster-worker", "worker")),
    ]);
    let os = if format == Format::Rpm { "rocky-9" } else { "debian-12" };
    let also = Also::default();
    Questions {
        os: os.to_owned(),
        format,
        resources,
        also,
        script: String::new(),
        words: Vec::new(),
    }
}

fn read(host: &mut dyn Connection, format: Format) -> HostFacts {
    let questions = questions(format);
    let sent = jiff::Timestamp::now();
    let answer = host.ask(&questions, Duration::from_secs(1)).unwrap();
    parse(&answer, &questions, Exchange { sent, received: jiff::Timestamp::now() }).unwrap()
}

fn path() -> RemotePath {
    "/var/cache/mdc/md-core.deb".parse().unwrap()
}

fn command(task: Task) -> Command {
    let within = Period::seconds(600);
    Command { run: String::new(), account: Account::Root, within, task }
}

fn run(host: &mut dyn Connection, task: Task) -> Output {
    host.run(&command(task), None).unwrap()
}

fn copy(host: &mut dyn Connection, mut content: &[u8]) -> Output {
    let (digest, size) = (Digest::of(CONTENT), CONTENT.len() as u64);
    let task = Task::ReceiveFile { from: "md-core.deb".to_owned(), path: path(), digest, size };
    host.run(&command(task), Some(&mut content)).unwrap()
}

fn install(version: &str) -> Task {
    Task::InstallFile {
        package: "md-core".to_owned(),
        version: version.parse().unwrap(),
        path: path(),
        unit: "ometascan".to_owned(),
    }
}

fn version_is(version: &str) -> Task {
    Task::CheckVersion { package: "md-core".to_owned(), version: version.parse().unwrap() }
}

fn unit_runs() -> Task {
    Task::CheckUnit { unit: "ometascan".to_owned() }
}

fn await_health() -> Task {
    Task::AwaitHealth { unit: "ometascan".to_owned(), probe: probe("md-core"), samples: 1 }
}

fn ended(output: &Output) -> (i64, String) {
    let End::Exit(status) = output.end else { panic!("{output:?}") };
    let printed = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (status, String::from_utf8(printed).unwrap())
}

fn core(facts: &HostFacts) -> (PackageState, UnitState, HealthState) {
    let core = facts.components["md-core"].clone();
    (core.package, core.unit, core.health)
}

fn installed(version: &str) -> PackageState {
    PackageState::Installed(version.parse().unwrap())
}

#[test]
fn a_fresh_host_is_as_the_manifest_says() {
    for (format, os) in [(Format::Deb, "debian-12"), (Format::Rpm, "rocky-9")] {
        let fleet = Fleet::new(0);
        let facts = read(fleet.connect("core-01").unwrap().as_mut(), format);
        assert_eq!((facts.os.as_str(), facts.clock_ahead), (os, 0));
        let healthy = (installed("2.8.0-1"), UnitState::Active, HealthState::Healthy);
        assert_eq!(core(&facts), healthy);
        assert_eq!(facts.components["worker"].package, PackageState::Absent);
        assert_eq!(facts.components["worker"].unit, UnitState::Absent);
        // Its own entry comes first.
        let other = read(fleet.connect("core-02").unwrap().as_mut(), format);
        assert_eq!(other.components["worker"].package, installed("2.7.0-1"));
        assert_ne!(other.boot_id, facts.boot_id);
    }
}

#[test]
fn an_upgrade_changes_what_is_read_afterwards() {
    let fleet = Fleet::new(0);
    let host = &mut *fleet.connect("core-01").unwrap();
    read(host, Format::Deb);
    let find = Task::FindFile { path: path(), digest: Digest::of(CONTENT) };
    assert_eq!(ended(&run(host, find.clone())).0, 1);
    assert_eq!(ended(&run(host, install("2.9.0"))).0, 100, "there is no such file yet");
    assert_eq!(ended(&copy(host, b"a packagf")).0, 1);
    assert_eq!(ended(&copy(host, b"a package, longer")).0, 1);
    assert_eq!(ended(&run(host, find.clone())).0, 1, "nothing wrong is kept");
    assert_eq!(ended(&copy(host, CONTENT)).0, 0);
    assert_eq!(ended(&run(host, find)).0, 0);
    assert_eq!(ended(&run(host, version_is("2.9.0"))).0, 1);
    assert_eq!(ended(&run(host, install("2.9.0"))).0, 0);
    for check in [version_is("2.9.0"), unit_runs(), await_health()] {
        assert_eq!(ended(&run(host, check)).0, 0);
    }
    assert!(ended(&run(host, install("2.9.0"))).1.contains("already the newest"));
    // Another connection, another process: the host is in its file.
    let facts = read(fleet.connect("core-01").unwrap().as_mut(), Format::Deb);
    assert_eq!(core(&facts), (installed("2.9.0-1"), UnitState::Active, HealthState::Healthy));
}

#[test]
fn a_failed_installation_leaves_what_the_package_manager_would_leave() {
    for (format, status) in [(Format::Deb, 100), (Format::Rpm, 1)] {
        let fleet = Fleet::new(0);
        let host = &mut *fleet.connect("core-01").unwrap();
        read(host, format);
        copy(host, CONTENT);
        let says = "dpkg: error processing package md-core";
        fleet.set(
            "core-01",
            &json!({ "fail": { "install:md-core": { "says": says, "times": 1 } } }),
        );
        let (ended_with, printed) = ended(&run(host, install("2.9.1")));
        assert_eq!(ended_with, status);
        assert!(printed.contains(says));
        let half = PackageState::Broken {
            version: "2.9.1-1".parse().unwrap(),
            status: "half-configured".to_owned(),
        };
        let (package, unit, _) = core(&read(host, format));
        match format {
            Format::Deb => {
                assert_eq!((package, unit), (half, UnitState::Stopped("inactive".to_owned())));
                assert_eq!(ended(&run(host, unit_runs())), (3, "inactive\n".to_owned()));
            }
            _ => assert_eq!((package, unit), (installed("2.8.0-1"), UnitState::Active)),
        }
        assert_eq!(ended(&run(host, install("2.9.1"))).0, 0, "the fault is used up");
        assert_eq!(core(&read(host, format)).0, installed("2.9.1-1"));
    }
}

#[test]
fn services_start_and_can_be_unhealthy() {
    let fleet = Fleet::new(0);
    let host = &mut *fleet.connect("core-01").unwrap();
    read(host, Format::Deb);
    assert_eq!(ended(&run(host, await_health())).0, 0);
    fleet.set("core-01", &json!({ "unhealthy": ["ometascan"] }));
    assert_eq!(ended(&run(host, await_health())).0, 22);
    assert_eq!(
        core(&read(host, Format::Deb)).2,
        HealthState::Unhealthy("HTTP status 503".to_owned())
    );
    fleet.set("core-01", &json!({}));
    assert_eq!(ended(&run(host, await_health())).0, 0);
    let start = |unit: &str| Task::StartUnit { unit: unit.to_owned() };
    let (status, printed) = ended(&run(host, start("md-cluster-worker")));
    assert_eq!((status, printed.contains("not found")), (5, true));
    let from_repository = Task::InstallFromRepository {
        package: "md-cluster-worker".to_owned(),
        version: "2.9.0".parse().unwrap(),
        unit: "md-cluster-worker".to_owned(),
    };
    assert_eq!(ended(&run(host, from_repository)).0, 0);
    assert_eq!(ended(&run(host, start("md-cluster-worker"))).0, 0);
    let worker = read(host, Format::Deb).components["worker"].clone();
    assert_eq!((worker.unit, worker.health), (UnitState::Active, HealthState::Healthy));
}

#[test]
fn connections_fail_as_they_are_set_to() {
    let fleet = Fleet::new(0);
    fleet.set("core-01", &json!({ "unreachable": "no route to host" }));
    let failure = fleet.connect("core-01").err().unwrap();
    assert_eq!(failure.problem, Problem::Unreachable("no route to host".to_owned()));
    assert!(failure.hint.contains("core-01.json"), "{failure:?}");

    let lost = json!({ "says": "reset by peer", "times": 1, "lost": true });
    fleet.set("core-01", &json!({ "fail": { "install:md-core": lost, "ask": lost } }));
    let host = &mut *fleet.connect("core-01").unwrap();
    let lost = Problem::Lost("reset by peer".to_owned());
    let asked = host.ask(&questions(Format::Deb), Duration::from_secs(1));
    assert_eq!(asked.unwrap_err().problem, lost);
    read(host, Format::Deb);
    copy(host, CONTENT);
    let ran = host.run(&command(install("2.9.0")), None);
    assert_eq!(ran.unwrap_err().problem, lost);
    assert_eq!(ended(&run(host, version_is("2.9.0"))).0, 0, "it was carried out all the same");
}

#[test]
fn what_takes_longer_than_its_limit_is_given_up_but_goes_on() {
    let fleet = Fleet::new(0);
    fleet.set("core-01", &json!({ "slow": 100 }));
    let host = &mut *fleet.connect("core-01").unwrap();
    let failure = host.ask(&questions(Format::Deb), Duration::from_secs(19)).unwrap_err();
    let limit = Duration::from_secs(19);
    let limit = Problem::TimedOut { limit: "the command".to_owned(), after: limit };
    assert_eq!((failure.problem, failure.during.as_str()), (limit, "ask the host"));
    copy(host, CONTENT);
    assert!(host.run(&command(install("2.9.0")), None).is_err(), "800 s are over 600 s");
    assert_eq!(ended(&run(host, version_is("2.9.0"))).0, 0);
}

#[test]
fn time_passes_at_the_given_speed() {
    let fleet = Fleet::new(100);
    let host = &mut *fleet.connect("core-01").unwrap();
    copy(host, CONTENT);
    let began = std::time::Instant::now();
    run(host, install("2.9.0"));
    assert!(began.elapsed() >= Duration::from_millis(80), "{:?}", began.elapsed());
    run(host, await_health());
    assert!(began.elapsed() >= Duration::from_millis(120), "{:?}", began.elapsed());
}

#[test]
fn a_file_that_is_no_host_is_named() {
    let fleet = Fleet::new(0);
    fleet.set("core-01", &json!({ "unreachabel": "x" }));
    let failure = fleet.connect("core-01").err().unwrap();
    let Problem::Here(problem) = failure.problem else { panic!("{failure:?}") };
    assert!(problem.contains("core-01.json is not a simulated host: unknown field"), "{problem}");
}

/// Two connections at once: nothing is lost.
#[test]
fn changes_of_one_host_don_t_overwrite_each_other() {
    let fleet = Fleet::new(0);
    std::thread::scope(|scope| {
        for connection in 0..4 {
            let mut host = fleet.connect("core-01").unwrap();
            scope.spawn(move || {
                for count in 0..25 {
                    let package = format!("package-{connection}-{count}");
                    let version = "1.0".parse().unwrap();
                    let task =
                        Task::InstallFromRepository { unit: package.clone(), package, version };
                    assert_eq!(ended(&run(host.as_mut(), task)).0, 0);
                }
            });
        }
    });
    let file = std::fs::read_to_string(fleet.file("core-01")).unwrap();
    let host: Value = serde_json::from_str(&file).unwrap();
    assert_eq!(host["packages"].as_object().unwrap().len(), 100);
}

#[test]
fn other_connections_are_refused() {
    let fleet = Fleet::new(0);
    let local = manifest::Connection::Local(manifest::LocalConnection::default());
    let target = Target {
        host: &"core-01".parse().unwrap(),
        address: "",
        format: Format::Deb,
        connection: &local,
        folder: fleet.folder(),
    };
    assert!(matches!(connect(&target).err().unwrap().problem, Problem::Here(_)));
}
