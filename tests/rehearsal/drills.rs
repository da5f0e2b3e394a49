//! Every step that fails, and what follows.

use std::collections::BTreeSet;

use mdc::diff::Action;
use mdc::evidence::Drill;
use mdc::plan::WayBack;
use mdc::rehearsal::{Drills, drills};

use crate::site::Site;
use crate::twin::rehearsed;

fn all(site: &Site) -> Vec<Drill> {
    drills(&rehearsed(site), Drills::Each, &mut |_, _| {}).unwrap()
}

#[test]
fn every_step_fails_and_the_run_comes_to_the_same_end_when_it_is_resumed() {
    let site = Site::new("quickstart");
    let before = site.files();
    let (plan, drills) = (site.plan(), all(&site));
    assert_eq!(drills.len(), plan.steps.len());
    for (step, drill) in plan.steps.iter().zip(&drills) {
        assert_eq!(*step.id, *drill.step);
        // Who can't tell where a log ends fails nothing.
        if step.action == Action::MarkLogs {
            assert_eq!((&drill.fails, &drill.resumed, &drill.back), (&None, &None, &None));
            continue;
        }
        let fails = drill.fails.as_deref().unwrap_or_else(|| panic!("{drill:?}"));
        assert!(fails.starts_with("could not "), "{fails}");
        assert!(drill.recovers(), "{drill:?}");
        assert!(drill.done + drill.not_started < plan.steps.len() as u64, "{drill:?}");
        assert!(drill.back.as_ref().unwrap().completes, "{drill:?}");
    }
    assert_eq!(site.files(), before, "nothing of the site is touched");
}

#[test]
fn print() {
    let site = Site::new("quickstart");
    let start = std::time::Instant::now();
    let drills = all(&site);
    eprintln!("{} drills, {:?}", drills.len(), start.elapsed());
    eprintln!("{}", serde_json::to_string_pretty(&drills).unwrap());
    let _: BTreeSet<WayBackKey> = BTreeSet::new();
}
type WayBackKey = u8;
#[allow(unused)]
fn x(_: WayBack) {}
