//! A host without power: what can't be seen is said to be unknown, what depends on it is withheld,
//! and the rest is done.

use serde_json::Value;

use super::on;
use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

pub(crate) fn run(fleet: &Fleet) {
    let moving = ["md-core", "api-gateway", "callback-service", "file-storage"];
    let release = Release::moving(&fleet.site, &moving);
    let site = Site::new(fleet, &release);
    fleet.host("kill", "storage-01");

    let said = site.mdc(&["plan", "--detailed-exitcode", "-o", "plan.json"]).ends(2).tells(&[
        "Unknown: 1 host",
        "storage-01",
        "connect",
        "Withheld: 3 changes",
    ]);
    let plan: Value =
        serde_json::from_str(&std::fs::read_to_string(site.path("plan.json")).unwrap()).unwrap();
    assert_eq!(plan["unknown"][0]["host"], "storage-01", "{}", said.out);
    let components = |part: &str| {
        let looks = ["verify", "mark-logs", "read-logs", "prove-backup"];
        let changes = |it: &&Value| !looks.iter().any(|look| it["action"] == **look);
        let list = plan[part].as_array().unwrap().iter().filter(changes);
        list.map(|it| it["component"].as_str().unwrap()).collect::<Vec<_>>()
    };
    // These need File Storage.
    assert_eq!(components("withheld"), ["md-core", "api-gateway", "md-core"]);
    assert_eq!(components("steps"), ["callback-service", "worker", "worker", "callback-service"]);

    site.mdc(&["apply", "plan.json", "--yes"]).ends(1).tells(&[
        "Not complete: 1 host unknown, 3 changes withheld.",
        "storage-01 could not be read",
    ]);
    on("exec-01", "worker").works(fleet, "2.9.0");
    on("exec-01", "callback-service").works(fleet, "2.9.0");
    on("exec-01", "md-core").works(fleet, "2.8.0");
    site.mdc(&["status"]).ends(1).tells(&["storage-01"]);

    fleet.host("boot", "storage-01");
    fleet.host("wait", "storage-01");
    site.mdc(&["apply", "--yes"]).ends(0).tells(&["Complete."]);
    for (host, component) in
        [("exec-01", "md-core"), ("exec-02", "api-gateway"), ("storage-01", "file-storage")]
    {
        on(host, component).works(fleet, "2.9.0");
    }
    site.is_as_desired();
}
