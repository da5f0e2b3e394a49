//! What a script asks of its host for itself and for others: health, logs, and what people have done.

use std::fs;

use serde_json::{Value, json};

use crate::bench::{Bench, check, command, gate, makes, start, step};

/// `core-01/NAME` is asked by this command, and is healthy while the file `healthy` is there.
fn healthy(name: &str) -> Value {
    let (member, of) = (format!("core-01/{name}"), format!("{name}/healthy/here"));
    let task =
        json!({ "await-health": { "unit": "unit", "samples": 1, "probe": { "command": "true" } } });
    json!({
        "members": { name: { member: of } },
        "checks": { of: [command("echo asked >>DIR/asked; test -e DIR/healthy", &task)] }
    })
}

fn await_healthy(component: &str, at_least: u32, of: u32) -> Value {
    let healthy = json!({ "await-healthy": {
        "component": component, "at-least": at_least, "of": of, "without": [], "give-up": "1s" } });
    gate(component, "keep-healthy", 1, &[command("", &healthy)])
}

#[test]
fn a_gate_that_not_every_host_has_to_pass_holds_nobody_up() {
    for (at_least, of, words, waits) in [
        (1, 4, "see that md-core is healthy here; 1 of 4 have to be", false),
        (4, 4, "see that md-core is healthy here  [", true),
    ] {
        let steps = [await_healthy("md-core", at_least, of), makes("a", 1)];
        let bench = Bench::asking(&steps, &healthy("md-core"));
        bench.run(&["list"]).ends(0).tells(&[words]);
        let failed = bench.run(&["run", "1"]).ends(1).tells(&["given up after 1 s"]);
        let hint = "Not every host has to pass this: see wave 1 in RUNBOOK.md";
        assert_eq!(failed.said.contains(hint), !waits, "{}", failed.said);
        bench.run(&["run", "2"]).ends(i32::from(waits));
        assert_eq!(bench.has("a"), !waits);
        fs::write(bench.path("healthy"), "").unwrap();
        bench.run(&["run", "1"]).ends(0);
        // A gate looks again each time.
        fs::remove_file(bench.path("healthy")).unwrap();
        bench.run(&["run", "1"]).ends(1);
    }
}

#[test]
fn whoever_asks_for_health_hears_it() {
    let mut whom = healthy("worker");
    whom["members"]["md-core"] = healthy("md-core")["members"]["md-core"].clone();
    whom["checks"]["md-core/healthy/here"] = json!([check("test -e DIR/well")]);
    let bench = Bench::asking(&[makes("a", 1)], &whom);
    fs::write(bench.path("well"), "").unwrap();
    bench.run(&["health", "md-core"]).ends(0).tells(&["md-core on core-01:", "healthy"]);
    assert!(!bench.has("asked"));
    bench.run(&["health", "worker"]).ends(1).tells(&["worker on core-01:", "FAILED"]);
    fs::write(bench.path("healthy"), "").unwrap();
    let all = ["md-core on core-01:", "worker on core-01:"];
    bench.run(&["health"]).ends(0).tells(&all).silent_of("FAILED");
    let words = ["nobody is asked for the health of redis on this host", "md-core worker"];
    bench.run(&["health", "redis"]).ends(1).tells(&words);
    // Nothing was done by that.
    bench.run(&["list"]).tells(&["to do"]);
}

#[test]
fn a_step_waits_for_the_health_that_it_needs() {
    let mut needing = makes("a", 1);
    needing["needs-healthy"] = json!({ "core-01/worker": "worker/healthy/here" });
    let bench = Bench::asking(&[needing], &healthy("worker"));
    bench.run(&["run", "1"]).ends(1).tells(&["FAILED"]).silent_of("Step 1 is done");
    assert!(!bench.has("log"));
    fs::write(bench.path("healthy"), "").unwrap();
    bench.run(&["run", "1"]).ends(0).tells(&["... healthy", "Step 1 is done."]);
}

/// What is read of a log, by what the plan says, and whether that fails.
#[test]
fn what_came_to_a_log_is_told_and_fails_as_the_plan_says() {
    let told = |failed: u32, errors: u32| {
        format!(
            "bytes 9 64\nfailed-migrations {failed}\nerrors {errors}\nline it says \u{1b}[31mso\n"
        )
    };
    for (fail_on, failed, errors, fails) in [
        ("failed-migration", 0, 0, false),
        ("failed-migration", 0, 2, false),
        ("failed-migration", 1, 0, true),
        ("error", 0, 0, false),
        ("error", 0, 2, true),
        ("error", 1, 0, true),
        ("never", 1, 2, false),
    ] {
        let asks = |action: &str, task: &Value| gate("md-core", action, 1, &[command("", task)]);
        let marks = json!({ "mark-logs": { "component": "md-core", "of": 1 } });
        let reads = json!({ "read-logs": {
            "component": "md-core", "of": 1, "since": "core-01/md-core/mark-logs",
            "fail-on": fail_on } });
        let unit = json!({ "unit": "unit" });
        let logs = json!([
            command("echo marked >>DIR/marks; cat DIR/end", &json!({ "mark-log": unit })),
            command("cat >DIR/since; cat DIR/came", &json!({ "read-log": unit })),
        ]);
        let asked = json!({ "core-01/md-core": "md-core/logs/here" });
        let whom = json!({
            "asked": { "core-01/md-core/mark-logs": asked, "core-01/md-core/read-logs": asked },
            "checks": { "md-core/logs/here": logs }
        });
        let steps = [asks("mark-logs", &marks), makes("a", 1), asks("read-logs", &reads)];
        let bench = Bench::asking(&steps, &whom);
        fs::write(bench.path("end"), "since 12\nfile 3 4\n").unwrap();
        fs::write(bench.path("came"), told(failed, errors)).unwrap();
        bench.run(&["run", "1"]).ends(0);
        // What it saw can't be seen later.
        fs::write(bench.path("end"), "since 99\n").unwrap();
        bench.run(&["run", "1"]).ends(0).tells(&["It is done already"]);
        assert_eq!(bench.text("marks"), "marked\n");
        bench.run(&["run", "2"]).ends(0);
        let ran = bench.run(&["run", "3"]).ends(i32::from(fails));
        let words = format!("({failed} failed migrations, {errors} errors)");
        let ran = ran.tells(&[&words, "| it says ?[31mso"]).silent_of("\u{1b}");
        let hint = "something came to the log that people have to look at";
        assert_eq!(ran.said.contains(hint), fails, "{fail_on}: {}", ran.said);
        assert_eq!(bench.text("since"), "since 12\nfile 3 4\n");
        // A gate reads again.
        fs::write(bench.path("came"), told(0, 0)).unwrap();
        bench.run(&["run", "3"]).ends(0).tells(&["(0 failed migrations, 0 errors)"]);
    }
}

#[test]
fn a_log_that_nobody_has_marked_is_not_read() {
    let reads = json!({ "read-logs": {
        "component": "md-core", "of": 1, "since": "core-01/md-core/mark-logs", "fail-on": "error" } });
    let logs = json!([command("echo errors 7", &json!({ "read-log": { "unit": "unit" } }))]);
    let whom = json!({
        "asked": { "core-01/md-core/read-logs": { "core-01/md-core": "md-core/logs/here" } },
        "checks": { "md-core/logs/here": logs }
    });
    let bench = Bench::asking(&[gate("md-core", "read-logs", 1, &[command("", &reads)])], &whom);
    bench.run(&["run", "1"]).ends(0).tells(&["nobody noted where it ended before: not read"]);
}

#[test]
fn what_people_do_is_seen_afterwards() {
    let by_hand =
        json!({ "by-hand": { "package": "p", "version": "2.9.0", "text": "turn the key" } });
    let seen = json!({ "confirm": {
        "component": "a", "text": "the lamp is lit", "verified": true, "give-up": "5m" } });
    let bench = Bench::new(&[
        step("a", 1, &[command("test -e DIR/key", &by_hand), start("touch DIR/a")]),
        gate("b", "confirm", 1, &[command("test -e DIR/lamp", &seen)]),
    ]);
    bench.run(&["run", "1"]).ends(1).tells(&["turn the key", "--confirm core-01/a/start"]);
    let confirmed = ["run", "1", "--confirm", "core-01/a/start"];
    bench.run(&confirmed).ends(1).tells(&["it is not done yet: turn the key"]);
    assert!(!bench.has("a"));
    fs::write(bench.path("key"), "").unwrap();
    bench.run(&["run", "1"]).ends(0);
    bench.run(&["run", "2"]).ends(1).tells(&["it is not done yet: the lamp is lit"]);
    fs::write(bench.path("lamp"), "").unwrap();
    bench.run(&["run", "2"]).ends(0);
}
