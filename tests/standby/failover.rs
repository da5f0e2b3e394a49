//! The takeover at once: in few round trips, also when the production instance is dead, and once.

use std::process::Stdio;
use std::time::Duration;

use crate::bed::Bed;
use crate::site::Ran;
use crate::stand_in::{Asked, Fault};

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
    ran.tells(&["The instances were asked in", "core-b has taken over"]);
    assert_eq!(bed.cores.roles(), ["unlicensed", "production"]);
    let state = bed.cores.state();
    assert!(round_trips(&state.log, "nomination") <= 2, "{:?}", state.log);
}

#[test]
fn a_dead_production_instance_holds_nothing_up_and_is_owed() {
    let bed = Bed::new(&NOW, &NOW);
    bed.cores.state().down.insert(0);
    let ran = bed.run(&["failover", "--to", "core-b", "--yes"]).ended(0);
    ran.tells(&["core-a can't be asked", "core-b has taken over", "core-a/md-core/yield: core-a"])
        .tells(&["warning[standby::part-unknown]"])
        .tells(&["go on mdc resume --debts mdc.toml", "and `role = \"backup\"` for core-a"]);
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
    bed.run(&["failover", "--to", "core-b", "--yes"]).ended(0).tells(&["core-a can't be asked"]);
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
fn an_offline_takeover_without_a_licence_of_its_own_begins_nothing() {
    let bed = Bed::new(&NOW, &NOW);
    bed.offline();
    // It is named, and not there.
    let license_file = bed.site.path("license-1.yml");
    std::fs::rename(&license_file, bed.site.path("license-elsewhere")).unwrap();
    bed.run(&["status"]).tells(&["license-1.yml", "no instance can be licensed by it"]);
    let failover = ["failover", "--to", "core-b", "--yes"];
    bed.run(&failover).ended(1).tells(&["core-b/md-core/activate has no secret", "license-1.yml"]);
    // It is not even named.
    bed.site.edit("license-file = { file = \"license-1.yml\" }\n", "");
    bed.run(&["status"]).tells(&["no `license-file` for it to be activated by"]);
    bed.run(&failover).ended(1).tells(&["there is no licence for core-b"]);
    assert_eq!(bed.cores.roles(), NOW);
    assert_eq!(bed.cores.moves(), [""; 0]);
}

#[test]
fn a_dead_production_instance_that_nobody_unregisters_owes_its_licence() {
    // By the manifest its deployment id is known, or it tells it when it is back; or people give it back.
    for how in ["known", "told", "by-hand"] {
        let bed = Bed::new(&NOW, &NOW);
        bed.offline();
        match how {
            "known" => bed.site.edit(
                "[standby.cores.core-a]\n",
                "[standby.cores.core-a]\ndeployment = \"MSCLdeployment0\"\n",
            ),
            "by-hand" => {
                bed.site.edit("deactivation = \"http", "deactivation = \"by-hand\" # \"http");
            }
            _ => {}
        }
        bed.cores.state().down.insert(0);
        let ran = bed.run(&["failover", "--to", "core-b", "--yes"]).ended(0);
        ran.tells(&[
            "core-a may scan, too",
            "core-a/md-core/deactivate: core-a could not be asked",
        ]);
        bed.cores.state().down.clear();
        assert_eq!(bed.cores.roles(), ["production", "production"]);
        bed.run(&["status"]).tells(&["is one of several", "core-b is a production instance, too"]);
        if how == "by-hand" {
            let ran = bed.run(&["resume", "--debts", "--yes"]).ended(1);
            ran.tells(&["give the licence of the deployment that it shows (core-a) back"]);
            bed.cores.state().cores[0].role = "unlicensed";
        }
        bed.run(&["resume", "--debts", "--yes"]).ended(0);
        assert_eq!(bed.cores.roles(), ["unlicensed", "production"]);
    }
}

#[test]
fn a_takeover_that_came_to_nothing_does_not_end_like_one_that_did() {
    let bed = Bed::new(&NOW, &NOW);
    bed.offline();
    let fault = (Fault::Status(400), 9);
    bed.cores.state().faults.push(("POST /admin/license", fault.0, fault.1));
    let ran = bed.run(&["failover", "--to", "core-b", "--yes"]).ended(1);
    let ran = ran.tells(&["core-b has not taken over", "mdc status"]);
    assert!(!ran.said.contains("role = \"production\""), "{}", ran.said);
    assert_eq!(bed.cores.roles(), ["unlicensed", "unlicensed"]);
    bed.run(&["status"]).tells(&["could not take over"]);
}

#[test]
fn a_license_file_of_another_site_does_not_count() {
    let bed = Bed::new(&["production", "production", "backup"], &["production"; 3]);
    bed.offline();
    bed.site.edit("license-file = { file = \"license-0.yml\" }\n", "");
    bed.site.edit(
        "license-file = { file = \"license-2.yml\" }\nurl",
        "license-file = { file = \"license-2.yml\" }\nof = \"core-a\"\nurl",
    );
    let text = std::fs::read_to_string(bed.site.path("mdc.toml")).unwrap();
    let (before, last) = text.split_at(text.rfind("role = \"production\"").unwrap());
    let text = format!("{before}{}", last.replacen("production", "backup", 1));
    std::fs::write(bed.site.path("mdc.toml"), text).unwrap();
    let ran = bed.site.mdc(&["validate"]).ended(1);
    ran.tells(&["`core-a` is offline, and there is no", "`core-c` is offline, and there is no"]);
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
fn a_takeover_that_is_gone_on_with_sees_what_others_have_moved() {
    let three = ["production", "backup", "backup"];
    let bed = Bed::new(&three, &three);
    let fault = Fault::Status(400);
    bed.cores.state().faults.push(("POST /admin/license/backup/nomination", fault, 1));
    let failover = ["failover", "--to", "core-b", "--yes"];
    bed.run(&failover).ended(1).tells(&["core-b has not taken over"]);
    // Another controller, which knows nothing of it, has core-c take over meanwhile.
    let other = bed.site.sharing();
    other.mdc(&["failover", "--to", "core-c", "--yes"]).ended(0);
    for again in [&failover[..], &["resume", "--yes"]] {
        bed.run(again).ended(1);
        assert_eq!(bed.cores.roles(), ["unlicensed", "backup", "production"]);
    }
    bed.run(&failover).tells(&["core-a is unlicensed now", "somebody else has moved a licence"]);
    assert_eq!(bed.cores.state().nominations, 1);
}

#[test]
fn an_unfinished_run_is_given_up_with_a_reason() {
    let bed = Bed::new(&NOW, &["backup", "production"]);
    bed.cores.state().cores[1].engine_state = "downloading";
    bed.run(&["apply", "--yes"]).ended(1);
    let failover = ["failover", "--to", "core-b", "--yes"];
    bed.run(&failover).ended(1).tells(&["is unfinished", "--give-up"]);
    bed.run(&[&failover[..], &["--give-up", "core-a is failing"]].concat()).ended(0).tells(&[
        "warning[standby::not-ready]: core-b is not ready: its engine ClamAV is downloading",
    ]);
    assert_eq!(bed.cores.roles(), ["unlicensed", "production"]);
}

/// One that was begun, and of which nothing more is done.
fn unfinished_takeover() -> (Bed, [&'static str; 3]) {
    let bed = Bed::new(&NOW, &["backup", "production"]);
    let failover = ["failover", "--to", "core-b"];
    bed.cores.state().faults.push(("nomination", Fault::Status(400), 1));
    bed.run(&[&failover[..], &["--yes"]].concat()).ended(1);
    assert_eq!(bed.cores.roles(), NOW);
    (bed, failover)
}

#[test]
fn an_unfinished_takeover_is_shown_and_agreed_to_like_a_new_one() {
    let (bed, failover) = unfinished_takeover();
    // Nobody is there who could agree.
    bed.run(&failover).ended(1).tells(&["did not come to its end", "nominate", "cli::no-terminal"]);
    assert_eq!(bed.cores.roles(), NOW);
    bed.run(&[&failover[..], &["--yes"]].concat()).ended(0);
    assert_eq!(bed.cores.roles(), ["unlicensed", "production"]);
    bed.run(&["history"]).tells(&["1 run in", "2 of 2 ✓ complete"]);
}

#[test]
fn an_unfinished_takeover_is_given_up_when_that_is_asked_for_and_agreed_to() {
    let (bed, failover) = unfinished_takeover();
    let given_up = [&failover[..], &["--give-up", "begun by mistake"]].concat();
    bed.run(&given_up).ended(1).tells(&["cli::no-terminal"]);
    assert_eq!(bed.run(&["status"]).said.matches("is unfinished").count(), 1);
    let ran = bed.run(&[&given_up[..], &["--yes"]].concat()).ended(0);
    ran.tells(&["is given up: begun by mistake", "core-b has taken over"]);
    assert_eq!(bed.cores.roles(), ["unlicensed", "production"]);
}

#[test]
fn what_a_takeover_leaves_out_is_left_out() {
    let bed = Bed::new(&NOW, &["backup", "production"]);
    let failover = ["failover", "--to", "core-b", "--yes"];
    bed.run(&[&failover[..], &["--skip", "core-b"]].concat()).ended(1);
    assert_eq!((bed.cores.roles(), bed.sent("nomination")), (NOW.to_vec(), 0));
}
