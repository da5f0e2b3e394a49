//! Reboots as steps of a plan.

use serde_json::{Value, json};

use crate::site::Site;

const CORES: [&str; 3] = ["core-01", "core-02", "core-03"];

/// The quickstart, where MD Core asks for reboots.
fn site(reboot: &str) -> Site {
    let site = Site::new();
    site.edit("[components.md-core]", &format!("[components.md-core]\nreboot = {reboot}"));
    site
}

fn boot(site: &Site, host: &str) -> String {
    site.host(host)["boot-id"].as_str().unwrap().to_owned()
}

fn reboots(site: &Site, host: &str) -> usize {
    site.log(host).get("reboot").copied().unwrap_or_default()
}

#[test]
fn a_host_is_rebooted_after_the_installation_and_before_what_follows() {
    let site = site("{ when = \"after\" }");
    let plan = site.plan();
    let steps = plan["steps"].as_array().unwrap();
    let of = |action: &str| -> Vec<&Value> {
        steps.iter().filter(|step| step["action"] == action).collect()
    };
    assert_eq!(of("reboot").len(), 3, "one of the four has its version already");
    for step in of("reboot") {
        assert!(step["way-back"]["none"].as_str().unwrap().starts_with("no return"), "{step}");
        assert!(!step["impact"].as_str().unwrap().is_empty(), "{step}");
        let waits = step["commands"].as_array().unwrap().iter();
        let units: Vec<&str> =
            waits.filter_map(|command| command["task"]["await-health"]["unit"].as_str()).collect();
        assert_eq!(units.len(), 2, "everything on the host is waited for: {units:?}");
    }
    let waves: Vec<u64> = of("reboot").iter().map(|it| it["wave"].as_u64().unwrap()).collect();
    assert!(waves.windows(2).all(|two| two[0] < two[1]), "one after the other: {waves:?}");
    let said = site.mdc(&["explain", "plan.json", "core-01/md-core/reboot"]).ended(0);
    said.tells(&["wait at most 15m until", "the manifest wants it after each installation"]);

    let before = CORES.map(|host| boot(&site, host));
    site.mdc(&["apply", "plan.json", "--yes"]).ended(0);
    assert_ne!(before, CORES.map(|host| boot(&site, host)));
    assert_eq!(CORES.map(|host| reboots(&site, host)), [1; 3]);
    assert_eq!(reboots(&site, "core-04"), 0);
    let begun = site.begun();
    let place = |id: &str| begun.iter().position(|it| it == id).unwrap();
    let (canary, next) = (place("core-01/md-core/reboot"), place("core-02/md-core/upgrade"));
    assert!(canary < next, "the canary is whole before the others change: {begun:?}");
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    // What has no way back is told; a reboot is nothing of that.
    let ran = site.mdc(&["rollback", "--yes"]).ended(1);
    assert!(!ran.said.contains("no return"), "{}", ran.said);
    assert_eq!(reboots(&site, "core-01"), 1);
}

#[test]
fn a_host_that_does_not_ask_is_not_rebooted() {
    let site = site("{ when = \"when-asked\" }");
    let mut host = site.host("core-02");
    host["reboot-pending"] = json!(true);
    site.write("core-02", &host);
    let before = CORES.map(|host| boot(&site, host));
    site.mdc(&["apply", "--yes"]).ended(0);
    let after = CORES.map(|host| boot(&site, host));
    assert_eq!((&before[0], &before[2]), (&after[0], &after[2]));
    assert_ne!(before[1], after[1]);
    assert_eq!(CORES.map(|host| reboots(&site, host)), [0, 1, 0]);
    assert_eq!(site.host("core-02")["reboot-pending"], false);
}

#[test]
fn a_host_that_does_not_come_back_stops_all_further_reboots() {
    let site = site("{ when = \"after\", within = \"1s\" }");
    let mut host = site.host("core-01");
    host["faults"]["stays-down"] = json!(true);
    site.write("core-01", &host);
    site.mdc(&["apply", "--yes"]).ended(1).tells(&[
        "wait at most 1s until the host is back from its reboot on core-01",
        "given up after 1s",
        "it has not come back from its reboot",
        "look at the console of core-01",
    ]);
    assert_eq!(CORES.map(|host| reboots(&site, host)), [1, 0, 0]);
    site.mend("core-01");
    site.mdc(&["resume", "--yes"]).ended(0);
    assert_eq!(CORES.map(|host| reboots(&site, host)), [1; 3], "not a second time");
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn a_reboot_survives_its_controller() {
    let fresh = site("{ when = \"after\" }");
    for (command, moment) in [
        ("note-boot", "before"),
        ("reboot", "before"),
        ("reboot", "during"),
        ("await-boot", "during"),
    ] {
        let what = format!("{command}, {moment}");
        let site = fresh.copy();
        let fault = json!({ "says": "", "times": 1, "kill": moment });
        site.fault("core-01", command, &fault);
        assert_eq!(site.mdc(&["apply", "--yes"]).status, None, "{what}");
        site.mdc(&["resume", "--yes"]).ended(0);
        assert_eq!(CORES.map(|host| reboots(&site, host)), [1; 3], "{what}");
    }
}

#[test]
fn an_order_whose_end_is_not_seen_is_waited_for() {
    let site = site("{ when = \"after\" }");
    let fault = json!({ "says": "the line went dead", "times": 1, "lost": true });
    site.fault("core-01", "reboot", &fault);
    site.mdc(&["apply", "--yes"]).ended(0);
    assert_eq!(CORES.map(|host| reboots(&site, host)), [1; 3]);
}

#[test]
fn an_order_that_did_not_arrive_is_given_again() {
    let site = site("{ when = \"after\" }");
    let fault = json!({ "says": "the line went dead", "times": 1, "missed": true });
    site.fault("core-01", "reboot", &fault);
    site.mdc(&["apply", "--yes"]).ended(0);
    assert_eq!(CORES.map(|host| reboots(&site, host)), [1; 3]);
}

#[test]
fn in_stage_1_no_reboot_stops_what_may_stop_in_stage_2_only() {
    let site = Site::new();
    site.edit(
        "[components.md-core]",
        "[components.redis]\nreboot = { when = \"after\" }\n\n[components.md-core]",
    );
    site.plan();
    let mut host = site.host("queue-01");
    host["packages"]["redis-server"] = json!("absent");
    site.write("queue-01", &host);
    let plan = site.plan();
    let steps = plan["steps"].as_array().unwrap();
    let ids: Vec<&str> = steps.iter().filter_map(|step| step["id"].as_str()).collect();
    assert!(ids.contains(&"queue-01/redis/install"), "{ids:?}");
    assert!(!ids.iter().any(|id| id.ends_with("/reboot")), "{ids:?}");
    let warning = plan["warnings"].to_string();
    assert!(warning.contains("queue-01 is not rebooted after queue-01/redis/install"), "{warning}");
    assert!(warning.contains("would stop rabbitmq"), "{warning}");
    assert!(warning.contains("(plan::not-rebooted)"), "{warning}");
}

#[test]
fn a_host_that_does_not_come_back_is_not_tolerated() {
    let site = site("{ when = \"after\", within = \"1s\" }\non-failure = { tolerate = \"50%\" }");
    let mut host = site.host("core-01");
    host["faults"]["stays-down"] = json!(true);
    site.write("core-01", &host);
    site.mdc(&["apply", "--yes"]).ended(1);
    assert_eq!(CORES.map(|host| reboots(&site, host)), [1, 0, 0]);
}

#[test]
fn a_host_that_refuses_gets_its_work_again() {
    let site = Site::new();
    site.edit(
        "[components.md-core]",
        "[components.md-core]\nreboot = { when = \"after\" }\n\
         rolling = { drain = { isolate = \"true\", restore = \"true\", within = \"1m\" } }",
    );
    let says = json!({ "says": "Call to Reboot failed: Interactive authentication required." });
    site.fault("core-01", "reboot", &says);
    site.mdc(&["apply", "--yes"]).ended(1).tells(&["reboot the host", "Call to Reboot failed"]);
    assert_ne!(site.host("core-01")["units"]["ometascan"]["isolated"], json!(true));
    let host = site.host("core-01");
    let log: Vec<&str> = host["log"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(log.ends_with(&["isolate:ometascan", "reboot", "restore:ometascan"]), "{log:?}");
    // Nor does a script by hand end with its host.
    site.plan();
    site.mdc(&["emit", "plan.json", "-o", "by-hand"])
        .ended(1)
        .tells(&["emit::unfit", "reboots its host"]);
}
