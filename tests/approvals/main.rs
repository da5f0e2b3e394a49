//! Approvals and signed snapshots as people use them: with real keys, `ssh-keygen` and `ssh-agent`, on
//! the simulated quickstart.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod evidence;
#[path = "../examples/mod.rs"]
mod examples;
mod record;
mod site;
mod snapshots;
mod tampering;

use std::fs;

use serde_json::json;
use site::Site;

#[test]
fn a_plan_is_applied_once_enough_people_have_signed_it() {
    let site = Site::with_rule();
    // Made on the fly: nobody can have approved it, and no host is asked.
    site.mdc(&["apply", "--yes"]).exits(1).says("approval::missing").says("mdc approve plan.json");
    assert!(!site.path(".mdc/fleet").exists());
    site.mdc(&["plan", "-o", "plan.json"])
        .exits(0)
        .says("1 for Stage 1, live, 2 for Stage 2, critical, among alice, bob, carol");
    let missing = "2 people must approve it, so far nobody has; 2 missing";
    site.mdc(&["apply", "plan.json", "--yes"]).exits(1).says("approval::missing").says(missing);
    site.approve("alice", &["--note", "ticket 4711"]).exits(0).says("seal: ");
    // The same person again, by another key: still one.
    site.approve("alice-2", &["--stage", "critical"]).exits(0);
    site.mdc(&["apply", "plan.json", "--yes"]).exits(1).says("so far alice; 1 missing");
    site.mdc(&["approve", "--check", "plan.json"]).exits(1).says("1 of 2").says("ticket 4711");
    let ran = site.mdc(&["approve", "--check", "--format", "json", "plan.json"]).exits(1);
    let check: serde_json::Value = serde_json::from_str(&ran.out()).unwrap();
    assert_eq!(check["counted"][0]["person"], "alice");
    assert_eq!(check["stages"]["critical"], serde_json::json!({ "asked": 2, "have": 1 }));
    let mallory = site.approve("mallory", &[]).exits(1);
    mallory.says("approval::not-approver").says("not among those who may approve");
    assert!(!site.path(".mdc/runs").exists(), "nothing was begun");

    site.approve("bob", &[]).exits(0);
    site.mdc(&["approve", "--check", "plan.json", "mdc.toml"]).exits(0).says("2 of 2");
    site.mdc(&["apply", "plan.json", "--yes"]).exits(0).says("Approved by bob").says("Complete");
    let approved = site.journal().into_iter().find_map(|entry| entry.get("approved").cloned());
    let approvals = approved.unwrap()["approvals"].clone();
    let people: Vec<&str> =
        approvals.as_array().unwrap().iter().map(|it| it["person"].as_str().unwrap()).collect();
    assert_eq!(people, ["alice", "alice", "bob"]);
    site.mdc(&["report"]).exits(0).says("Approved by").says("ticket 4711").says("SHA256:");
}

#[test]
fn packages_are_brought_to_hosts_for_an_approved_plan_only_and_its_approvals_still_count() {
    let site = Site::with_rule();
    site.mdc(&["stage", "--yes"]).exits(1).says("approval::missing").says("mdc stage plan.json");
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    site.mdc(&["stage", "plan.json", "--yes"]).exits(1).says("approval::missing");
    assert!(!site.path(".mdc/runs").exists(), "nothing was begun");
    site.approve("alice", &[]).exits(0);
    site.approve("bob", &[]).exits(0);
    site.mdc(&["stage", "plan.json", "--yes"]).exits(0).says("Approved by").says("Complete");
    site.mdc(&["apply", "plan.json", "--yes"]).exits(0).says("0 bytes to copy").says("Approved by");
}

#[test]
fn hands_agents_and_mdc_make_the_same() {
    let site = Site::with_rule();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    // The two commands of docs/approvals.md.
    fs::create_dir(site.path("plan.approvals")).unwrap();
    let text = site.mdc(&["approve", "--print", "plan.json"]).exits(0).out();
    fs::write(site.path("plan.approvals/bob"), &text).unwrap();
    site.run("ssh-keygen", &["-Y", "sign", "-n", "mdc.plan", "-f", "bob", "plan.approvals/bob"]);
    // A key that only an agent has.
    let mdc = env!("CARGO_BIN_EXE_mdc");
    let script = format!(
        "ssh-add -q alice && mv alice away && '{mdc}' approve plan.json --key alice.pub --yes"
    );
    site.run("ssh-agent", &["sh", "-c", &script]);
    site.mdc(&["approve", "--check", "plan.json"]).exits(0).says("2 of 2");
    // And anybody can see it without mdc.
    let verify = "ssh-keygen -Y verify -f allowed_signers -I alice -n mdc.plan \
                  -s plan.approvals/alice.txt.sig < plan.approvals/alice.txt";
    site.run("sh", &["-c", verify]);
    assert_eq!(text, fs::read_to_string(site.path("plan.approvals/alice.txt")).unwrap());
}

#[test]
fn glass_is_broken_with_a_reason_that_is_recorded() {
    let site = Site::with_rule();
    site.mdc(&["apply", "--yes", "--without-approval", ""]).exits(1);
    site.mdc(&["apply", "--yes", "--without-approval", "03:12, scans stand still"])
        .exits(0)
        .says("goes on without them")
        .says("Complete");
    let entry = site.journal().into_iter().find_map(|entry| entry.get("unapproved").cloned());
    assert_eq!(entry.unwrap()["reason"], "03:12, scans stand still");
    site.mdc(&["report"])
        .exits(0)
        .says("Begun without the approvals that were asked for")
        .says("03:12, scans stand still");
}

#[test]
fn what_was_approved_is_gone_on_with_and_taken_back_without_another_approval() {
    let site = Site::with_rule();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    site.approve("alice", &[]).exits(0);
    site.approve("bob", &[]).exits(0);
    let fault = json!({ "fail": { "install:md-core": { "says": "no", "times": 1 } } });
    site.set("core-01", "faults", &fault);
    site.mdc(&["apply", "plan.json", "--yes"]).exits(1);
    // For a plan that may not begin, nothing is given up.
    let given_up = ["apply", "--yes", "--give-up", "a better plan"];
    site.mdc(&given_up).exits(1).says("approval::missing");
    // Those who may approve can change meanwhile: what runs was approved.
    site.edit("allowed_signers", "carol", "dave");
    site.mdc(&["resume", "--yes"]).exits(0).says("Complete");
    // A file is a plan like any other.
    site.mdc(&["rollback", "-o", "back.json"]).exits(0);
    site.mdc(&["apply", "back.json", "--yes"]).exits(1).says("approval::missing");
    let back = site.mdc(&["rollback", "--yes"]);
    assert!(!back.err().contains("approval::"), "{}", back.err());
    let back = back.exits(1).says("13 done").says("3 changes not taken back");
    assert!(back.out().contains("roll back"));
    let backup = site.mdc(&["backup", "--yes"]);
    assert!(!backup.err().contains("approval::"), "{}", backup.err());
    site.mdc(&["finalise", "--yes"]).exits(1).says("approval::missing");
}

#[test]
fn the_way_back_is_dropped_only_with_approval() {
    let site = Site::with_rule();
    let over =
        "[components.postgresql]\npackage = { deb = \"postgresql-16\" }\n\n[components.md-core]";
    site.edit("mdc.toml", "[components.md-core]", over);
    site.mdc(&["observe"]).exits(0);
    let packages = json!({ "postgresql-15": { "installed": "15.9-1" }, "postgresql-16": "absent" });
    site.set("db-01", "packages", &packages);
    site.mdc(&["apply", "--yes", "--without-approval", "a rehearsal"]).exits(0);
    site.mdc(&["finalise", "-o", "plan.json"]).exits(0).says("1 for Stage 1, live");
    site.mdc(&["apply", "plan.json", "--yes"]).exits(1).says("is a plan of `mdc finalise`");
    let finalise = ["finalise", "--approved", "plan.json", "--yes"];
    site.mdc(&finalise).exits(1).says("approval::missing");
    site.approve("bob", &[]).exits(0).says("to drop the ways back");
    site.mdc(&finalise).exits(0).says("Approved by bob").says("Complete");
    site.mdc(&finalise).exits(1).says("is not what would be done now");
}

#[test]
fn a_rule_that_has_changed_makes_a_plan_stale() {
    let site = Site::with_rule();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    site.approve("alice", &[]).exits(0);
    site.approve("bob", &[]).exits(0);
    let refused = |site: &Site, moved: &str| {
        let check = ["approve", "--check", "plan.json"];
        for arguments in [&["apply", "plan.json", "--yes"][..], &check] {
            site.mdc(arguments).exits(1).says("approval::rule-changed").says(moved);
        }
    };
    // Whoever is let in by the same change is seen by those who review the plan.
    let signers = fs::read_to_string(site.path("allowed_signers")).unwrap();
    fs::write(site.path("allowed_signers"), format!("{signers}mallory {}", site.key("mallory")))
        .unwrap();
    refused(&site, "the file of signers `allowed_signers` is another one");
    fs::write(site.path("allowed_signers"), &signers).unwrap();
    site.edit("mdc.toml", "critical = 2", "critical = 1");
    refused(&site, "`critical` was 2, is 1");
    site.edit(
        "mdc.toml",
        "[approvals]\nsigners = \"allowed_signers\"\nlive = 1\ncritical = 1\n",
        "",
    );
    refused(&site, "the manifest asks for no approvals now");
}
