//! Packages that are brought to hosts before the plan is carried out.

use std::fs;

use serde_json::{Value, json};

use crate::site::Site;

fn receives(site: &Site) -> usize {
    let hosts =
        ["control-01", "core-01", "core-02", "core-03", "gate-01", "hook-01", "identity-01"];
    let hosts = hosts.into_iter().chain(["storage-01", "db-01", "queue-01"]);
    let of = |host| {
        let log = site.log(host);
        log.iter()
            .filter(|(key, _)| key.starts_with("receive:"))
            .map(|(_, times)| times)
            .sum::<usize>()
    };
    hosts.map(of).sum()
}

fn seal(site: &Site, file: &str) -> Value {
    let plan: Value = serde_json::from_slice(&fs::read(site.path(file)).unwrap()).unwrap();
    plan["seal"].clone()
}

#[test]
fn only_packages_come_and_the_saved_plan_is_carried_out_without_copying() {
    let undisturbed = Site::new();
    undisturbed.mdc(&["apply", "--yes"]).ended(0);

    let site = Site::new();
    site.plan();
    let before = site.state();
    site.mdc(&["stage", "--yes", "plan.json"]).ended(0).tells(&["29 done"]);
    for (host, now) in &site.state() {
        let (mut now, mut then) = (now.clone(), before[host].clone());
        for key in ["files", "sizes"] {
            now.as_object_mut().unwrap().remove(key);
            then.as_object_mut().unwrap().remove(key);
        }
        assert_eq!(now, then, "{host}: nothing but packages has come");
    }
    assert_eq!(receives(&site), 26);
    assert!(
        site.begun().iter().all(|step| {
            ["/copy", "/keep", "/fetch"].iter().any(|action| step.ends_with(action))
        })
    );

    site.mdc(&["plan", "--detail", "summary"])
        .ended(0)
        .tells(&["0 bytes to copy: 26 of 26 package files are on their hosts already"]);
    site.mdc(&["check", "plan.json"]).ended(0).tells(&["Both mean the same"]);

    let saved = seal(&site, "plan.json");
    site.mdc(&["apply", "--yes", "plan.json"])
        .ended(0)
        .tells(&["0 bytes to copy: 26 of 26 package files are on their hosts already."]);
    assert_eq!(seal(&site, "plan.json"), saved);
    assert_eq!(receives(&site), 26, "nothing was sent again");
    site.is_as(&undisturbed, "staged before");
}

#[test]
fn what_is_gone_by_then_is_sent_when_the_plan_is_carried_out() {
    let site = Site::new();
    site.mdc(&["stage", "--yes"]).ended(0);
    site.mdc(&["plan", "-o", "plan.json"]).ended(0).tells(&["0 bytes to copy"]);
    let mut host = site.host("control-01");
    (host["files"], host["sizes"]) = (json!({}), json!({}));
    site.write("control-01", &host);
    site.mdc(&["apply", "--yes", "plan.json"]).ended(0).tells(&["24 of 26 package files are"]);
    assert_eq!(receives(&site), 28);
}

#[test]
fn a_staging_that_was_cut_off_goes_on_where_it_was() {
    let site = Site::new();
    let plan = site.plan();
    let steps = plan["steps"].as_array().unwrap();
    let copy = steps.iter().find(|step| step["id"] == "storage-01/file-storage/copy").unwrap();
    let path = copy["commands"][1]["task"]["receive-file"]["path"].as_str().unwrap();
    site.fault(
        "storage-01",
        &format!("receive:{path}"),
        &json!({ "says": "", "times": 1, "kill": "before" }),
    );
    let killed = site.mdc(&["stage", "--yes", "--at-once", "1", "plan.json"]);
    assert_eq!(killed.status, None, "it was killed: {}", killed.said);
    site.mend("storage-01");
    let first = site.begun().len();
    // It stands beside what changes the cluster, and is none that could be resumed or taken back.
    site.mdc(&["resume", "--yes"]).ended(0).tells(&["No run is unfinished"]);
    site.mdc(&["stage", "--yes", "plan.json"])
        .ended(0)
        .tells(&["It is continued", "29 of 29 steps done, 0 failed"]);
    assert!(site.begun().len() < first + 29, "what was done is not done again");
    assert_eq!(receives(&site), 26);
    site.mdc(&["rollback", "--yes"]).ended(1).tells(&["no run that changed anything is recorded"]);
}

#[test]
fn what_no_plan_needs_any_more_is_shown_and_removed() {
    let site = Site::new();
    site.mdc(&["stage", "--yes"]).ended(0);
    site.mdc(&["stage", "--list"]).ended(0).tells(&["26 package files", "not needed 0 B"]);
    let mut host = site.host("db-01");
    let old = format!("/var/cache/mdc/{}/old_1.0_amd64.deb", "0".repeat(64));
    host["files"] = json!({ &old: "0".repeat(64) });
    host["sizes"] = json!({ &old: 1_000_000 });
    site.write("db-01", &host);
    let kept = site.host("core-01");
    site.mdc(&["stage", "--list"]).ended(0).tells(&["old_1.0_amd64.deb", "by no plan", "1.0 MB"]);
    assert_eq!(site.host("db-01"), host, "showing changes nothing");
    site.mdc(&["stage", "--clean", "--yes"]).ended(0).tells(&["1 package file"]);
    assert_eq!(site.host("db-01")["files"], json!({}));
    assert_eq!(site.host("core-01")["files"], kept["files"], "what a plan needs stays");
}

#[test]
fn too_little_room_is_told_before_anything_is_sent() {
    let site = Site::new();
    site.plan();
    let mut host = site.host("control-01");
    host["free-disk"] = json!(100_u64 << 20);
    site.write("control-01", &host);
    site.mdc(&["stage", "--yes", "plan.json"]).ended(1).tells(&["too little room"]);
    assert_eq!(receives(&site), 0);
}

#[test]
fn what_stands_beside_hides_no_unfinished_run() {
    let site = Site::new();
    let fault = json!({ "says": "E: no", "times": 1 });
    site.fault("control-01", "install:md-cluster-control-center", &fault);
    site.mdc(&["apply", "--yes"]).ended(1);
    site.mdc(&["stage", "--yes"]);
    site.mdc(&["status"])
        .ended(0)
        .tells(&["is unfinished", "`mdc resume mdc.toml` goes on with it"]);
}

/// Packages are read whole before anything else, and that is said where it takes its time; those that no host
/// needs are not read.
#[test]
fn what_takes_its_time_to_be_read_is_said() {
    let site = Site::new();
    let validated = site.mdc(&["validate"]).ended(0);
    assert!(!validated.said.contains("reading package files"), "{}", validated.said);
    let windows = fs::File::create(site.path("packages/redis.msi")).unwrap();
    windows.set_len(300_000_000).unwrap();
    let package = "[components.redis.packages.msi]\nfile = \"packages/redis.msi\"\n";
    let release = fs::read_to_string(site.path("release-b.toml")).unwrap();
    let pin = "0".repeat(64);
    fs::write(site.path("release-b.toml"), format!("{release}\n{package}sha256 = \"{pin}\"\n"))
        .unwrap();
    let says = "reading package files of the release B, up to 300.0 MB";
    site.mdc(&["validate"]).ended(0).tells(&[says]);
}
