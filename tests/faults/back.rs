//! The way back: after a failure at any installation, by policy, and when it is itself cut off.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::point;
use crate::site::Site;

/// The components that the catalog lets go back; the others are infrastructure.
const STAYS: [&str; 3] = ["postgresql-16", "rabbitmq-server", "redis-server"];

/// The packages of every host that can go back.
fn packages(site: &Site) -> BTreeMap<String, Value> {
    let mut packages = BTreeMap::new();
    for (host, state) in site.state() {
        for (package, state) in state["packages"].as_object().unwrap() {
            if !STAYS.contains(&package.as_str()) {
                packages.insert(format!("{host}/{package}"), state.clone());
            }
        }
    }
    packages
}

fn version(site: &Site, host: &str) -> String {
    site.host(host)["packages"]["md-core"].to_string()
}

#[test]
fn a_failed_run_is_rolled_back_from_every_installation() {
    let fresh = Site::new();
    let before = packages(&fresh);
    let undisturbed = fresh.copy();
    undisturbed.mdc(&["apply", "--yes"]).ended(0);
    let points = point::all(&fresh.copy());
    let installs: Vec<_> =
        points.iter().filter(|point| point.key.starts_with("install:")).collect();
    assert!(installs.len() >= 16, "{points:?}");
    for point in installs {
        let what = format!("{} on {}", point.key, point.host);
        let site = fresh.copy();
        let fault = json!({ "says": "dpkg: error processing package", "times": 1 });
        site.fault(&point.host, &point.key, &fault);
        site.mdc(&["apply", "--yes"]).ended(1);
        site.mend(&point.host);
        let ran = site.mdc(&["rollback", "--yes"]);
        // What can't go back is said, and makes the end less than whole.
        let stays = ran.said.contains("stays as it is");
        assert_eq!(ran.status, Some(i32::from(stays)), "{what}: {}", ran.said);
        assert_eq!(packages(&site), before, "{what}");
        assert!(site.mdc(&["history"]).ended(0).said.contains("B, rolled back"));
        site.mdc(&["apply", "--yes"]).ended(0);
        assert_eq!(packages(&site), packages(&undisturbed), "{what}");
        site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    }
}

#[test]
fn a_plan_without_the_release_before_says_that_nothing_leads_back() {
    let site = Site::new();
    let code = "plan::no-previous-release";
    assert!(!site.plan()["warnings"].to_string().contains(code));
    site.edit("previous-release = \"release-a.toml\"\n", "");
    let warnings = site.plan()["warnings"].to_string();
    assert!(
        warnings.contains("by whose packages 13 of its changes could be taken back"),
        "{warnings}"
    );
    assert!(warnings.contains(code), "{warnings}");
}

#[test]
fn what_stage_2_has_to_be_is_not_said_to_be_so_on_the_way_back() {
    let site = Site::new();
    let fault = json!({ "says": "dpkg: error processing package", "times": 1 });
    site.fault("storage-01", "install:md-cluster-file-storage", &fault);
    site.mdc(&["apply", "--yes"]).ended(1);
    let ran = site.mdc(&["rollback", "--yes"]);
    let said = ran.said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("Stage 2, taken back") && said.contains("nobody looks"), "{}", ran.said);
    let means = ["In a maintenance window", "At any hour"];
    assert!(!means.iter().any(|words| said.contains(words)), "{}", ran.said);
}

#[test]
fn a_policy_takes_back_the_host_or_the_wave_that_failed() {
    let fresh = Site::new();
    let before = version(&fresh, "core-03");
    // Two at once: core-01 is the first alone, core-02 and core-03 are a wave.
    for (policy, goes_back) in [
        ("stop", vec![]),
        ("rollback-host", vec!["core-03"]),
        ("rollback-wave", vec!["core-02", "core-03"]),
    ] {
        let site = fresh.copy();
        site.edit(
            "[components.md-core]",
            &format!("[components.md-core]\non-failure = {{ then = \"{policy}\" }}"),
        );
        let fault = json!({ "says": "dpkg: error processing package", "times": 1 });
        site.fault("core-03", "install:md-core", &fault);
        let plan = site.mdc(&["plan"]).ended(0);
        assert_eq!(plan.said.contains("it is rolled back"), policy != "stop", "{}", plan.said);
        let ran = site.mdc(&["apply", "--yes", "--format", "json"]).ended(1);
        // One account for programs, of the way back as well.
        assert_eq!(ran.said.matches("\"format\": \"mdc/report\"").count(), 1, "{}", ran.said);
        assert_eq!(ran.said.contains("\"taken-back\": {"), policy != "stop", "{}", ran.said);
        for host in ["core-01", "core-02", "core-03"] {
            let is_back = version(&site, host) == before;
            assert_eq!(is_back, goes_back.contains(&host), "{policy}, {host}: {}", ran.said);
        }
        if policy != "stop" {
            // What was given up is not kept for anybody who would go on with it.
            let other = site.copy();
            other.forget();
            other.mdc(&["apply", "--yes", "--take-over", "another laptop"]).ended(0);
        }
        site.mdc(&["apply", "--yes"]).ended(0);
        site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    }
}

#[test]
fn a_rollback_that_is_cut_off_is_finished() {
    let site = Site::new();
    let before = packages(&site);
    site.mdc(&["apply", "--yes"]).ended(0);
    let key = "install:md-cluster-control-center";
    for moment in ["before", "during"] {
        let cut = site.copy();
        cut.fault("control-01", key, &json!({ "says": "", "times": 1, "kill": moment }));
        assert_eq!(cut.mdc(&["rollback", "--yes"]).status, None);
        let ran = cut.mdc(&["rollback", "--yes"]).ended(1);
        assert!(ran.said.contains("finish it with `mdc resume`"), "{}", ran.said);
        cut.mdc(&["resume", "--yes"]).ended(0);
        assert_eq!(packages(&cut), before, "{moment}");
        assert_eq!(cut.log("control-01")[key], 2, "once there and once back");
        let ran = cut.mdc(&["rollback", "--yes"]).ended(1);
        assert!(ran.said.contains("`mdc plan` leads forward again"), "{}", ran.said);
    }
}

#[test]
fn a_rollback_is_reviewed_and_carried_out_as_a_plan() {
    let site = Site::new();
    let ran = site.mdc(&["rollback"]).ended(1);
    assert!(ran.said.contains("no run is recorded"), "{}", ran.said);
    let before = packages(&site);
    site.mdc(&["apply", "--yes"]).ended(0);
    site.mdc(&["rollback", "-o", "back.json"]).ended(0);
    assert_ne!(packages(&site), before, "saving changes nothing");
    site.mdc(&["apply", "--yes", "back.json"]).ended(0);
    assert_eq!(packages(&site), before);
    let ran = site.mdc(&["apply", "--yes", "back.json"]).ended(1);
    assert!(ran.said.contains("was carried out before"), "a plan is applied once: {}", ran.said);
}
