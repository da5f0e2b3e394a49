//! What the record of a run says of approvals, and what is believed of it.

use std::fs;
use std::path::PathBuf;

use mdc::value::Digest;
use serde_json::{Value, json};

use crate::site::Site;

/// A site whose approved plan failed half-way.
fn half_way() -> Site {
    let site = Site::with_rule();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    site.approve("alice", &[]).exits(0);
    site.approve("bob", &[]).exits(0);
    let fault = json!({ "fail": { "install:md-core": { "says": "no", "times": 1 } } });
    site.set("core-01", "faults", &fault);
    site.mdc(&["apply", "plan.json", "--yes"]).exits(1);
    site
}

/// The journals of the newest run, wherever they are kept.
fn journals(site: &Site) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![site.path(".mdc")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.ends_with("journal.jsonl") {
                found.push(path);
            }
        }
    }
    found
}

/// Writes a journal anew, with a chain that verifies, without the entries that `drops` names and with
/// what `changes` makes of the others.
fn forge(path: &PathBuf, drops: &str, changes: impl Fn(&mut Value)) {
    let text = fs::read_to_string(path).unwrap();
    let mut previous: Option<Value> = None;
    let mut lines = String::new();
    let entries = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let kept = entries.filter(|line| line["entry"].get(drops).is_none());
    for (number, mut line) in (1_u64..).zip(kept) {
        changes(&mut line["entry"]);
        let first = line["previous"].clone();
        let body = line.as_object_mut().unwrap();
        body.remove("digest");
        body["number"] = json!(number);
        body["previous"] = previous.unwrap_or(first);
        let text = serde_json::to_string(&body).unwrap();
        let digest = Digest::of(text.as_bytes()).to_string();
        lines.extend([text.strip_suffix('}').unwrap(), ",\"digest\":\"", &digest, "\"}\n"]);
        previous = Some(json!(digest));
    }
    fs::write(path, lines).unwrap();
}

fn lose_the_controller(site: &Site) {
    fs::remove_dir_all(site.path(".mdc/runs")).unwrap();
}

#[test]
fn a_run_is_gone_on_with_from_a_host_by_what_was_signed_for_its_plan() {
    let site = half_way();
    lose_the_controller(&site);
    let host = keeper(&site);
    site.mdc(&["resume", "--from-host", &host, "--yes"])
        .exits(0)
        .says("Approved by alice")
        .says("Approved by bob")
        .says("Complete");
}

#[test]
fn a_host_that_makes_approvals_up_is_not_believed() {
    let site = half_way();
    lose_the_controller(&site);
    let host = keeper(&site);
    for journal in journals(&site) {
        forge(&journal, "nothing", |entry| {
            if let Some(approved) = entry.get_mut("approved") {
                for approval in approved["approvals"].as_array_mut().unwrap() {
                    approval["signature"] = json!("");
                }
            }
        });
    }
    let resume = ["resume", "--from-host", host.as_str(), "--yes"];
    site.mdc(&resume).exits(1).says("approval::missing").says("shows no approvals of its plan");
    let reason = ["--without-approval", "the controller is lost"];
    site.mdc(&[&resume[..], &reason].concat()).exits(0).says("the controller is lost");
}

#[test]
fn a_run_whose_record_tells_of_no_approval_is_not_gone_on_with() {
    let site = half_way();
    for journal in journals(&site) {
        forge(&journal, "approved", |_| {});
    }
    site.mdc(&["resume", "--yes"]).exits(1).says("doesn't say who had approved its plan");
}

/// A host that keeps the record of the run.
fn keeper(site: &Site) -> String {
    let fleet = fs::read_dir(site.path(".mdc/fleet")).unwrap();
    let names = fleet.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(".records").map(str::to_owned)).min().unwrap()
}

#[test]
fn a_plan_is_carried_out_once() {
    let site = Site::new();
    site.mdc(&["observe"]).exits(0);
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    let hosts: Vec<(PathBuf, Vec<u8>)> = fs::read_dir(site.path(".mdc/fleet"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    site.mdc(&["apply", "plan.json", "--yes"]).exits(0);
    // The hosts are as before, as after a way back.
    for (path, text) in hosts {
        fs::write(path, text).unwrap();
    }
    let apply = ["apply", "plan.json", "--yes"];
    site.mdc(&apply).exits(1).says("this plan was carried out before, by the run");
    site.mdc(&[&apply[..], &["--again", "the cause is mended"]].concat()).exits(0);
    site.mdc(&["report"]).exits(0).says("had been carried out before").says("the cause is mended");
}

#[test]
fn approvals_of_an_older_plan_count_when_both_mean_the_same() {
    let site = Site::with_rule();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    site.approve("alice", &[]).exits(0);
    site.approve("bob", &[]).exits(0);
    // Only forecasts differ.
    site.edit(
        "mdc.toml",
        "[components.md-core]",
        "[components.md-core]\ndurations = { install = \"77s\" }",
    );
    site.mdc(&["plan", "-o", "new.json"]).exits(0);
    site.mdc(&["apply", "new.json", "--yes"]).exits(1).says("approval::missing");
    let kept = ["apply", "new.json", "--yes", "--approved-as", "plan.json"];
    site.edit("mdc.toml", "at-once = 2", "at-once = 1");
    site.mdc(&["plan", "-o", "other.json"]).exits(0);
    let other = ["apply", "other.json", "--yes", "--approved-as", "plan.json"];
    site.mdc(&other).exits(1).says("means something else than plan.json");
    site.edit("mdc.toml", "at-once = 1", "at-once = 2");
    site.mdc(&kept).exits(0).says("Approved by bob").says("Complete");
}

#[test]
fn a_plan_that_calls_stage_2_stage_1_is_refused() {
    let site = Site::with_rule();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    let mut plan = mdc::plan::parse(&fs::read(site.path("plan.json")).unwrap()).unwrap();
    for step in plan.steps.iter_mut().filter(|step| step.is_change()) {
        step.stage = mdc::catalog::Stage::Live;
    }
    plan.seal = plan.digest();
    let mut file = Vec::new();
    mdc::plan::write(&plan, &mut file).unwrap();
    fs::write(site.path("plan.json"), file).unwrap();
    site.approve("alice", &[]).exits(0);
    site.mdc(&["apply", "plan.json", "--yes"])
        .exits(1)
        .says("plan::forged")
        .says("is of stage 1, and the catalog says stage 2");
}

#[test]
fn people_whose_names_look_alike_in_files_have_files_of_their_own() {
    let site = Site::with_rule();
    site.edit("allowed_signers", "alice ", "иван ");
    site.edit("allowed_signers", "bob ", "пётр ");
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    site.approve("alice", &[]).exits(0);
    site.approve("bob", &[]).exits(0);
    site.mdc(&["approve", "--check", "plan.json"]).exits(0).says("2 of 2");
}

#[test]
fn glass_is_broken_also_when_the_signers_cannot_be_used() {
    let site = Site::with_rule();
    fs::remove_file(site.path("allowed_signers")).unwrap();
    let apply = ["apply", "--yes", "--without-approval", "03:12, scans stand still"];
    site.mdc(&apply).exits(0).says("goes on without them").says("Complete");
}
