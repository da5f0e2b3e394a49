//! A real, short window: stage 2 waits for its opening, and begins inside of it.

use std::time::{Duration, Instant};

use jiff::{Timestamp, ToSpan, Unit};
use serde_json::Value;

use super::on;
use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

/// What the first attempt takes at most, so that it finds the window closed.
const AHEAD: i64 = 90;
const LASTS: i64 = 4;
/// From the beginning until stage 2 is through.
const PATIENCE: Duration = Duration::from_secs(360);

pub(crate) fn run(fleet: &Fleet) {
    let release = Release::moving(&fleet.site, &["file-storage"]);
    let opens = Timestamp::now() + (AHEAD + 60).seconds();
    let opens = Timestamp::from_second(opens.as_second() / 60 * 60).unwrap();
    let closes = opens + (LASTS * 60).seconds();
    let window = format!("{}-{}", opens.strftime("%Y-%m-%d %H:%M"), closes.strftime("%H:%M"));
    let site = Site::with_manifest(fleet, &release, |manifest| {
        let gate = format!("[gates.window]\nzone = \"UTC\"\nopen = [\"{window}\"]\n\n[gates.idle]");
        let quick =
            "\n[components.file-storage]\ndurations = { install = \"3s\", start = \"1s\" }\n";
        manifest.replace("[gates.idle]", &gate) + quick
    });
    let start = Instant::now();
    let first = site.mdc(&["apply", "--yes"]).ends(1);
    first.tells(&["stage 2 waits for its window, which is closed now"]);
    on("storage-01", "file-storage").works(fleet, "2.8.0");
    on("exec-01", "worker").works(fleet, "2.9.0");
    assert!(Timestamp::now() < opens, "the first attempt took too long to tell anything");
    while site.mdc(&["resume", "--yes"]).status() != Some(0) {
        assert!(
            start.elapsed() < PATIENCE,
            "stage 2 has not begun: {}",
            site.record("journal.jsonl")
        );
    }
    on("storage-01", "file-storage").works(fleet, "2.9.0");
    let begun = begun(&site, "storage-01/file-storage/upgrade");
    assert!(opens <= begun && begun < closes, "{begun} is not in {opens} to {closes}");
    let late = begun.since(opens).unwrap().total(Unit::Second).unwrap();
    assert!(late < 120.0, "it was open for {late} s before anything began");
}

/// When the step was begun, as the journal has it.
fn begun(site: &Site, step: &str) -> Timestamp {
    let journal = site.record("journal.jsonl");
    let lines = journal.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut at = lines.filter(|line| line["entry"]["intent"]["step"] == step);
    at.next().unwrap()["at"].as_str().unwrap().parse().unwrap()
}
