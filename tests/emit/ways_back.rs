//! The ways back of a plan, in the runbook: those of people in their place among those of scripts.

use camino::Utf8Path;
use mdc::emit::{Templates, emit};
use mdc::plan::{Plan, WayBack};

use crate::bench::{plan, step};

fn hot_backup() -> Plan {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/plans/hot-backup.json");
    mdc::plan::read(path.as_ref()).unwrap()
}

fn text(plan: &Plan, name: &str) -> String {
    emit(plan, &Templates::built_in()).unwrap().texts[Utf8Path::new(name)].clone()
}

fn ways_back(plan: &Plan) -> String {
    let runbook = text(plan, "RUNBOOK.md");
    runbook.split_once("## The way back\n").unwrap().1.split_once("\n## ").unwrap().0.to_owned()
}

#[test]
fn whoever_scans_hands_over_before_its_package_goes_back() {
    let ways = ways_back(&hot_backup());
    let rows: Vec<&str> = ways.lines().filter(|line| line.starts_with("| core-")).collect();
    let begins = [
        "| core-b | by people | register md-core: unregister core-b |",
        "| core-a | by people | nominate md-core: register core-b as a backup, then nominate it",
        "| core-a | by people | register md-core: unregister core-a |",
        "| core-a | `sudo bash core-a.sh back 4` | upgrade md-core from 5.18.1 to 5.19.0: to 5.18.1;",
        "| core-b | by people | nominate md-core: register core-a as a backup, then nominate it",
        "| core-c | `sudo bash core-c.sh back 4` | upgrade",
        "| core-b | `sudo bash core-b.sh back 4` | upgrade",
        "| core-c | by people | register md-core: unregister core-c |",
    ];
    assert_eq!(rows.len(), begins.len(), "{ways}");
    for (row, begin) in rows.iter().zip(begins) {
        assert!(row.starts_with(begin), "{begin}: {ways}");
    }
    for words in ["- core-a was production\n", "- core-b was backup\n", "- core-c was unlicensed\n"]
    {
        assert!(ways.contains(words), "{words}: {ways}");
    }
}

#[test]
fn what_has_no_way_back_is_told() {
    let plan = hot_backup();
    let ways = ways_back(&plan);
    let mut count = 0;
    for step in &plan.steps {
        if let Some(WayBack::None(why)) = &step.way_back {
            let line = format!("- `{}`: {why}\n", step.id);
            assert!(ways.contains(&line), "{line}: {ways}");
            count += 1;
        }
    }
    assert!(count > 0);
}

/// No licences, no word of them; and in the reverse order, whatever the host.
#[test]
fn the_last_step_is_the_first_to_go_back() {
    let back = |name: &str, wave| {
        let mut step = step(name, wave, &[crate::bench::start("true")]);
        step["way-back"] = serde_json::json!({ "package": { "to": "2.8.0", "commands": [] } });
        step["way-back"]["package"]["commands"] = serde_json::json!([crate::bench::start("true")]);
        step
    };
    let ways = ways_back(&plan(&[back("a", 1), back("b", 1), back("c", 2)]));
    let rows: Vec<&str> = ways.lines().filter(|line| line.starts_with("| core-01")).collect();
    let numbers: Vec<_> =
        rows.iter().filter_map(|row| row.split(" back ").nth(1)?.get(..1)).collect();
    assert_eq!(numbers, ["3", "2", "1"], "{ways}");
    assert!(!ways.contains("icences") && !ways.contains("by people"), "{ways}");
}

/// What people do on a host is in no script's record, so that its script asks for it.
#[test]
fn a_script_names_what_people_have_to_do_on_its_own_host() {
    let script = text(&hot_backup(), "hosts/core-a/core-a.sh");
    let upgrade = script.split("\nstep ").find(|step| step.contains("/md-core/upgrade ")).unwrap();
    let elsewhere: Vec<&str> =
        upgrade.lines().filter(|line| line.starts_with("elsewhere ")).collect();
    assert_eq!(
        elsewhere,
        [
            "elsewhere 'yield md-core on core-a is done'",
            "elsewhere 'upgrade md-core on core-c is done'",
            "elsewhere 'import-settings md-core on core-c is done'"
        ]
    );
}
