//! What an emitted script does with its steps.

use std::fs;

use mdc::catalog::Rule;
use mdc::value::Digest;
use serde_json::{Value, json};

use crate::bench::{Bench, Ran, check, command, gate, interrupt, makes, start, step};

#[test]
fn a_step_is_done_once() {
    let bench = Bench::new(&[makes("a", 1)]);
    bench.run(&["list"]).ends(0).tells(&["to do", "start a"]);
    bench
        .run(&["run", "1"])
        .ends(0)
        .tells(&["Step 1 is done.", "All steps of this host are done."]);
    bench.run(&["run", "core-01/a/start"]).ends(0).tells(&["It is done already, since 20"]);
    bench.run(&["run", "--wave", "1"]).ends(0).tells(&["It is done already, since 20"]);
    assert_eq!(bench.text("log"), "a\n");
    bench.run(&["list"]).ends(0).tells(&["done"]);
    bench.run(&["verify"]).ends(0).tells(&["core-01/a/start: as promised"]);
    fs::remove_file(bench.path("a")).unwrap();
    bench.run(&["verify"]).ends(1).tells(&["NOT as promised: can't check that unit is active"]);
    bench.run(&["run", "1", "--again"]).ends(0).tells(&["Step 1 is done."]);
    assert_eq!(bench.text("log"), "a\na\n");
}

#[test]
fn what_is_there_already_is_not_done() {
    let bench = Bench::new(&[makes("a", 1)]);
    fs::write(bench.path("a"), "").unwrap();
    bench.run(&["run", "1"]).ends(0).tells(&["all of its checks say so. Nothing was changed."]);
    assert!(!bench.has("log"));
}

#[test]
fn no_step_before_those_that_come_first() {
    let bench = Bench::new(&[makes("a", 1), makes("b", 2)]);
    let words =
        ["step 2 (core-01/b/start) can't be done yet", "step 1 (core-01/a/start: start a", "run 1"];
    bench.run(&["run", "2", "--confirmed", "2"]).ends(1).tells(&words);
    bench.run(&["run", "--wave", "1"]).ends(0);
    let words = ["no terminal to ask on", "all of the waves before it", "give `--confirmed 2`"];
    bench.run(&["run", "--wave", "2"]).ends(1).tells(&words);
    bench.run(&["run", "--wave", "2", "--confirmed", "3"]).ends(1).tells(&words);
    assert!(!bench.has("b"));
    bench.run(&["run", "--wave", "2", "--confirmed", "2"]).ends(0);
    bench
        .run(&["run", "--wave", "3"])
        .ends(1)
        .tells(&["nothing is to be done on this host in wave 3"]);
}

#[test]
fn a_step_that_is_left_out_has_its_reason_on_record() {
    let bench = Bench::new(&[makes("a", 1), makes("b", 1)]);
    bench.run(&["skip", "1", "the vendor said so"]).ends(0);
    bench.run(&["run", "--wave", "1"]).ends(0).tells(&["was left out"]);
    assert_eq!(bench.text("log"), "b\n");
    let state = bench.state();
    assert!(state.contains("skipped 1 core-01/a/start: the vendor said so"), "{state}");
}

#[test]
fn a_failure_says_what_and_the_next_run_goes_on() {
    let broken = step(
        "b",
        1,
        &[
            start("echo why it failed >&2; test -e DIR/mended && touch DIR/b"),
            check("test -e DIR/b"),
        ],
    );
    let bench = Bench::new(&[makes("a", 1), broken]);
    let words = ["can't start unit", "exit status 1", "| why it failed", "next: mend the cause"];
    bench.run(&["run", "--wave", "1"]).ends(1).tells(&words);
    bench.run(&["list"]).tells(&["failed"]);
    fs::write(bench.path("mended"), "").unwrap();
    bench
        .run(&["run", "--wave", "1"])
        .ends(0)
        .tells(&["did not come to its end", "Wave 1 is done"]);
    assert_eq!(bench.text("log"), "a\n");
}

#[test]
fn a_killed_script_goes_on_and_asks_the_host_first() {
    let slow = step(
        "a",
        1,
        &[
            start(
                "touch DIR/began; while [ ! -e DIR/go ]; do sleep 0.05; done; echo a >>DIR/log; touch DIR/a",
            ),
            check("test -e DIR/a"),
        ],
    );
    let bench = Bench::new(&[slow]);
    let mut child = bench.begin(&["run", "1"]);
    bench.comes("began");
    bench.cut_off(&mut child);
    // What it had begun comes to its end without it.
    fs::write(bench.path("go"), "").unwrap();
    bench.comes("a");
    bench
        .run(&["run", "1"])
        .ends(0)
        .tells(&["did not come to its end", "all of its checks say so"]);
    assert_eq!(bench.text("log"), "a\n");
}

#[test]
fn who_asks_to_stop_is_heard_between_two_commands() {
    let slow = step(
        "a",
        1,
        &[
            start("touch DIR/began; while [ ! -e DIR/go ]; do sleep 0.05; done; touch DIR/first"),
            start("touch DIR/second"),
        ],
    );
    let bench = Bench::new(&[slow]);
    let child = bench.begin(&["run", "1"]);
    bench.comes("began");
    interrupt(&child);
    // A second run is refused as long as the first one works.
    bench.run(&["run", "1"]).ends(1).tells(&["another run of this script goes on here"]);
    fs::write(bench.path("go"), "").unwrap();
    let ran = Ran::of(&child.wait_with_output().unwrap());
    ran.ends(1).tells(&["You asked to stop", "it was asked to stop, between two commands"]);
    assert!(bench.has("first") && !bench.has("second"));
    bench.run(&["run", "1"]).ends(0);
    assert!(bench.has("second"));
}

#[test]
fn who_asks_twice_ends_what_runs() {
    let endless = step("a", 1, &[start("touch DIR/began; exec sleep 300")]);
    let bench = Bench::new(&[endless]);
    let mut child = bench.begin(&["run", "1"]);
    bench.comes("began");
    // Two that come at once may count as one.
    while child.try_wait().unwrap().is_none() {
        interrupt(&child);
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let ran = Ran::of(&child.wait_with_output().unwrap());
    ran.ends(1).tells(&["Press Ctrl-C again to end it too", "can't start unit"]);
}

#[test]
fn the_limits_of_the_plan_hold() {
    let mut endless = start("sleep 300");
    endless["within"] = json!("1s");
    let bench = Bench::new(&[step("a", 1, &[endless])]);
    let words = ["it took longer than its limit of 1 s and was ended"];
    bench.run(&["run", "1"]).ends(1).tells(&words);
}

#[test]
fn another_plan_is_refused_until_the_first_is_complete_or_given_up() {
    let bench = Bench::new(&[makes("a", 1), makes("b", 1)]);
    bench.run(&["run", "1"]).ends(0);
    bench.emit(&[makes("c", 1)]);
    let words = ["another plan was begun here and is not complete", "give-up"];
    bench.run(&["run", "1"]).ends(1).tells(&words);
    bench.run(&["give-up", "planned anew"]).ends(0);
    bench.run(&["run", "1"]).ends(0).tells(&["All steps of this host are done."]);
    bench.emit(&[makes("d", 1)]);
    bench.run(&["run", "1"]).ends(0).tells(&["Step 1 is done."]);
    assert_eq!(bench.text("log"), "a\nc\nd\n");
}

/// The commands that copy a package file of this content.
fn copies(content: &str) -> [Value; 2] {
    let digest = Digest::of(content.as_bytes()).to_string();
    let path = format!("/var/cache/mdc/{digest}/p.deb");
    let find = json!({ "find-file": { "path": path, "digest": digest } });
    let receive = json!({ "receive-file": {
        "from": "packages/p.deb", "path": path, "digest": digest, "size": content.len() } });
    [
        command("test -e DIR/p.deb", &find),
        command("cat >DIR/p.deb; echo copied >>DIR/log", &receive),
    ]
}

#[test]
fn a_package_file_is_copied_when_it_is_the_one_that_was_reviewed() {
    copies_what_was_reviewed(&Bench::new(&[gate("a", "copy", 1, &copies("the package"))]));
}

/// Its only step copies `the package`.
pub(crate) fn copies_what_was_reviewed(bench: &Bench) {
    let words = ["packages/p.deb; its SHA-256 is"];
    bench.run(&["run", "1"]).ends(1).tells(&words);
    fs::create_dir(bench.path("packages")).unwrap();
    fs::write(bench.path("packages/p.deb"), "the packagE").unwrap();
    bench.run(&["run", "1"]).ends(1).tells(&["is not what was reviewed: its SHA-256 is"]);
    assert!(!bench.has("p.deb"));
    fs::write(bench.path("packages/p.deb"), "the package").unwrap();
    bench.run(&["run", "1"]).ends(0);
    assert_eq!(bench.text("p.deb"), "the package");
    bench.run(&["run", "1", "--again"]).ends(0).tells(&["all of its checks say so"]);
    assert_eq!(bench.text("log"), "copied\n");
}

#[test]
fn what_is_compared_follows_the_rules_of_mdc() {
    let rows: [(Rule, &str, &str); 16] = [
        (Rule::Equal, "a\nb\n", "a\nb\n"),
        (Rule::Equal, "a\nb\n", "b\n"),
        (Rule::Equal, "a 1\n", "a 2\n"),
        (Rule::NotFewer, "", ""),
        (Rule::NotFewer, "5\n", "5\n"),
        (Rule::NotFewer, "5\n", "7\n"),
        (Rule::NotFewer, "5\n", "4\n"),
        (Rule::NotFewer, "a 5\nb 1\n", "b  1\nc 0\na 6\n"),
        (Rule::NotFewer, "a b\t5\n", "a b 4\n"),
        (Rule::NotFewer, "a 5\n", "b 5\n"),
        (Rule::NotFewer, "a 5\n", ""),
        (Rule::NotFewer, "a 0\n", ""),
        (Rule::NotFewer, "error\n", "error\n"),
        (Rule::NotFewer, "a 10\n", "a 9\n"),
        (Rule::NotFewer, "a 9\n", "a 010\n"),
        (Rule::NotFewer, "a 18446744073709551614\n", "a 18446744073709551613\n"),
    ];
    for (rule, before, after) in rows {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let same = rule.differences(&lines(before), &lines(after)).is_empty();
        let word = if rule == Rule::Equal { "equal" } else { "not-fewer" };
        let note = json!({ "note": { "unit": "unit", "what": "queues" } });
        let compare = json!({ "compare": { "unit": "unit", "what": "queues", "rule": word } });
        let bench = Bench::new(&[step(
            "a",
            1,
            &[
                command("cat DIR/now", &note),
                start("cp DIR/after DIR/now"),
                command("cat DIR/now", &compare),
            ],
        )]);
        fs::write(bench.path("now"), before).unwrap();
        fs::write(bench.path("after"), after).unwrap();
        let ran = bench.run(&["run", "1"]);
        assert_eq!(
            ran.status,
            Some(i32::from(!same)),
            "{rule:?} {before:?} {after:?}\n{}",
            ran.said
        );
        if !same {
            let ran = ran.tells(&[
                "queues are not as they were before",
                "The new version is there and stays",
            ]);
            // What was noted first counts, however often it is tried.
            drop(ran);
            bench.run(&["run", "1"]).ends(1).tells(&["queues are not as they were before"]);
        }
    }
}

#[test]
fn waiting_for_nothing_left_counts_in_a_row_and_is_given_up() {
    let idle = json!({ "await-idle": { "unit": "unit", "samples": 2, "every": "10ms", "give-up": "60s" } });
    let run = "n=$(cat DIR/n 2>/dev/null || echo 0); echo $((n + 1)) >DIR/n; set -- 3 0 x 0 0; shift $n; echo $1";
    let bench = Bench::new(&[gate("a", "await-idle", 1, &[command(run, &idle)])]);
    bench.run(&["run", "1"]).ends(0);
    assert_eq!(bench.text("n"), "5\n");
    let never = json!({ "await-idle": { "unit": "unit", "samples": 1, "every": "100ms", "give-up": "1s" } });
    let bench = Bench::new(&[gate("a", "await-idle", 1, &[command("echo 7", &never)])]);
    bench.run(&["run", "1"]).ends(1).tells(&["given up after 1 s; the last answer: 7 left"]);
}

#[test]
fn a_step_is_taken_back_last_first() {
    let back = |name: &str| {
        let mut step = makes(name, 1);
        let commands = [start(&format!("rm DIR/{name}"))];
        step["way-back"] =
            json!({ "package": { "to": "2.8.0", "loses": "what it knew", "commands": commands } });
        step
    };
    let bench = Bench::new(&[back("a"), back("b")]);
    bench.run(&["back", "1"]).ends(1).tells(&["step 1 is not done here"]);
    bench.run(&["run", "--wave", "1"]).ends(0);
    bench
        .run(&["back", "1", "--confirm", "core-01/a/start"])
        .ends(1)
        .tells(&["take that back first"]);
    bench.run(&["back", "2"]).ends(1).tells(&["What that loses: what it knew"]);
    bench.run(&["back", "2", "--confirm", "core-01/b/start"]).ends(0);
    bench.run(&["back", "1", "--confirm", "core-01/a/start"]).ends(0);
    assert!(!bench.has("a") && !bench.has("b"));
    bench.run(&["run", "--wave", "1"]).ends(0);
    assert!(bench.has("a") && bench.has("b"));
}

#[test]
fn nothing_that_a_command_prints_steers_the_terminal() {
    let bench = Bench::new(&[step(
        "a",
        1,
        &[start("printf 'red \\033[31m c1 \\302\\233 \\r end\\n'; exit 1")],
    )]);
    bench.run(&["run", "1"]).ends(1).tells(&["red ?[31m c1 ? ? end"]).silent_of("\u{1b}");
}

#[test]
fn a_wrong_call_is_told() {
    let bench = Bench::new(&[makes("a", 1)]);
    bench.run(&["run"]).ends(1).tells(&["can't be understood"]);
    bench.run(&["run", "7"]).ends(1).tells(&["there is no step 7 for this host"]);
    bench.run(&["run", "1", "--yes"]).ends(1).tells(&["there is no option --yes"]);
    bench.run(&["run", "--wave"]).ends(1).tells(&["--wave needs a value"]).silent_of("done");
}
