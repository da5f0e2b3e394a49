//! Two controllers at once: with one record of runs between them, or each with its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::bed::Bed;
use crate::site::{Ran, Site};
use crate::terminal::Terminal;

const NOW: [&str; 3] = ["production", "backup", "backup"];
/// What `apply` brings about: core-b takes over.
const DESIRED: [&str; 3] = ["backup", "production", "backup"];
const APPLY: &[&str] = &["apply", "--yes"];
const TO_B: &[&str] = &["failover", "--to", "core-b", "--yes"];
const TO_C: &[&str] = &["failover", "--to", "core-c", "--yes"];
const NOMINATION: &str = "POST /admin/license/backup/nomination";

fn bed() -> Bed {
    let bed = Bed::new(&NOW, &DESIRED);
    bed.site.edit("[standby]\n", "[standby]\nimport-settings = false\n");
    bed
}

/// Has the manifest of `site` want `host` to scan.
fn wants(site: &Site, host: &str) {
    let text = fs::read_to_string(site.path("mdc.toml")).unwrap();
    let (head, cores) = text.split_once("[standby.cores").unwrap();
    let cores = cores.replace("production", "backup");
    let table = format!(".{host}]");
    let (before, after) = cores.split_once(&table).unwrap();
    let after = after.replacen("role = \"backup\"", "role = \"production\"", 1);
    fs::write(site.path("mdc.toml"), format!("{head}[standby.cores{before}{table}{after}"))
        .unwrap();
}

/// Another controller, which shares no record of runs.
fn elsewhere(bed: &Bed) -> Site {
    bed.run(&["status"]);
    bed.site.sharing()
}

fn start(site: &Site, arguments: &[&str]) -> Child {
    let mut command = site.command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn end(child: Child) -> Ran {
    Ran::of(&child.wait_with_output().unwrap())
}

fn productions(bed: &Bed) -> usize {
    bed.cores.roles().iter().filter(|role| **role == "production").count()
}

#[test]
fn with_one_record_the_second_finds_the_first_at_work() {
    for first in [TO_B, APPLY] {
        for second in [TO_C, TO_B, APPLY] {
            let bed = bed();
            bed.cores.hold(NOMINATION);
            let running = start(&bed.site, first);
            bed.cores.waits_for(NOMINATION, 1);
            let what = format!("{second:?} while {first:?}");
            let refused = bed.site.mdc(second);
            assert_eq!(refused.status, Some(1), "{what}: {}", refused.said);
            refused.tells(&["another mdc is at work on this cluster"]);
            bed.cores.release();
            end(running).ended(0);
            assert_eq!(bed.sent("nomination"), 1, "{what}");
            assert_eq!(bed.cores.roles()[1], "production", "{what}");
        }
    }
}

#[test]
fn who_thought_before_a_yes_sees_what_another_controller_did_meanwhile() {
    for other in [TO_C, APPLY] {
        let bed = bed();
        let elsewhere = elsewhere(&bed);
        wants(&elsewhere, "core-c");
        let mut asked = Terminal::start(&bed.site, &TO_B[..3]);
        asked.shows("Only the word yes");
        elsewhere.mdc(other).ended(0);
        let roles = bed.cores.roles();
        asked.types(b"yes\n");
        let said = asked.end().ended(1);
        said.tells(&["somebody else has moved a licence", "core-b has not taken over"]);
        assert_eq!((bed.sent("nomination"), bed.cores.roles()), (1, roles));
    }
}

#[test]
fn what_waits_in_a_run_sees_what_another_controller_did_meanwhile() {
    for other in [TO_C, APPLY] {
        let bed = bed();
        let elsewhere = elsewhere(&bed);
        wants(&elsewhere, "core-c");
        bed.site.edit("ready-within = \"2s\"", "ready-within = \"60s\"");
        bed.cores.state().cores[1].engine_state = "downloading";
        let mut waiting = start(&bed.site, APPLY);
        let mut talk = BufReader::new(waiting.stderr.take().unwrap()).lines().map(Result::unwrap);
        assert!(talk.any(|line| line.contains("is downloading")));
        let second = elsewhere.mdc(other);
        // Hosts know which run is at work on them, and are asked by `apply`; a takeover asks none.
        let (ends, scans) = if other == APPLY {
            second.ended(1).tells(&["was begun from another controller and is not over"]);
            (0, 1)
        } else {
            second.ended(0);
            (1, 2)
        };
        bed.cores.state().cores[1].engine_state = "production";
        talk.for_each(drop);
        let first = end(waiting).ended(ends);
        if ends == 1 {
            first.tells(&["somebody else has moved a licence"]);
        }
        assert_eq!(bed.sent("nomination"), 1);
        assert_eq!(bed.cores.roles()[scans], "production");
    }
}

/// MD Core knows no condition that a nomination could carry: two that leave at the same moment are both done. Both
/// who sent them are not told that all is well.
#[test]
fn two_nominations_at_the_same_moment_from_records_of_their_own_are_told() {
    let bed = bed();
    let elsewhere = elsewhere(&bed);
    bed.cores.hold(NOMINATION);
    let both = [start(&bed.site, TO_B), start(&elsewhere, TO_C)];
    bed.cores.waits_for(NOMINATION, 2);
    bed.cores.release();
    let ends = both.map(end);
    let told = |ran: &&Ran| {
        let flat = ran.said.split_whitespace().collect::<Vec<_>>().join(" ");
        flat.contains("another takeover came at the same time")
            || flat.contains("has not taken over")
    };
    assert!(ends.iter().any(|ran| told(&ran)), "{ends:#?}");
    assert_eq!(productions(&bed), 1);
    let winner = bed.cores.roles().iter().position(|role| *role == "production").unwrap();
    assert_eq!(ends[winner - 1].status, Some(0), "{ends:#?}");
}

#[test]
fn who_takes_over_and_finds_another_one_that_scans_is_told() {
    for arguments in [TO_B, APPLY] {
        let bed = bed();
        bed.cores.hold(NOMINATION);
        let running = start(&bed.site, arguments);
        bed.cores.waits_for(NOMINATION, 1);
        // It has been moved since it was asked, by a way that unregisters nobody.
        bed.cores.state().cores[2].role = "production";
        bed.cores.release();
        end(running).ended(1).tells(&[
            "it was done, and core-c is production now: another takeover came at the same time",
            "let one of the two who ordered this decide",
        ]);
        assert_eq!((bed.sent("nomination"), productions(&bed)), (1, 2));
        // Nothing of that is better by going on, until one of both has given way.
        bed.run(&["resume", "--yes"]).ended(1).tells(&["core-c is production now"]);
        bed.cores.state().cores[2].role = "unlicensed";
        bed.run(&["resume", "--yes"]).ended(0);
        assert_eq!(bed.sent("nomination"), 1);
    }
}

#[test]
fn two_round_trips_are_two_by_the_clock_and_one_more_follows_a_thought() {
    let delay = Duration::from_secs(3);
    let bed = bed();
    bed.cores.state().delay = delay;
    bed.run(TO_B).ended(0);
    let first = bed.cores.state().log.iter().map(|it| it.came).min().unwrap();
    assert!(
        (2..3).contains(&(sent_at(&bed).duration_since(first).as_millis() / delay.as_millis()))
    );
    // Two more of each kind, all at once: a login, and what has to be known.
    let before = |line: &str| {
        bed.cores
            .state()
            .came
            .iter()
            .take_while(|it| !it.contains("nomination"))
            .filter(|it| it.starts_with(line))
            .count()
    };
    assert_eq!((before("POST /login"), before("GET "), before("POST")), (3, 15, 3));

    let bed = self::bed();
    bed.cores.state().delay = delay;
    let mut asked = Terminal::start(&bed.site, &TO_B[..3]);
    asked.shows("Only the word yes");
    let yes = Instant::now();
    asked.types(b"yes\n");
    asked.end().ended(0);
    assert_eq!(sent_at(&bed).duration_since(yes).as_millis() / delay.as_millis(), 1);
}

fn sent_at(bed: &Bed) -> Instant {
    bed.cores.state().log.iter().find(|it| it.path.ends_with("nomination")).unwrap().came
}
