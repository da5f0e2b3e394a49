//! Every way between the parts, online and offline, planned and carried out.

use crate::bed::Bed;

const PRODUCTION: &str = "production";
const BACKUP: &str = "backup";
const UNLICENSED: &str = "unlicensed";

fn same_settings(bed: &Bed) {
    let mut state = bed.cores.state();
    let settings = state.cores[0].settings.clone();
    state.cores.iter_mut().for_each(|core| core.settings = settings.clone());
}

#[test]
fn a_standby_is_registered_and_given_the_settings() {
    let bed = Bed::new(&[PRODUCTION, UNLICENSED], &[PRODUCTION, BACKUP]);
    bed.run(&["status"]).tells(&["unlicensed (backup is desired)", "could not take over"]);
    let plan = bed.site.plan();
    let text = plan.to_string();
    assert!(text.contains("active-deployment-id: MSCLdeployment0"), "{text}");
    assert!(text.contains("activation-key: (the file key)"), "{text}");
    bed.run(&["apply", "--yes"]).ended(0);
    assert_eq!(bed.cores.roles(), [PRODUCTION, BACKUP]);
    assert_eq!(bed.cores.moves(), ["1 POST /admin/license/backup", "1 POST /admin/import"]);
    bed.run(&["status"]).ended(0).tells(&["backup", "200 days left", "could take over"]);
    bed.is_done();
}

#[test]
fn settings_travel_under_a_password_where_there_is_one() {
    let bed = Bed::new(&[PRODUCTION, BACKUP], &[PRODUCTION, BACKUP]);
    bed.site.edit("[standby]\n", "[standby]\nsettings-password = { file = \"archive\" }\n");
    bed.run(&["status"]).tells(&["its settings differ: policy.rule"]);
    bed.run(&["apply", "--yes"]).ended(0);
    assert_eq!(bed.cores.moves(), ["1 POST /admin/import/v2"]);
    let state = bed.cores.state();
    assert_eq!(state.cores[0].settings, state.cores[1].settings);
}

#[test]
fn every_way_between_parts_is_found_and_carried_out() {
    for offline in [false, true] {
        for (now, desired, moves) in [
            // The first activation.
            ([UNLICENSED, UNLICENSED], [PRODUCTION, BACKUP], ["0 act", "1 reg"].as_slice()),
            ([UNLICENSED, UNLICENSED], [PRODUCTION, UNLICENSED], &["0 act"]),
            // A planned takeover.
            (
                [PRODUCTION, BACKUP],
                [BACKUP, PRODUCTION],
                if offline {
                    &["2 deact", "1 unreg", "1 act", "0 reg"]
                } else {
                    &["1 nom", "0 reg"]
                },
            ),
            ([PRODUCTION, BACKUP], [PRODUCTION, UNLICENSED], &["1 unreg"]),
            ([PRODUCTION, BACKUP], [UNLICENSED, UNLICENSED], &["2 deact", "1 unreg"]),
            (
                [PRODUCTION, BACKUP],
                [UNLICENSED, PRODUCTION],
                if offline { &["2 deact", "1 unreg", "1 act"] } else { &["1 nom"] },
            ),
            (
                [PRODUCTION, UNLICENSED],
                [UNLICENSED, PRODUCTION],
                if offline { &["2 deact", "1 act"] } else { &["1 reg", "1 nom"] },
            ),
        ] {
            // Two instances without a licence belong together by nothing.
            if desired == [UNLICENSED, UNLICENSED] {
                continue;
            }
            let bed = Bed::new(&now, &desired);
            if offline {
                bed.offline();
            }
            same_settings(&bed);
            bed.run(&["apply", "--yes"]).ended(0);
            assert_eq!(bed.cores.roles(), desired, "{now:?} {offline}");
            assert_eq!(short(&bed), moves, "{now:?} {desired:?} {offline}");
            bed.is_done();
        }
    }
}

fn short(bed: &Bed) -> Vec<String> {
    let words = [
        ("POST /admin/license/backup/nomination", "nom"),
        ("POST /admin/license/backup", "reg"),
        ("DELETE /admin/license/backup", "unreg"),
        ("POST /admin/license", "act"),
        ("GET /deactivation", "deact"),
    ];
    let word = |line: String| {
        let (place, rest) = line.split_once(' ').unwrap();
        let (_, word) = words.iter().find(|(long, _)| rest.starts_with(long)).unwrap();
        format!("{place} {word}")
    };
    bed.cores.moves().into_iter().map(word).collect()
}

#[test]
fn an_offline_takeover_tells_of_the_outage_and_why_it_is_longer() {
    let bed = Bed::new(&[PRODUCTION, BACKUP], &[BACKUP, PRODUCTION]);
    bed.offline();
    same_settings(&bed);
    bed.run(&["plan"]).ended(0).tells(&[
        "Nobody of the site scans from now on, until another instance is activated",
        "`register` alone is forbidden: a running production instance can't be registered",
        "`nominate` alone is forbidden: a backup that was registered offline can't be nominated",
    ]);
    // Where the controller can't reach the licence server, people give the licence back.
    bed.site.edit("deactivation = \"http", "deactivation = \"by-hand\" # \"http");
    bed.run(&["apply", "--yes"]).ended(1).tells(&[
        "last seen: it is production",
        "give the licence of the deployment MSCLdeployment0 (core-a) back",
    ]);
    assert_eq!(bed.cores.roles(), [PRODUCTION, BACKUP]);
    bed.cores.state().cores[0].role = UNLICENSED;
    bed.run(&["resume", "--yes"]).ended(0);
    assert_eq!(bed.cores.roles(), [BACKUP, PRODUCTION]);
}

#[test]
fn versions_change_while_somebody_scans() {
    for (mode, roles, nominations) in
        [("nominate", [BACKUP, PRODUCTION], 1), ("nominate-and-return", [PRODUCTION, BACKUP], 2)]
    {
        let bed = Bed::new(&[PRODUCTION, BACKUP], &[PRODUCTION, BACKUP]);
        same_settings(&bed);
        bed.site.edit("md-core = \"5.19.0\"", "md-core = \"5.18.1\"");
        bed.site.edit("[standby]\n", &format!("[standby]\nupgrade = \"{mode}\"\n"));
        bed.run(&["apply", "--yes"]).ended(0);
        assert_eq!(bed.cores.roles(), roles, "{mode}");
        assert_eq!(bed.cores.state().nominations, nominations);
        let begun = bed.site.begun();
        let place = |step: &str| {
            begun.iter().position(|it| it == step).unwrap_or_else(|| panic!("{step}: {begun:?}"))
        };
        assert!(place("core-b/md-core/upgrade") < place("core-b/md-core/nominate"));
        assert!(place("core-a/md-core/yield") < place("core-a/md-core/upgrade"));
        assert!(place("core-a/md-core/upgrade") < place("core-a/md-core/register"));
    }
}

#[test]
fn a_standby_whose_engines_are_not_there_is_not_nominated() {
    let bed = Bed::new(&[PRODUCTION, BACKUP], &[BACKUP, PRODUCTION]);
    same_settings(&bed);
    bed.cores.state().cores[1].engine_state = "downloading";
    bed.run(&["status"]).tells(&["its engine ClamAV is downloading (40 %)", "could not take over"]);
    bed.run(&["apply", "--yes"]).ended(1).tells(&["last seen: its engine ClamAV is downloading"]);
    assert_eq!(bed.sent("nomination"), 0);
    bed.cores.state().cores[1].engine_state = "production";
    bed.run(&["resume", "--yes"]).ended(0);
    assert_eq!(bed.cores.roles(), [BACKUP, PRODUCTION]);
}

#[test]
fn a_plan_is_stale_when_a_part_or_a_deployment_id_has_moved() {
    let bed = Bed::new(&[PRODUCTION, BACKUP], &[BACKUP, PRODUCTION]);
    same_settings(&bed);
    bed.site.plan();
    bed.cores.state().cores[1].deployment = "MSCLanother".to_owned();
    bed.run(&["apply", "--yes", "plan.json"])
        .ended(1)
        .tells(&["core-b/md-core/nominate: deployment id was MSCLdeployment1, is MSCLanother"]);
    bed.site.edit(
        "[standby.cores.core-b]\n",
        "[standby.cores.core-b]\ndeployment = \"MSCLdeployment1\"\n",
    );
    bed.run(&["plan"]).tells(&["a changed network card or host name makes a new one"]);
    assert_eq!(bed.cores.moves(), [""; 0]);
}

#[test]
fn an_upgrade_by_a_nomination_that_is_forbidden_names_the_legal_way() {
    let bed = Bed::new(&[PRODUCTION, BACKUP], &[PRODUCTION, BACKUP]);
    bed.offline();
    same_settings(&bed);
    bed.site.edit("md-core = \"5.19.0\"", "md-core = \"5.18.1\"");
    bed.site.edit("[standby]\n", "[standby]\nupgrade = \"nominate\"\n");
    bed.run(&["plan"]).ended(1).tells(&[
        "plan::forbidden-move",
        "deactivate the production instance, then unregister, then activate",
    ]);
}
