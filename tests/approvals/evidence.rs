//! Rehearsals on one cluster that another one asks for.

use std::fs;

use serde_json::{Value, json};

use crate::site::Site;

const RULE: &str =
    "\n[rehearsal]\nsigners = \"allowed_signers\"\nmax-age = \"14d\"\naccept-simulated = true\n";
const REHEARSE: [&str; 6] = ["rehearse", "--yes", "-o", "evidence.json", "--sign", "alice"];

/// A staging cluster on which the release was rehearsed, and a production that asks for that.
fn rehearsed() -> (Site, Site) {
    let staging = Site::new();
    let production = staging.another();
    production.edit("mdc.toml", "environment = \"staging\"", "environment = \"production\"");
    production.append("mdc.toml", RULE);
    staging.mdc(&REHEARSE).exits(0).says("The evidence of the run").says("evidence.json.sig");
    (staging, production)
}

/// Puts the evidence of `from` where `to` looks for it.
fn bring(from: &Site, to: &Site) {
    fs::create_dir_all(to.path("evidence")).unwrap();
    for name in ["evidence.json", "evidence.json.sig"] {
        fs::copy(from.path(name), to.path(&format!("evidence/{name}"))).unwrap();
    }
}

fn read(site: &Site) -> Value {
    serde_json::from_slice(&fs::read(site.path("evidence/evidence.json")).unwrap()).unwrap()
}

/// Says something else, signed by somebody who may.
fn say(site: &Site, evidence: &Value) {
    fs::write(site.path("evidence/evidence.json"), evidence.to_string()).unwrap();
    let _ = fs::remove_file(site.path("evidence/evidence.json.sig"));
    let file = "evidence/evidence.json";
    site.run("ssh-keygen", &["-q", "-Y", "sign", "-n", "mdc.evidence", "-f", "bob", file]);
}

#[test]
fn a_plan_is_carried_out_when_each_change_of_it_was_rehearsed() {
    let (staging, production) = rehearsed();
    production.mdc(&["plan"]).exits(0).says("none of").says("not rehearsed: upgrade worker 2.8.0");
    production
        .mdc(&["apply", "--yes"])
        .exits(1)
        .says("evidence::missing")
        .says("upgrade postgresql 16.10 → 16.11")
        .says("nobody has rehearsed it");
    assert!(!production.path(".mdc/runs").exists(), "nothing was begun");
    bring(&staging, &production);
    production
        .mdc(&["plan", "-o", "plan.json"])
        .exits(0)
        .says("✓ every change, on quickstart")
        .says("quickstart, simulated");
    production
        .mdc(&["apply", "plan.json", "--yes"])
        .exits(0)
        .says("Rehearsed on quickstart")
        .says("signed by alice")
        .says("Complete");
    let entries = production.journal();
    let recorded = entries.iter().find_map(|entry| entry.get("rehearsed"));
    assert_eq!(recorded.unwrap()["evidence"][0]["signed-by"], "alice");
    production.mdc(&["report"]).exits(0).says("Rehearsed").says("evidence.json");
}

#[test]
fn what_is_missing_is_named() {
    let (staging, production) = rehearsed();
    bring(&staging, &production);
    let good = read(&production);
    let of = |evidence: &Value, component: &str| {
        let changes = evidence["changes"].as_array().unwrap();
        changes.iter().position(|it| it["change"]["component"] == component).unwrap()
    };
    let center = of(&good, "control-center");
    let with = |pointer: &str, value: Value| {
        let mut evidence = good.clone();
        *evidence.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        evidence
    };
    let change = |key: &str| format!("/changes/{center}/{key}");
    let cases = [
        (with(&change("change/from"), json!("2.7.0")), "what was rehearsed is 2.7.0 → 2.9.0"),
        (with(&change("change/to"), json!("2.9.9")), "what was rehearsed is 2.8.0 → 2.9.9"),
        (
            with(&change("change/package"), json!("ab".repeat(32))),
            "the package that was rehearsed is deb abababababab",
        ),
        (
            with(&change("change/commands"), json!(["install-file md-cluster-control-center"])),
            "its commands have another shape than what was rehearsed: only here `check-file`",
        ),
        (with(&change("done"), json!(0)), "it was done on 0 of"),
        (
            with("/ended", json!("2020-01-01T00:00:00Z")),
            "it is of 2020-01-01T00:00:00Z, older than 336h",
        ),
        (with("/plan", json!("not a digest")), "it is not evidence"),
        (with("/version", json!(7)), "it has version 7 of the format"),
        (with("/format", json!("mdc/plan")), "it is a `mdc/plan` file, not `mdc/evidence`"),
    ];
    for (evidence, why) in cases {
        say(&production, &evidence);
        production.mdc(&["apply", "--yes"]).exits(1).says("evidence::missing").says(why);
    }
    let mut unfinished = good.clone();
    unfinished["unfinished"] = json!("it stopped before its end");
    say(&production, &unfinished);
    production.mdc(&["apply", "--yes"]).exits(1).says("the rehearsal proves nothing: it stopped");
    say(&production, &good);
    production.edit("mdc.toml", "accept-simulated = true", "accept-simulated = false");
    production.mdc(&["apply", "--yes"]).exits(1).says("on simulated hosts, which doesn't count");
    assert!(!production.path(".mdc/runs").exists(), "nothing was begun");
    production.edit("mdc.toml", "accept-simulated = false", "accept-simulated = true");
    production.mdc(&["apply", "--yes"]).exits(0).says("signed by bob");
}

#[test]
fn a_rule_that_has_changed_makes_a_plan_stale() {
    let (staging, production) = rehearsed();
    bring(&staging, &production);
    production.mdc(&["plan", "-o", "plan.json"]).exits(0);
    production.edit("mdc.toml", "max-age = \"14d\"", "max-age = \"900d\"");
    let refused = production.mdc(&["apply", "plan.json", "--yes"]).exits(1);
    refused.says("evidence::rule-changed").says("`max-age` was \"336h\", is \"21600h\"");
}

#[test]
fn glass_is_broken_with_a_reason_that_every_later_plan_tells() {
    let (_, production) = rehearsed();
    production.mdc(&["apply", "--yes", "--without-evidence", " "]).exits(1).says("say why");
    production
        .mdc(&["apply", "--yes", "--without-evidence", "03:12, scans stand still"])
        .exits(0)
        .says("goes on without them")
        .says("Complete");
    let entries = production.journal();
    let recorded = entries.iter().find_map(|entry| entry.get("unrehearsed")).unwrap();
    assert_eq!(recorded["reason"], "03:12, scans stand still");
    assert!(recorded["missing"].as_array().unwrap().len() > 5, "{recorded}");
    production
        .mdc(&["report"])
        .exits(0)
        .says("Begun without the rehearsals that were asked for")
        .says("not rehearsed: upgrade worker");
    production
        .mdc(&["plan"])
        .exits(0)
        .says("was begun without the rehearsals that were asked for")
        .says("03:12, scans stand still (run::begun-without)");
}

#[test]
fn a_rehearsal_that_fails_proves_nothing_until_it_is_finished() {
    let staging = Site::new();
    staging.mdc(&["observe"]).exits(0);
    let fault = json!({ "fail": { "install:md-core": { "says": "no", "times": 1 } } });
    staging.set("core-01", "faults", &fault);
    staging.mdc(&REHEARSE).exits(1).says("It proves nothing so far: it stopped before its end");
    let told = || -> Value {
        serde_json::from_slice(&fs::read(staging.path("evidence.json")).unwrap()).unwrap()
    };
    assert!(told()["unfinished"].is_string());
    staging.mdc(&["resume", "--yes"]).exits(0);
    let again = ["rehearse", "--of", "newest", "-o", "evidence.json", "--sign", "alice"];
    staging.mdc(&again).exits(0).says("The evidence of the run");
    let evidence = told();
    assert!(evidence.get("unfinished").is_none(), "{evidence:#}");
    let changes = evidence["changes"].as_array().unwrap();
    let core = changes.iter().find(|it| it["failures"] == 1).unwrap();
    assert_eq!((&core["change"]["component"], &core["done"]), (&json!("md-core"), &core["hosts"]));
    staging.mdc(&REHEARSE).exits(1).says("Nothing was carried out, so there is no evidence");
}

#[test]
fn evidence_of_this_cluster_or_of_the_future_shows_nothing() {
    let (staging, production) = rehearsed();
    bring(&staging, &production);
    let good = read(&production);
    let mut own = good.clone();
    (own["simulated"], own["environment"]) = (json!(false), json!("production"));
    say(&production, &own);
    production.mdc(&["apply", "--yes"]).exits(1).says("it is of this cluster itself");
    let mut ahead = good.clone();
    ahead["ended"] = json!("2999-01-01T00:00:00Z");
    say(&production, &ahead);
    production.mdc(&["apply", "--yes"]).exits(1).says("which has not come yet");
    // What shows nothing of this plan is not what it rests on.
    let mut other = good;
    for change in other["changes"].as_array_mut().unwrap() {
        change["change"]["to"] = json!("99.0");
    }
    say(&production, &other);
    production.mdc(&["plan"]).exits(0).says("rehearsed none of").says("what was rehearsed is");
}

#[test]
fn a_plan_says_which_evidence_does_not_count() {
    let (staging, production) = rehearsed();
    bring(&staging, &production);
    fs::remove_file(production.path("evidence/evidence.json.sig")).unwrap();
    production
        .mdc(&["plan", "-o", "plan.json"])
        .exits(0)
        .says("evidence::refused")
        .says("there is no evidence.json.sig that can be read");
    production.mdc(&["emit", "plan.json", "-o", "night", "--no-packages"]).exits(0);
    let runbook = fs::read_to_string(production.path("night/RUNBOOK.md")).unwrap();
    assert!(runbook.contains("not rehearsed, as it has to be: upgrade"), "{runbook}");
}

#[test]
fn a_run_is_not_given_up_for_a_plan_that_was_not_rehearsed() {
    let (_, production) = rehearsed();
    production.mdc(&["observe"]).exits(0);
    let fault = json!({ "fail": { "install:md-core": { "says": "no", "times": 1 } } });
    production.set("core-01", "faults", &fault);
    production.mdc(&["apply", "--yes", "--without-evidence", "no staging"]).exits(1);
    let given_up = ["apply", "--yes", "--give-up", "a better plan"];
    production.mdc(&given_up).exits(1).says("evidence::missing");
    production.mdc(&["resume", "--yes"]).exits(0).says("Complete");
}

#[test]
fn a_plan_cannot_leave_the_rule_by_what_it_says_it_is_for() {
    let (_, production) = rehearsed();
    production.mdc(&["plan", "-o", "plan.json"]).exits(0);
    let forge = |change: &dyn Fn(&mut mdc::plan::Plan)| {
        let text = fs::read(production.path("plan.json")).unwrap();
        let mut plan = mdc::plan::parse(&text).unwrap();
        change(&mut plan);
        plan.seal = plan.digest();
        let mut file = Vec::new();
        mdc::plan::write(&plan, &mut file).unwrap();
        fs::write(production.path("forged.json"), file).unwrap();
        production.mdc(&["apply", "forged.json", "--yes"]).exits(1)
    };
    forge(&|plan| plan.purpose = mdc::plan::Purpose::RollBack("a run".to_owned()))
        .says("which is not what the plan is for");
    forge(&|plan| plan.rehearsal = None).says("evidence::rule-changed");
    forge(&|_| {}).says("evidence::missing");
}

#[test]
fn what_a_plan_installs_is_what_has_to_have_been_rehearsed() {
    let (staging, production) = rehearsed();
    bring(&staging, &production);
    production.mdc(&["plan", "-o", "plan.json"]).exits(0);
    let mut plan = mdc::plan::parse(&fs::read(production.path("plan.json")).unwrap()).unwrap();
    for step in
        plan.steps.iter_mut().filter(|step| &*step.id == "control-01/control-center/upgrade")
    {
        let mut commands = step.commands.to_vec();
        for command in &mut commands {
            if let mdc::transport::Task::CheckFile { digest, .. } = &mut command.task {
                *digest = mdc::value::Digest::of(b"another package");
            }
        }
        step.commands = commands.into();
    }
    plan.seal = plan.digest();
    let mut file = Vec::new();
    mdc::plan::write(&plan, &mut file).unwrap();
    fs::write(production.path("plan.json"), file).unwrap();
    production
        .mdc(&["apply", "plan.json", "--yes"])
        .exits(1)
        .says("the package that was rehearsed is deb e0af023916cb");
}

#[test]
fn glass_breaks_also_where_nobody_can_tell_who_may_sign() {
    let (_, production) = rehearsed();
    fs::remove_file(production.path("allowed_signers")).unwrap();
    production.mdc(&["apply", "--yes"]).exits(1);
    let apply = ["apply", "--yes", "--without-evidence", "03:12, scans stand still"];
    production.mdc(&apply).exits(0).says("goes on without them").says("Complete");
    let entries = production.journal();
    let recorded = entries.iter().find_map(|entry| entry.get("unrehearsed")).unwrap();
    assert_eq!(recorded["missing"].as_array().unwrap().len(), 1, "{recorded}");
}

#[test]
fn a_rehearsal_that_was_taken_back_proves_nothing() {
    let (staging, _) = rehearsed();
    staging.mdc(&["rollback", "--yes"]);
    let again = ["rehearse", "--of", "newest", "-o", "evidence.json"];
    staging.mdc(&again).exits(1).says("it was taken back by the run");
}

#[test]
fn approvals_do_not_go_over_to_a_plan_without_the_rule() {
    let (_, production) = rehearsed();
    production.append(
        "mdc.toml",
        "\n[approvals]\nsigners = \"allowed_signers\"\nlive = 1\ncritical = 1\n",
    );
    production.mdc(&["plan", "-o", "plan.json"]).exits(0);
    production.approve("alice", &[]).exits(0);
    production.edit("mdc.toml", RULE, "\n");
    production.mdc(&["plan", "-o", "new.json"]).exits(0);
    let apply = ["apply", "new.json", "--yes", "--approved-as", "plan.json"];
    production.mdc(&apply).exits(1).says("means something else than plan.json");
}

#[test]
fn a_run_that_a_host_tells_of_has_to_have_been_rehearsed_too() {
    let (staging, production) = rehearsed();
    bring(&staging, &production);
    production.mdc(&["observe"]).exits(0);
    let fault = json!({ "fail": { "install:md-core": { "says": "no", "times": 1 } } });
    production.set("core-01", "faults", &fault);
    production.mdc(&["apply", "--yes"]).exits(1).says("Failed: upgrade md-core");
    fs::remove_dir_all(production.path(".mdc/runs")).unwrap();
    fs::remove_dir_all(production.path("evidence")).unwrap();
    let resume = ["resume", "--from-host", "control-01", "--yes"];
    production.mdc(&resume).exits(1).says("evidence::missing");
    bring(&staging, &production);
    production.mdc(&resume).exits(0).says("Rehearsed on quickstart").says("Complete");
}
