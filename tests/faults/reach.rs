//! Those that need a component reach it after its change, or nothing else changes.

use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::site::{Ran, Site};

const PORT: &str = "10.0.0.10:5432";

#[test]
fn nothing_else_changes_while_a_host_that_needs_it_can_not_reach_it() {
    let site = Site::new();
    let plan = site.plan();
    let steps = plan["steps"].as_array().unwrap();
    let reach = steps.iter().find(|step| step["id"] == "db-01/postgresql/reach").unwrap();
    assert_eq!(reach["after"], json!(["db-01/postgresql/upgrade"]));
    let asked: Vec<&String> =
        plan["asked"]["db-01/postgresql/reach"].as_object().unwrap().keys().collect();
    assert_eq!(asked, ["control-01/control-center", "identity-01/identity-service"]);
    site.fault(
        "control-01",
        &format!("try-port:{PORT}"),
        &json!({ "says": "connect: Connection refused" }),
    );
    let ran = site.mdc(&["apply", "plan.json", "--yes"]).ended(1);
    for words in [
        "Failed: reach postgresql on db-01",
        "control-01 (control-center) can't reach 10.0.0.10:5432, where postgresql listens on db-01: \
         connection refused",
        "`ss -tln` there",
    ] {
        assert!(ran.flat().contains(words), "{words:?} is not in:\n{}", ran.said);
    }
    assert_eq!(site.log("db-01")["install:postgresql-16"], 1);
    assert!(!site.log("queue-01").contains_key("install:rabbitmq-server"), "it goes no further");
    site.mend("control-01");
    let ran = site.mdc(&["resume", "--yes"]).ended(0);
    assert!(
        ran.flat().contains("postgresql is reached from 2 of those that need it"),
        "{}",
        ran.said
    );
    assert_eq!(site.log("db-01")["install:postgresql-16"], 1);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn what_was_waived_before_is_not_tried_afterwards() {
    let site = Site::new();
    for host in ["control-01", "identity-01"] {
        let mut file = site.host(host);
        file["faults"]["unreachable-ports"] = json!([PORT]);
        site.write(host, &file);
    }
    let ran = site.mdc(&["plan"]).ended(1);
    assert!(ran.said.contains("preflight::unreachable-port"), "{}", ran.said);
    site.edit(
        "[defaults]",
        "[[waivers]]\ncheck = \"preflight::unreachable-port\"\nhost = \"control-01\"\nreason = \"it goes \
         through a proxy\"\nuntil = \"2999-12-31\"\n\n[defaults]",
    );
    site.mend("identity-01");
    let plan = site.plan();
    let asked = plan["asked"]["db-01/postgresql/reach"].as_object().unwrap();
    assert_eq!(asked.keys().collect::<Vec<_>>(), ["identity-01/identity-service"]);
    site.mdc(&["apply", "plan.json", "--yes"]).ended(0);
}

#[test]
fn hosts_that_use_other_addresses_try_nothing() {
    let site = Site::new();
    site.edit("[defaults]", "[preflight]\nports = false\n\n[defaults]");
    let plan = site.plan();
    assert!(!plan.to_string().contains("try-port"));
    // That those that need it are healthy with it is asked all the same.
    let steps = plan["steps"].as_array().unwrap();
    let reach = steps.iter().find(|step| step["id"] == "db-01/postgresql/reach").unwrap();
    let asked = reach["commands"].as_array().unwrap().iter();
    let asked: Vec<&serde_json::Value> =
        asked.map(|command| &command["task"]["await-healthy"]["component"]).collect();
    assert_eq!(asked, ["control-center", "identity-service"]);
    site.mdc(&["apply", "--yes"]).ended(0);
}

/// What opens a connection and can't use it is not healthy.
#[test]
fn nothing_else_changes_while_those_that_need_it_are_not_healthy_with_it() {
    let site = Site::new();
    site.edit(
        "[components.md-core]",
        "[components.identity-service]\nlimits = { healthy = \"1s\" }\n\n[components.md-core]",
    );
    // While one of them still has no way to it, the other one turns out not to get on with the new one.
    let refused = json!({ "says": "connect: Connection refused" });
    site.fault("control-01", &format!("try-port:{PORT}"), &refused);
    let events = site.path("events.jsonl");
    let mut command = site.command(&["apply", "--yes", "--events", "events.jsonl"]);
    let run = thread::spawn(move || command.output().unwrap());
    let waits = || fs::read_to_string(&events).is_ok_and(|it| it.contains("connection refused"));
    while !waits() {
        assert!(!run.is_finished(), "it ended before anybody tried");
        thread::sleep(Duration::from_millis(20));
    }
    let unit = "md-cluster-identity-service";
    assert!(site.host("identity-01")["units"][unit].is_object());
    site.unhealthy("identity-01", &[unit]);
    site.mend("control-01");
    Ran::of(&run.join().unwrap()).ended(1).tells(&[
        "Failed: reach postgresql on db-01",
        "given up after 1s: 0 of 1 identity-service are healthy; not identity-01",
        "postgresql was changed right before this",
        "identity-service needs it",
        "mdc rollback",
    ]);
    assert!(!site.log("queue-01").contains_key("install:rabbitmq-server"), "it goes no further");
    site.mend("identity-01");
    site.mdc(&["resume", "--yes"]).ended(0).tells(&["1 of 1 identity-service are healthy"]);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn a_host_that_can_not_be_asked_says_nothing_about_the_way() {
    let site = Site::new();
    let lost = json!({ "says": "cut", "lost": true });
    site.fault("identity-01", &format!("try-port:{PORT}"), &lost);
    let ran = site.mdc(&["apply", "--yes"]).ended(0);
    let words = "is reached from 1 of those that need it; not asked, since they can't be reached: identity-01";
    assert!(ran.flat().contains(words), "{}", ran.said);
}

#[test]
fn that_nobody_can_be_asked_is_waited_for_and_lets_nothing_pass() {
    let site = Site::new();
    let lost = json!({ "says": "cut", "lost": true });
    for host in ["control-01", "identity-01"] {
        site.fault(host, &format!("try-port:{PORT}"), &lost);
    }
    let ran = site.mdc(&["apply", "--yes", "--patience", "1s"]).ended(1).tells(&[
        "Failed: reach postgresql on db-01",
        "given up after 1s: none of those that need it can be asked: control-01, identity-01",
        "make at least one of these hosts reachable from here",
    ]);
    assert!(!ran.said.contains("is reached from 0"), "{}", ran.said);
    assert!(!site.log("queue-01").contains_key("install:rabbitmq-server"), "it goes no further");
    // It comes back while it is waited for.
    let passes = json!({ "says": "cut", "lost": true, "times": 2 });
    for host in ["control-01", "identity-01"] {
        site.mend(host);
        site.fault(host, &format!("try-port:{PORT}"), &passes);
    }
    site.mdc(&["resume", "--yes"])
        .ended(0)
        .tells(&["postgresql is reached from 2 of those that need it"]);
}
