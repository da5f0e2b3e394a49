//! Gates in runs that are carried out in parts, that tolerate failures, or that begin with less than they
//! promise.

use std::fs;

use serde_json::{Value, json};

use crate::site::Site;

const STAGE_2: &str = "postgresql,rabbitmq,redis,file-storage";

/// With short waits, so that what is not healthy is soon told.
fn impatient() -> Site {
    let site = Site::new();
    let limits = "limits = { healthy = \"1s\", settle = \"1s\" }";
    let short = ["identity-service", "callback-service", "file-storage"];
    let tables = short.map(|name| format!("[components.{name}]\n{limits}\n")).join("\n");
    site.edit("[components.md-core]", &format!("{tables}\n[components.md-core]"));
    site
}

#[test]
fn what_is_left_out_leaves_nobody_else_out_of_the_last_look() {
    let site = impatient();
    let ran = site.mdc(&["apply", "--yes", "--skip", STAGE_2]).ended(1);
    assert!(ran.said.contains("1 of 1 identity-service are healthy"), "{}", ran.said);
    assert!(ran.said.contains("all redis are left out"), "{}", ran.said);
}

#[test]
fn what_was_owed_is_looked_at_when_it_is_paid() {
    let site = impatient();
    site.mdc(&["apply", "--yes", "--skip", "storage-01/file-storage/upgrade"]).ended(1);
    site.unhealthy("hook-01", &["md-cluster-callback-service"]);
    let ran = site.mdc(&["resume", "--debts", "--yes"]).ended(1);
    assert!(ran.said.contains("0 of 1 callback-service are healthy"), "{}", ran.said);
    site.mend("hook-01");
    let ran = site.mdc(&["resume", "--debts", "--yes"]).ended(0);
    // At the end all are looked at once more, also those that were before.
    assert!(ran.said.contains("passed   verify callback-service on hook-01"), "{}", ran.said);
    assert_eq!(site.log("storage-01")["install:md-cluster-file-storage"], 1);
}

#[test]
fn a_cluster_whose_only_core_is_down_is_mended_by_its_upgrade() {
    let site = Site::new();
    site.edit(
        "[components.md-core]",
        "[components.md-core]\nlimits = { healthy = \"1s\", settle = \"1s\" }",
    );
    for core in ["core-01", "core-02", "core-03", "core-04"] {
        let mut file = site.host(core);
        file["units"]["ometascan"]["state"] = json!({ "stopped": "failed" });
        site.write(core, &file);
    }
    site.mdc(&["apply", "--yes"]).ended(0);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn a_failure_that_is_tolerated_stops_no_gate_of_all() {
    let site = Site::new();
    site.edit(
        "[components.md-core]",
        "[components.md-core]\non-failure = { tolerate = 1, retries = 0 }\n\
         limits = { healthy = \"1s\" }",
    );
    let fault = json!({ "says": "dpkg: error processing package" });
    site.fault("core-02", "install:md-core", &fault);
    site.mdc(&["apply", "--yes"]).ended(1);
    assert_eq!(site.log("storage-01")["install:md-cluster-file-storage"], 1, "stage 2 went on");
    site.mend("core-02");
    site.mdc(&["resume", "--yes"]).ended(0);
}

#[test]
fn no_gate_of_all_is_passed_with_none_healthy() {
    let site = Site::new();
    let mut file = site.host("core-04");
    file["packages"]["md-core"] = json!({ "installed": "5.18.1-1" });
    site.write("core-04", &file);
    site.edit(
        "[components.md-core]",
        "[components.md-core]\non-failure = { tolerate = 4, retries = 0 }\n\
         limits = { healthy = \"1s\", settle = \"1s\" }",
    );
    // Neither by the plan, where all of them change and may fail,
    let plan = site.plan();
    let gates = plan["steps"].as_array().unwrap().iter();
    let gates = gates.filter_map(|step| step["commands"][0]["task"]["await-healthy"].as_object());
    let least: Vec<u64> = gates.map(|gate| gate["at-least"].as_u64().unwrap()).collect();
    assert!(least.len() > 10 && least.iter().all(|least| *least > 0), "{least:?}");
    // nor where others are left out besides.
    site.unhealthy("core-04", &["ometascan"]);
    let skipped =
        ["core-01", "core-02", "core-03"].iter().map(|host| format!("{host}/md-core/upgrade"));
    let skipped = format!("{STAGE_2},{}", skipped.collect::<Vec<_>>().join(","));
    let ran = site.mdc(&["apply", "--yes", "--skip", &skipped]).ended(1);
    assert!(ran.said.contains("0 of 1 md-core are healthy"), "{}", ran.said);
    assert!(!ran.said.contains("passed   verify md-core"), "{}", ran.said);
}

pub(crate) const DRAINED: &str = "[components.md-core]\nrolling = { drain = { isolate = \"isolate\", \
                       restore = \"restore\" } }";

pub(crate) fn is_isolated(site: &Site, host: &str) -> bool {
    site.host(host)["units"]["ometascan"]["isolated"] == Value::Bool(true)
}

#[test]
fn a_run_that_died_while_it_drained_is_taken_back_with_the_isolation() {
    let site = died_draining();
    site.mdc(&["rollback", "--yes"]).ended(0);
    assert!(!is_isolated(&site, "core-01"));
}

/// A run that dies while it drains an instance, which somebody then brings to the new version by hand: no later
/// plan has to do with it.
pub(crate) fn died_draining() -> Site {
    died_draining_in(Site::new())
}

pub(crate) fn died_draining_in(site: Site) -> Site {
    site.edit("[components.md-core]", DRAINED);
    let fault = json!({ "says": "", "times": 1, "kill": "before" });
    site.fault("core-01", "await-idle:ometascan", &fault);
    assert_eq!(site.mdc(&["apply", "--yes"]).status, None);
    assert!(is_isolated(&site, "core-01"));
    site.mend("core-01");
    let isolated = site.mdc(&["status"]).ended(0);
    isolated.tells(&[
        "warning[run::without-work]: md-core on core-01 may be isolated: the run",
        "by hand: on core-01, as root: `restore`",
    ]);
    site
}

#[test]
fn a_run_that_is_given_up_gives_work_back_first() {
    let site = died_draining();
    let give_up = ["apply", "--yes", "--give-up", "changed mind"];
    // Not while its host can't be reached: nobody would do it any more.
    let fault = json!({ "says": "E: no such instance" });
    site.fault("core-01", "restore:ometascan", &fault);
    let refused = site.mdc(&give_up).ended(1);
    refused.tells(&[
        "kept new work from md-core on core-01",
        "E: no such instance",
        "error[run::isolated]",
        "on core-01, as root: `restore`",
    ]);
    let begun = || fs::read_dir(site.path(".mdc/runs")).unwrap().count();
    assert_eq!(begun(), 1, "no other run begins");
    site.mend("core-01");
    site.mdc(&[
        "apply",
        "--yes",
        "--give-up",
        "changed mind",
        "--skip",
        "core-01/md-core",
        "--because",
        "done",
    ])
    .tells(&["md-core on core-01 gets new work again"]);
    assert!(!is_isolated(&site, "core-01"));
    let given = |entry: &Value| entry["noted"]["what"] == "(given work again after attempt 1)";
    assert!(site.journal().iter().any(given));
    assert!(!site.mdc(&["status"]).said.contains("without-work"));
}

/// Nobody gives work to an instance whose host can't be reached: each way to leave it says so, and how it is
/// done by hand.
#[test]
fn an_isolated_host_that_can_not_be_reached_is_told() {
    let site = Site::new();
    let soon = "limits = { healthy = \"1s\", settle = \"1s\" }";
    let tables = format!("[components.worker]\n{soon}\n\n[components.md-core]\n{soon}");
    site.edit("[components.md-core]", &tables);
    let site = died_draining_in(site);
    let mut host = site.host("core-01");
    host["faults"]["unreachable"] = json!("no route to host");
    site.write("core-01", &host);
    let by_hand = "on core-01, as root: `restore`";
    let [given_up, rolled_back] = [site.copy(), site.copy()];
    given_up.mdc(&["apply", "--yes", "--give-up", "changed mind"]).ended(1).tells(&[
        "error[run::isolated]",
        "kept new work from md-core on core-01 (no route to host), and it can't be given back",
        "the run is not given up",
        by_hand,
    ]);
    assert!(!given_up.journal().iter().any(|entry| !entry["given-up"].is_null()));
    let told = [
        "warning[run::without-work]",
        "md-core on core-01 may stay without new work, which the run",
        "no route to host; to give it work again, run on core-01, as root: `restore`",
    ];
    let left_out = ["resume", "--yes", "--skip", "core-01", "--because", "another night"];
    let soon = ["--patience", "1s"];
    site.mdc(&[left_out.as_slice(), &soon].concat()).ended(1).tells(&told);
    rolled_back.mdc(&["rollback", "--yes", "--patience", "1s"]).ended(1).tells(&told);
    for site in [&given_up, &site, &rolled_back] {
        assert!(is_isolated(site, "core-01"));
    }
    // What was not given back is not forgotten as long as the run is the newest.
    for site in [given_up, site] {
        assert_eq!(isolated(&site)[0]["host"], "core-01");
    }
}

/// What the status says of isolated instances to programs.
pub(crate) fn isolated(site: &Site) -> Value {
    let output = site.command(&["status", "--format", "json"]).output().unwrap();
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    status["isolated"].clone()
}

/// What was isolated gets work again by a rollback where nothing else leads back: by a step of its own when that
/// was all that had happened, and beside the plan when more had.
#[test]
fn what_has_no_way_back_gets_work_again_by_a_rollback() {
    let site = Site::new();
    site.edit("previous-release = \"release-a.toml\"\n", "");
    let site = died_draining_in(site);
    // For all that has changed there is no way back.
    site.mdc(&["rollback", "--yes"]).ended(1);
    assert!(site.begun().contains(&"core-01/md-core/rollback".to_owned()), "{:?}", site.begun());
    assert!(!is_isolated(&site, "core-01"));
    assert_eq!(site.log("core-01")["restore:ometascan"], 1);

    let site = Site::new();
    let fault = json!({ "says": "", "times": 1, "kill": "during" });
    site.fault("queue-01", "install:rabbitmq-server", &fault);
    assert_eq!(site.mdc(&["apply", "--yes"]).status, None);
    site.mend("queue-01");
    site.mdc(&["rollback", "--yes"])
        .ended(1)
        .tells(&["rabbitmq on queue-01 gets new work again, which the run"]);
    assert_eq!(site.log("queue-01")["restore:rabbitmq-server"], 1);
}

/// What can't be read of the newest run keeps nobody from seeing the hosts.
#[test]
fn a_plan_that_can_not_be_read_is_told_behind_the_status() {
    let site = died_draining();
    let run = fs::read_dir(site.path(".mdc/runs")).unwrap().next().unwrap().unwrap();
    fs::write(run.path().join("plan.json"), "{}").unwrap();
    let output = site.command(&["status"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let [shown, said] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    assert!(shown.contains("core-[01..03]") && said.contains("plan.json"), "{shown}{said}");
}

/// Where nothing at all leads back, a rollback gives work back all the same.
#[test]
fn a_rollback_that_is_empty_gives_work_back() {
    let site = Site::new();
    let fault = json!({ "says": "", "times": 1, "kill": "during" });
    site.fault("queue-01", "install:rabbitmq-server", &fault);
    // Only what has no way back is left for the second run.
    let mut first = vec!["apply", "--yes"];
    for stage_1 in [
        "identity-service",
        "control-center",
        "worker",
        "api-gateway",
        "callback-service",
        "md-core",
    ] {
        first.extend(["--only", stage_1]);
    }
    site.mdc(&first).ended(1);
    let ran = site.mdc(&["apply", "--yes"]);
    assert_eq!(ran.status, None, "{}", ran.said);
    site.mend("queue-01");
    site.mdc(&["rollback", "--yes"])
        .ended(1)
        .tells(&["rabbitmq on queue-01 gets new work again, which the run"]);
    assert_eq!(site.log("queue-01")["restore:rabbitmq-server"], 1);
}

#[test]
fn the_status_for_programs_names_isolated_instances() {
    let site = died_draining();
    let mut runs = fs::read_dir(site.path(".mdc/runs")).unwrap();
    let run = runs.next().unwrap().unwrap().file_name().into_string().unwrap();
    let core =
        json!({ "host": "core-01", "component": "md-core", "run": run, "restore": "restore" });
    assert_eq!(isolated(&site), json!([core]));
    site.mdc(&["resume", "--yes"]).ended(0);
    assert_eq!(isolated(&site), Value::Null);
}

#[test]
fn a_step_that_is_left_out_gives_work_back_first() {
    let site = died_draining();
    let skip = ["resume", "--yes", "--skip", "core-01/md-core", "--because", "another night"];
    let ran = site.mdc(&skip);
    ran.tells(&["md-core on core-01 gets new work again"]);
    assert!(!is_isolated(&site, "core-01"));
    // Who does it later drains it anew.
    site.mdc(&["resume", "--yes", "--debts"]).ended(0);
    assert_eq!(site.log("core-01")["isolate:ometascan"], 2);
    assert!(!is_isolated(&site, "core-01"));
}

#[test]
fn a_canary_bears_work_while_it_is_looked_at() {
    let site = Site::new();
    site.edit("[components.md-core]", DRAINED);
    let plan = site.plan();
    let steps = plan["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["id"] == "core-01/md-core/upgrade").unwrap();
    let kinds: Vec<&str> = step["commands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|command| command["task"].as_object().unwrap().keys().next().unwrap().as_str())
        .collect();
    let restore = kinds.iter().position(|kind| *kind == "restore").unwrap();
    assert_eq!(kinds[restore - 1..=restore + 1], ["await-health", "restore", "await-health"]);
}
