//! Logins: as few as can be, each ended, and none that was refused tried again.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use camino::Utf8Path;
use mdc::cores::{Cores, Depth};
use mdc::manifest;
use rustix::process::{Pid, Signal, kill_process};

use crate::bed::Bed;
use crate::site::Ran;
use crate::stand_in::PASSWORD;
use crate::terminal::Terminal;

pub(crate) fn cores(bed: &Bed) -> Cores {
    let path = bed.site.path("mdc.toml");
    let (manifest, _) = manifest::read(Utf8Path::from_path(&path).unwrap());
    let manifest = manifest.unwrap();
    Cores::new(manifest.standby.unwrap().value, manifest.folder, std::collections::BTreeMap::new())
}

#[test]
fn a_session_that_has_ended_is_renewed_once_and_all_are_ended() {
    let bed = Bed::new(&["production", "backup"], &["production", "backup"]);
    let ways = cores(&bed);
    let host = "core-b".parse().unwrap();
    for _ in 0..3 {
        let facts = ways.observe(&host, Depth::Whole).unwrap();
        assert!(facts.settings.is_some() && facts.unanswered.is_empty(), "{facts:?}");
        bed.cores.state().cores[1].sessions.clear();
    }
    // All questions at once met the end of the session.
    assert_eq!(bed.cores.state().logins, 3);
    drop(ways);
    assert_eq!(bed.sent("POST /logout"), 3);
}

#[test]
fn a_login_that_was_refused_is_not_tried_again() {
    let bed = Bed::new(&["production", "backup"], &["production", "backup"]);
    std::fs::write(bed.site.path("password"), format!("{PASSWORD}-wrong")).unwrap();
    let ways = cores(&bed);
    let host = "core-b".parse().unwrap();
    for _ in 0..3 {
        let (why, _) = ways.observe(&host, Depth::Whole).unwrap_err();
        assert!(why.contains("the login of `admin` is refused"), "{why}");
    }
    assert_eq!(bed.sent("POST /login"), 1);
}

#[test]
fn who_is_refused_while_waiting_does_not_wait_on() {
    let bed = Bed::new(&["production", "backup"], &["backup", "production"]);
    bed.offline();
    let mut state = bed.cores.state();
    state.cores[1].settings = state.cores[0].settings.clone();
    drop(state);
    bed.site.edit("deactivation = \"http", "deactivation = \"by-hand\" # \"http");
    bed.site.edit("give-back-within = \"2s\"", "give-back-within = \"10m\"");
    let mut command = bed.site.command(&["apply", "--yes"]);
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut talk = BufReader::new(run.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(talk.any(|line| line.contains("somebody has to do it")));
    // The password is changed meanwhile.
    let mut state = bed.cores.state();
    state.is_locked = true;
    state.cores.iter_mut().for_each(|core| core.sessions.clear());
    drop(state);
    let talk: Vec<String> = talk.collect();
    let said = run.wait_with_output().unwrap();
    assert!(!said.status.success(), "{talk:?}");
    Ran::of(&said).tells(&["the login of `admin` is refused", "correct `user` and `password`"]);
    assert_eq!(bed.cores.state().refused, 1, "{talk:?}");
}

#[test]
fn who_leaves_at_the_question_is_logged_out() {
    for keys in [&b"\x03"[..], b"no\n", b"\x04"] {
        let bed = Bed::new(&["production", "backup"], &["production", "backup"]);
        let mut asked = Terminal::start(&bed.site, &["failover", "--to", "core-b"]);
        asked.shows("Only the word yes");
        assert_eq!(bed.cores.state().cores[1].sessions.len(), 1);
        asked.types(keys);
        asked.end();
        bed.is_left();
        assert_eq!(bed.sent("nomination"), 0);
    }
}

#[test]
fn a_signal_in_the_middle_of_anything_leaves_no_session() {
    let signals = [Signal::INT, Signal::TERM, Signal::HUP];
    let places = [
        ("POST /login", &["status"][..]),
        ("GET /stat/engines", &["status"]),
        ("GET /admin/export", &["plan"]),
        ("GET /admin/license", &["failover", "--to", "core-b", "--yes"]),
        ("POST /admin/license/backup/nomination", &["failover", "--to", "core-b", "--yes"]),
        ("POST /logout", &["status"]),
    ];
    for (place, (on, arguments)) in places.into_iter().enumerate() {
        let bed = Bed::new(&["production", "backup"], &["production", "backup"]);
        bed.cores.hold(on);
        let mut command = bed.site.command(arguments);
        let mut run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        bed.cores.waits_for(on, 1);
        let id = Pid::from_raw(i32::try_from(run.id()).unwrap()).unwrap();
        kill_process(id, signals[place % 3]).unwrap();
        bed.cores.release();
        run.wait().unwrap();
        bed.cores.is_quiet();
        bed.is_left();
    }
}
