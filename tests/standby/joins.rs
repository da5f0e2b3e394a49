//! Instances that join a site, and the settings that they get.

use std::fs;
use std::path::Path;

use crate::bed::Bed;
use crate::moves::{BACKUP, PRODUCTION, UNLICENSED, in_order};

#[test]
fn who_joins_of_the_version_that_scans_gets_the_settings_before_it_changes() {
    let bed = Bed::new(&[PRODUCTION, UNLICENSED], &[PRODUCTION, BACKUP]);
    bed.site.edit("md-core = \"5.19.0\"", "md-core = \"5.18.1\"");
    let ran = bed.run(&["plan"]).tells(&["+ register md-core core-b 5.18.1 20s"]);
    assert!(!ran.said.contains("standby::settings-later"), "{}", ran.said);
    bed.run(&["apply", "--yes"]).ended(0);
    let steps = ["register", "import-settings", "upgrade"].map(|it| format!("core-b/md-core/{it}"));
    in_order(&bed, &steps.each_ref().map(String::as_str));
    in_order(&bed, &["core-b/md-core/import-settings", "core-a/md-core/upgrade"]);
    bed.is_done();
}

/// The production instance of the site does not scan yet: nobody can stand by for it, whatever its version.
#[test]
fn nobody_joins_before_somebody_scans() {
    for now in [[UNLICENSED, UNLICENSED], [BACKUP, UNLICENSED]] {
        let bed = Bed::new(&now, &[PRODUCTION, BACKUP]);
        bed.site.edit("md-core = \"5.19.0\"", "md-core = \"5.18.1\"");
        bed.run(&["apply", "--yes"]).ended(0);
        assert_eq!(bed.cores.roles(), [PRODUCTION, BACKUP], "{now:?}");
        bed.run(&["apply", "--yes"]).ended(0);
        bed.is_done();
    }
}

/// The settings come between the registration and the nomination, with and without a change of versions.
#[test]
fn who_joins_to_take_over_has_the_settings_by_then() {
    for version in ["5.19.0", "5.18.1"] {
        let bed = Bed::new(&[PRODUCTION, UNLICENSED], &[BACKUP, PRODUCTION]);
        bed.site.edit("md-core = \"5.19.0\"", &format!("md-core = \"{version}\""));
        bed.run(&["apply", "--yes"]).ended(0);
        let steps = ["register", "import-settings", "nominate"];
        in_order(
            &bed,
            &steps.map(|it| format!("core-b/md-core/{it}")).each_ref().map(String::as_str),
        );
        bed.is_done();
    }
}

/// Instances of both versions and an unlicensed one: who joins comes before what waits for the new version.
#[test]
fn a_half_changed_site_is_led_to_its_end_in_one_plan() {
    for upgrade in ["in-place", "nominate", "nominate-and-return"] {
        for joins in [BACKUP, UNLICENSED] {
            let bed = Bed::new(&[PRODUCTION, BACKUP, joins], &[PRODUCTION, BACKUP, BACKUP]);
            bed.site.edit("[standby]\n", &format!("[standby]\nupgrade = \"{upgrade}\"\n"));
            bed.site.edit("md-core = \"5.19.0\"", "md-core = \"5.18.1\"");
            bed.cores.state().cores[1].version = "5.7.0";
            bed.run(&["plan", "-o", "plan.json"]).ended(0);
            // The file is read again: steps stand behind all that they come after.
            bed.run(&["apply", "plan.json", "--yes"]).ended(0);
            let roles = bed.cores.roles();
            assert_eq!(
                roles.iter().filter(|it| **it == PRODUCTION).count(),
                1,
                "{upgrade} {joins}"
            );
            assert!(!roles.contains(&UNLICENSED), "{upgrade} {joins}: {roles:?}");
            in_order(&bed, &["core-c/md-core/import-settings", "core-a/md-core/upgrade"]);
        }
    }
}

/// What is left out of an instance's steps is no move that somebody else has made.
#[test]
fn a_step_that_is_left_out_accuses_nobody() {
    for (skipped, roles) in [
        ("core-c/md-core/upgrade", [PRODUCTION, BACKUP, BACKUP]),
        ("core-b/md-core/import-settings", [PRODUCTION, BACKUP, BACKUP]),
    ] {
        let bed = Bed::new(&[PRODUCTION, BACKUP, UNLICENSED], &[PRODUCTION, BACKUP, BACKUP]);
        bed.site.edit("[standby]\n", "[standby]\nupgrade = \"nominate-and-return\"\n");
        bed.site.edit("md-core = \"5.19.0\"", "md-core = \"5.18.1\"");
        let ran = bed.run(&["apply", "--yes", "--skip", skipped]);
        assert!(!ran.said.contains("somebody else"), "{skipped}: {}", ran.said);
        assert_eq!(bed.cores.roles(), roles, "{skipped}: {}", ran.said);
    }
}

#[test]
fn settings_that_a_new_version_may_write_otherwise_wait_for_the_next_plan() {
    let bed = Bed::new(&[PRODUCTION, UNLICENSED], &[PRODUCTION, BACKUP]);
    bed.cores.state().cores[1].version = "5.5.0";
    bed.site.edit("md-core = \"5.19.0\"", "md-core = \"5.18.1\"");
    let later = ["standby::settings-later", "core-b gets its settings by the next plan: core-a"];
    bed.run(&["plan"]).tells(&later);
    bed.run(&["apply", "--yes"]).ended(0);
    assert!(!bed.site.begun().iter().any(|it| it.ends_with("import-settings")));
    assert_eq!(bed.cores.roles(), [PRODUCTION, BACKUP]);
    bed.cores.state().cores[1].version = "5.6.1";
    bed.run(&["status"]).tells(&["1 instance of hot backup is not ready"]);
    bed.run(&["apply", "--yes"]).ended(0);
    in_order(&bed, &["core-a/md-core/upgrade", "core-b/md-core/import-settings"]);
    bed.is_done();
}

/// The vendor doesn't say whether hot backup works inside of a cluster.
#[test]
fn it_is_refused_inside_of_a_cluster_unless_the_manifest_says_otherwise() {
    let bed = Bed::new(&[PRODUCTION], &[PRODUCTION]);
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics/standby-in-cluster");
    for name in ["mdc.toml", "release.toml"] {
        fs::copy(case.join(name), bed.site.path(name)).unwrap();
    }
    bed.run(&["validate"]).ended(1).tells(&["manifest::standby-in-cluster"]);
    bed.site.edit("[standby]\n", "[standby]\nallow-in-cluster = true\n");
    bed.run(&["validate"]).ended(0);
}
