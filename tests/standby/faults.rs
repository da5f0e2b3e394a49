//! What goes wrong between mdc and the instances: the right diagnosis, never a second nomination, and a
//! run that is gone on with comes to the same end.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::bed::Bed;
use crate::stand_in::{Fault, PASSWORD};

const NOW: [&str; 2] = ["production", "backup"];
const DESIRED: [&str; 2] = ["backup", "production"];

fn bed() -> Bed {
    let bed = Bed::new(&NOW, &DESIRED);
    let mut state = bed.cores.state();
    state.cores[1].settings = state.cores[0].settings.clone();
    drop(state);
    bed
}

/// Goes on until it is done.
fn finish(bed: &Bed, what: &str) {
    for _ in 0..3 {
        let ran = bed.site.mdc(&["apply", "--yes"]);
        if ran.status == Some(0) {
            assert_eq!(bed.cores.roles(), DESIRED, "{what}: {}", ran.said);
            assert_eq!(bed.cores.state().nominations, 1, "{what}");
            // A login whose answer was lost can't be ended.
            bed.cores.state().cores.iter_mut().for_each(|core| core.sessions.clear());
            bed.is_done();
            return;
        }
    }
    panic!("{what}: {}", bed.site.mdc(&["apply", "--yes"]).said);
}

const FAULTS: [Fault; 9] = [
    Fault::Hang,
    Fault::HangBefore,
    Fault::CutBefore,
    Fault::CutAfter,
    Fault::Status(500),
    Fault::Status(403),
    Fault::Status(405),
    Fault::Html,
    Fault::Slow(1200),
];

#[test]
fn whatever_goes_wrong_with_a_move_it_is_done_once() {
    for on in ["POST /admin/license/backup/nomination", "POST /admin/license/backup"] {
        for fault in FAULTS {
            let bed = bed();
            if matches!(fault, Fault::Hang | Fault::HangBefore) {
                bed.site.edit("[standby]\n", "[standby]\nanswer-within = \"500ms\"\n");
            }
            bed.cores.state().faults.push((on, fault, 1));
            let what = format!("{fault:?} on {on}");
            let first = bed.site.mdc(&["apply", "--yes"]);
            assert!(!first.said.contains("canary-"), "{what}: {}", first.said);
            // What was done, or may have been, is not asked for again by the same run.
            let sent = bed.sent("nomination");
            assert_eq!(sent, 1, "{what}: {}", first.said);
            finish(&bed, &what);
            bed.keeps_secrets();
        }
    }
}

#[test]
fn each_failure_is_told_for_what_it_is() {
    for (fault, words) in [
        (Fault::Status(405), "it answers 405 (the user has no rights for this): made to fail"),
        (Fault::Status(403), "it answers 403 (not allowed: wrong credentials"),
        (Fault::Status(500), "what became of it is not known: it answers 500"),
        (Fault::Html, "it answers 200, and not as MD Core does"),
        (Fault::CutBefore, "what became of it is not known: no answer"),
    ] {
        let bed = bed();
        bed.cores.state().faults.push(("POST /admin/license/backup/nomination", fault, 1));
        bed.site.mdc(&["apply", "--yes"]).ended(1).tells(&[words]);
        finish(&bed, words);
    }
}

#[test]
fn whatever_goes_wrong_with_a_question_nothing_is_moved_by_it() {
    for on in
        ["GET /admin/license/backup", "GET /admin/license", "GET /stat/engines", "POST /login"]
    {
        // One that hangs is passed over by a takeover, which is tried elsewhere.
        for fault in FAULTS.into_iter().filter(|it| !matches!(it, Fault::Hang | Fault::HangBefore))
        {
            let bed = bed();
            bed.cores.state().faults.push((on, fault, 1));
            let _ = bed.site.mdc(&["apply", "--yes"]);
            finish(&bed, &format!("{fault:?} on {on}"));
        }
    }
}

#[test]
fn a_run_that_was_killed_with_a_nomination_on_its_way_looks_what_became_of_it() {
    // It is done while nobody listens any more; or it never is, and then, and only then, is sent again.
    for (done, sent) in [(true, 1), (false, 2)] {
        let bed = bed();
        let fault = if done { Fault::Slow(700) } else { Fault::SlowCut(700) };
        bed.cores.state().faults.push(("nomination", fault, 1));
        let mut command = bed.site.command(&["apply", "--yes"]);
        let mut first = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let start = Instant::now();
        let is_there = || bed.cores.state().came.iter().any(|line| line.contains("nomination"));
        while !is_there() && start.elapsed() < Duration::from_secs(30) {
            thread::sleep(Duration::from_millis(5));
        }
        first.kill().unwrap();
        first.wait().unwrap();
        finish(&bed, "killed");
        // Also those that are still on their way.
        let state = bed.cores.state();
        let came = state.came.iter().filter(|line| line.contains("nomination")).count();
        assert_eq!(came, sent, "{done}: {:?}", state.came);
    }
}

#[test]
fn a_full_house_of_sessions_is_told_and_tried_once() {
    let bed = bed();
    for core in &mut bed.cores.state().cores {
        core.sessions.extend(["another-1".to_owned(), "another-2".to_owned()]);
    }
    let ran = bed.site.mdc(&["failover", "--to", "core-b", "--yes"]).ended(1);
    ran.tells(&["Too many sessions", "as many sessions are open as the instance allows"]);
    assert_eq!(bed.sent("POST /login"), 2);
    assert_eq!(bed.cores.moves(), [""; 0]);
}

#[test]
fn a_wrong_password_is_tried_once_an_instance_and_not_shown() {
    let bed = bed();
    std::fs::write(bed.site.path("password"), format!("{PASSWORD}-wrong")).unwrap();
    let ran = bed.run(&["failover", "--to", "core-b", "--yes"]).ended(1);
    ran.tells(&["the login of `admin` is refused"]);
    assert_eq!(bed.sent("POST /login"), 2);
}

#[test]
fn an_expired_licence_is_told() {
    let bed = bed();
    for core in &mut bed.cores.state().cores {
        core.days_left = -3;
    }
    bed.run(&["status"]).tells(&["its licence has expired", "does not scan"]);
    bed.run(&["plan"]).tells(&["the licence of core-a has expired", "(standby::licence-over)"]);
}

#[test]
fn the_licence_servers_errors_by_200_are_errors() {
    let bed = Bed::new(&NOW, &DESIRED);
    bed.offline();
    std::fs::write(bed.site.path("key"), "canary-wrong-key").unwrap();
    let ran = bed.run(&["failover", "--to", "core-b", "--yes"]).ended(1);
    ran.tells(&["the licence server says `error: invalid activation key`", "nothing was moved"]);
    assert_eq!(bed.cores.roles(), NOW);
}

#[test]
fn settings_that_have_changed_since_the_plan_are_not_imported() {
    let bed = Bed::new(&NOW, &NOW);
    bed.site.plan();
    bed.cores.state().cores[0].settings["config"]["common"]["a"] = 2.into();
    bed.run(&["apply", "--yes", "plan.json"]).ended(1);
    assert_eq!(bed.cores.moves(), [""; 0]);
}
