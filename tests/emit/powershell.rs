//! What the tests of scripts for bash say of scripts for Windows: the same tests, by a reader that takes PowerShell for what
//! those who wrote the scripts take it for (`reader/read.py`). Semantics not verified.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use mdc::value::Digest;
use serde_json::json;

use crate::bench::{Bench, ENGINE, Ran, command, gate, is_powershell, makes, python, skipped};
use crate::script::copies_what_was_reviewed;

/// Not those of closed terminals, full disks and other programs, which are others on Windows.
const SAME: [&str; 43] = [
    "asked::a_log_that_nobody_has_marked_is_not_read",
    "asked::a_gate_that_not_every_host_has_to_pass_holds_nobody_up",
    "asked::a_step_waits_for_the_health_that_it_needs",
    "asked::what_came_to_a_log_is_told_and_fails_as_the_plan_says",
    "asked::what_people_do_is_seen_afterwards",
    "asked::whoever_asks_for_health_hears_it",
    "kept::when_somebody_asks_to_stop",
    "kept::when_somebody_asks_twice",
    "powershell::only_administrators_write_where_packages_are_kept",
    "script::who_asks_to_stop_is_heard_between_two_commands",
    "script::who_asks_twice_ends_what_runs",
    "kept::when_nobody_confirms_or_gives_a_secret",
    "kept::when_a_secret_has_control_characters",
    "kept::when_an_attempt_was_cut_off_and_what_it_needs_is_gone",
    "kept::when_what_was_cut_off_is_taken_back",
    "secrets::without_a_secret_nothing_is_sent",
    "record::it_asks_on_a_machine_that_calls_itself_otherwise",
    "record::a_way_back_that_failed_leaves_its_step_undone",
    "record::the_progress_of_another_plan_is_not_shown_as_its_own",
    "record::a_file_that_was_written_is_looked_at_afterwards",
    "record::what_was_begun_can_be_taken_back_also_when_it_is_left_out",
    "kept::when_its_change_fails",
    "powershell::a_package_file_is_copied_when_it_is_the_one_that_was_reviewed",
    "people::a_gate_asks_each_time",
    "people::a_request_that_came_to_nothing_is_made_again",
    "people::an_attempt_that_was_cut_off_asks_nothing_twice",
    "people::it_waits_for_their_word",
    "people::what_was_noted_before_counts_for_its_attempt_alone",
    "people::who_takes_back_has_not_done_the_part_of_people",
    "script::a_failure_says_what_and_the_next_run_goes_on",
    "script::a_killed_script_goes_on_and_asks_the_host_first",
    "script::a_step_is_done_once",
    "script::a_step_is_taken_back_last_first",
    "script::a_step_that_is_left_out_has_its_reason_on_record",
    "script::a_wrong_call_is_told",
    "script::another_plan_is_refused_until_the_first_is_complete_or_given_up",
    "script::no_step_before_those_that_come_first",
    "script::nothing_that_a_command_prints_steers_the_terminal",
    "script::the_limits_of_the_plan_hold",
    "script::waiting_for_nothing_left_counts_in_a_row_and_is_given_up",
    "script::what_is_compared_follows_the_rules_of_mdc",
    "script::what_is_there_already_is_not_done",
    "secrets::a_file_is_sent_as_mdc_sends_it",
];

/// The package file lies beside its place before it is there, which is not where `mdc` keeps them.
#[test]
fn a_package_file_is_copied_when_it_is_the_one_that_was_reviewed() {
    let digest = Digest::of(b"the package").to_string();
    let path = "DIR/cache/p.deb";
    let find = json!({ "find-file": { "path": path, "digest": digest } });
    let receive = json!({ "receive-file": {
        "from": "packages/p.deb", "path": path, "digest": digest, "size": 11 } });
    let bench = Bench::new(&[gate(
        "a",
        "copy",
        1,
        &[
            command("test -e DIR/p.deb", &find),
            command("cat >DIR/p.deb; echo copied >>DIR/log", &receive),
        ],
    )]);
    copies_what_was_reviewed(&bench);
}

/// Also when somebody only rehearses: the folder stays.
#[test]
fn only_administrators_write_where_packages_are_kept() {
    if !is_powershell() {
        return;
    }
    let mode = |mode| Permissions::from_mode(mode);
    let bench = Bench::new(&[makes("a", 1), makes("b", 1)]);
    bench.run(&["run", "1"]).ends(0);
    let folder = bench.path("data/mdc");
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    fs::set_permissions(&folder, mode(0o755)).unwrap();
    bench.run(&["run", "2"]).ends(1).tells(&["mdc is open to others", "S-1-5-32-545 has rights"]);
    assert!(!bench.has("b"));
}

#[test]
fn scripts_for_windows_do_the_same() {
    let has = ["-c", "import tree_sitter_powershell, tree_sitter"];
    let found = Command::new(python()).args(has).output();
    if !found.is_ok_and(|output| output.status.success()) {
        let what = "the scripts for Windows: tests/winrm/up makes a python that has \
                    tree-sitter-powershell";
        let required = std::env::var_os("MDC_WINRM").is_some_and(|value| value == "require");
        assert!(!required, "{what}");
        skipped(what);
        return;
    }
    let mut tests = Command::new(std::env::current_exe().unwrap());
    let ran = Ran::of(&tests.args(SAME).arg("--exact").env(ENGINE, "1").output().unwrap()).ends(0);
    ran.tells(&[&format!("{} passed", SAME.len())]);
}
