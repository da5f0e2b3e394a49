//! Those that need a component reach it after its change, or nothing else changes.

use serde_json::json;

use crate::site::Site;

const PORT: &str = "10.0.0.10:5432";

fn flat(said: &str) -> String {
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

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
        assert!(flat(&ran.said).contains(words), "{words:?} is not in:\n{}", ran.said);
    }
    assert_eq!(site.log("db-01")["install:postgresql-16"], 1);
    assert!(!site.log("queue-01").contains_key("install:rabbitmq-server"), "it goes no further");
    site.mend("control-01");
    let ran = site.mdc(&["resume", "--yes"]).ended(0);
    assert!(
        flat(&ran.said).contains("postgresql is reached from 2 of those that need it"),
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
    let reach = |step: &&serde_json::Value| step["action"] == "reach";
    assert_eq!(plan["steps"].as_array().unwrap().iter().filter(reach).count(), 0);
}

#[test]
fn a_host_that_can_not_be_asked_says_nothing_about_the_way() {
    let site = Site::new();
    let lost = json!({ "says": "cut", "lost": true });
    site.fault("identity-01", &format!("try-port:{PORT}"), &lost);
    let ran = site.mdc(&["apply", "--yes"]).ended(0);
    let words = "is reached from 1 of those that need it; not asked, since they can't be reached: identity-01";
    assert!(flat(&ran.said).contains(words), "{}", ran.said);
}
