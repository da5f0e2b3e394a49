//! The controller dies, or loses hosts, at every command.

use serde_json::json;

use crate::point::{self, Point};
use crate::site::Site;

/// The site as it was, as it is after an undisturbed run, and every command between.
fn prepared() -> (Site, Site, Vec<Point>) {
    let fresh = Site::new();
    fresh.promise_nothing();
    let undisturbed = fresh.copy();
    undisturbed.mdc(&["apply", "--yes"]).ended(0);
    let points = point::all(&fresh.copy());
    assert!(points.len() > 100, "{}", points.len());
    (fresh, undisturbed, points)
}

/// How often something was done, beyond once.
fn done_twice(site: &Site, point: &Point) -> Vec<String> {
    let log = site.log(&point.host);
    log.into_iter().filter(|(_, times)| *times > 1).map(|(key, _)| key).collect()
}

#[test]
fn a_killed_controller_is_followed_by_one_that_finishes() {
    let (fresh, undisturbed, points) = prepared();
    for point in &points {
        for moment in ["before", "during"] {
            let what = format!("killed {moment} {} on {}", point.key, point.host);
            let site = fresh.copy();
            let fault = json!({ "says": "", "times": 1, "kill": moment });
            site.fault(&point.host, &point.key, &fault);
            let killed = site.mdc(&["apply", "--yes"]);
            assert_eq!(killed.status, None, "{what}: {}", killed.said);
            let resumed = site.mdc(&["resume", "--yes"]);
            assert_eq!(resumed.status, Some(0), "{what}: {}", resumed.said);
            site.is_as(&undisturbed, &what);
            // A copy that was cut off is sent again; a job is found again.
            let twice = done_twice(&site, point);
            let again = !point.is_job && point.changes && moment == "during";
            assert!(
                twice.is_empty() || (again && twice == [point.key.as_str()]),
                "{what}: {twice:?}"
            );
        }
    }
}

#[test]
fn a_connection_that_breaks_is_made_again() {
    let (fresh, undisturbed, points) = prepared();
    for point in &points {
        let what = format!("lost {} on {}", point.key, point.host);
        let site = fresh.copy();
        let fault = json!({ "says": "reset by peer", "times": 1, "lost": true });
        site.fault(&point.host, &point.key, &fault);
        let ran = site.mdc(&["apply", "--yes"]);
        assert_eq!(ran.status, Some(0), "{what}: {}", ran.said);
        assert!(ran.said.contains("cut off") && ran.said.contains("back"), "{what}: {}", ran.said);
        site.is_as(&undisturbed, &what);
        let twice = done_twice(&site, point);
        assert!(twice.is_empty() || !point.is_job, "{what}: {twice:?}");
    }
}

#[test]
fn a_host_that_stays_away_stops_only_what_needs_it() {
    let (fresh, undisturbed, _) = prepared();
    let site = fresh.copy();
    let fault = json!({ "says": "reset by peer", "lost": true });
    site.fault("core-02", "check-version:md-core", &fault);
    let ran = site.mdc(&["apply", "--yes", "--patience", "2s"]).ended(1);
    assert!(ran.said.contains("it was tried again for 2 s"), "{}", ran.said);
    assert!(ran.said.contains("found again when the run is resumed"), "{}", ran.said);
    site.mend("core-02");
    site.mdc(&["resume", "--yes"]).ended(0);
    site.is_as(&undisturbed, "core-02 stayed away");
    assert_eq!(site.log("core-02")["install:md-core"], 1);
}
