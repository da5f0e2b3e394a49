//! The quickstart by hand, kept as a file: `SNAPSHOTS=overwrite cargo test` writes it anew.

use std::fs;
use std::process::Command;

use camino::Utf8Path;
use mdc::emit::{Templates, emit};
use serde_json::json;
use snapbox::{Assert, Data};

use crate::bench::{command, gate, plan, quickstart, skipped, step};

fn text(plan: &mdc::plan::Plan, name: &str) -> String {
    emit(plan, &Templates::built_in()).unwrap().texts[Utf8Path::new(name)].clone()
}

fn same(name: &str, text: String) {
    let path = format!("{}/tests/emit/{name}", env!("CARGO_MANIFEST_DIR"));
    let expected = Data::read_from(path.as_ref(), None).raw();
    Assert::new().action_env("SNAPSHOTS").eq(Data::text(text).raw(), expected);
}

#[test]
fn the_runbook_of_the_quickstart() {
    same("quickstart.md", text(&quickstart(), "RUNBOOK.md"));
}

#[test]
fn the_steps_of_one_of_its_scripts() {
    let script = text(&quickstart(), "hosts/core-02/core-02.sh");
    let (steps, engine) = script.split_once("# shellcheck shell=bash").unwrap();
    same("core-02.steps", steps.to_owned());
    assert!(engine.trim_end().ends_with("main \"$@\""));
}

#[test]
fn the_same_plan_makes_the_same_bytes() {
    let once = emit(&quickstart(), &Templates::built_in()).unwrap();
    assert_eq!(once, emit(&quickstart(), &Templates::built_in()).unwrap());
}

/// Every command of the plan is in a script of some host, as it is, or told to people.
#[test]
fn nothing_of_the_plan_is_left_out() {
    let plan = quickstart();
    let emitted = emit(&plan, &Templates::built_in()).unwrap();
    let all: String = emitted.texts.values().map(String::as_str).collect();
    let quoted = |run: &str| mdc::transport::quote(run).into_owned();
    for step in &plan.steps {
        assert!(all.contains(&*step.id), "{}", step.id);
        for command in step.commands.iter().chain(step.back().into_iter().flat_map(|it| it.iter()))
        {
            assert!(all.contains(&quoted(&command.run)), "{}", command.run);
        }
    }
    for check in plan.checks.values().flat_map(|list| list.iter()) {
        assert!(all.contains(&quoted(&check.run)), "{}", check.run);
    }
}

#[test]
fn what_no_script_can_do_is_told_to_people() {
    let tell = json!({ "tell": { "notice": "operations", "way": "by e-mail", "blocking": false } });
    let mut told = gate("operations", "tell-before", 1, &[command("mail\nsubject: soon", &tell)]);
    told["host"] = json!("controller");
    let scan = json!({ "test-scan": { "url": "https://gate-01:8899" } });
    let scan =
        gate("api-gateway", "scan-before", 2, &[command("POST https://gate-01:8899/file", &scan)]);
    let write = json!({ "write-file": {
        "path": "/etc/x.yml", "key": "k", "content": "<secret:password>", "mode": "0600",
        "owner": "root:root", "secrets": { "password": { "env": "PASSWORD" } } } });
    let runbook =
        text(&plan(&[told, scan, step("worker", 3, &[command("cat", &write)])]), "RUNBOOK.md");
    for words in [
        "tell operations (by e-mail)",
        "subject: soon",
        "POST https://gate-01:8899/file",
        "| `password` | core-01 | `core-01/worker/start` | the environment variable PASSWORD |",
        "`sudo bash core-01.sh run --wave 3`",
    ] {
        assert!(runbook.contains(words), "{words}: {runbook}");
    }
    assert!(!runbook.contains("controller.sh"), "{runbook}");
}

#[test]
fn what_the_plan_rules_stands_in_the_runbook() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/plans/air-gapped.json");
    let mut plan = mdc::plan::read(path.as_ref()).unwrap();
    let policies = [
        ("api-gateway", "10%", "stop"),
        ("md-core", "0", "rollback-host"),
        ("worker", "2", "rollback-wave"),
    ];
    for (component, tolerate, then) in policies {
        let policy = json!({ "retries": 2, "tolerate": tolerate, "then": then });
        let policy = serde_json::from_value(policy).unwrap();
        plan.on_failure.insert(serde_json::from_value(json!(component)).unwrap(), policy);
    }
    let runbook = text(&plan, "RUNBOOK.md");
    let (before, after) = runbook.split_once("## When something fails").unwrap();
    let prepare = before.split_once("## Prepare").unwrap().1;
    for words in [
        "- [ ] Stage 1, live: 1 approval of `alice@plant.example`, `bob@plant.example`",
        "- [ ] Stage 2, critical: 2 approvals of `alice@plant.example`, `bob@plant.example`",
        "`mdc approve --check PLAN.json`",
    ] {
        assert!(prepare.contains(words), "{words}: {prepare}");
    }
    for words in [
        "- api-gateway: up to `10%` of its hosts that this plan changes may fail: skip what is left",
        "- md-core: when it fails for good, take it back on that host\n",
        "- worker: up to 2 of its hosts",
        "take it back on that host and on all hosts that changed in the same wave\n",
    ] {
        assert!(after.contains(words), "{words}: {after}");
    }
    let bare = text(&quickstart(), "RUNBOOK.md");
    assert!(!bare.contains("approve") && !bare.contains("The plan allows"), "{bare}");
}

#[test]
fn every_script_is_clean() {
    let folder = tempfile::tempdir().unwrap();
    let emitted = emit(&quickstart(), &Templates::built_in()).unwrap();
    let mut scripts = Vec::new();
    for (name, text) in emitted.texts.iter().filter(|(name, _)| name.extension() == Some("sh")) {
        let path = folder.path().join(name.file_name().unwrap());
        fs::write(&path, text).unwrap();
        scripts.push(path);
    }
    assert_eq!(scripts.len(), 12);
    for script in &scripts {
        assert!(Command::new("bash").arg("-n").arg(script).status().unwrap().success());
    }
    match Command::new("shellcheck").args(&scripts[..4]).output() {
        Ok(found) => {
            assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stdout));
        }
        Err(_) => skipped("shellcheck: it is not installed"),
    }
}
