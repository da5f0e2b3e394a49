//! Any byte that is changed is found, and is said.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use camino::Utf8Path;
use jiff::Timestamp;
use mdc::approval::{self, File, folder_of};
use mdc::diagnostic::SourceText;
use mdc::evidence;
use mdc::observe::Snapshot;
use mdc::plan::{self, FileError, Plan};
use mdc::signature::{EVIDENCE, SNAPSHOT, Signature, Signers};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::site::Site;

fn signers(site: &Site) -> Signers {
    let text = fs::read_to_string(site.path("allowed_signers")).unwrap();
    Signers::parse(&Arc::new(SourceText { name: "allowed_signers".into(), text })).unwrap()
}

/// Tries a file with one byte changed; `check` says what is wrong with how that was taken.
fn each_byte(good: &[u8], cases: u32, check: impl Fn(&[u8]) -> Result<(), String>) {
    let changed = (0..good.len(), any::<u8>());
    let mut runner =
        TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let tried = runner.run(&changed, |(place, byte)| {
        let mut bad = good.to_vec();
        bad[place] = byte;
        prop_assume!(bad != good);
        check(&bad).map_err(|why| TestCaseError::fail(format!("byte {place}: {why}")))
    });
    tried.unwrap();
}

/// A plan without its locator, which is not part of its meaning: it may differ between machines.
fn meaning(plan: &Plan) -> Plan {
    Plan { manifest: String::new(), ..plan.clone() }
}

#[test]
fn a_plan_with_another_byte_is_refused_or_means_the_same() {
    let site = Site::with_rule();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    let good = fs::read(site.path("plan.json")).unwrap();
    let original = meaning(&plan::parse(&good).unwrap());
    each_byte(&good, 400, |bad| match plan::parse(bad) {
        Ok(plan) if meaning(&plan) != original => Err("another plan is taken".into()),
        Err(FileError::NotAPlan(why)) if why.is_empty() => Err("no reason is given".into()),
        _ => Ok(()),
    });
}

#[test]
fn an_approval_with_another_byte_does_not_count() {
    let site = Site::with_rule();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    site.approve("alice", &["--note", "ticket 4711"]).exits(0);
    let plan = plan::parse(&fs::read(site.path("plan.json")).unwrap()).unwrap();
    let rule = plan.approvals.clone().unwrap();
    let folder: PathBuf = site.path("plan.json");
    let files = approval::read(&folder_of(Utf8Path::from_path(&folder).unwrap())).unwrap();
    let [file] = files.as_slice() else { unreachable!("one has approved") };
    let judge = |file: File| {
        let judged = approval::judge((&plan, &rule), &signers(&site), &[file], Timestamp::now());
        match (judged.counted.len(), judged.refused.first()) {
            (0, Some(refused)) if !refused.why.is_empty() => Ok(()),
            (0, _) => Err("no reason is given".to_owned()),
            _ => Err("it counts".to_owned()),
        }
    };
    assert_eq!(judge(file.clone()), Err("it counts".to_owned()));
    each_byte(file.text.as_ref().unwrap(), 200, |bad| {
        judge(File { text: Some(bad.to_vec()), ..file.clone() })
    });
    each_byte(file.signature.as_ref().unwrap(), 200, |bad| {
        judge(File { signature: Some(bad.to_vec()), ..file.clone() })
    });
}

#[test]
fn a_snapshot_with_another_byte_is_not_signed() {
    let site = Site::new();
    site.mdc(&["observe", "-o", "snap.json", "--sign", "alice"]).exits(0);
    let text = fs::read(site.path("snap.json")).unwrap();
    let armoured = fs::read(site.path("snap.json.sig")).unwrap();
    let allowed = signers(&site);
    let check = |text: &[u8], armoured: &[u8]| {
        let signed = Signature::parse(armoured)
            .and_then(|it| it.by(&allowed, (text, SNAPSHOT), Timestamp::now()));
        match signed {
            Ok(_) => Err("it is taken".to_owned()),
            Err(why) if why.to_string().is_empty() => Err("no reason is given".to_owned()),
            Err(_) => Ok(()),
        }
    };
    assert_eq!(check(&text, &armoured), Err("it is taken".to_owned()));
    each_byte(&text, 200, |bad| {
        // And whatever is in it, reading it is safe.
        let _ = Snapshot::parse(bad);
        check(bad, &armoured)
    });
    each_byte(&armoured, 200, |bad| check(&text, bad));
}

#[test]
fn evidence_with_another_byte_does_not_count() {
    let site = Site::new();
    let rehearse = ["rehearse", "--yes", "-o", "evidence.json", "--sign", "alice"];
    site.mdc(&rehearse).exits(0);
    let text = fs::read(site.path("evidence.json")).unwrap();
    let armoured = fs::read(site.path("evidence.json.sig")).unwrap();
    let allowed = signers(&site);
    let check = |text: &[u8], armoured: &[u8]| {
        let signed = Signature::parse(armoured)
            .and_then(|it| it.by(&allowed, (text, EVIDENCE), Timestamp::now()));
        match signed {
            Ok(_) => Err("it is taken".to_owned()),
            Err(why) if why.to_string().is_empty() => Err("no reason is given".to_owned()),
            Err(_) => Ok(()),
        }
    };
    assert_eq!(check(&text, &armoured), Err("it is taken".to_owned()));
    assert!(evidence::parse(&text).unwrap().unfinished.is_none());
    each_byte(&text, 200, |bad| {
        let _ = evidence::parse(bad);
        check(bad, &armoured)
    });
    each_byte(&armoured, 200, |bad| check(&text, bad));
}

#[test]
fn a_tampered_approval_is_told_and_the_rest_is_counted() {
    let site = Site::with_rule();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    for name in ["alice", "bob"] {
        site.approve(name, &[]).exits(0);
    }
    site.edit("plan.approvals/bob.txt", "stages: live, critical", "stages: critical");
    site.mdc(&["apply", "plan.json", "--yes"])
        .exits(1)
        .says("approval::refused")
        .says("`plan.approvals/bob.txt` doesn't count")
        .says("so far alice; 1 missing");
    site.approve("carol", &[]).exits(0);
    site.mdc(&["apply", "plan.json", "--yes"]).exits(0).says("approval::refused").says("Complete");
    // What was approved is not what is planned next.
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    site.mdc(&["approve", "--check", "plan.json"]).says("it approves another plan");
}
