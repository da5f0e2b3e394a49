//! What an emitted script does when the machine below it fails: never does it pass for done.

use std::process::Command;

use crate::bench::{Bench, HOST, Ran, check, skipped, start, step};

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
