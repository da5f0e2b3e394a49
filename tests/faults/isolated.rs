//! Instances that a run has isolated, and that the run which takes it back has not come to.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::parts::{DRAINED, died_draining, is_isolated, isolated};
use crate::site::Site;

const GIVE_UP: [&str; 4] = ["apply", "--yes", "--give-up", "changed mind"];
const LEAVES_CORE: [&str; 4] = ["--skip", "core-01/md-core", "--because", "done"];

/// The folders of all runs, oldest first.
fn runs(site: &Site) -> Vec<PathBuf> {
    let runs = fs::read_dir(site.path(".mdc/runs")).unwrap();
    let mut runs: Vec<PathBuf> = runs.map(|run| run.unwrap().path()).collect();
    runs.sort();
    runs
}

fn id(run: &std::path::Path) -> &str {
    run.file_name().unwrap().to_str().unwrap()
}

/// A run has isolated an instance, and the rollback of it died before it came there; returns both runs.
fn died_going_back() -> (Site, [String; 2]) {
    let site = died_draining();
    let fault = json!({ "says": "", "times": 1, "kill": "before" });
    site.fault("gate-01", "install:md-cluster-api-gateway", &fault);
    assert_eq!(site.mdc(&["rollback", "--yes", "--at-once", "1"]).status, None);
    site.mend("gate-01");
    assert!(is_isolated(&site, "core-01"));
    assert!(!site.begun().contains(&"core-01/md-core/rollback".to_owned()));
    let [forth, back] = runs(&site).try_into().unwrap();
    (site, [id(&forth).to_owned(), id(&back).to_owned()])
}

/// Nobody waits for that instance any more.
fn has_work(site: &Site) {
    assert!(!is_isolated(site, "core-01"));
    assert_eq!(isolated(site), Value::Null);
    assert!(!site.mdc(&["status"]).said.contains("without-work"));
}

#[test]
fn the_status_names_what_a_rollback_has_not_come_to() {
    let (site, [forth, back]) = died_going_back();
    let core =
        json!({ "host": "core-01", "component": "md-core", "run": forth, "restore": "restore" });
    assert_eq!(isolated(&site), json!([core]));
    site.mdc(&["status"]).ended(0).tells(&[
        &format!("warning[run::without-work]: md-core on core-01 may be isolated: the run {forth}"),
        &format!("`mdc resume mdc.toml` goes on with the run {back}, which takes it back"),
        "by hand: on core-01, as root: `restore`",
    ]);
    site.mdc(&["resume", "--yes"]).ended(0);
    has_work(&site);
    assert_eq!(site.log("core-01")["restore:ometascan"], 1);
}

#[test]
fn a_rollback_that_is_given_up_gives_work_back_first() {
    let (site, [forth, _]) = died_going_back();
    site.fault("core-01", "restore:ometascan", &json!({ "says": "E: no such instance" }));
    site.mdc(&GIVE_UP).ended(1).tells(&[
        "error[run::isolated]",
        &format!("the run {forth} kept new work from md-core on core-01"),
        "E: no such instance",
        "`mdc resume --skip core-01/md-core/rollback --because …`",
        "on core-01, as root: `restore`",
    ]);
    assert_eq!(runs(&site).len(), 2, "no other run begins");
    assert_eq!(isolated(&site)[0]["run"], forth.as_str());
    site.mend("core-01");
    let ran = site.mdc(&[GIVE_UP, LEAVES_CORE].concat());
    ran.tells(&[&format!("md-core on core-01 gets new work again, which the run {forth}")]);
    has_work(&site);
    // Nothing of the run that was over already is left there.
    let jobs = site.host("core-01")["jobs"].to_string();
    assert!(!jobs.contains(&forth), "{jobs}");
}

#[test]
fn what_is_left_out_of_a_rollback_gets_work_again() {
    let (site, [forth, _]) = died_going_back();
    site.mdc(&["resume", "--yes", "--only", "api-gateway"])
        .ended(1)
        .tells(&[&format!("md-core on core-01 gets new work again, which the run {forth}")]);
    has_work(&site);
    site.mdc(&["resume", "--yes", "--debts"]).ended(0);
    has_work(&site);
}

#[test]
fn a_host_that_is_gone_keeps_no_rollback_from_being_given_up() {
    let (site, [forth, _]) = died_going_back();
    site.edit("[hosts.\"core-[01..04]\"]", "[hosts.\"core-[02..04]\"]");
    site.edit("10.0.1.[11..14]", "10.0.1.[12..14]");
    assert_eq!(isolated(&site)[0]["host"], "core-01");
    site.mdc(&GIVE_UP).tells(&[
        "warning[run::without-work]: md-core on core-01 may stay without new work",
        &format!("which the run {forth} kept from it: the manifest has no such host any more"),
        "is given up: changed mind",
    ]);
}

#[test]
fn a_record_that_can_not_be_read_is_told_and_keeps_no_rollback_from_its_end() {
    let (site, [forth, _]) = died_going_back();
    let record = site.path(&format!(".mdc/runs/{forth}"));
    let plan = fs::read(record.join("plan.json")).unwrap();
    fs::write(record.join("plan.json"), "{}").unwrap();
    let output = site.command(&["status"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let [shown, said] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    assert!(shown.contains("core-[01..03]"), "{shown}");
    assert!(said.contains("plan.json") && said.contains("is unfinished"), "{said}");
    site.mdc(&GIVE_UP).ended(1).tells(&["error[run::record]", "plan.json"]);
    assert_eq!(runs(&site).len(), 2, "it is not given up");
    let unread = format!("which instances the run {forth} has kept new work from is not known");
    let resumed = site.copy();
    resumed.mdc(&["resume", "--yes"]).ended(1).tells(&["warning[run::unread]", &unread]);
    assert!(!is_isolated(&resumed, "core-01"));
    // A damaged journal is no better than none.
    fs::write(record.join("plan.json"), plan).unwrap();
    let journal = record.join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replacen("\"intent\"", "\"indent\"", 1)).unwrap();
    site.mdc(&["status"]).ended(1).tells(&["error[run::record]", "journal.jsonl"]);
    // Without any record, as where the rollback alone was taken over, nobody can know more.
    fs::remove_dir_all(record).unwrap();
    site.mdc(&["status"]).ended(0).tells(&["warning[run::unread]", &unread]);
    site.mdc(&GIVE_UP).tells(&[&unread, "is given up: changed mind"]);
}

/// The key of the check of a package file that the plan brings to hosts.
fn check_of(site: &Site, package: &str) -> String {
    let plan = site.plan().to_string();
    let path = plan.split('"').find(|text| text.starts_with('/') && text.ends_with(package));
    format!("check-file:{}", path.unwrap())
}

/// MD Core is taken back by itself, with all of a wave or one host; `failing` is isolated, and can neither be
/// upgraded nor be given its work again.
fn failing_back(policy: &str, failing: &str) -> Site {
    let site = Site::new();
    let policy = format!("on-failure = {{ retries = 0, then = \"{policy}\" }}");
    site.edit("[components.md-core]", &format!("{DRAINED}\n{policy}"));
    let check = check_of(&site, "/md-core_5.19.0-1_amd64.deb");
    for key in [&check, "restore:ometascan"] {
        site.fault(failing, key, &json!({ "says": "E: input/output error" }));
    }
    site
}

#[test]
fn what_a_policy_finds_nothing_to_take_back_of_is_known_as_isolated() {
    let site = failing_back("rollback-host", "core-01");
    site.mdc(&["apply", "--yes"]).ended(1).tells(&["Nothing to take back"]);
    assert_eq!(runs(&site).len(), 1);
    assert!(is_isolated(&site, "core-01"));
    assert_eq!(isolated(&site)[0]["host"], "core-01");
    site.mend("core-01");
    let [given_up, resumed] = [site.copy(), site];
    given_up
        .mdc(&[GIVE_UP, LEAVES_CORE].concat())
        .tells(&["md-core on core-01 gets new work again"]);
    has_work(&given_up);
    resumed.mdc(&["resume", "--yes"]).ended(0);
    has_work(&resumed);
}

#[test]
fn what_a_policy_takes_back_without_giving_it_work_is_known_as_isolated() {
    let site = failing_back("rollback-wave", "core-02");
    let ran = site.mdc(&["apply", "--yes"]).ended(1);
    ran.tells(&["warning[run::without-work]: md-core on core-02 may stay without new work"]);
    let [forth, _] = runs(&site).try_into().unwrap();
    assert_eq!(isolated(&site)[0]["host"], "core-02");
    // The way back is over: nothing goes on with it.
    let status = site.mdc(&["status"]).ended(0);
    let by_hand = "did not give it back. by hand: on core-02, as root: `restore`";
    status.tells(&[&format!("the run {} kept new work from it", id(&forth)), by_hand]);
}

#[test]
fn a_way_back_by_policy_that_died_gives_work_back_when_it_goes_on() {
    let site = failing_back("rollback-wave", "core-02");
    let check = check_of(&site, "/md-core_5.18.1-1_amd64.deb");
    let fault = json!({ "says": "", "times": 1, "kill": "before" });
    site.fault("core-03", &check, &fault);
    let ran = site.mdc(&["apply", "--yes"]);
    assert_eq!(ran.status, None, "{}", ran.said);
    let [forth, back] = runs(&site).try_into().unwrap();
    let told = isolated(&site);
    assert!(told.as_array().unwrap().contains(&json!({
        "host": "core-02", "component": "md-core", "run": id(&forth), "restore": "restore"
    })));
    site.mdc(&["status"]).tells(&[&format!("goes on with the run {}", id(&back))]);
    site.mend("core-02");
    let ran = site.mdc(&["resume", "--yes"]).ended(0);
    ran.tells(&["md-core on core-02 gets new work again"]);
    has_work(&site);
    assert!(!is_isolated(&site, "core-02"));
}
