//! What is tried on the fleet, one file each. Every scenario begins in the A state.

mod backup;
mod by_hand;
mod certificate_and_jump;
mod dying_service;
mod failing_install;
mod faults;
mod files;
mod gates;
mod host_down;
mod hot_backup;
mod infrastructure;
mod interrupted;
mod killed;
mod password;
mod postgresql;
mod preflight;
mod rabbitmq_cluster;
mod relays;
mod removed;
mod repository;
mod roles;
mod rollback;
mod scans;
mod standbys;
mod upgrade;
mod window;
mod windows;

use crate::hosts::{ALL, Fleet, PRODUCTS};

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// The hosts that are not in the A state afterwards.
    pub(crate) changes: &'static [&'static str],
    pub(crate) run: fn(&Fleet),
}

pub(crate) const SCENARIOS: [Scenario; 40] = [
    Scenario { name: "upgrade", changes: &ALL, run: upgrade::run },
    Scenario { name: "failing-install", changes: &PRODUCTS, run: failing_install::deb },
    Scenario { name: "failing-install-rpm", changes: &EXECUTION, run: failing_install::rpm },
    Scenario {
        name: "dying-service",
        changes: &["control-01", "exec-01"],
        run: dying_service::run,
    },
    Scenario { name: "killed", changes: &PRODUCTS, run: killed::run },
    Scenario { name: "host-down", changes: &PRODUCTS, run: host_down::run },
    Scenario { name: "password", changes: &["identity-01", "exec-01"], run: password::run },
    Scenario { name: "certificate-and-jump", changes: &[], run: certificate_and_jump::run },
    Scenario { name: "interrupted", changes: &EXECUTION, run: interrupted::run },
    Scenario { name: "cut", changes: &["exec-01"], run: faults::cut },
    Scenario { name: "one-way", changes: &["exec-01"], run: faults::one_way },
    Scenario { name: "power-cut", changes: &["exec-01"], run: faults::power_cut },
    Scenario { name: "sessions-killed", changes: &["exec-01"], run: faults::sessions_killed },
    Scenario { name: "job-killed", changes: &["exec-01"], run: faults::job_killed },
    Scenario { name: "frozen", changes: &["exec-01"], run: faults::frozen },
    Scenario { name: "disk-full", changes: &["exec-01"], run: faults::disk_full },
    Scenario { name: "lossy", changes: &["exec-01"], run: faults::lossy },
    Scenario { name: "read-only", changes: &["exec-01"], run: faults::read_only },
    Scenario { name: "out-of-memory", changes: &["exec-01"], run: faults::out_of_memory },
    Scenario { name: "wrong-clock", changes: &["exec-01"], run: faults::wrong_clock },
    Scenario { name: "controller-lost", changes: &["exec-01"], run: faults::controller_lost },
    Scenario { name: "asleep", changes: &["exec-01"], run: faults::asleep },
    Scenario { name: "gates", changes: &["exec-01", "exec-02", "storage-01"], run: gates::run },
    Scenario {
        name: "infrastructure",
        changes: &["infra-01", "storage-01", "exec-01"],
        run: infrastructure::run,
    },
    Scenario { name: "relays", changes: &PRODUCTS, run: relays::run },
    Scenario { name: "backup", changes: &["infra-01"], run: backup::run },
    Scenario { name: "postgresql", changes: &["infra-01", "exec-01"], run: postgresql::run },
    Scenario {
        name: "roles",
        changes: &["infra-01", "infra-02", "infra-03", "exec-01"],
        run: roles::run,
    },
    Scenario {
        name: "standbys",
        changes: &["infra-01", "infra-02", "infra-03", "exec-01"],
        run: standbys::run,
    },
    Scenario {
        name: "rabbitmq-cluster",
        changes: &["infra-01", "infra-02", "infra-03", "exec-01"],
        run: rabbitmq_cluster::run,
    },
    Scenario { name: "hot-backup", changes: &EXECUTION, run: hot_backup::run },
    Scenario { name: "files", changes: &PRODUCTS, run: files::run },
    Scenario { name: "removed", changes: &EXECUTION, run: removed::run },
    Scenario { name: "window", changes: &["storage-01", "exec-01"], run: window::run },
    Scenario { name: "preflight", changes: &PRODUCTS, run: preflight::run },
    Scenario { name: "repository", changes: &EXECUTION, run: repository::run },
    Scenario { name: "scans", changes: &PRODUCTS, run: scans::run },
    Scenario { name: "by-hand", changes: &["identity-01", "exec-01"], run: by_hand::run },
    Scenario { name: "windows", changes: &["exec-01"], run: windows::run },
    Scenario { name: "rollback", changes: &PRODUCTS, run: rollback::run },
];

const EXECUTION: [&str; 2] = ["exec-01", "exec-02"];

/// The hosts that can have the same infrastructure, the one of the manifest first.
const INFRA: [&str; 3] = ["infra-01", "infra-02", "infra-03"];

/// An installation of one of OPSWAT's products on the fleet.
pub(crate) struct Product {
    pub(crate) host: &'static str,
    pub(crate) component: &'static str,
    package: &'static str,
    unit: &'static str,
    port: u16,
    /// Its version in the A state.
    pub(crate) of_a: &'static str,
}

const fn product(
    host: &'static str,
    component: &'static str,
    [package, unit]: [&'static str; 2],
    port: u16,
) -> Product {
    Product { host, component, package, unit, port, of_a: "2.8.0" }
}

const WORKER: [&str; 2] = ["md-cluster-worker"; 2];
const CORE: [&str; 2] = ["md-core", "ometascan"];

pub(crate) const INSTALLED: [Product; 9] = [
    product("identity-01", "identity-service", ["md-cluster-identity-service"; 2], 8891),
    product("control-01", "control-center", ["md-cluster-control-center"; 2], 8892),
    product("storage-01", "file-storage", ["md-cluster-file-storage"; 2], 8890),
    product("exec-01", "worker", WORKER, 8893),
    product("exec-01", "md-core", CORE, 8008),
    product("exec-01", "callback-service", ["md-cluster-callback-service"; 2], 8894),
    // Ahead of the others: the versions are mixed.
    Product { of_a: "2.9.0", ..product("exec-02", "worker", WORKER, 8893) },
    product("exec-02", "md-core", CORE, 8008),
    product("exec-02", "api-gateway", ["md-cluster-api-gateway"; 2], 8899),
];

impl Product {
    /// The host says, in four ways, that this version is installed and works: package database,
    /// systemd, and the service's own answers for its health and version.
    pub(crate) fn works(&self, fleet: &Fleet, version: &str) {
        let Self { host, package, unit, port, .. } = self;
        assert_eq!(self.installed(fleet), format!("{version}-1 installed"), "{host}: {package}");
        let said = fleet.ask(
            host,
            &format!(
                "systemctl is-active {unit}; systemctl is-enabled {unit}; \
                 curl -fsS -m 5 localhost:{port}/readyz; curl -fsS -m 5 localhost:{port}/version"
            ),
        );
        let expected = format!(
            "active\nenabled\n{{\"status\":\"healthy\"}}\n\
             {{\"product_id\":\"{package}\",\"version\":\"{version}\"}}"
        );
        assert_eq!(said, expected, "{host}: {unit}");
    }

    /// Package version and state, in the words of the host's package database.
    pub(crate) fn installed(&self, fleet: &Fleet) -> String {
        let package = self.package;
        let ask = if self.host == "exec-02" {
            format!("rpm -q --qf '%{{VERSION}}-%{{RELEASE}} installed' {package}")
        } else {
            format!("dpkg-query -W -f '${{Version}} ${{db:Status-Status}}' {package}")
        };
        fleet.ask(self.host, &ask)
    }
}

/// What a manifest says of all of `INFRA` but the first, when they have `component`.
fn others_with(fleet: &Fleet, component: &str) -> String {
    let [_, others @ ..] = INFRA;
    let host = |host| {
        let address = fleet.address(host);
        format!(
            "\n[hosts.{host}]\naddress = \"{address}\"\nos = \"debian-11\"\ncomponents = [\"{component}\"]\n"
        )
    };
    others.map(host).concat()
}

/// Makes the backups whose evidence stage 2 asks for, as the infrastructure's own documents say.
pub(crate) fn back_up(fleet: &Fleet) {
    let folder = "/var/backups/cluster";
    let begin = format!("set -e; sudo install -d {folder}; sudo rm -f {folder}/*;");
    let dump = format!("sudo -u postgres pg_dumpall | sudo tee {folder}/postgresql-1.sql");
    fleet.ask("infra-01", &format!("{begin} {dump} >/dev/null"));
    let archive = format!("sudo tar -cf {folder}/file-storage-1.tar -C / etc/md-cluster");
    fleet.ask("storage-01", &format!("{begin} {archive}"));
}

/// Every product is in its version of the A state; what the scenario `before` changed beyond its
/// list would otherwise be found by one that is not to blame.
pub(crate) fn is_in_a(fleet: &Fleet, before: &str) {
    for it in &INSTALLED {
        let has = it.installed(fleet);
        let of_a = format!("{}-1 installed", it.of_a);
        assert_eq!(has, of_a, "{before} left {} on {} changed", it.component, it.host);
    }
}

/// The installation of `component` on `host`.
pub(crate) fn on(host: &str, component: &str) -> &'static Product {
    let wanted = |it: &&Product| it.host == host && it.component == component;
    INSTALLED.iter().find(wanted).expect("an installation of the fleet")
}
