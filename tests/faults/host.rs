//! Hosts reboot, kill jobs, fail, and are held by locks.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::point;
use crate::site::Site;

#[test]
fn a_job_that_is_cut_off_is_tried_again() {
    let fresh = Site::new();
    let undisturbed = fresh.copy();
    undisturbed.mdc(&["apply", "--yes"]).ended(0);
    fresh.edit(
        "[components.md-core]",
        "[components.md-core]\non-failure = { retries = 0, tolerate = \"0\" }",
    );
    fresh.promise_nothing();
    let points = point::all(&fresh.copy());
    // A component with retries goes on by itself, after a pause: few of these, they take seconds.
    for (key, cut) in [("install:redis-server", "reboot"), ("start:rabbitmq-server", "kill")] {
        let Some(point) = points.iter().find(|point| point.key == key) else {
            panic!("no {key}: {points:?}");
        };
        let site = fresh.copy();
        site.fault(&point.host, key, &json!({ "says": "", "times": 1, "cut": cut }));
        let ran = site.mdc(&["apply", "--yes"]).ended(0);
        assert!(ran.said.contains("retrying"), "{}", ran.said);
        site.is_as(&undisturbed, key);
    }
    // One without any stops, and goes on with a new attempt when it is resumed.
    for point in points.iter().filter(|point| point.is_job && point.host.starts_with("core")) {
        if !(point.key.ends_with("md-core") || point.key.ends_with("ometascan")) {
            continue;
        }
        for cut in ["reboot", "kill"] {
            let what = format!("{} on {}: {cut}", point.key, point.host);
            let site = fresh.copy();
            site.fault(&point.host, &point.key, &json!({ "says": "", "times": 1, "cut": cut }));
            let ran = site.mdc(&["apply", "--yes"]);
            assert_eq!(ran.status, Some(1), "{what}: {}", ran.said);
            let ran = site.mdc(&["resume", "--yes"]);
            assert_eq!(ran.status, Some(0), "{what}: {}", ran.said);
            site.is_as(&undisturbed, &what);
        }
    }
}

#[test]
fn a_failure_that_passes_is_tried_again_and_one_that_does_not_is_not() {
    let fresh = Site::new();
    for (says, status, word) in [
        (
            "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1",
            0,
            "retrying",
        ),
        ("dpkg: error processing package md-core (--configure)", 1, "failed"),
    ] {
        let site = fresh.copy();
        site.fault("core-01", "install:md-core", &json!({ "says": says, "times": 1 }));
        let ran = site.mdc(&["apply", "--yes"]).ended(status);
        assert!(ran.said.contains(word), "{}", ran.said);
        assert_eq!(ran.said.contains("retrying"), status == 0, "{}", ran.said);
    }
}

#[test]
fn as_many_hosts_may_fail_as_are_tolerated() {
    // Three of its hosts have to change.
    let fresh = Site::new();
    let fault = json!({ "says": "dpkg: error", "times": 1 });
    for (tolerate, done) in [("0", false), ("1", true), ("34%", true), ("33%", false)] {
        let site = fresh.copy();
        site.edit(
            "[components.md-core]\nat-once = 2",
            &format!(
                "[components.md-core]\nat-once = 1\non-failure = {{ tolerate = \"{tolerate}\" }}"
            ),
        );
        site.fault("core-02", "install:md-core", &fault);
        // Something failed, so that the run is not whole either way.
        let ran = site.mdc(&["apply", "--yes"]).ended(1);
        let last = site.log("core-03").contains_key("install:md-core");
        assert_eq!(last, done, "{tolerate}: {}", ran.said);
        site.mdc(&["resume", "--yes"]).ended(0);
    }
}

#[test]
fn a_canary_that_fails_is_never_tolerated() {
    let site = Site::new();
    site.edit("[components.md-core]", "[components.md-core]\non-failure = { tolerate = 3 }");
    let canary = |step: &&Value| step["canary"] == json!(true);
    let plan = site.plan();
    let canaries = plan["steps"].as_array().unwrap().iter().filter(canary);
    let canaries: BTreeSet<&str> = canaries.filter_map(|step| step["host"].as_str()).collect();
    assert_eq!(canaries, ["core-01"].into());
    // Neither when it is changed nor when its file is copied to it.
    let copied = plan["steps"].as_array().unwrap().iter();
    let copied = copied.filter(|step| step["id"] == "core-01/md-core/copy").find_map(|step| {
        step["commands"].as_array()?.iter().find_map(|it| it["task"]["find-file"]["path"].as_str())
    });
    let copied = copied.map(|path| format!("receive:{path}"));
    for fault in ["install:md-core", &copied.unwrap()] {
        let site = site.copy();
        site.fault("core-01", fault, &json!({ "says": "dpkg: error", "times": 1 }));
        let ran = site.mdc(&["apply", "--yes"]).ended(1);
        for host in ["core-02", "core-03"] {
            assert!(!site.log(host).contains_key("install:md-core"), "{host}: {}", ran.said);
        }
        site.mdc(&["resume", "--yes"]).ended(0);
    }
}
