//! Answers that are lost: nothing that changes something is sent again; the host tells what became of
//! it.

use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::Duration;

use serde_json::json;

use crate::changes::{run, site, version};
use crate::stand_in::{PASSWORD, install};

#[test]
fn a_lost_answer_is_not_asked_for_again_when_the_host_shows_the_version() {
    let (site, center) = site();
    center.state().cut = Some("deployments/core-01");
    run(&site, &["apply", "--yes"]).ended(0);
    assert_eq!(center.count("deployments/core-01/md-core/upgrade cut"), 1);
    assert_eq!(version(&site, "core-01", "md-core"), json!("5.19.0-1"));
}

#[test]
fn a_lost_answer_of_which_nothing_comes_is_told_and_not_sent_again() {
    let (site, center) = site();
    site.edit("[components.md-core]\n", "[components.md-core]\nlimits = { install = \"1s\" }\n");
    center.state().cut = Some("deployments/core-01");
    center.state().deaf = true;
    install(&site.path(".mdc/fleet"), "core-01", "md-cluster-worker", "md-cluster-worker", "2.9.0");
    for host in ["core-02", "core-03", "gate-01", "hook-01"] {
        install(&site.path(".mdc/fleet"), host, "md-cluster-worker", "md-cluster-worker", "2.9.0");
    }
    let words = [
        "given up after 1s; last seen on the host: installed 5.18.1-1",
        "POST /made-up/deployments/core-01/md-core/upgrade",
        "not known (no answer",
        "This run does not send it again",
    ];
    run(&site, &["apply", "--yes"]).ended(1).tells(&words);
    // Whoever goes on looks, and asks for nothing.
    run(&site, &["resume", "--yes"]).ended(1).tells(&["given up after 1s", "it was sent before"]);
    assert_eq!(center.count("deployments/core-01"), 1);
    // People have brought it there.
    center.state().deaf = false;
    center.state().cut = None;
    install(&site.path(".mdc/fleet"), "core-01", "md-core", "ometascan", "5.19.0");
    run(&site, &["resume", "--yes"]).ended(0);
    assert_eq!(center.count("deployments/core-01"), 1);
}

#[test]
fn a_lost_upload_stops_before_anything_rests_on_it() {
    let (site, center) = site();
    center.state().cut = Some("installers");
    let words = [
        "upload the Worker's package by Control Center for core-01",
        "what became of it is not known",
    ];
    run(&site, &["apply", "--yes"]).ended(1).tells(&words);
    assert_eq!(center.count("installers"), 1);
    assert_eq!(center.count("/upgrade "), 0);
}

#[test]
fn a_yes_is_not_believed_until_the_host_shows_the_version() {
    let (site, center) = site();
    site.edit("[components.worker]\n", "[components.worker]\nlimits = { install = \"1s\" }\n");
    center.state().deaf = true;
    let words = [
        "Failed: upgrade worker on core-01",
        "given up after 1s; last seen on the host: installed 2.8.0-1",
        "asked for: POST /made-up/workers/w-core-01/upgrade {\"version\": \"2.9.0\"}: accepted",
    ];
    run(&site, &["apply", "--yes"]).ended(1).tells(&words);
    assert_eq!(center.count("w-core-01/upgrade"), 1);
    assert_eq!(center.count("w-core-02/upgrade"), 0);
}

#[test]
fn a_run_that_was_killed_with_a_request_on_its_way_does_not_send_it_again() {
    let (site, center) = site();
    site.edit("[components.md-core]\n", "[components.md-core]\nlimits = { install = \"1s\" }\n");
    center.state().deaf = true;
    let fleet = site.path(".mdc/fleet");
    for host in ["core-01", "core-02", "core-03", "gate-01", "hook-01"] {
        install(&fleet, host, "md-cluster-worker", "md-cluster-worker", "2.9.0");
    }
    let (give, taken) = channel();
    center.state().holds = Some(("deployments/core-01", give));
    let mut command = site.command(&["apply", "--yes"]);
    let command = command.env("CENTER", PASSWORD).stdout(Stdio::null()).stderr(Stdio::null());
    let mut first = command.spawn().unwrap();
    let on_its_way = taken.recv_timeout(Duration::from_secs(60)).unwrap();
    first.kill().unwrap();
    first.wait().unwrap();
    drop(on_its_way);
    center.state().holds = None;
    let words = ["given up after 1s", "not known (it was sent before, and no answer was seen)"];
    run(&site, &["resume", "--yes"]).ended(1).tells(&words);
    assert_eq!(center.count("deployments/core-01"), 1, "{:?}", center.state().log);
    center.state().deaf = false;
    install(&fleet, "core-01", "md-core", "ometascan", "5.19.0");
    run(&site, &["resume", "--yes"]).ended(0);
    assert_eq!(center.count("deployments/core-01"), 1);
}
