//! Records of runs, plans and snapshots that are older, newer, mixed up or cut off.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::site::Site;

/// A run of the quickstart that was killed while `key` was done on `host`.
fn killed(fresh: &Site, host: &str, key: &str) -> Site {
    let site = fresh.copy();
    site.fault(host, key, &json!({ "says": "", "times": 1, "kill": "during" }));
    let ran = site.mdc(&["apply", "--yes"]);
    assert_eq!(ran.status, None, "{host}: {key}: {}", ran.said);
    site
}

/// The folders of all runs, oldest first.
fn runs(site: &Site) -> Vec<PathBuf> {
    let runs = fs::read_dir(site.path(".mdc/runs")).unwrap();
    let mut runs: Vec<PathBuf> = runs.map(|run| run.unwrap().path()).collect();
    runs.sort();
    runs
}

fn swap(one: &Path, other: &Path) {
    let aside = one.with_extension("aside");
    fs::rename(one, &aside).unwrap();
    fs::rename(other, one).unwrap();
    fs::rename(aside, other).unwrap();
}

/// The leases have moved on since, and the hosts are as the whole run has left them.
#[test]
fn an_older_copy_of_a_journal_does_nothing_twice() {
    let fresh = Site::new();
    let undisturbed = fresh.copy();
    undisturbed.mdc(&["apply", "--yes"]).ended(0);
    for (host, key) in [
        ("identity-01", "install:md-cluster-identity-service"),
        ("core-02", "receive:"),
        ("core-02", "start:ometascan"),
        ("storage-01", "install:md-cluster-file-storage"),
        ("storage-01", "await-health:md-cluster-file-storage"),
    ] {
        let key = &match key.strip_suffix(':') {
            Some(word) => first(&fresh, host, word),
            None => key.to_owned(),
        };
        let site = killed(&fresh, host, key);
        let journal = runs(&site)[0].join("journal.jsonl");
        let older = fs::read(&journal).unwrap();
        site.mdc(&["resume", "--yes"]).ended(0);
        let logs = |site: &Site| site.state().keys().map(|it| site.log(it)).collect::<Vec<_>>();
        let (done, log) = (site.state(), logs(&site));
        fs::write(&journal, older).unwrap();
        let ran = site.mdc(&["resume", "--yes"]);
        assert_eq!(logs(&site), log, "{host}: {key}: {}", ran.said);
        assert_eq!(site.state(), done, "{host}: {key}: {}", ran.said);
        // Either it sees that nothing is left, or that the plan doesn't hold any more.
        let stale = ran.said.contains("what it rests on has moved");
        assert!(ran.status == Some(0) || stale, "{host}: {key}: {}", ran.said);
        if stale {
            site.mdc(&["apply", "--yes", "--give-up", "the record was set back"]).ended(0);
        }
        site.is_as(&undisturbed, key);
    }
}

/// The first key of a kind among a host's commands.
fn first(fresh: &Site, host: &str, word: &str) -> String {
    let points = crate::point::all(&fresh.copy());
    let wanted = |it: &&crate::point::Point| it.host == host && it.key.starts_with(word);
    points.iter().find(wanted).unwrap().key.clone()
}

#[test]
fn what_belongs_to_another_run_is_refused() {
    let fresh = Site::new();
    let two = fresh.copy();
    two.mdc(&["apply", "--yes", "--only", "identity-service"]);
    // The second run has another plan, and is cut off.
    let key = "install:md-cluster-control-center";
    two.fault("control-01", key, &json!({ "says": "", "times": 1, "kill": "during" }));
    let ran = two.mdc(&["apply", "--yes"]);
    assert_eq!(ran.status, None, "{}", ran.said);
    for (name, word) in [
        ("plan.json", "it is of a plan with the seal"),
        ("journal.jsonl", "it begins the journal of another run"),
        ("", "it begins the journal of another run"),
    ] {
        let site = two.copy();
        let states = site.state();
        let all = runs(&site);
        let [first, .., last] = all.as_slice() else { panic!("{all:?}") };
        swap(&first.join(name), &last.join(name));
        for words in [&["resume", "--yes"][..], &["apply", "--yes"]] {
            let ran = site.mdc(words).ended(1);
            assert!(ran.said.contains(word), "{name}: {}", ran.said);
            assert!(ran.said.contains("nothing was changed"), "{name}: {}", ran.said);
        }
        assert_eq!(site.state(), states, "{name}");
        swap(&first.join(name), &last.join(name));
        site.mdc(&["resume", "--yes"]).ended(0);
        site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    }
}

#[test]
fn newer_formats_are_refused_by_name() {
    let fresh = Site::new();
    let site = killed(&fresh, "core-01", "install:md-core");
    let states = site.state();
    let run = runs(&site)[0].clone();
    fresh.mdc(&["plan", "-o", "plan.json"]).ended(0);
    fresh.mdc(&["observe", "-o", "snapshot.json"]).ended(0);
    for name in ["plan.json", "snapshot.json"] {
        fs::copy(fresh.path(name), site.path(name)).unwrap();
    }
    let newer = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        let changed = text.replacen("\"version\": 1", "\"version\": 7", 1);
        let changed = changed.replacen("\"version\":1", "\"version\":7", 1);
        assert_ne!(text, changed, "{}", path.display());
        fs::write(path, changed).unwrap();
        text
    };
    for (path, words) in [
        (run.join("plan.json"), &["resume", "--yes"][..]),
        (run.join("journal.jsonl"), &["resume", "--yes"]),
        (site.path("plan.json"), &["apply", "--yes", "plan.json"]),
        (site.path("snapshot.json"), &["plan", "--snapshot", "snapshot.json"]),
    ] {
        let good = newer(&path);
        let ran = site.mdc(words).ended(1);
        let told = ran.said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("version 7") && told.contains("this mdc reads"), "{}", ran.said);
        fs::write(&path, good).unwrap();
    }
    assert_eq!(site.state(), states);
    site.mdc(&["resume", "--yes"]).ended(0);
}

#[test]
fn files_that_were_cut_off_are_refused() {
    let fresh = Site::new();
    let site = killed(&fresh, "core-01", "install:md-core");
    let states = site.state();
    let run = runs(&site)[0].clone();
    fresh.mdc(&["plan", "-o", "plan.json"]).ended(0);
    fresh.mdc(&["observe", "-o", "snapshot.json"]).ended(0);
    for name in ["plan.json", "snapshot.json"] {
        fs::copy(fresh.path(name), site.path(name)).unwrap();
    }
    for (path, words) in [
        (run.join("plan.json"), &["resume", "--yes"][..]),
        (site.path("plan.json"), &["apply", "--yes", "plan.json"]),
        (site.path("snapshot.json"), &["plan", "--snapshot", "snapshot.json"]),
    ] {
        let good = fs::read(&path).unwrap();
        // The line end at the very end is no part of it.
        for left in [0, 1, good.len() / 3, good.len() / 2, good.len() - 2] {
            fs::write(&path, &good[..left]).unwrap();
            let ran = site.mdc(words).ended(1);
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(ran.said.contains(name), "{left} bytes of {name}: {}", ran.said);
        }
        fs::write(&path, good).unwrap();
    }
    assert_eq!(site.state(), states);
    site.mdc(&["resume", "--yes"]).ended(0);
}

#[test]
fn a_plan_is_carried_out_once() {
    let site = Site::new();
    site.plan();
    let key = "install:md-cluster-identity-service";
    site.fault("identity-01", key, &json!({ "says": "", "times": 1, "kill": "during" }));
    assert_eq!(site.mdc(&["apply", "--yes", "plan.json"]).status, None);
    // The same plan again is the same run again.
    site.mdc(&["apply", "--yes", "plan.json"]).ended(0);
    assert_eq!(runs(&site).len(), 1);
    let states = site.state();
    let ran = site.mdc(&["apply", "--yes", "plan.json"]).ended(1);
    assert!(ran.said.contains("this plan was carried out before, by the run"), "{}", ran.said);
    assert_eq!((runs(&site).len(), site.state()), (1, states));
    for host in site.state().keys() {
        assert!(site.log(host).values().all(|times| *times == 1), "{host}: {:?}", site.log(host));
    }
}
