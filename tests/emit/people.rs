//! What only people can do: when their word is asked for, and how long it holds.

use std::fs;

use serde_json::{Value, json};

use crate::bench::{Bench, check, command, gate, start, step};

const CONFIRM: [&str; 2] = ["--confirm", "core-01/a/start"];

fn request(say: &str) -> Value {
    let request =
        json!({ "request": { "say": say, "method": "POST", "path": "/x", "expect": [200] } });
    command("POST https://control/x", &request)
}

/// Waits for the file.
fn version(file: &str, give_up: &str) -> Value {
    let version = json!({ "await-version": {
        "package": "p", "version": "2.9.0", "every": "100ms", "give-up": give_up } });
    command(&format!("test -e DIR/{file}"), &version)
}

fn confirm() -> Value {
    let confirm = json!({ "confirm": { "component": "a", "text": "submissions are stopped", "verified": false, "give-up": "5m" } });
    command("true", &confirm)
}

#[test]
fn it_waits_for_their_word() {
    let bench = Bench::new(&[step("a", 1, &[request("upgrade the worker"), version("up", "60s")])]);
    let words = ["upgrade the worker: POST https://control/x", "give `--confirm core-01/a/start`"];
    bench.run(&["run", "1"]).ends(1).tells(&words);
    fs::write(bench.path("up"), "").unwrap();
    bench.run(&["run", "1", CONFIRM[0], CONFIRM[1]]).ends(0);
}

#[test]
fn a_gate_asks_each_time() {
    let bench = Bench::new(&[gate("a", "confirm", 1, &[confirm()])]);
    let words = ["submissions are stopped"];
    bench.run(&["run", "1"]).ends(1).tells(&words);
    bench.run(&["run", "1", "--confirm", "core-01/a/confirm"]).ends(0).tells(&words);
    bench.run(&["run", "1"]).ends(1).tells(&words).tells(&["no terminal to ask on"]);
}

#[test]
fn a_request_that_came_to_nothing_is_made_again() {
    let bench = Bench::new(&[step("a", 1, &[request("upgrade the worker"), version("up", "1s")])]);
    let words = ["upgrade the worker: POST https://control/x"];
    bench.run(&["run", "1", CONFIRM[0], CONFIRM[1]]).ends(1).tells(&words).tells(&["given up"]);
    bench.run(&["run", "1"]).ends(1).tells(&words).tells(&["no terminal to ask on"]);
}

#[test]
fn an_attempt_that_was_cut_off_asks_nothing_twice() {
    let slow = start("touch DIR/began; while [ ! -e DIR/go ]; do sleep 0.05; done");
    let bench = Bench::new(&[step("a", 1, &[confirm(), slow])]);
    let mut child = bench.begin(&["run", "1", CONFIRM[0], CONFIRM[1]]);
    bench.comes("began");
    bench.cut_off(&mut child);
    fs::write(bench.path("go"), "").unwrap();
    bench.run(&["run", "1"]).ends(0);
}

#[test]
fn who_takes_back_has_not_done_the_part_of_people() {
    let mut both = step("a", 1, &[start("touch DIR/up"), check("test -e DIR/up")]);
    let back = [request("downgrade the worker"), version("down", "60s")];
    both["way-back"] = json!({ "package": { "to": "2.8.0", "commands": back } });
    let bench = Bench::new(&[both]);
    bench.run(&["run", "1"]).ends(0);
    let words = ["downgrade the worker: POST", "give `--confirm core-01/a/start/back`"];
    bench.run(&["back", "1", CONFIRM[0], CONFIRM[1]]).ends(1).tells(&words);
    fs::write(bench.path("down"), "").unwrap();
    let both = ["back", "1", CONFIRM[0], CONFIRM[1], CONFIRM[0], "core-01/a/start/back"];
    bench.run(&both).ends(0).tells(&["downgrade the worker: POST", "Step 1 is taken back."]);
}

#[test]
fn what_was_noted_before_counts_for_its_attempt_alone() {
    let note = json!({ "note": { "unit": "unit", "what": "queues" } });
    let compare = json!({ "compare": { "unit": "unit", "what": "queues", "rule": "equal" } });
    let mut keeps = step(
        "a",
        1,
        &[
            command("cat DIR/now", &note),
            start("if [ -e DIR/loses ]; then echo lost >DIR/now; fi"),
            command("cat DIR/now", &compare),
        ],
    );
    keeps["way-back"] = json!({ "package": { "to": "2.8.0", "commands": [start("true")] } });
    let bench = Bench::new(&[keeps]);
    for (now, call) in
        [("1", &["run", "1"][..]), ("2", &["run", "1", "--again"]), ("3", &["run", "1"])]
    {
        fs::write(bench.path("now"), now).unwrap();
        bench.run(call).ends(0).silent_of("nothing was noted");
        if now == "2" {
            bench.run(&["back", "1", CONFIRM[0], CONFIRM[1]]).ends(0);
        }
    }
    fs::write(bench.path("loses"), "").unwrap();
    bench.run(&["run", "1", "--again"]).ends(1).tells(&["queues are not as they were before"]);
    // The attempt goes on: what it noted first counts.
    bench.run(&["run", "1"]).ends(1).tells(&["queues are not as they were before"]);
}
