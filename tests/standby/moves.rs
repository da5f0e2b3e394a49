//! Every way between the parts, online and offline, planned and carried out.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use mdc::transport::{LicenceRequest, Task};
use mdc::value::SecretReference;
use serde_json::Value;

use crate::bed::Bed;

pub(crate) const PRODUCTION: &str = "production";
pub(crate) const BACKUP: &str = "backup";
pub(crate) const UNLICENSED: &str = "unlicensed";

fn same_settings(bed: &Bed) {
    let mut state = bed.cores.state();
    let settings = state.cores[0].settings.clone();
    state.cores.iter_mut().for_each(|core| core.settings = settings.clone());
}

#[test]
fn a_standby_is_registered_and_given_the_settings() {
    let bed = Bed::new(&[PRODUCTION, UNLICENSED], &[PRODUCTION, BACKUP]);
    bed.run(&["status"]).tells(&[
        "unlicensed (backup is desired)",
        "could not take over",
        "1 instance of hot backup plays another part than desired",
    ]);
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
            let bed = Bed::new(&now, &desired);
            if offline {
                bed.offline();
            }
            same_settings(&bed);
            bed.run(&["apply", "--yes"]).ended(0);
            assert_eq!(bed.cores.roles(), desired, "{now:?} {offline}");
            assert_eq!(short(&bed), moves, "{now:?} {desired:?} {offline}");
            // What a nomination does to the other one is a step that is looked at.
            let yields = bed.site.begun().contains(&"core-a/md-core/yield".to_owned());
            assert_eq!(yields, moves.contains(&"1 nom"), "{now:?} {desired:?} {offline}");
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
fn people_are_told_what_they_have_to_do_while_they_are_waited_for() {
    let bed = Bed::new(&[PRODUCTION, BACKUP], &[BACKUP, PRODUCTION]);
    bed.offline();
    same_settings(&bed);
    bed.site.edit("deactivation = \"http", "deactivation = \"by-hand\" # \"http");
    // It takes longer than a move may take.
    bed.site.edit("settle-within = \"2s\"", "settle-within = \"1ms\"");
    bed.site.edit("give-back-within = \"2s\"", "give-back-within = \"5m\"");
    let mut command = bed.site.command(&["apply", "--yes"]);
    let mut run = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(run.stderr.take().unwrap()).lines().map(Result::unwrap);
    let asks =
        "somebody has to do it: give the licence of the deployment MSCLdeployment0 (core-a) back";
    assert!(said.any(|line| line.contains(asks)));
    bed.cores.state().cores[0].role = UNLICENSED;
    let rest: Vec<String> = said.collect();
    assert!(run.wait().unwrap().success(), "{rest:?}");
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

/// Who is in which part afterwards, and that nobody scans meanwhile, is said before.
#[test]
fn what_becomes_of_the_parts_is_told_with_its_code() {
    let cases: [(&str, &[&str]); 2] = [
        (BACKUP, &["core-b is the production instance afterwards", "(standby::parts-swapped)"]),
        (UNLICENSED, &["is changed while nobody takes over", "(standby::nobody-takes-over)"]),
    ];
    for (standby, told) in cases {
        let bed = Bed::new(&[PRODUCTION, standby], &[PRODUCTION, BACKUP]);
        bed.site.edit("md-core = \"5.19.0\"", "md-core = \"5.18.1\"");
        bed.site.edit("[standby]\n", "[standby]\nupgrade = \"nominate\"\n");
        bed.run(&["plan"]).tells(told);
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

/// The place of each of `steps` among those that were begun: one after the other.
#[track_caller]
pub(crate) fn in_order(bed: &Bed, steps: &[&str]) {
    let begun = bed.site.begun();
    let place = |step: &&str| {
        begun.iter().position(|it| it == step).unwrap_or_else(|| panic!("{step}: {begun:?}"))
    };
    let places: Vec<usize> = steps.iter().map(place).collect();
    assert!(places.is_sorted(), "{steps:?}: {begun:?}");
}

#[test]
fn a_planned_takeover_comes_before_the_former_instance_is_changed() {
    for (mode, offline) in [("in-place", false), ("nominate", false), ("in-place", true)] {
        let bed = Bed::new(&[PRODUCTION, BACKUP], &[BACKUP, PRODUCTION]);
        same_settings(&bed);
        if offline {
            bed.offline();
        }
        bed.site.edit("md-core = \"5.19.0\"", "md-core = \"5.18.1\"");
        bed.site.edit("[standby]\n", &format!("[standby]\nupgrade = \"{mode}\"\n"));
        bed.run(&["apply", "--yes"]).ended(0);
        assert_eq!(bed.cores.roles(), [BACKUP, PRODUCTION]);
        let takeover = if offline {
            ["core-a/md-core/deactivate", "core-b/md-core/activate"]
        } else {
            ["core-b/md-core/nominate", "core-a/md-core/yield"]
        };
        let ends = ["core-a/md-core/upgrade", "core-a/md-core/register"];
        in_order(&bed, &[&["core-b/md-core/upgrade"][..], &takeover, &ends].concat());
        bed.is_done();
    }
}

#[test]
fn nothing_of_what_may_scan_alone_is_changed_while_its_site_is_not_known() {
    // Who is down, and which of them is withheld.
    for (down, withheld) in [(1, "core-a"), (0, "core-a")] {
        let bed = Bed::new(&[PRODUCTION, BACKUP], &[PRODUCTION, BACKUP]);
        same_settings(&bed);
        bed.site.edit("md-core = \"5.19.0\"", "md-core = \"5.18.1\"");
        bed.site.edit("[standby]\n", "[standby]\nupgrade = \"nominate\"\n");
        bed.cores.state().down.insert(down);
        bed.run(&["apply", "--yes"]).tells(&["it may be the only one of its site that scans"]);
        let upgrade = format!("{withheld}/md-core/upgrade");
        assert!(!bed.site.begun().contains(&upgrade), "{:?}", bed.site.begun());
        bed.cores.state().down.clear();
        bed.run(&["apply", "--yes"]).ended(0);
        in_order(&bed, &["core-b/md-core/nominate", &upgrade]);
    }
}

#[test]
fn a_rollback_takes_nobody_away_who_scans() {
    let nominate =
        ["core-a/md-core/rollback", "core-a/md-core/nominate", "core-b/md-core/rollback"];
    let turns = [
        "core-b/md-core/rollback",
        "core-b/md-core/nominate",
        "core-a/md-core/rollback",
        "core-a/md-core/nominate",
    ];
    for (mode, steps) in [("nominate", &nominate[..]), ("nominate-and-return", &turns)] {
        let three = [PRODUCTION, BACKUP, BACKUP];
        let bed = Bed::new(&three, &three);
        same_settings(&bed);
        bed.site.edit("md-core = \"5.19.0\"", "md-core = \"5.18.1\"");
        bed.site.edit("[standby]\n", &format!("[standby]\nupgrade = \"{mode}\"\n"));
        bed.run(&["apply", "--yes"]).ended(0);
        bed.run(&["rollback", "--yes"]).ended(0);
        assert_eq!(bed.cores.roles(), three, "{mode}");
        let begun = bed.site.begun();
        let back = begun.iter().position(|it| it.ends_with("/rollback")).unwrap();
        let place = |step: &&str| begun[back..].iter().position(|it| it == step);
        let places: Vec<Option<usize>> = steps.iter().map(place).collect();
        assert!(places.is_sorted() && places[0].is_some(), "{mode}: {places:?} {begun:?}");
    }
}

#[test]
fn nothing_of_who_may_scan_alone_is_rolled_back() {
    let bed = Bed::new(&[PRODUCTION, BACKUP], &[PRODUCTION, BACKUP]);
    same_settings(&bed);
    bed.site.edit("md-core = \"5.19.0\"", "md-core = \"5.18.1\"");
    bed.site.edit("[standby]\n", "[standby]\nupgrade = \"nominate\"\n");
    bed.run(&["apply", "--yes"]).ended(0);
    bed.cores.state().down.insert(0);
    bed.run(&["rollback", "--yes"]).ended(1).tells(&["core-b/md-core stays as it is"]);
    assert!(!bed.site.begun().contains(&"core-b/md-core/rollback".to_owned()));
}

#[test]
fn an_import_that_changed_nothing_is_not_taken_for_done() {
    let bed = Bed::new(&[PRODUCTION, BACKUP], &[PRODUCTION, BACKUP]);
    bed.cores.state().cores[1].ignores_imports = true;
    bed.run(&["apply", "--yes"])
        .ended(1)
        .tells(&["given up after 2s; last seen: its settings are"]);
    bed.cores.state().cores[1].ignores_imports = false;
    bed.run(&["apply", "--yes"]).ended(0);
    bed.is_done();
}

#[test]
fn settings_are_imported_by_the_version_that_wrote_them() {
    let bed = Bed::new(&[PRODUCTION, BACKUP, BACKUP], &[PRODUCTION, BACKUP, BACKUP]);
    bed.site.edit("md-core = \"5.19.0\"", "md-core = \"5.18.1\"");
    bed.site.edit("[standby]\n", "[standby]\nupgrade = \"nominate-and-return\"\n");
    bed.run(&["apply", "--yes"]).ended(0);
    for host in ["core-b", "core-c"] {
        let steps = ["import-settings", "upgrade"].map(|it| format!("{host}/md-core/{it}"));
        in_order(&bed, &steps.each_ref().map(String::as_str));
    }
}

#[test]
fn a_reboot_says_who_scans_meanwhile_as_a_change_does() {
    let bed = Bed::new(&[PRODUCTION, BACKUP], &[PRODUCTION, BACKUP]);
    same_settings(&bed);
    bed.site.edit("md-core = \"5.19.0\"", "md-core = \"5.18.1\"");
    bed.site
        .edit("[standby]\n", "[components.md-core]\nreboot = { when = \"after\" }\n[standby]\n");
    let plan = bed.site.plan();
    let impact = |id: &str| {
        let step = plan["steps"].as_array().unwrap().iter().find(|it| it["id"] == id).unwrap();
        step["impact"].as_str().unwrap_or_default().to_owned()
    };
    assert!(impact("core-a/md-core/reboot").starts_with("Nobody of the site scans meanwhile"));
    assert_eq!(impact("core-b/md-core/reboot"), "");
}

#[test]
fn a_plan_says_who_scans_while_an_instance_is_changed() {
    let bed = Bed::new(&[PRODUCTION, BACKUP], &[PRODUCTION, BACKUP]);
    same_settings(&bed);
    bed.site.edit("md-core = \"5.19.0\"", "md-core = \"5.18.1\"");
    let ran = bed.run(&["plan"]).tells(&["Nobody of the site scans meanwhile", "for every change"]);
    assert!(!ran.said.contains("files go on being processed"), "{}", ran.said);
    ran.tells(&["but where a step says that nobody scans"]);
    let plan = bed.site.plan();
    let steps = plan["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["action"] != "keep-healthy"));
    let upgrades = steps.iter().filter(|step| step["action"] == "upgrade");
    let impacts: Vec<(&str, &str)> = upgrades
        .map(|it| (it["host"].as_str().unwrap(), it["impact"].as_str().unwrap_or_default()))
        .collect();
    let outage = "Nobody of the site scans meanwhile";
    assert_eq!(impacts, [("core-b", ""), ("core-a", outage)]);
    bed.site.edit("[standby]\n", "[standby]\nupgrade = \"nominate\"\n");
    let ran = bed.run(&["plan"]).tells(&["for 2 of 4 changes; by hand for 2", "1 nomination"]);
    assert!(!ran.said.contains("Nobody of the site scans"), "{}", ran.said);
}

#[test]
fn a_rehearsal_moves_licences_on_its_twin_alone() {
    let bed = Bed::new(&[PRODUCTION, BACKUP], &[PRODUCTION, BACKUP]);
    bed.site.edit("md-core = \"5.19.0\"", "md-core = \"5.18.1\"");
    bed.site.edit("[standby]\n", "[standby]\nupgrade = \"nominate\"\n");
    bed.run(&["observe", "-o", "snapshot.json"]).ended(0);
    let rehearse = ["rehearse", "--twin", "snapshot.json", "-o", "evidence.json"];
    let ran = bed.run(&[&rehearse[..], &["--drills", "kinds"]].concat()).ended(0);
    let moves = ["core-b/md-core/nominate", "core-a/md-core/yield", "core-a/md-core/register"];
    let ran = ran.tells(&moves);
    assert!(!ran.said.contains("no licence is moved"), "{}", ran.said);
    assert_eq!(bed.cores.roles(), [PRODUCTION, BACKUP]);
    assert_eq!(bed.cores.moves(), [""; 0]);
}

#[test]
fn a_deployment_id_that_a_run_knew_and_that_has_moved_is_told() {
    let bed = Bed::new(&[PRODUCTION, UNLICENSED], &[PRODUCTION, BACKUP]);
    bed.run(&["apply", "--yes"]).ended(0);
    bed.cores.state().cores[1].deployment = "MSCLanother".to_owned();
    let words = [
        "it has the deployment id MSCLanother, and was known as MSCLdeployment1",
        "standby::deployment-moved",
    ];
    bed.run(&["plan"]).tells(&words);
    bed.run(&["status"]).tells(&words);
    // What is written counts more than what was seen.
    bed.site
        .edit("[standby.cores.core-b]\n", "[standby.cores.core-b]\ndeployment = \"MSCLanother\"\n");
    assert!(!bed.run(&["plan"]).said.contains("was known as"));
}

#[test]
fn a_simulated_instance_needs_its_secrets_as_a_real_one_does() {
    let bed = Bed::new(&[PRODUCTION, UNLICENSED], &[PRODUCTION, BACKUP]);
    bed.site.edit("installed = ", "licences = { core-a = \"production\" }\ninstalled = ");
    std::fs::remove_file(bed.site.path("key")).unwrap();
    bed.run(&["apply", "--yes"]).ended(1).tells(&["core-b/md-core/register has no secret"]);
    assert!(bed.site.mdc(&["status"]).said.contains("could not take over"));
}

#[test]
fn a_plan_file_sends_no_secret_but_where_the_manifest_says() {
    let bed = Bed::new(&[PRODUCTION, BACKUP], &[BACKUP, PRODUCTION]);
    bed.offline();
    same_settings(&bed);
    let path = bed.site.path("plan.json");
    for case in ["key", "route"] {
        bed.site.plan();
        let mut plan = mdc::plan::parse(&std::fs::read(&path).unwrap()).unwrap();
        for step in &mut plan.steps {
            let mut commands = step.commands.to_vec();
            for command in &mut commands {
                let Task::Licence(request) = &mut command.task else { continue };
                let LicenceRequest::Deactivate { route, key, .. } = &mut **request else {
                    continue;
                };
                match case {
                    "key" => {
                        *key = SecretReference::Command(vec!["touch".into(), "was-run".into()]);
                    }
                    _ => route.push_str("&and=more"),
                }
            }
            step.commands = commands.into();
        }
        plan.seal = plan.digest();
        mdc::plan::write(&plan, &mut std::fs::File::create(&path).unwrap()).unwrap();
        let ran = bed.run(&["apply", "plan.json", "--yes"]).ended(1);
        ran.tells(&["has secrets from where mdc.toml has none", "nothing was done"]);
        assert!(!bed.site.path("was-run").exists());
    }
    assert_eq!(bed.cores.moves(), [""; 0]);
}

/// What follows an instance's step of stage 2 goes behind its gates with it, and the plan's file is in the
/// order of its waves.
#[test]
fn moves_follow_instances_into_stage_2() {
    let bed = Bed::new(&[PRODUCTION, BACKUP], &[PRODUCTION, BACKUP]);
    same_settings(&bed);
    bed.site.edit("md-core = \"5.19.0\"", "md-core = \"5.18.1\"");
    let stage = "[components.md-core]\nstage = \"critical\"\n\n";
    bed.site.edit("[standby]\n", &format!("{stage}[standby]\nupgrade = \"nominate-and-return\"\n"));
    let plan = bed.site.plan();
    let steps = plan["steps"].as_array().unwrap();
    let wave = |step: &Value| step["wave"].as_u64().unwrap();
    let waves: BTreeMap<&str, u64> =
        steps.iter().map(|step| (step["id"].as_str().unwrap(), wave(step))).collect();
    assert!(steps.iter().any(|step| step["stage"] == "critical"), "{plan}");
    assert!(waves.keys().any(|id| id.ends_with("/nominate")), "{waves:?}");
    for step in steps {
        for before in step["after"].as_array().unwrap() {
            let before = before.as_str().unwrap();
            assert!(waves[before] < wave(step), "{} after {before}: {waves:?}", step["id"]);
        }
    }
    assert!(steps.is_sorted_by_key(wave), "{waves:?}");
    bed.run(&["apply", "--yes", "plan.json"]).ended(0);
}
