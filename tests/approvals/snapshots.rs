//! Signed snapshots, and how old they may be.

use std::fs;

use mdc::observe::Snapshot;

use crate::site::Site;

const PLAN: [&str; 3] = ["plan", "--snapshot", "snap.json"];

#[test]
fn only_a_signed_snapshot_makes_a_plan() {
    let site = Site::new();
    site.mdc(&["observe", "-o", "snap.json"]).exits(0);
    site.mdc(&PLAN).exits(0).says("From the snapshot of").says("no host was read for it");
    site.append("mdc.toml", "\n[snapshots]\nsigners = \"allowed_signers\"\nmax-age = \"1d\"\n");
    site.mdc(&PLAN).exits(1).says("snapshot::signature").says("there is no snap.json.sig");
    site.mdc(&["observe", "-o", "snap.json", "--sign", "alice"]).exits(0).says("snap.json.sig");
    site.mdc(&PLAN).exits(0).says("signed by alice");
    // Signed again, by hand and by somebody else.
    fs::remove_file(site.path("snap.json.sig")).unwrap();
    site.run("ssh-keygen", &["-Y", "sign", "-n", "mdc.snapshot", "-f", "bob", "snap.json"]);
    site.mdc(&PLAN).exits(0).says("signed by bob");
    for (name, namespace, why) in [
        ("mallory", "mdc.snapshot", "not among those who may sign"),
        ("alice", "mdc.plan", "made for the namespace `mdc.plan`"),
    ] {
        fs::remove_file(site.path("snap.json.sig")).unwrap();
        site.run("ssh-keygen", &["-Y", "sign", "-n", namespace, "-f", name, "snap.json"]);
        site.mdc(&PLAN).exits(1).says("snapshot::signature").says(why);
    }
}

#[test]
fn a_snapshot_that_is_too_old_is_refused() {
    let site = Site::new();
    site.mdc(&["observe", "-o", "snap.json"]).exits(0);
    let snapshot = Snapshot::parse(&fs::read(site.path("snap.json")).unwrap()).unwrap();
    site.append("mdc.toml", "\n[snapshots]\nmax-age = \"1d\"\n");
    site.mdc(&PLAN).exits(0);
    for (other, why) in
        [("2020-01-01T00:00:00Z", "older than 24h"), ("2099-01-01T00:00:00Z", "has not come yet")]
    {
        let (cluster, observed) = (snapshot.cluster.clone(), snapshot.observed.clone());
        let old = Snapshot::new(cluster, other.parse().unwrap(), observed);
        fs::write(site.path("snap.json"), old.to_json().unwrap()).unwrap();
        site.mdc(&PLAN).exits(1).says("snapshot::age").says(why);
    }
}

#[test]
fn a_plan_says_of_when_its_snapshot_is_and_is_the_same_every_time() {
    let site = Site::new();
    site.mdc(&["observe", "-o", "snap.json"]).exits(0);
    let plan = || site.mdc(&[&PLAN[..], &["--format", "json"]].concat()).exits(0).out();
    let first = plan();
    assert_eq!(first, plan());
    assert!(first.contains("\"snapshot\": \"20"));
}
