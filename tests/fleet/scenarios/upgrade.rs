//! All ten components from mixed old versions to release B: planned, reviewed, applied, asked of
//! the hosts, planned again. One run takes them through both stages, while scans are submitted; stage 2
//! begins and ends in a real, short window.

use std::collections::BTreeSet;
use std::fs;

use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use super::INSTALLED;
use crate::hosts::Fleet;
use crate::journal::{Journal, Line};
use crate::ran;
use crate::release::Release;
use crate::site::Site;

/// The vendor's procedure, first to last; what is copied comes before all of it.
const PROCEDURE: [&[&str]; 15] = [
    &["mark-logs"],
    &["scan-before"],
    &["copy"],
    &["identity-service"],
    &["control-center"],
    &["worker"],
    &["md-core", "api-gateway", "callback-service"],
    &["gate"],
    &["postgresql"],
    &["rabbitmq"],
    &["redis"],
    &["file-storage"],
    &["verify"],
    &["scan-after"],
    &["read-logs"],
];

/// How long stage 2 may last, in minutes: its steps in a slow case have to fit in, and stage 1 comes before.
/// That stage 2 waits for an opening is shown by the scenario `window`.
const OPEN: i64 = 25;

pub(crate) fn run(fleet: &Fleet) {
    let release = Release::b(&fleet.site);
    let opens = Timestamp::from_second(Timestamp::now().as_second() / 60 * 60).unwrap();
    let closes = opens + (OPEN * 60).seconds();
    let site = in_window(fleet, &release, (opens, closes));
    // The plan lies neither with the manifest nor where it is applied.
    let reviewed = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = reviewed.path().join("plan.json");
    let file = file.to_str().unwrap();

    site.mdc(&["plan", "--detailed-exitcode", "-o", file]).ends(2).tells(&[
        "11 on 6 hosts: 11 upgrades",
        "8 package files",
        "takes Erlang along, from 23.2",
    ]);
    let plan: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    is_whole(&plan);
    assert_eq!(
        plan["window"]["open"],
        Value::from(vec![written(opens, closes)]),
        "{}",
        plan["window"]
    );
    nothing_begins_in_a_window_that_is_over(fleet, &release, opens);
    Site::mdc_in(elsewhere.path(), &["apply", file, "--yes", "--load"])
        .ends(0)
        .tells(&["Complete. Of 78 steps: 78 done.", "No accepted file was lost."]);
    none_is_lost(&site);
    critical_within(&site, &plan, (opens, closes));

    hosts_have(fleet, &release);
    site.is_as_desired();
    is_in_the_order_of_the_procedure(&site.journal());
    keeps_to_the_plan(&site.journal(), &plan);
    ran::only_what_is_planned(fleet, &plan);
    let apply = ["apply", file, "--yes"];
    Site::mdc_in(elsewhere.path(), &apply)
        .ends(1)
        .tells(&["this plan was carried out before, by the run"]);
    // With a reason it is not refused for that, but for what the hosts say.
    let again = [&apply[..], &["--again", "to see what the hosts say"]].concat();
    Site::mdc_in(elsewhere.path(), &again).ends(1).tells(&[
        "the plan is stale",
        "identity-01/identity-service/upgrade: package was 2.8.0-1, is 2.9.0-1",
        "infra-01/redis/upgrade: package was 5:6.0",
        "nothing was changed",
    ]);
    assert_eq!(site.journal().begun().len(), 78, "the stale plan began nothing");
}

/// What Debian 12's RabbitMQ is built for; Debian 11's Erlang, 23, is none of it, as if it would not do.
const ERLANG: &str = r#"
[components.rabbitmq.runtime]
title = "Erlang"
packages = { deb = ["erlang-base"] }
fits = [{ version = "3.10.0", before = "3.11.0", from = "25.0", below = "26" }]
"#;

/// The fleet's site, whose gateway is asked for scans, and whose stage 2 has this window.
fn in_window(fleet: &Fleet, release: &Release, (opens, closes): (Timestamp, Timestamp)) -> Site {
    let address = fleet.address("exec-02").to_owned();
    // Whenever the gateway restarts, scans are at work.
    let conf = "/etc/md-cluster/md-cluster-api-gateway.conf";
    fleet.ask("exec-02", &format!("printf 'scan_ms=400\\n' | sudo tee -a {conf}"));
    let open = written(opens, closes);
    Site::with_manifest(fleet, release, |manifest| {
        let window = format!("[gates.window]\nzone = \"UTC\"\nopen = [\"{open}\"]\n\n[gates.idle]");
        assert!(manifest.contains("[gates.idle]"), "the window has no place in {manifest}");
        manifest.replace("[gates.idle]", &window)
            + ERLANG
            + &format!(
                "\n[scan]\nurl = \"http://{address}:8899\"\n\n[load]\nsize = \"50kB\"\n\
                 every = \"200ms\"\nslow = \"10s\"\nwithin = \"60s\"\nmay-lose = 0\n"
            )
    })
}

/// Hours as a manifest and a plan have them.
fn written(opens: Timestamp, closes: Timestamp) -> String {
    format!("{}-{}", opens.strftime("%Y-%m-%d %H:%M"), closes.strftime("%H:%M"))
}

/// The same with the window of another day: it is the window that lets stage 2 begin.
fn nothing_begins_in_a_window_that_is_over(fleet: &Fleet, release: &Release, opens: Timestamp) {
    let before = opens - (48 * 3600).seconds();
    let closed = in_window(fleet, release, (before, before + (OPEN * 60).seconds()));
    closed.mdc(&["apply", "--yes"]).ends(1).tells(&["its window doesn't open any more"]);
    assert!(!closed.path(".mdc/runs").exists(), "a run was begun");
}

/// What was accepted while both stages ran came to its end, also around each step of stage 1.
fn none_is_lost(site: &Site) {
    let journal = site.record("journal.jsonl");
    let entries = journal.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let loads = entries.map(|line| line["entry"]["loaded"]["load"].clone());
    let loads: Vec<Value> = loads.filter(Value::is_object).collect();
    let [load] = loads.as_slice() else { panic!("{loads:#?}") };
    let whole = &load["whole"];
    let count = |key: &str| whole[key].as_u64().unwrap();
    assert!(count("finished") > 100, "{whole:#}");
    assert_eq!((count("lost"), count("failed"), count("open")), (0, 0, 0), "{whole:#}");
    assert_eq!(count("submitted"), count("finished") + count("refused"), "{whole:#}");
    let steps = load["steps"].as_array().unwrap();
    for it in INSTALLED.iter().filter(|it| it.of_a == "2.8.0" && it.component != "file-storage") {
        let step = format!("{}/{}/upgrade", it.host, it.component);
        assert!(steps.iter().any(|it| it["step"] == *step), "{step}: {steps:#?}");
    }
}

/// Every change of stage 2 began in its window.
fn critical_within(site: &Site, plan: &Value, (opens, closes): (Timestamp, Timestamp)) {
    let steps = plan["steps"].as_array().unwrap();
    let critical = |id: &Value| {
        let is_it = |step: &&Value| step["id"] == *id;
        let step = steps.iter().find(is_it).unwrap();
        step["stage"] == "critical" && step["action"] == "upgrade"
    };
    let journal = site.record("journal.jsonl");
    let lines = journal.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let lines = lines.filter(|line| {
        let step = &line["entry"]["intent"]["step"];
        step.is_string() && critical(step)
    });
    let times: Vec<Timestamp> =
        lines.map(|line| line["at"].as_str().unwrap().parse().unwrap()).collect();
    assert_eq!(times.len(), 4, "PostgreSQL, RabbitMQ, Redis, File Storage");
    assert!(times.iter().all(|at| opens <= *at && *at < closes), "{times:?}");
}

fn is_whole(plan: &Value) {
    assert_eq!((&plan["format"], &plan["version"]), (&"mdc/plan".into(), &1.into()));
    let steps = plan["steps"].as_array().unwrap();
    let ids: BTreeSet<String> =
        steps.iter().map(|step| step["id"].as_str().unwrap().to_owned()).collect();
    let mut expected: BTreeSet<String> = ["postgresql", "rabbitmq", "redis"]
        .iter()
        .flat_map(|name| ["fetch", "upgrade"].map(|action| format!("infra-01/{name}/{action}")))
        .collect();
    for it in INSTALLED.iter().filter(|it| it.of_a == "2.8.0") {
        for action in ["copy", "upgrade"] {
            expected.insert(format!("{}/{}/{action}", it.host, it.component));
        }
    }
    for gate in [
        "infra-01/postgresql/prove-backup",
        "storage-01/file-storage/prove-backup",
        "infra-01/postgresql/prove-backup-live",
        "storage-01/file-storage/prove-backup-live",
        "exec-02/api-gateway/scan-before",
        "exec-02/api-gateway/scan-after",
        "infra-01/rabbitmq/await-idle",
        "exec-01/md-core/await-idle",
        "exec-02/md-core/await-idle",
        "exec-01/md-core/still-idle",
    ] {
        expected.insert(gate.to_owned());
    }
    // Each component is seen healthy before stage 2 and at the end; Cores before each of them changes.
    // What needs it reaches it again and is healthy with it; PostgreSQL and Redis keep to their own host. Logs are
    // read at the end.
    expected.insert("storage-01/file-storage/reach".to_owned());
    for component in ["postgresql", "rabbitmq", "redis"] {
        expected.insert(format!("infra-01/{component}/reach"));
    }
    for action in ["await-healthy", "verify", "mark-logs", "read-logs"] {
        for it in
            INSTALLED.iter().filter(|it| it.host != "exec-02" || it.component == "api-gateway")
        {
            expected.insert(format!("{}/{}/{action}", it.host, it.component));
        }
        for component in ["postgresql", "rabbitmq", "redis"] {
            expected.insert(format!("infra-01/{component}/{action}"));
        }
    }
    for host in ["exec-01", "exec-02"] {
        expected.insert(format!("{host}/md-core/keep-healthy"));
    }
    assert_eq!(ids, expected);
    for step in steps {
        for part in ["reasons", "commands"] {
            assert!(!step[part].as_array().unwrap().is_empty(), "{}: no {part}", step["id"]);
        }
    }
}

fn hosts_have(fleet: &Fleet, release: &Release) {
    for it in &INSTALLED {
        it.works(fleet, release.version(it.component));
    }
    let infrastructure = [
        ("postgresql", "sudo -u postgres psql -Atc 'show server_version' | cut -d' ' -f1"),
        ("rabbitmq", "sudo rabbitmqctl version"),
        ("redis", "redis-cli info server | tr -d '\\r' | sed -n 's/^redis_version://p'"),
    ];
    for (component, ask) in infrastructure {
        assert_eq!(fleet.ask("infra-01", ask), release.version(component), "{component}");
    }
    let installed =
        "dpkg-query -W -f '${db:Status-Status} ${Version}\\n' 'erlang-*' | grep ^installed";
    let erlang = fleet.ask("infra-01", &format!("{installed} | sort -u"));
    assert!(erlang.starts_with("installed 1:25.") && erlang.lines().count() == 1, "{erlang}");
    // What an operator had edited is as it was.
    for (host, file) in
        [("identity-01", "md-cluster-identity-service.conf"), ("exec-02", "md-core.conf")]
    {
        let last = fleet.ask(host, &format!("tail -n1 /etc/md-cluster/{file}"));
        assert_eq!(last, "# edited by the operator", "{host}: {file}");
    }
    // `mdc` came as a user who isn't root, and used sudo.
    let sudo = fleet.ask("identity-01", "sudo journalctl -b -o cat _COMM=sudo");
    assert!(
        sudo.lines().any(|line| line.contains("ops :") && line.contains("USER=root")),
        "{sudo}"
    );
    // What it did stands in the host's own log.
    let log = fleet.ask("identity-01", "sudo journalctl -b -o cat -t mdc");
    assert!(log.contains("apt-get install") && log.contains("mdc apply"), "{log}");
    let logins = fleet.ask("identity-01", "sudo journalctl -b -o cat _COMM=sshd");
    assert!(logins.contains("Accepted publickey for ops "), "{logins}");
    assert!(!logins.contains(" for root "), "{logins}");
}

fn is_in_the_order_of_the_procedure(journal: &Journal) {
    let place = |step: &str| {
        let mut parts = step.split('/').skip(1);
        let (component, action) = (parts.next().unwrap(), parts.next().unwrap());
        let wanted = match action {
            // Backups are looked at while packages are copied, before anything is changed.
            "copy" | "fetch" | "prove-backup-live" => "copy",
            "await-idle" | "still-idle" | "prove-backup" | "await-healthy" => "gate",
            "verify" | "mark-logs" | "read-logs" | "scan-before" | "scan-after" => action,
            _ => component,
        };
        PROCEDURE.iter().position(|names| names.contains(&wanted)).unwrap()
    };
    let begun = journal.begun();
    assert_eq!(journal.repeated(), BTreeSet::new());
    for first in &begun {
        for second in begun.iter().filter(|second| place(first) < place(second)) {
            assert!(
                journal.end(first).unwrap() < journal.begin(second).unwrap(),
                "{second} began before the end of {first}"
            );
        }
    }
}

fn keeps_to_the_plan(journal: &Journal, plan: &Value) {
    let steps = plan["steps"].as_array().unwrap();
    assert_eq!(journal.begun().len(), steps.len());
    for step in steps {
        let id = step["id"].as_str().unwrap();
        let (begin, end) = (journal.begin(id).unwrap(), journal.end(id).unwrap());
        for before in step["after"].as_array().unwrap() {
            assert!(journal.end(before.as_str().unwrap()).unwrap() < begin, "{id}, {before}");
        }
        // One thing after the other in the critical stage.
        let meanwhile = &journal.0[begin + 1..end];
        if step["stage"] == "critical" && step["action"] == "upgrade" {
            assert!(meanwhile.iter().all(|line| *line == Line::Other), "{id}: {meanwhile:?}");
        }
    }
}
