//! Files are scanned all through stage 1, and before and after it: through the stand-in of the API
//! Gateway, which is upgraded meanwhile.

use serde_json::Value;

use super::on;
use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

const MOVED: [&str; 5] =
    ["identity-service", "control-center", "md-core", "api-gateway", "callback-service"];

pub(crate) fn run(fleet: &Fleet) {
    let release = Release::moving(&fleet.site, &MOVED).with("identity-service", "2.9.1");
    let address = fleet.address("exec-02").to_owned();
    let site = Site::with_manifest(fleet, &release, |manifest| {
        format!(
            "{manifest}\n[scan]\nurl = \"http://{address}:8899\"\n\n[load]\nsize = \"50kB\"\n\
             every = \"100ms\"\nslow = \"10s\"\nwithin = \"60s\"\nmay-lose = 0\n"
        )
    });
    let conf = "/etc/md-cluster/md-cluster-api-gateway.conf";
    // Whenever the gateway restarts, scans are at work.
    fleet.ask("exec-02", &format!("printf 'scan_ms=400\\n' | sudo tee -a {conf}"));
    // The first thing to change fails: nothing of stage 1 is done yet, and the measure is taken.
    site.mdc(&["apply", "--yes", "--load"]).ends(1).tells(&[
        "passed scan-before api-gateway on exec-02",
        "Failed: upgrade identity-service on identity-01",
        "No accepted file was lost.",
    ]);
    fleet.ask("identity-01", "sudo touch /etc/md-cluster/migration-approved");
    // After the changes the test pattern is not found.
    fleet.ask("exec-02", &format!("printf 'blind=1\\n' | sudo tee -a {conf}"));
    site.mdc(&["resume", "--yes", "--load"]).ends(1).tells(&[
        "Failed: scan-after api-gateway on exec-02",
        "the EICAR test pattern is not found: No Threat Detected",
        "before: the EICAR test pattern: Infected",
        "No accepted file was lost.",
    ]);
    for component in MOVED {
        let host = super::INSTALLED.iter().find(|it| it.component == component).unwrap().host;
        on(host, component).works(fleet, release.version(component));
    }
    none_is_lost(&site);
    fleet.ask("exec-02", &format!("sudo sed -i /^blind=/d {conf}"));
    site.mdc(&["resume", "--yes"]).ends(0).tells(&["Complete.", "Infected, Blocked"]);
    site.mdc(&["report"]).ends(0).tells(&["Load while the plan ran", "the harmless file"]);
}

/// What was accepted while stage 1 ran came to its end; the restart of the only gateway was felt.
fn none_is_lost(site: &Site) {
    let journal = site.record("journal.jsonl");
    let entries = journal.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let loads = entries.map(|line| line["entry"]["loaded"]["load"].clone());
    let loads: Vec<Value> = loads.filter(Value::is_object).collect();
    assert_eq!(loads.len(), 2, "{loads:#?}");
    let whole = &loads[1]["whole"];
    let count = |key: &str| whole[key].as_u64().unwrap();
    assert!(count("finished") > 20, "{whole:#}");
    assert_eq!((count("lost"), count("failed"), count("open")), (0, 0, 0), "{whole:#}");
    assert_eq!(count("submitted"), count("finished") + count("refused"), "{whole:#}");
    let steps = loads[1]["steps"].as_array().unwrap();
    for step in [
        "exec-02/api-gateway/upgrade",
        "exec-01/md-core/upgrade",
        "control-01/control-center/upgrade",
    ] {
        assert!(steps.iter().any(|it| it["step"] == step), "{step}: {steps:#?}");
    }
}
