//! What an emitted script records, and for which machine and plan that counts.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

use serde_json::{Value, json};

use crate::bench::{Bench, HOST, Ran, check, command, makes, script_name, start, step};

#[test]
fn it_asks_on_a_machine_that_calls_itself_otherwise() {
    let rows = [
        ("core-01", HOST, true),
        ("core-01.site-a", HOST, true),
        ("core-02", HOST, false),
        ("core-02.core-01", HOST, false),
        ("vm.site-a", "vm.site-a", true),
        ("vm", "vm.site-a", true),
        ("vm.site-b", "vm.site-a", false),
        ("vm.site-a.example", "vm.site-a", false),
    ];
    for (name, host, same) in rows {
        let bench = Bench::new(&[makes("a", 1)]);
        let script = bench.text(script_name());
        let own = script.replacen("\nhost=core-01\n", &format!("\nhost={host}\n"), 1);
        let own = own.replacen("\n$name = 'core-01'\n", &format!("\n$name = '{host}'\n"), 1);
        fs::write(bench.path(script_name()), own).unwrap();
        bench.stand_in("uname", &format!("echo {name}"));
        let ran = Ran::of(&bench.bash(&["run", "1"]).output().unwrap());
        assert_eq!(ran.status, Some(i32::from(!same)), "{name} {host}: {}", ran.said);
        if !same {
            let this_is = format!("--this-is {host}");
            ran.tells(&["this machine calls itself", &this_is]);
            let said = bench.bash(&["run", "1", "--this-is", host]).output().unwrap();
            Ran::of(&said).ends(0);
            // Once said, it is on record.
            Ran::of(&bench.bash(&["run", "1"]).output().unwrap()).ends(0);
        }
    }
}

/// As `makes`, and this takes it back.
fn takes_back(name: &str, run: &str) -> Value {
    let mut step = makes(name, 1);
    step["way-back"] = json!({ "package": { "to": "2.8.0", "commands": [start(run)] } });
    step
}

const BACK: [&str; 4] = ["back", "1", "--confirm", "core-01/a/start"];

#[test]
fn a_way_back_that_failed_leaves_its_step_undone() {
    let bench = Bench::new(&[takes_back("a", "rm -f DIR/a; test -e DIR/mended"), makes("b", 1)]);
    bench.run(&["run", "1"]).ends(0);
    bench.run(&BACK).ends(1).tells(&["can't start unit"]);
    bench.run(&["list"]).ends(0).tells(&["back-begun"]);
    bench.run(&["run", "2"]).ends(1).tells(&["step 1 (core-01/a/start: start a 2.9.0)", "run 1"]);
    bench.run(&["run", "1"]).ends(0).tells(&["Its way back was begun", "Step 1 is done."]);
    assert_eq!(bench.text("log"), "a\na\n");
    bench.run(&BACK).ends(1);
    fs::write(bench.path("mended"), "").unwrap();
    bench.run(&BACK).ends(0).tells(&["Step 1 is taken back."]);
}

#[test]
fn the_progress_of_another_plan_is_not_shown_as_its_own() {
    let bench = Bench::new(&[makes("a", 1), makes("b", 1)]);
    bench.run(&["run", "1"]).ends(0);
    bench.emit(&[makes("c", 1), makes("d", 1)]);
    // These two take no `--this-is`.
    let look = |call| Ran::of(&bench.bash(&[call]).output().unwrap());
    let words = ["Another plan is on record here (seal ", "), and is not complete"];
    let list = look("list").ends(0).tells(&words);
    assert_eq!(list.said.matches("  to do     ").count(), 2, "{}", list.said);
    look("help").ends(0).tells(&words);
    look("help").ends(0).tells(&["Next here: step 1, wave 1: start c 2.9.0"]);
    bench.run(&["give-up", "planned anew"]).ends(0);
    look("list").ends(0).tells(&["was carried out here before", "  to do     "]);
    bench.run(&["run", "1"]).ends(0);
    look("help").ends(0).tells(&["Next here: step 2"]).silent_of("nother plan");
}

#[test]
fn who_can_not_read_the_record_is_told_so() {
    let bench = Bench::new(&[makes("a", 1)]);
    bench.run(&["run", "1"]).ends(0);
    let mode = |mode| Permissions::from_mode(mode);
    fs::set_permissions(bench.folder.path(), mode(0o755)).unwrap();
    fs::set_permissions(bench.path("record"), mode(0o000)).unwrap();
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    for call in ["list", "help"] {
        let mut bash = Command::new(if root { "setpriv" } else { "env" });
        if root {
            bash.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        }
        bash.arg("bash").arg(bench.path("core-01.sh")).arg(call);
        let ran = Ran::of(&bash.env("MDC_BY_HAND", bench.path("record")).output().unwrap());
        let ran = ran.ends(0).tells(&["can't read what was done here: use `sudo bash "]);
        ran.silent_of("to do     ").silent_of("Next here").silent_of("Nothing is left");
    }
    fs::set_permissions(bench.path("record"), mode(0o700)).unwrap();
}

#[test]
fn a_file_that_was_written_is_looked_at_afterwards() {
    let write = json!({ "write-file": {
        "path": "/etc/x.yml", "key": "k", "content": "x", "mode": "0600", "owner": "root:root",
        "secrets": {} } });
    let written = json!({ "check-written": { "path": "/etc/x.yml", "digest": "0".repeat(64) } });
    let writes = [
        command("cat >/dev/null; echo x >>DIR/written", &write),
        command("test -e DIR/written", &written),
    ];
    let bench = Bench::new(&[step("a", 1, &writes)]);
    bench.run(&["run", "1"]).ends(0);
    bench.run(&["verify"]).ends(0).tells(&["core-01/a/start: as promised"]);
    // No look tells that it is what should be there now: it is written again.
    bench.run(&["run", "1", "--again"]).ends(0).silent_of("Nothing was changed");
    assert_eq!(bench.text("written"), "x\nx\n");
    fs::remove_file(bench.path("written")).unwrap();
    bench.run(&["verify"]).ends(1).tells(&["NOT as promised: can't"]);
}

#[test]
fn what_was_begun_can_be_taken_back_also_when_it_is_left_out() {
    let mut fails = takes_back("a", "rm DIR/a");
    fails["commands"] = json!([start("touch DIR/a; test -e DIR/mended"), check("test -e DIR/b")]);
    let bench = Bench::new(&[fails, takes_back("b", "rm DIR/b")]);
    bench.run(&["run", "1"]).ends(1);
    bench.run(&["skip", "1", "it is broken"]).ends(0);
    bench.run(&["run", "2"]).ends(0);
    let words = ["step 2 (core-01/b/start) is done, so it can't be left out"];
    bench.run(&["skip", "2", "no reason"]).ends(1).tells(&words);
    bench.run(&["verify"]).ends(0).tells(&["core-01/b/start: as promised"]);
    bench.run(&BACK).ends(1).tells(&["take that back first"]);
    bench.run(&["back", "2", "--confirm", "core-01/b/start"]).ends(0);
    bench.run(&BACK).ends(0).tells(&["Step 1 is taken back."]);
    assert!(!bench.has("a") && !bench.has("b"));
    bench.run(&BACK).ends(1).tells(&["step 1 is not done here"]);
}
