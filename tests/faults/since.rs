//! Since when a host has its version: by our own record, by its package manager, or not known.

use serde_json::json;

use crate::site::Site;

/// The lines of the table of mixed versions.
fn mixed(site: &Site) -> String {
    let said = site.mdc(&["status"]).ended(0).said;
    let (_, table) = said.split_once("Mixed versions").unwrap();
    table.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn status_tells_since_when_a_version_is_there_and_no_plan_rests_on_it() {
    let site = Site::new();
    let before = site.plan();
    let mut host = site.host("core-04");
    host["since"] = json!({ "md-core": 1_750_000_000 });
    site.write("core-04", &host);
    assert_eq!(site.plan()["seal"], before["seal"], "no plan rests on it");
    let said = mixed(&site);
    for row in [
        "md-core 5.18.1 unknown core-[01..03]",
        "5.19.0 2025-06-15 15:06:40 UTC, says the host core-04",
    ] {
        assert!(said.contains(row), "{row:?} is not in {said}");
    }
    site.mdc(&["apply", "--yes", "--skip", "core-02/md-core,core-03/md-core"]).ended(1);
    let ended = |it: &serde_json::Value| it["result"]["step"] == "core-01/md-core/upgrade";
    let place = site.journal().iter().position(ended).unwrap();
    let at = jiff::Timestamp::from_second(site.times()[place]).unwrap();
    let said = mixed(&site);
    let row = format!("{} core-01", at.strftime("%Y-%m-%d %H:%M:%S UTC"));
    assert!(said.contains(&row), "{row:?} is not in {said}");
    assert!(said.contains("md-core 5.18.1 unknown core-[02..03]"), "{said}");
    // What somebody else has changed since is not ours any more.
    let mut host = site.host("core-01");
    host["packages"]["md-core"] = json!({ "installed": "5.18.9-1" });
    site.write("core-01", &host);
    assert!(mixed(&site).contains("5.18.9 unknown core-01"), "{}", mixed(&site));
}
