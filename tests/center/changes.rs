//! What Control Center changes, and what it is believed of it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::site::{Ran, Site};
use crate::stand_in::{PASSWORD, StandIn};

/// The quickstart, whose Workers and Cores are changed by a stand-in, by the example's routes.
pub(crate) fn site() -> (Site, StandIn) {
    let site = Site::new();
    let center = attach(&site);
    (site, center)
}

/// The site with a Control Center.
pub(crate) fn attach(site: &Site) -> StandIn {
    let center = StandIn::new(site.path(".mdc/fleet"));
    let example = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/control-center/control-center-routes.toml");
    let routes = fs::read_to_string(example).unwrap();
    let routes = routes.replace("every = \"5s\"", "every = \"10ms\"");
    fs::write(site.path("control-center-routes.toml"), routes).unwrap();
    let driver = "driver = \"control-center\"\n";
    site.edit(
        "[components.md-core]\n",
        &format!(
            "[control-center]\nurl = \"http://127.0.0.1:{}\"\nuser = \"admin\"\n\
             password = {{ env = \"CENTER\" }}\nlogin-within = \"4s\"\n\n\
             [components.worker]\n{driver}\n[components.md-core]\n{driver}",
            center.port
        ),
    );
    center
}

pub(crate) fn run(site: &Site, arguments: &[&str]) -> Ran {
    run_as(site, arguments, PASSWORD)
}

/// Runs mdc; no word of it shows the password or a session.
pub(crate) fn run_as(site: &Site, arguments: &[&str], password: &str) -> Ran {
    let output = site.command(arguments).env("CENTER", password).output().unwrap();
    let ran = Ran::of(&output);
    assert!(!ran.said.contains(PASSWORD) && !ran.said.contains(password), "{}", ran.said);
    no_canary(&site.path(""), password);
    ran
}

/// Nothing that mdc writes has a secret in it.
fn no_canary(folder: &Path, password: &str) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            no_canary(&path, password);
        } else {
            let bytes = fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains(PASSWORD) && !text.contains(password), "{}", path.display());
        }
    }
}

pub(crate) fn version(site: &Site, host: &str, package: &str) -> Value {
    site.host(host)["packages"][package]["installed"].clone()
}

const WORKERS: [&str; 5] = ["core-01", "core-02", "core-03", "gate-01", "hook-01"];

#[test]
fn workers_and_instances_are_changed_by_requests_that_the_plan_shows() {
    let (site, center) = site();
    let shown = run(&site, &["plan", "--detail", "commands", "-o", "plan.json"]);
    let url = format!("http://127.0.0.1:{}", center.port);
    shown.ended(0).tells(&[
            "by Control Center: find the Worker, then upload the Worker's package",
            &format!(
                "POST {url}/made-up/workers/{{{{worker}}}}/upgrade, with Control Center's session \
                      and the body {{\"version\": \"2.9.0\"}}; answered by 202"
            ),
            "needs healthy: control-center on control-01; identity-service on identity-01",
            "way back none: no return through Control Center, whose routes have no `[downgrade.md-core]`",
        ]);
    // No package goes to the hosts, and planning asks nobody.
    let plan: Value = serde_json::from_slice(&fs::read(site.path("plan.json")).unwrap()).unwrap();
    for step in plan["steps"].as_array().unwrap() {
        let (component, action) = (&step["component"], &step["action"]);
        let copies = action == "copy" || action == "keep";
        assert!(!copies || !["worker", "md-core"].contains(&component.as_str().unwrap()), "{step}");
    }
    assert!(center.state().log.is_empty());

    run(&site, &["apply", "--yes", "plan.json"]).ended(0).tells(&["Complete"]);
    for host in WORKERS {
        assert_eq!(version(&site, host, "md-cluster-worker"), json!("2.9.0-1"), "{host}");
        assert!(!site.log(host).contains_key("install:md-cluster-worker"));
    }
    assert_eq!(version(&site, "core-01", "md-core"), json!("5.19.0-1"));
    run(&site, &["plan", "--detailed-exitcode"]).ended(0);
    // One session, ended. Each package once: two formats of the Worker, one of the Core.
    assert_eq!(center.count("POST /login 200"), 1);
    assert_eq!(center.count("POST /logout 200"), 1);
    assert_eq!(center.count("POST /made-up/installers 201"), 3);
    assert_eq!(center.count("/upgrade 202"), 8);
    let packages = site.path("packages");
    for (name, digest) in &center.state().installers {
        let content = fs::read(packages.join(name)).unwrap();
        assert_eq!(mdc::value::Digest::of(&content), *digest, "{name}");
    }
}

#[test]
fn the_way_back_is_a_request_too_where_there_is_a_route_for_it() {
    let (site, center) = site();
    run(&site, &["apply", "--yes"]).ended(0);
    let back = run(&site, &["rollback", "--yes"]);
    // What stays makes it less than whole.
    back.ended(1).tells(&["core-01/md-core stays as it is: no return through Control Center"]);
    for host in WORKERS {
        assert_eq!(version(&site, host, "md-cluster-worker"), json!("2.8.0-1"), "{host}");
    }
    assert_eq!(version(&site, "control-01", "md-cluster-control-center"), json!("2.8.0-1"));
    assert_eq!(version(&site, "core-01", "md-core"), json!("5.19.0-1"));
    assert_eq!(center.count("POST /made-up/workers/by-name/core-01/upgrade 202"), 1);
    // Workers go back before what they are asked through.
    assert_eq!(center.count("POST /login 200"), 2);
    assert_eq!(center.count("POST /logout"), 2);
}

#[test]
fn what_people_have_done_meanwhile_is_not_asked_for_again() {
    let (site, center) = site();
    run(&site, &["plan", "-o", "plan.json"]).ended(0);
    let fleet = site.path(".mdc/fleet");
    for host in WORKERS {
        crate::stand_in::install(&fleet, host, "md-cluster-worker", "md-cluster-worker", "2.9.0");
    }
    run(&site, &["apply", "--yes", "plan.json"]).ended(0);
    assert_eq!(center.count("/made-up/workers"), 0);
    assert_eq!(center.count("/made-up/deployments"), 3);
}

#[test]
fn a_refusal_stops_and_what_was_accepted_is_not_sent_again() {
    let (site, center) = site();
    center.state().refuses = Some(("w-core-01/upgrade", 409));
    let ran = run(&site, &["apply", "--yes"]);
    let words = ["start the Worker's upgrade by Control Center for core-01", "409: so it was told"];
    ran.ended(1).tells(&words);
    // Also after a failure.
    assert_eq!(center.count("POST /logout 200"), 1);
    center.state().refuses = None;
    run(&site, &["resume", "--yes"]).ended(0);
    assert_eq!(center.count("w-core-01/upgrade 202"), 1);
    let uploaded = center.count("POST /made-up/installers 201");
    assert_eq!(uploaded, 3, "{:?}", center.state().log);
}

#[test]
fn a_job_that_fails_is_a_failure() {
    let (site, center) = site();
    center.state().job_ends = Some("failed");
    run(&site, &["apply", "--yes"]).ended(1).tells(&["Control Center says `failed` at /state"]);
}

#[test]
fn another_file_than_the_reviewed_one_is_not_sent() {
    let (site, center) = site();
    // While the Workers change, somebody puts another file there.
    center.state().spoils = Some(site.path("packages/md-core_5.19.0-1_amd64.deb"));
    let words =
        ["md-core_5.19.0-1_amd64.deb is not the file that was reviewed", "nothing was sent"];
    run(&site, &["apply", "--yes"]).ended(1).tells(&words);
    assert_eq!(center.count("POST /made-up/installers 201"), 2);
    assert_eq!(center.count("/made-up/deployments"), 0);
}
