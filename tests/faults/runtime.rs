//! What a component runs on, the versions that the vendor asks for, and who changes what nobody has a
//! package of.

use std::fs;

use serde_json::{Value, json};

use crate::site::Site;

/// The quickstart, whose queue runs on this Erlang and is offered those.
fn erlang(installed: &str, offered: &[&str]) -> Site {
    let site = Site::new();
    let mut file = site.host("queue-01");
    file["packages"]["erlang-base"] = json!({ "installed": installed });
    file["runtimes"] = json!({ "erlang-base": offered });
    site.write("queue-01", &file);
    site
}

#[test]
fn erlang_comes_along_with_rabbitmq() {
    let site = erlang("1:25.2.3+dfsg-1", &["1:27.1-1", "1:26.2.5-1", "1:26.2.4-1", "1:25.3-1"]);
    let plan = site.mdc(&["plan", "--detail", "commands"]).ended(0);
    let words = "queue-01/rabbitmq takes Erlang along, from 25.2.3+dfsg to 26.2.5:";
    assert!(plan.flat().contains(words), "{}", plan.said);
    assert!(plan.flat().contains("changes, too (plan::along)"), "{}", plan.said);
    let plan = site.plan();
    let commands = |id: &str| -> Vec<String> {
        let steps = plan["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["id"] == id).unwrap();
        let commands = step["commands"].as_array().unwrap().iter();
        commands.map(|it| it["run"].as_str().unwrap().to_owned()).collect()
    };
    // In one transaction, and loaded before anything is changed.
    for id in ["queue-01/rabbitmq/fetch", "queue-01/rabbitmq/upgrade"] {
        let with = |run: &String| run.contains("to='1:26.2.5-1'") || run.contains("to=1:26.2.5-1");
        let with = commands(id).into_iter().find(with).unwrap();
        assert!(with.contains("rabbitmq-server=\"$found\" $along"), "{with}");
    }
    assert!(!commands("queue-01/redis/upgrade").join("").contains("along"));
    site.mdc(&["apply", "--yes"]).ended(0);
}

#[test]
fn an_erlang_that_does_not_fit_and_can_not_be_had_is_refused() {
    for offered in [&[][..], &["1:27.1-1", "1:25.3-1"]] {
        let site = erlang("1:25.2.3+dfsg-1", offered);
        let plan = site.mdc(&["plan"]).ended(1);
        let words = "is to run 3.13.7, which needs Erlang from 26.0 and below 27, and the host has \
                     25.2.3+dfsg and is offered none that fits";
        assert!(plan.flat().contains(words), "{}", plan.said);
        assert!(plan.said.contains("preflight::runtime"), "{}", plan.said);
    }
    // One that fits stays, whatever is offered.
    let site = erlang("1:26.2.1-1", &["1:26.2.5-1"]);
    let plan = site.mdc(&["plan"]).ended(0);
    assert!(!plan.said.contains("takes Erlang along"), "{}", plan.said);
}

#[test]
fn nothing_is_changed_to_a_version_below_the_documented_minimum() {
    let site = Site::new();
    let path = site.path("release-b.toml");
    let release = fs::read_to_string(&path).unwrap();
    fs::write(&path, release.replace("version = \"7.2.11\"", "version = \"7.0.4\"")).unwrap();
    let mut file = site.host("queue-01");
    file["packages"]["redis-server"] = json!({ "installed": "6.2.1-1" });
    site.write("queue-01", &file);
    let plan = site.mdc(&["plan"]).ended(1);
    let words = "would be changed to 7.0.4, and the vendor asks for Redis 7.0.5 or newer";
    assert!(plan.flat().contains(words), "{}", plan.said);
    // For a while, somebody may decide so; or what is known to do is written.
    let waived = site.copy();
    let exception = "[[waivers]]\ncheck = \"preflight::below-minimum\"\nreason = \"tried in staging\"\n\
                  until = \"2999-12-31\"\n\n[components.md-core]";
    waived.edit("[components.md-core]", exception);
    let plan = waived.mdc(&["plan"]).ended(0);
    assert!(plan.said.contains("tried in staging"), "{}", plan.said);
    let known = site.copy();
    let minimum = "[components.redis]\nminimum-version = \"7.0.0\"\n\n[components.md-core]";
    known.edit("[components.md-core]", minimum);
    known.mdc(&["plan"]).ended(0);
    // What is there and stays is told, and refuses nothing.
    file["packages"]["redis-server"] = json!({ "installed": "7.0.4-1" });
    site.write("queue-01", &file);
    let plan = site.mdc(&["plan"]).ended(0);
    assert!(plan.said.contains("desired::below-minimum"), "{}", plan.said);
}

/// The release without any package of the Worker.
fn without_package(site: &Site) {
    let path = site.path("release-b.toml");
    let release = fs::read_to_string(&path).unwrap();
    let (before, rest) = release.split_once("[components.worker.packages.").unwrap();
    let after = rest.find("\n[components.md-core]").map_or("", |place| &rest[place..]);
    assert!(!after.contains("[components.worker"), "{after}");
    fs::write(&path, format!("{before}{after}")).unwrap();
}

#[test]
fn people_change_what_nobody_has_a_package_or_a_driver_for() {
    let site = Site::new();
    without_package(&site);
    let text = "in Control Center: Inventory > Workers > Upgrade Now, until it is 2.9.0";
    let plan = site.mdc(&["plan"]).ended(0);
    assert!(plan.flat().contains(&format!("by hand: {text}")), "{}", plan.said);
    let ran = site.mdc(&["apply", "--yes"]).ended(1);
    for words in [&format!("it is not done yet: {text}"), "do it, then `mdc resume`"] {
        assert!(ran.flat().contains(words), "{words}: {}", ran.said);
    }
    assert!(!site.log("core-01").contains_key("install:md-cluster-worker"));
    // Never believed: the version is seen on the hosts.
    for host in ["core-01", "core-02", "core-03", "gate-01", "hook-01"] {
        let mut file: Value = site.host(host);
        file["packages"]["md-cluster-worker"] = json!({ "installed": "2.9.0-1" });
        site.write(host, &file);
    }
    site.mdc(&["resume", "--yes"]).ended(0);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    // Who names a driver has to have what it takes.
    let site = Site::new();
    without_package(&site);
    let driver = "[components.worker]\ndriver = \"package\"\n\n[components.md-core]";
    site.edit("[components.md-core]", driver);
    let ran = site.mdc(&["plan"]).ended(1);
    assert!(ran.said.contains("the release has no package of `worker`"), "{}", ran.said);
}
