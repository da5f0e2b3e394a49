//! The takeover at once: in few round trips, also when the production instance is dead, and once.

use std::process::Stdio;
use std::time::Duration;

use crate::bed::Bed;
use crate::site::Ran;
use crate::stand_in::Asked;

const NOW: [&str; 2] = ["production", "backup"];

/// How many answers a request waited for, one after the other: its own is not counted.
fn round_trips(log: &[Asked], what: &str) -> usize {
    let mut depths: Vec<usize> = Vec::new();
    let mut order: Vec<&Asked> = log.iter().collect();
    order.sort_by_key(|asked| asked.came);
    for (place, asked) in order.iter().enumerate() {
        let before = order[..place].iter().zip(&depths);
        let waited = before.filter(|(it, _)| it.answered.is_some_and(|end| end <= asked.came));
        depths.push(waited.map(|(_, depth)| depth + 1).max().unwrap_or(0));
    }
    let place = order.iter().position(|asked| asked.path.contains(what)).unwrap();
    depths[place]
}

#[test]
fn the_nomination_leaves_after_two_round_trips() {
    let bed = Bed::new(&NOW, &NOW);
    bed.cores.state().delay = Duration::from_millis(150);
    let ran = bed.run(&["failover", "--to", "core-b", "--yes"]).ended(0);
    ran.tells(&["The instances were asked in", "the takeover took"]);
    assert_eq!(bed.cores.roles(), ["unlicensed", "production"]);
    let state = bed.cores.state();
    assert!(round_trips(&state.log, "nomination") <= 2, "{:?}", state.log);
}

#[test]
fn a_dead_production_instance_holds_nothing_up_and_is_owed() {
    let bed = Bed::new(&NOW, &NOW);
    bed.cores.state().down.insert(0);
    let ran = bed.run(&["failover", "--to", "core-b", "--yes"]).ended(1);
    ran.tells(&["core-a can't be asked", "yield md-core on core-a"]);
    assert_eq!(bed.cores.roles()[1], "production");
    bed.run(&["status"]).tells(&["core-a could not be asked when another instance took over"]);
    // It is back, and has lost its licence.
    bed.cores.state().down.clear();
    bed.run(&["resume", "--debts", "--yes"]).ended(0);
    assert_eq!(bed.cores.state().nominations, 1);
}

#[test]
fn a_production_instance_that_hangs_is_passed_over() {
    let bed = Bed::new(&NOW, &NOW);
    bed.cores.state().hangs.insert(0);
    let start = std::time::Instant::now();
    bed.run(&["failover", "--to", "core-b", "--yes"]).ended(1).tells(&["core-a can't be asked"]);
    assert!(start.elapsed() < Duration::from_secs(25));
    assert_eq!(bed.cores.roles()[1], "production");
}

#[test]
fn what_the_rules_forbid_names_the_legal_way() {
    let bed =
        Bed::new(&["production", "backup", "unlicensed"], &["production", "backup", "backup"]);
    let failover = |to: &str| bed.run(&["failover", "--to", to, "--yes"]).ended(1);
    failover("core-a").tells(&["plan::forbidden-move", "is the production instance already"]);
    failover("core-c").tells(&[
        "core-c is unlicensed and can't be nominated: only a registered backup can be nominated",
        "the legal way is: register, then nominate",
    ]);
    failover("core-x").tells(&["no instance of hot backup", "core-a, core-b, core-c"]);
    bed.cores.state().down.insert(1);
    failover("core-b").tells(&["core-b can't be asked, and can't take over"]);
    assert_eq!(bed.cores.moves(), [""; 0]);
}

#[test]
fn an_offline_takeover_goes_its_three_steps() {
    let bed = Bed::new(&NOW, &NOW);
    bed.offline();
    bed.run(&["failover", "--to", "core-b", "--yes"]).ended(0).tells(&["Nobody of the site scans"]);
    assert_eq!(
        bed.cores.moves(),
        ["2 GET /deactivation", "1 DELETE /admin/license/backup", "1 POST /admin/license"]
    );
    assert_eq!(bed.cores.roles(), ["unlicensed", "production"]);
}

#[test]
fn two_takeovers_at_once_do_not_both_proceed() {
    let bed = Bed::new(&["production", "backup", "backup"], &["production", "backup", "backup"]);
    bed.cores.state().delay = Duration::from_millis(300);
    let start = |to: &str| {
        let mut command = bed.site.command(&["failover", "--to", to, "--yes"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [start("core-b"), start("core-c")];
    let ends: Vec<Ran> =
        both.into_iter().map(|it| Ran::of(&it.wait_with_output().unwrap())).collect();
    let done = ends.iter().filter(|ran| ran.status == Some(0)).count();
    assert_eq!(done, 1, "{ends:?}");
    assert_eq!(bed.sent("nomination"), 1);
    let productions = bed.cores.roles().iter().filter(|role| **role == "production").count();
    assert_eq!(productions, 1);
}

#[test]
fn an_unfinished_run_is_given_up_with_a_reason() {
    let bed = Bed::new(&NOW, &["backup", "production"]);
    bed.cores.state().cores[1].engine_state = "downloading";
    bed.run(&["apply", "--yes"]).ended(1);
    let failover = ["failover", "--to", "core-b", "--yes"];
    bed.run(&failover).ended(1).tells(&["is unfinished", "--give-up"]);
    bed.run(&[&failover[..], &["--give-up", "core-a is failing"]].concat())
        .ended(0)
        .tells(&["Warning: core-b is not ready: its engine ClamAV is downloading"]);
    assert_eq!(bed.cores.roles(), ["unlicensed", "production"]);
}
