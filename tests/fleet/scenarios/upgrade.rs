//! All ten components from mixed old versions to release B: planned, reviewed, applied, asked of
//! the hosts, planned again.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::INSTALLED;
use crate::hosts::Fleet;
use crate::journal::{Journal, Line};
use crate::release::Release;
use crate::site::Site;

/// The vendor's procedure, first to last; what is copied comes before all of it.
const PROCEDURE: [&[&str]; 13] = [
    &["mark-logs"],
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
    &["read-logs"],
];

pub(crate) fn run(fleet: &Fleet) {
    let release = Release::b(&fleet.site);
    let site = Site::new(fleet, &release);
    // The plan lies neither with the manifest nor where it is applied.
    let reviewed = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = reviewed.path().join("plan.json");
    let file = file.to_str().unwrap();

    site.mdc(&["plan", "--detailed-exitcode", "-o", file])
        .ends(2)
        .tells(&["11 on 6 hosts: 11 upgrades", "8 package files"]);
    let plan: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    is_whole(&plan);
    Site::mdc_in(elsewhere.path(), &["apply", file, "--yes"])
        .ends(0)
        .tells(&["Complete. Of 72 steps: 72 done."]);

    hosts_have(fleet, &release);
    site.is_as_desired();
    is_in_the_order_of_the_procedure(&site.journal());
    keeps_to_the_plan(&site.journal(), &plan);
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
    assert_eq!(site.journal().begun().len(), 72, "the stale plan began nothing");
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
        "infra-01/rabbitmq/await-idle",
        "exec-01/md-core/await-idle",
        "exec-02/md-core/await-idle",
        "exec-01/md-core/still-idle",
    ] {
        expected.insert(gate.to_owned());
    }
    // Each component is seen healthy before stage 2 and at the end; Cores before each of them changes.
    // What needs it reaches it again; PostgreSQL and Redis keep to their own host. Logs are read at the end.
    for reached in ["infra-01/rabbitmq/reach", "storage-01/file-storage/reach"] {
        expected.insert(reached.to_owned());
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
            "copy" | "fetch" => "copy",
            "await-idle" | "still-idle" | "prove-backup" | "await-healthy" => "gate",
            "verify" | "mark-logs" | "read-logs" => action,
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
