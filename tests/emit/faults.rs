//! What an emitted script does when the machine below it fails: never does it pass for done.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::bench::{Bench, HOST, Ran, check, command, skipped, start, step, until};

/// Gives the record a disk of its own, and fills that up after the first step.
const FULL_DISK: &str = r#"
set -e
mkdir "$1/record"
mount -t tmpfs -o size=64k full "$1/record"
bash "$1/core-01.sh" run 1 --this-is "$2"
cat /dev/zero >"$1/record/filler" 2>/dev/null || true
bash "$1/core-01.sh" run 2 --this-is "$2"
"#;

#[test]
fn on_a_full_disk_nothing_passes_for_done() {
    let bench = Bench::new(&[
        step("a", 1, &[start("true")]),
        step("b", 1, &[start("touch DIR/began; false"), check("false")]),
    ]);
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", FULL_DISK, "sh"]).arg(bench.folder.path()).arg(HOST);
    let ran = Ran::of(&command.env("MDC_BY_HAND", bench.path("record")).output().unwrap());
    if ran.said.contains("ermission denied") || ran.said.contains("not permitted") {
        skipped(&format!("a full disk: nothing can be mounted here: {}", ran.said));
        return;
    }
    let ran = ran.ends(1).tells(&["Step 1 is done.", "can't start unit"]);
    ran.silent_of("Step 2 is done").silent_of("All steps");
    assert!(bench.has("began"));
}

/// Isolates, works until `go` is there, and gives work again.
fn slow() -> Value {
    let isolate = json!({ "isolate": { "unit": "unit" } });
    let restore = json!({ "restore": { "unit": "unit" } });
    step(
        "a",
        1,
        &[
            command("touch DIR/isolated", &isolate),
            start("touch DIR/began; while [ ! -e DIR/go ]; do sleep 0.05; done; yes | head -n 1"),
            start("touch DIR/second; test ! -e DIR/fails"),
            command("rm DIR/isolated", &restore),
        ],
    )
}

#[test]
fn a_closed_terminal_ends_nothing() {
    for (fails, end) in [(false, " complete\n"), (true, " failed 1 core-01/a/start\n")] {
        let bench = Bench::new(&[slow()]);
        if fails {
            fs::write(bench.path("fails"), "").unwrap();
        }
        // A terminal of its own, that is gone when script(1) is.
        let call = format!("exec bash {}/core-01.sh run 1", bench.folder.path().display());
        let mut command = Command::new("script");
        command.args(["-q", "-c", &format!("{call} --this-is {HOST}"), "/dev/null"]);
        command.env("MDC_BY_HAND", bench.path("record"));
        let Ok(mut terminal) = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn() else {
            skipped("a closed terminal: script(1) is not installed");
            return;
        };
        bench.comes("began");
        terminal.kill().unwrap();
        terminal.wait().unwrap();
        fs::write(bench.path("go"), "").unwrap();
        until(end, || bench.state().ends_with(end));
        assert!(bench.has("second") && !bench.has("isolated"));
        // What nobody could read any more.
        assert!(bench.log().contains("start unit (at most 60 s) ..."), "{}", bench.log());
    }
}

#[test]
fn who_looks_on_through_a_pipe_may_leave() {
    let bench = Bench::new(&[slow()]);
    let mut child = bench.begin(&["run", "1"]);
    bench.comes("began");
    drop((child.stdout.take(), child.stderr.take()));
    fs::write(bench.path("go"), "").unwrap();
    assert!(child.wait().unwrap().success());
    assert!(bench.has("second") && !bench.has("isolated"));
    assert!(bench.log().contains("Step 1 is done."), "{}", bench.log());
}

#[test]
fn what_can_not_be_compared_is_not_taken_for_the_same() {
    let rows = [
        ("equal", "cmp", "exit 2", "queues can't be compared with what was noted before"),
        ("equal", "cmp", "exit 127", "queues can't be compared with what was noted before"),
        ("equal", "diff", "exit 127", "queues are not as they were before"),
        (
            "not-fewer",
            "awk",
            "case $* in */out\\ *) exit 2 ;; esac; exec /usr/bin/awk \"$@\"",
            "queues can't be compared with what was noted before",
        ),
        ("equal", "cp", "exit 1", "what it told can't be kept in"),
        ("not-fewer", "cp", "exit 1", "what it told can't be kept in"),
    ];
    for (rule, program, broken, said) in rows {
        let note = json!({ "note": { "unit": "unit", "what": "queues" } });
        let compare = json!({ "compare": { "unit": "unit", "what": "queues", "rule": rule } });
        let bench = Bench::new(&[step(
            "a",
            1,
            &[
                command("cat DIR/now", &note),
                start("echo a 1 >DIR/now"),
                command("cat DIR/now", &compare),
            ],
        )]);
        fs::write(bench.path("now"), "a 2\n").unwrap();
        bench.stand_in(program, broken);
        let ran = bench.run(&["run", "1"]).ends(1).tells(&[said]);
        ran.silent_of("nothing was noted");
        assert!(bench.state().ends_with(" failed 1 core-01/a/start\n"), "{}", bench.state());
    }
}
