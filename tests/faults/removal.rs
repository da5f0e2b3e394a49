//! Components that go, and components that move: who needs them goes first, what takes their place comes
//! first, and nothing goes that the manifest doesn't name.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::site::Site;

/// The quickstart, where components are installed on the hosts that have them now, and on no other that
/// gets them.
fn before() -> Site {
    let site = Site::new();
    for (component, host) in
        [("callback-service", "hook-01"), ("control-center", "control-01"), ("redis", "queue-01")]
    {
        site.edit(&format!("\n{component} = "), &format!("\n\"{host}/{component}\" = "));
    }
    site
}

/// The same with its release installed.
fn site() -> Site {
    let site = before();
    site.mdc(&["apply", "--yes"]).ended(0);
    site
}

/// The place of a step in the plan, and its wave.
fn place(plan: &Value, id: &str) -> (usize, u64) {
    let steps = plan["steps"].as_array().unwrap();
    let place = steps.iter().position(|step| step["id"] == id);
    let place = place.unwrap_or_else(|| panic!("no {id}: {:?}", ids(plan)));
    (place, steps[place]["wave"].as_u64().unwrap())
}

fn ids(plan: &Value) -> BTreeSet<&str> {
    plan["steps"].as_array().unwrap().iter().map(|step| step["id"].as_str().unwrap()).collect()
}

#[track_caller]
fn comes_before(plan: &Value, first: &str, second: &str) {
    assert!(place(plan, first).1 < place(plan, second).1, "{first} {second}");
}

fn package(site: &Site, host: &str, package: &str) -> Value {
    site.host(host)["packages"][package].clone()
}

const CORES: &str = "components = [\"worker\", \"md-core\"]";
const HOOK: &str = "components = [\"worker\", \"callback-service\"]";

#[test]
fn who_needs_it_goes_first_and_nothing_else_goes() {
    let site = site();
    site.edit(HOOK, "removed = [\"worker\", \"callback-service\"]");
    let ran = site.mdc(&["plan"]).ended(0);
    for words in [
        "2 on 1 host: 2 removes",
        "to be removed",
        "needed by api-gateway, callback-service, md-core: it stays on core-[01..04], gate-[01..02]",
        "its data and edited settings stay",
    ] {
        let said = ran.said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(words), "{words}: {}", ran.said);
    }
    let plan = site.plan();
    let is_look = |id: &&str| id.ends_with("/verify") || id.ends_with("/prove-backup-live");
    let changes: Vec<&str> = ids(&plan).into_iter().filter(|id| !is_look(id)).collect();
    assert_eq!(changes, ["hook-01/callback-service/remove", "hook-01/worker/remove"]);
    comes_before(&plan, "hook-01/callback-service/remove", "hook-01/worker/remove");
    site.mdc(&["apply", "--yes"]).ended(0);
    let begun = site.begun().into_iter().filter(|step| step.ends_with("/remove"));
    assert_eq!(
        begun.collect::<Vec<_>>(),
        ["hook-01/callback-service/remove", "hook-01/worker/remove"]
    );
    assert_eq!(package(&site, "hook-01", "md-cluster-worker"), "absent");
    assert_eq!(package(&site, "core-01", "md-cluster-worker"), json!({ "installed": "2.9.0-1" }));
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn what_moves_is_there_before_it_goes() {
    let site = site();
    site.edit(HOOK, "components = [\"worker\"]\nremoved = [\"callback-service\"]");
    site.edit(CORES, "components = [\"worker\", \"md-core\", \"callback-service\"]");
    let plan = site.plan();
    for host in ["core-01", "core-04"] {
        let install = format!("{host}/callback-service/install");
        comes_before(&plan, &install, "hook-01/callback-service/remove");
    }
    site.mdc(&["apply", "--yes"]).ended(0);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    // When the new one doesn't come up, the old one stays.
    let site = self::site();
    site.edit(HOOK, "components = [\"worker\"]\nremoved = [\"callback-service\"]");
    site.edit(CORES, "components = [\"worker\", \"md-core\", \"callback-service\"]");
    site.mdc(&["observe"]).ended(0);
    site.unhealthy("core-01", &["md-cluster-callback-service"]);
    site.mdc(&["apply", "--yes"]).ended(1);
    let old = package(&site, "hook-01", "md-cluster-callback-service");
    assert_eq!(old, json!({ "installed": "2.9.0-1" }));
}

#[test]
fn what_is_there_once_goes_before_it_comes_elsewhere() {
    let site = site();
    site.edit("components = [\"control-center\"]", "removed = [\"control-center\"]");
    site.edit(
        "components = [\"identity-service\"]",
        "components = [\"identity-service\", \"control-center\"]",
    );
    let plan = site.plan();
    let (old, new) = ("control-01/control-center/remove", "identity-01/control-center/install");
    comes_before(&plan, old, new);
    let warnings = plan["warnings"].to_string();
    assert!(
        warnings.contains("control-01/control-center is removed, but not its data"),
        "{warnings}"
    );
    site.mdc(&["apply", "--yes"]).ended(0);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn what_is_critical_goes_last_in_stage_2() {
    let site = before();
    site.edit(
        "components = [\"rabbitmq\", \"redis\"]",
        "components = [\"rabbitmq\"]\nremoved = [\"redis\"]",
    );
    site.edit("components = [\"postgresql\"]", "components = [\"postgresql\", \"redis\"]");
    site.edit("[components.md-core]", WAIVED);
    let plan = site.plan();
    let old = "queue-01/redis/remove";
    comes_before(&plan, "db-01/redis/install", old);
    comes_before(&plan, "storage-01/file-storage/upgrade", old);
    comes_before(&plan, "queue-01/rabbitmq/upgrade", old);
    let steps = plan["steps"].as_array().unwrap();
    assert_eq!(steps[place(&plan, old).0]["stage"], "critical");
    site.mdc(&["apply", "--yes"]).ended(0);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn as_many_stay_healthy_as_are_promised() {
    let site = site();
    site.edit(
        "[hosts.\"core-[01..04]\"]\naddress = \"10.0.1.[11..14]\"",
        "[hosts.\"core-[01..03]\"]\naddress = \"10.0.1.[11..13]\"",
    );
    let text = std::fs::read_to_string(site.path("mdc.toml")).unwrap();
    let more = "\n[hosts.core-04]\naddress = \"10.0.1.14\"\nos = \"ubuntu-24.04\"\n\
                components = [\"worker\"]\nremoved = [\"md-core\"]\n";
    std::fs::write(site.path("mdc.toml"), text + more).unwrap();
    site.edit(
        "[components.md-core]",
        "[components.md-core]\nrolling = { min-healthy = 3 }\nlimits = { healthy = \"1s\" }",
    );
    let plan = site.plan();
    comes_before(&plan, "core-04/md-core/keep-healthy", "core-04/md-core/remove");
    site.unhealthy("core-01", &["ometascan"]);
    let ran = site.mdc(&["apply", "--yes"]).ended(1);
    for words in ["plan::min-healthy", "core-04/md-core"] {
        assert!(ran.said.contains(words), "{words}: {}", ran.said);
    }
    assert_eq!(package(&site, "core-04", "md-core"), json!({ "installed": "5.19.0-1" }));
    site.mend("core-01");
    site.mdc(&["apply", "--yes"]).ended(0);
    assert_eq!(package(&site, "core-04", "md-core"), "absent");
}

#[test]
fn nothing_goes_before_what_takes_its_place_is_seen() {
    // The host that gets it can't be reached.
    for (component, from, to) in [
        (
            "control-center",
            "components = [\"control-center\"]",
            "components = [\"identity-service\"]",
        ),
        ("callback-service", HOOK, CORES),
    ] {
        let site = site();
        let kept = from.replace(&format!("\"{component}\""), "").replace(", ]", "]");
        let kept = if kept.contains("[]") { String::new() } else { format!("{kept}\n") };
        site.edit(from, &format!("{kept}removed = [\"{component}\"]"));
        site.edit(to, &to.replace(']', &format!(", \"{component}\"]")));
        let host = if to == CORES { "core-01" } else { "identity-01" };
        let mut file = site.host(host);
        file["faults"] = json!({ "unreachable": "no route to host" });
        site.write(host, &file);
        let plan = site.plan();
        assert!(!ids(&plan).iter().any(|id| id.ends_with("/remove")), "{:?}", ids(&plan));
        let warnings = plan["warnings"].to_string();
        assert!(warnings.contains("is not removed"), "{warnings}");
        assert!(warnings.contains("(plan::stays)"), "{warnings}");
    }
    // It is left out by hand, or its failure is tolerated.
    let site = before();
    site.edit(HOOK, "components = [\"worker\"]\nremoved = [\"callback-service\"]");
    site.edit(CORES, "components = [\"worker\", \"md-core\", \"callback-service\"]");
    let ran = site.mdc(&["apply", "--yes", "--skip", "core-02"]);
    assert_ne!(ran.status, Some(0), "{}", ran.said);
    let old = package(&site, "hook-01", "md-cluster-callback-service");
    assert_ne!(old, "absent", "{}", ran.said);
}

#[test]
fn what_is_there_once_moves_in_an_upgrade_too() {
    let site = before();
    site.edit("components = [\"control-center\"]", "removed = [\"control-center\"]");
    site.edit(
        "components = [\"identity-service\"]",
        "components = [\"identity-service\", \"control-center\"]",
    );
    let plan = site.plan();
    comes_before(&plan, "control-01/control-center/remove", "identity-01/control-center/install");
    comes_before(&plan, "identity-01/control-center/install", "core-01/worker/upgrade");
    site.mdc(&["apply", "--yes"]).ended(0);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn a_removal_that_is_cut_off_is_finished() {
    for moment in ["before", "during"] {
        let site = site();
        site.edit(HOOK, "components = [\"worker\"]\nremoved = [\"callback-service\"]");
        let key = "remove:md-cluster-callback-service";
        site.fault("hook-01", key, &json!({ "says": "", "times": 1, "kill": moment }));
        assert_eq!(site.mdc(&["apply", "--yes"]).status, None);
        site.mdc(&["resume", "--yes"]).ended(0);
        assert_eq!(site.log("hook-01")[key], 1, "{moment}");
        site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    }
}

/// Goes without the check that holds up what moves without its data.
const WAIVED: &str = "[[waivers]]\ncheck = \"preflight::data-stay\"\nreason = \"it is empty\"\n\
                      until = \"2999-12-31\"\n\n[components.md-core]";

#[test]
fn nothing_is_upgraded_against_data_that_stay_behind() {
    let move_it = |site: &Site| {
        site.edit("components = [\"postgresql\"]", "removed = [\"postgresql\"]");
        site.edit(
            "components = [\"identity-service\"]",
            "components = [\"identity-service\", \"postgresql\"]",
        );
    };
    let before = Site::new();
    before.edit("\npostgresql = ", "\n\"db-01/postgresql\" = ");
    let site = before.copy();
    move_it(&site);
    let ran = site.mdc(&["apply", "--yes"]).ended(1);
    for words in ["preflight::data-stay", "db-01/postgresql", "nothing moves", "by a later plan"] {
        assert!(ran.flat().contains(words), "{words}: {}", ran.said);
    }
    assert!(site.log("identity-01").is_empty(), "{}", ran.said);
    let other = site.copy();
    other.edit("[components.md-core]", WAIVED);
    other.mdc(&["plan"]).ended(0).tells(&["it is empty"]);
    // Where nothing else is upgraded, it is told only.
    before.mdc(&["apply", "--yes"]).ended(0);
    move_it(&before);
    let plan = before.mdc(&["plan"]).ended(0).tells(&["is removed, but not its data"]);
    assert!(!plan.said.contains("preflight::data-stay"), "{}", plan.said);
}
