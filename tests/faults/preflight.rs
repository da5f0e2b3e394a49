//! The checks before anything changes: each refuses the plan, refuses it again when it begins to be
//! carried out, and lets it pass when it is mended or waived. And the rehearsal, which ends a run before
//! stage 1.

use serde_json::{Value, json};

use crate::site::Site;

fn set(site: &Site, host: &str, change: impl Fn(&mut Value)) {
    let mut file = site.host(host);
    change(&mut file);
    site.write(host, &file);
}

/// Nothing was copied or installed anywhere.
#[track_caller]
fn is_untouched(site: &Site) {
    for host in site.state().keys() {
        assert!(site.log(host).is_empty(), "{host}: {:?}", site.log(host));
    }
}

#[track_caller]
fn refused(site: &Site, arguments: &[&str], words: &[&str]) {
    let ran = site.mdc(arguments).ended(1);
    for word in words {
        assert!(ran.said.contains(word), "{word:?} is not in:\n{}", ran.said);
    }
    is_untouched(site);
}

/// What goes wrong on a host, and what is said of it.
type Case = (&'static str, fn(&mut Value), [&'static str; 2]);

const CASES: [Case; 3] = [
    (
        "core-02",
        |host| host["free-disk"] = json!(100 << 20),
        ["preflight::disk", "core-02 has too little room on /"],
    ),
    (
        "storage-01",
        |host| host["clock-ahead"] = json!(-120),
        ["preflight::clock", "storage-01 has a clock that is more than 30s behind"],
    ),
    (
        "gate-01",
        |host| host["faults"]["unreachable-ports"] = json!(["10.0.0.14:8892"]),
        ["preflight::unreachable-port", "gate-01/worker needs control-center and can't reach"],
    ),
];

#[test]
fn what_is_wrong_before_refuses_the_plan_and_its_beginning() {
    let fresh = Site::new();
    fresh.mdc(&["plan", "-o", "plan.json"]).ended(0);
    for (host, change, words) in CASES {
        let site = fresh.copy();
        set(&site, host, change);
        refused(&site, &["plan"], &words);
        refused(&site, &["apply", "--yes"], &words);
        // The plan was made when all was well.
        refused(&site, &["apply", "--yes", "plan.json"], &words);
        // Somebody decides to go without the check.
        let waiver = format!(
            "\n[[waivers]]\ncheck = \"{}\"\nhost = \"{host}\"\nreason = \"tried in a test\"\n\
             until = \"2999-12-31\"\n\n# What this cluster does",
            words[0]
        );
        site.edit("\n# What this cluster does", &waiver);
        let ran = site.mdc(&["apply", "--yes"]).ended(0);
        assert!(ran.said.contains("tried in a test") && ran.said.contains("2999-12-31"));
        let record = site.mdc(&["report", "--format", "json"]).ended(0);
        assert!(record.said.contains("tried in a test"), "{}", record.said);
    }
}

#[test]
fn a_waiver_that_is_over_refuses_to_plan_and_to_begin() {
    let site = Site::new();
    let waiver = "\n[[waivers]]\ncheck = \"preflight::disk\"\nreason = \"a larger disk is ordered\"\n\
                  until = \"2020-01-01\"\n\n# What this cluster does";
    site.edit("\n# What this cluster does", waiver);
    for arguments in [&["validate"][..], &["plan"], &["apply", "--yes"]] {
        refused(&site, arguments, &["waiver::expired", "held until 2020-01-01"]);
    }
}

#[test]
fn a_rehearsal_that_fails_ends_the_run_before_stage_1() {
    let site = Site::new();
    let key = "rehearse:md-cluster-worker";
    let says = "md-cluster-worker : Depends: libmissing (>= 2) but it is not installable";
    site.fault("core-01", key, &json!({ "says": says }));
    let ran = site.mdc(&["apply", "--yes"]).ended(1);
    assert!(ran.said.contains(says), "{}", ran.said);
    for host in site.state().keys() {
        let log = site.log(host);
        let brings = |key: &String| key.starts_with("receive:") || key.starts_with("fetch:");
        assert!(log.keys().all(brings), "{host}: {log:?}");
    }
    site.mend("core-01");
    site.mdc(&["resume", "--yes"]).ended(0);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}
