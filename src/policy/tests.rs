use super::*;

fn ask_one(text: &str) -> Result<Verdict, PolicyError> {
    let file = SourceText { name: "rules.rego".to_owned(), text: text.to_owned() };
    ask(&[file], r#"{ "cluster": "east", "steps": [{ "id": "a/b/upgrade", "forecast": "5m" }] }"#)
}

fn said_all(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn sets_of_messages_refuse_or_warn() {
    let verdict = ask_one(
        "package main\n\
         deny contains msg if { some step in input.steps; msg := sprintf(\"no %s\", [step.id]) }\n\
         violation contains { \"msg\": \"not here\" } if input.cluster == \"east\"\n\
         warn contains \"mind\" if count(input.steps) > 0\n",
    )
    .unwrap();
    assert_eq!(
        said_all(&verdict.denied),
        ["main.deny: no a/b/upgrade", "main.violation: not here"]
    );
    assert_eq!(said_all(&verdict.warned), ["main.warn: mind"]);
    assert_eq!(verdict.asked, 3);
}

#[test]
fn rules_that_find_nothing_pass_in_both_versions_of_the_language() {
    for text in [
        "package main\ndeny contains \"never\" if input.cluster == \"west\"\n",
        "package main\ndeny[msg] { input.cluster == \"west\"; msg := \"never\" }\n",
    ] {
        let verdict = ask_one(text).unwrap();
        assert_eq!((verdict.asked, verdict.denied.len()), (1, 0), "{text}");
    }
    let old = ask_one("package a.b\ndeny[msg] { input.cluster == \"east\"; msg := \"always\" }\n");
    assert_eq!(said_all(&old.unwrap().denied), ["a.b.deny: always"]);
}

/// A rule that says one thing, and only when it holds.
#[test]
fn a_single_rule_that_does_not_hold_passes() {
    for (cluster, denied) in [("west", 0), ("east", 1)] {
        let text = format!("package main\ndeny := \"not now\" if input.cluster == \"{cluster}\"\n");
        let verdict = ask_one(&text).unwrap();
        assert_eq!((verdict.asked, verdict.denied.len()), (1, denied), "{cluster}");
    }
}

/// Each rule of the example is seen to find what it is for.
#[test]
fn the_rules_of_the_example_find_what_they_are_for() {
    let file = SourceText {
        name: "plan.rego".to_owned(),
        text: include_str!("../../examples/ci/policies/plan.rego").to_owned(),
    };
    let step = |action: &str, stage: &str| {
        format!(
            r#"{{ "id": "a/b/{action}", "action": "{action}", "stage": "{stage}",
                 "way-back": {{ "none": "no package" }} }}"#
        )
    };
    let plan = format!(
        r#"{{ "environment": "production", "steps": [{}, {}, {}],
             "unknown": [{{ "host": "c", "reason": "no route" }}],
             "waivers": [{{ "check": "preflight::clock", "until": "2027-01-01", "reason": "known" }}] }}"#,
        step("upgrade", "live"),
        step("install", "live"),
        step("upgrade", "critical"),
    );
    let verdict = ask(std::slice::from_ref(&file), &plan).unwrap();
    assert_eq!(
        said_all(&verdict.denied),
        [
            "main.deny: a/b/upgrade has no way back: no package",
            "main.deny: c could not be read: no route",
        ]
    );
    assert_eq!(
        said_all(&verdict.warned),
        ["main.warn: the check preflight::clock is waived until 2027-01-01: known"]
    );
    let staging = plan.replace("production", "staging");
    assert_eq!(ask(&[file], &staging).unwrap().denied.len(), 1);
}

#[test]
fn what_is_no_rule_is_refused_with_its_place() {
    let wrong = ask_one("package main\ndeny contains msg if {\n").unwrap_err();
    assert_eq!(wrong.to_string(), "rules.rego:3:1: expecting expression");
    // A built-in function that fails is no rule that passes.
    let fails = ask_one("package main\ndeny contains \"n\" if to_number(input.cluster) == 1\n");
    assert_eq!(fails.unwrap_err().to_string(), "rules.rego:2:37: could not parse string as number");
    assert_eq!(
        ask_one("package main\nallow := true\n").unwrap_err(),
        PolicyError::NoRules("main".to_owned())
    );
}

#[test]
fn rules_whose_names_go_on_refuse_too_as_conftest_has_it() {
    let verdict = ask_one(
        "package main\n\
         deny contains \"one\" if false\n\
         deny_stage2 contains \"two\" if true\n\
         violation_x := \"three\"\n\
         warn_late contains \"four\" if true\n\
         denies contains \"nothing\" if true\n",
    )
    .unwrap();
    assert_eq!(said_all(&verdict.denied), ["main.deny_stage2: two", "main.violation_x: three"]);
    assert_eq!(said_all(&verdict.warned), ["main.warn_late: four"]);
    assert_eq!(verdict.asked, 4);
}

#[test]
fn a_package_of_helpers_needs_no_rules() {
    let file = |name: &str, text: &str| SourceText { name: name.to_owned(), text: text.to_owned() };
    let helpers = file("lib.rego", "package lib\nlate(step) if step.forecast == \"5m\"\n");
    let rules = file(
        "rules.rego",
        "package main\n\
         deny contains \"late\" if { some step in input.steps; data.lib.late(step) }\n",
    );
    let verdict = ask(&[helpers, rules], r#"{ "steps": [{ "forecast": "5m" }] }"#).unwrap();
    assert_eq!(said_all(&verdict.denied), ["main.deny: late"]);
}
