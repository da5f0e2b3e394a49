//! What was kept from new work gets it again, however its step ends.

use serde_json::{Value, json};

use crate::bench::{Bench, Ran, command, interrupt, start, step, until};

/// A step that isolates, does this, and gives work again.
fn isolated(work: Value) -> Value {
    let isolate = json!({ "isolate": { "unit": "unit" } });
    let restore = json!({ "restore": { "unit": "unit" } });
    let (isolate, restore) =
        (command("touch DIR/isolated", &isolate), command("rm -f DIR/isolated", &restore));
    step("a", 1, &[isolate, work, restore])
}

/// Never comes to its end.
fn drains() -> Value {
    let idle = json!({ "await-idle": {
        "unit": "unit", "samples": 1, "every": "20ms", "give-up": "300s" } });
    command("touch DIR/began; echo 7", &idle)
}

#[test]
fn when_its_change_fails() {
    let bench = Bench::new(&[isolated(start("exit 3"))]);
    bench.run(&["run", "1"]).ends(1).tells(&["give work to unit again ... done", "exit status 3"]);
    assert!(!bench.has("isolated"));
}

#[test]
fn when_somebody_asks_to_stop() {
    let bench = Bench::new(&[isolated(drains())]);
    let child = bench.begin(&["run", "1"]);
    bench.comes("began");
    interrupt(&child);
    let ran = Ran::of(&child.wait_with_output().unwrap()).ends(1);
    ran.tells(&["give work to unit again ... done", "it was asked to stop"]);
    assert!(!bench.has("isolated"));
}

/// Who asks twice ends what runs then, and not what comes after it.
#[test]
fn when_somebody_asks_twice() {
    let mut slow = isolated(start("touch DIR/began; exec sleep 300"));
    slow["commands"][2]["run"] = json!("sleep 0.7; rm -f DIR/isolated");
    let bench = Bench::new(&[slow]);
    let mut child = bench.begin_aloud(&["run", "1"]);
    bench.comes("began");
    interrupt(&child);
    until("the first", || bench.text("said").contains("You asked to stop"));
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let said = bench.text("said");
    assert!(said.contains("give work to unit again ... done"), "{said}");
    assert!(!bench.has("isolated"), "{said}");
}

#[test]
fn when_nobody_confirms_or_gives_a_secret() {
    let ask = json!({ "confirm": { "component": "a", "text": "all is well", "verified": false, "give-up": "5m" } });
    let write = json!({ "write-file": {
        "path": "/etc/x.yml", "key": "k", "content": "\"<secret:password>\"", "mode": "0600",
        "owner": "root:root", "secrets": { "password": { "env": "PASSWORD" } } } });
    for (work, said) in
        [(command("true", &ask), "all is well"), (command("cat", &write), "password")]
    {
        let bench = Bench::new(&[isolated(work)]);
        let words = ["give work to unit again ... done", "there is no terminal", said];
        bench.run(&["run", "1"]).ends(1).tells(&words);
        assert!(!bench.has("isolated"));
    }
}

#[test]
fn when_a_secret_has_control_characters() {
    let write = json!({ "write-file": {
        "path": "/etc/x.yml", "key": "k", "content": "\"<secret:password>\"", "mode": "0600",
        "owner": "root:root", "secrets": { "password": { "env": "PASSWORD" } } } });
    let bench = Bench::new(&[isolated(command("cat", &write))]);
    std::fs::write(bench.path("password"), "\u{1}").unwrap();
    let folder = bench.folder.path().to_str().unwrap();
    let words = ["a secret holds control characters", "give work to unit again ... done"];
    bench.run(&["run", "1", "--secrets", folder]).ends(1).tells(&words);
    assert!(!bench.has("isolated"));
}

#[test]
fn when_an_attempt_was_cut_off_and_what_it_needs_is_gone() {
    let mut needing = isolated(drains());
    needing["needs-healthy"] = json!({ "core-01/worker": "worker/healthy/deb" });
    let bench = Bench::new(&[needing]);
    bench.stand_in("curl", "test ! -e $(dirname $0)/../sick");
    bench.stand_in("systemctl", "exit 0");
    bench.stand_in("journalctl", "exit 0");
    let mut child = bench.begin(&["run", "1"]);
    bench.comes("began");
    bench.cut_off(&mut child);
    assert!(bench.has("isolated"));
    std::fs::write(bench.path("sick"), "").unwrap();
    bench.run(&["run", "1"]).ends(1).tells(&["give work to unit again ... done", "is healthy"]);
    assert!(!bench.has("isolated"));
}

#[test]
fn when_what_was_cut_off_is_taken_back() {
    let mut step = isolated(drains());
    step["way-back"] = json!({ "package": { "to": "2.8.0", "commands": [start("false")] } });
    let bench = Bench::new(&[step]);
    let mut child = bench.begin(&["run", "1"]);
    bench.comes("began");
    bench.cut_off(&mut child);
    assert!(bench.has("isolated"));
    bench.run(&["back", "1", "--confirm", "core-01/a/start"]).ends(1).tells(&["can't start unit"]);
    assert!(!bench.has("isolated"));
}
