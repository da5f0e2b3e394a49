//! Test scans as steps of a plan: before anything is changed and after the last change, on the
//! quickstart's simulated cluster with a stand-in for its gateway.

use std::fs;

use serde_json::Value;

use crate::site::Site;
use crate::stand_in::StandIn;

/// The quickstart, whose clients submit files to `gateway`.
pub(crate) fn site(gateway: &StandIn, more: &str) -> Site {
    let site = Site::new();
    let path = site.path("mdc.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}\n[scan]\nurl = \"{}\"\n{more}\n", gateway.url())).unwrap();
    site
}

/// The steps that were begun, in order, without those that look at logs, which stand around all of it.
fn begun(site: &Site) -> Vec<String> {
    site.begun().into_iter().filter(|step| !step.ends_with("-logs")).collect()
}

const BEFORE: &str = "gate-01/api-gateway/scan-before";
const AFTER: &str = "gate-01/api-gateway/scan-after";

#[test]
fn files_are_scanned_before_the_first_step_and_after_the_last() {
    let gateway = StandIn::new(&[("scan_ms", "50")]);
    let site = site(&gateway, "");
    site.mdc(&["plan"]).ended(0).tells(&[
        "Test scan",
        "through http://127.0.0.1",
        "3 times the time",
    ]);
    site.mdc(&["apply", "--yes"]).ended(0).tells(&[
        "Complete.",
        "the EICAR test pattern: Infected, Blocked in",
        "Test scans through the API Gateway",
    ]);
    let begun = begun(&site);
    assert_eq!((begun.first().unwrap().as_str(), begun.last().unwrap().as_str()), (BEFORE, AFTER));
    site.mdc(&["report"]).ended(0).tells(&["the harmless file", "No Threat Detected, Allowed"]);
    for format in ["markdown", "html"] {
        site.mdc(&["report", "--format", format]).ended(0).tells(&["Infected, Blocked"]);
    }
    // Nothing to do: nothing to scan for.
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0).tells(&["Nothing to do"]);
}

#[test]
fn nothing_is_changed_in_a_cluster_that_does_not_scan() {
    for (settings, words) in [
        (&[("blind", "1")][..], "the EICAR test pattern is not found: No Threat Detected"),
        (&[("fails", "1")], "the harmless file is not found harmless: Failed, Blocked"),
        (&[("scan_ms", "60000")], "the harmless file has no verdict after 300ms"),
        (&[("queue_full", "1")], "the gateway answers 503: Server is too busy"),
        (&[("apikey", "k")], "the gateway answers 403: Access denied"),
        (&[("forgets", "1")], "the gateway doesn't know the file that it accepted"),
    ] {
        let gateway = StandIn::new(settings);
        let site = site(&gateway, "within = \"300ms\"");
        site.mdc(&["apply", "--yes"]).ended(1).tells(&[words, "nothing was changed"]);
        assert_eq!(begun(&site), [BEFORE], "{words}");
        gateway.set(&[]);
        let again = site.mdc(&["resume", "--yes"]);
        again.ended(0).tells(&["Complete."]);
    }
}

#[test]
fn a_cluster_that_scans_worse_than_before_fails_the_run() {
    let gateway = StandIn::new(&[("scan_ms", "20")]);
    let fresh = site(&gateway, "slower-than = 2\ngrace = \"300ms\"\nwithin = \"3s\"");
    // The run stops after the scan that measures, as it would for Ctrl-C.
    fresh.fault(
        "identity-01",
        "install:md-cluster-identity-service",
        &serde_json::json!({
            "says": "no space left on device"
        }),
    );
    fresh.mdc(&["apply", "--yes"]).ended(1).tells(&["no space left"]);
    fresh.mend("identity-01");
    for (settings, words) in [
        (&[("blind", "1")][..], &["the EICAR test pattern is not found: No Threat Detected"][..]),
        (&[("scan_ms", "700")], &["more than the", "that are allowed after"]),
        (&[("scan_ms", "60000")], &["the harmless file has no verdict after 3s"]),
    ] {
        let site = fresh.copy();
        gateway.set(settings);
        let ran = site.mdc(&["resume", "--yes"]);
        let ran = ran.ended(1).tells(words);
        ran.ended(1).tells(&["before: the EICAR test pattern: Infected", "mdc resume"]);
        // What was measured before the changes is the measure still, and only what failed is repeated.
        gateway.set(&[("scan_ms", "20")]);
        site.mdc(&["resume", "--yes"]).ended(0).tells(&["Complete."]);
        let begun = begun(&site);
        assert_eq!(begun.iter().filter(|step| *step == BEFORE).count(), 1);
        assert_eq!(begun.iter().filter(|step| *step == AFTER).count(), 2);
        let record = site.mdc(&["report", "--format", "json"]).ended(0);
        let record: Value = serde_json::from_str(&record.said).unwrap();
        assert_eq!(record["scans"][1]["before"]["verdict"]["result"], "Infected");
    }
}

#[test]
fn a_part_of_a_plan_is_measured_too() {
    let gateway = StandIn::new(&[]);
    let site = site(&gateway, "");
    let other = site.copy();
    site.mdc(&["apply", "--yes", "--only", "identity-01"])
        .ended(1)
        .tells(&["Infected, Blocked in"]);
    let steps = begun(&site);
    assert_eq!((steps.first().unwrap().as_str(), steps.last().unwrap().as_str()), (BEFORE, AFTER));
    let for_all = ["/verify", "/prove-backup-live"];
    let counts =
        |step: &str| step.contains("scan-") || for_all.iter().any(|end| step.ends_with(end));
    assert!(steps.iter().all(|step| step.starts_with("identity-01/") || counts(step)), "{steps:?}");
    // Only who names them leaves them out.
    let skip = format!("{BEFORE},{AFTER}");
    other.mdc(&["apply", "--yes", "--skip", &skip]).ended(1).tells(&["left out"]);
    assert!(begun(&other).iter().all(|step| !step.contains("scan-")));
}
