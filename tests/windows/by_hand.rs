//! Scripts for Windows hosts that people carry out: read by a grammar that others have written, never run.

use std::fs;
use std::path::Path;

use camino::Utf8Path;
use mdc::address::HostName;
use mdc::emit::{Templates, emit};
use mdc::plan::Plan;
use mdc::transport::{WINDOWS_PERFORMER, quote_powershell, windows_scripts};
use proptest::prelude::*;
use snapbox::{Assert, Data};

use crate::names;
use crate::plans::{MORE, Site, WINDOWS};
use crate::syntax::{faults, words};

fn script(plan: &Plan, host: &str) -> String {
    let emitted = emit(plan, &Templates::built_in()).unwrap();
    let path = format!("hosts/{host}/{host}.ps1");
    emitted.texts[Utf8Path::new(&path)].clone()
}

fn plan(site: &Site) -> Plan {
    site.plan();
    mdc::plan::read(site.folder().join("plan.json").as_path().try_into().unwrap()).unwrap()
}

/// Any script, with what carries the steps out.
fn some() -> String {
    script(&plan(&Site::new("")), WINDOWS[0])
}

/// What stands between the head of a script and its engine.
fn steps(script: &str) -> &str {
    let (_, rest) = script.split_once("function Read-Steps {\n").unwrap();
    rest.split_once("\n}\n\n$performer").unwrap().0
}

#[test]
fn a_script_holds_the_exact_texts_of_its_host() {
    let site = Site::new(MORE);
    let plan = plan(&site);
    let mut known = WINDOWS;
    known.sort_unstable();
    assert_eq!(plan.windows.iter().map(HostName::as_str).collect::<Vec<_>>(), known);
    for host in WINDOWS {
        let script = script(&plan, host);
        // Windows PowerShell takes a file without a mark for one of its code page.
        assert!(script.starts_with('\u{feff}'), "{host}");
        assert_eq!(faults(&script), Vec::<String>::new(), "{host}");
        let steps = plan.steps.iter().filter(|step| step.host.as_str() == host);
        let commands = steps.flat_map(|step| {
            step.commands.iter().chain(step.back().into_iter().flat_map(|back| back.iter()))
        });
        let mut count = 0;
        for run in commands.map(|command| &command.run) {
            assert!(script.contains(&quote_powershell(run)), "{host}: {run}");
            count += 1;
        }
        assert!(count > 5, "{host}");
    }
    site.says(&["emit", "plan.json", "-o", "by-hand"]);
    let written =
        |name: &str| fs::read_to_string(site.folder().join("by-hand").join(name)).unwrap();
    assert!(written("hosts/core-03/core-03.sh").starts_with("#!/bin/bash"));
    assert!(written("index.json").contains("\"hosts/core-01/core-01.ps1\""));
    let runbook = written("RUNBOOK.md");
    for words in [
        "`powershell.exe -NoProfile -ExecutionPolicy Bypass -File core-01.ps1 run --wave ",
        "`powershell.exe -NoProfile -ExecutionPolicy Bypass -File core-01.ps1 back ",
        "`sudo bash core-03.sh run --wave ",
        "**These scripts were never run on Windows**",
    ] {
        assert!(runbook.contains(words), "{words}");
    }
}

/// What a Linux host needs of a Windows host is asked there by its own script, and the other way round.
#[test]
fn what_has_to_be_so_elsewhere_is_told_as_it_is_asked_there() {
    let plan = plan(&Site::new(MORE));
    let emitted = emit(&plan, &Templates::built_in()).unwrap();
    let all: String = emitted.texts.values().map(String::as_str).collect();
    for words in [
        "(there: powershell.exe -NoProfile -ExecutionPolicy Bypass -File storage-01.ps1 health file-storage)",
        "(there: bash db-01.sh health postgresql)",
    ] {
        assert!(all.contains(words), "{words}");
    }
}

/// `SNAPSHOTS=overwrite cargo test` writes them anew.
#[test]
fn the_steps_of_two_hosts() {
    let plan = plan(&Site::new(MORE));
    for host in ["identity-01", "core-01"] {
        let script = script(&plan, host);
        let path = format!("{}/tests/windows/{host}.steps", env!("CARGO_MANIFEST_DIR"));
        let expected = Data::read_from(path.as_ref(), None).raw();
        let text = Data::text(steps(&script).to_owned()).raw();
        Assert::new().action_env("SNAPSHOTS").eq(text, expected);
    }
}

#[test]
fn every_reference_plan_with_windows_hosts_can_be_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("plans");
    let mut found = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "json") {
            continue;
        }
        let plan = mdc::plan::read(path.as_path().try_into().unwrap()).unwrap();
        let emitted = emit(&plan, &Templates::built_in()).unwrap();
        for (name, text) in &emitted.texts {
            if name.extension() == Some("ps1") {
                assert_eq!(faults(text), Vec::<String>::new(), "{name}");
                found += 1;
            }
        }
    }
    assert!(found >= 5, "{found}");
}

#[test]
fn what_no_script_can_do_is_refused() {
    let site = Site::new("\n[components.worker]\nreboot = { when = \"when-asked\" }\n");
    site.plan();
    let (status, said) = site.says(&["emit", "plan.json", "-o", "by-hand"]);
    assert_eq!(status, Some(1));
    assert!(said.contains("reboots its host"), "{said}");
    assert!(!site.folder().join("by-hand").exists());
}

/// One code runs a text, whoever asks for it, and one look tells whose a folder is.
#[test]
fn it_does_as_mdc_does_itself() {
    let script = some();
    let of = |name| windows_scripts().into_iter().find(|(known, _)| *known == name).unwrap().1;
    assert!(script.contains(&format!("$performer = @'\n{WINDOWS_PERFORMER}'@\n")));
    assert!(of("host").contains(&format!("$performer = @'\n{WINDOWS_PERFORMER}'@\n")));
    let begin = of("bootstrap");
    for line in [
        "$acl.SetSecurityDescriptorSddlForm('O:BAG:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)')",
        "$own = 'S-1-5-32-544', 'S-1-5-18'; $sid = [Security.Principal.SecurityIdentifier]\n",
        "$owner = $acl.GetOwner($sid).Value\n",
        "if ($own -notcontains $owner) {",
        "$others = @($acl.GetAccessRules($true, $true, $sid) | Where-Object { $own -notcontains \
         $_.IdentityReference.Value })\n",
        "if ($others) {",
    ] {
        assert!(begin.contains(line) && script.contains(line), "{line}");
    }
    for line in [
        "StartsWith('cmd.exe ', [StringComparison]::Ordinal)",
        "$file = \"$env:SystemRoot\\System32\\cmd.exe\"; $line = ",
    ] {
        assert!(of("host").contains(line) && script.contains(line), "{line}");
    }
}

/// The words between two marks that stand at the beginning of their lines.
fn listed<'t>(
    text: &'t str,
    (from, to): (&str, &str),
    word: impl Fn(&'t str) -> Vec<&'t str>,
) -> Vec<&'t str> {
    let part = text.split_once(from).unwrap().1.split_once(to).unwrap().0;
    let mut found: Vec<&str> = part.lines().flat_map(word).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// It does the same things for the same words as the engine for bash, which the tests run.
#[test]
fn it_knows_the_words_of_the_engine_for_bash() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/emit/engine");
    let bash = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    let script = some();
    let step = bash("step.sh");
    let verbs = listed(&step, ("case ${c_verb[k]} in\n    find)", "*) must"), |line| {
        match line.strip_prefix("    ").and_then(|line| line.split_once(')')) {
            Some((names, _)) if !names.starts_with([' ', '*']) => names.split(" | ").collect(),
            _ => Vec::new(),
        }
    });
    let own =
        listed(&script, ("switch ($command.verb) {\n        'find' {", "default {"), |line| {
            match line.strip_prefix("        '").and_then(|line| line.split_once("' {")) {
                Some((name, _)) => vec![name],
                None => Vec::new(),
            }
        });
    assert!(own.len() > 12);
    assert_eq!(own, verbs);
}

/// And it takes the same options, and says the same of what was done.
#[test]
fn it_is_asked_and_records_as_the_engine_for_bash() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/emit/engine");
    let bash = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    let (script, step) = (some(), bash("step.sh"));
    let calls = bash("calls.sh");
    let options = |text: &str| {
        let mut found: Vec<String> = text
            .split("--")
            .skip(1)
            .map(|rest| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect())
            .filter(|name: &String| !name.is_empty() && !name.starts_with('-'))
            .collect();
        found.sort();
        found.dedup();
        found
    };
    let usage = |text: &str, from: &str| {
        let part = text.split_once(from).unwrap().1;
        options(part.split_once("--this-is HOST ").unwrap().0)
    };
    assert_eq!(
        usage(&script, "It is called as"),
        usage(&calls, "RUNBOOK.md says when to run what.")
    );
    let record = bash("record.sh");
    for word in [
        "seal",
        "this-is",
        "by",
        "confirmed",
        "confirmed-by-people",
        "begun",
        "done",
        "failed",
        "skipped",
        "back-begun",
        "back",
        "anyway",
        "given-up",
        "complete",
    ] {
        let all = [&step, &calls, &record, &bash("command.sh")].map(String::as_str).concat();
        let bash =
            all.contains(&format!("record {word}")) || all.contains(&format!("record '{word}'"));
        let own = script.contains(&format!("Add-Record \"{word}"))
            || script.contains(&format!("Add-Record '{word}'"));
        assert!(bash && own, "{word}");
    }
}

#[test]
fn every_name_in_it_is_one() {
    assert_eq!(names::wrong(&some()), Vec::<String>::new());
    for (text, told) in [
        ("function A($b) { $b }\nA 1 2", "A 1 2"),
        ("Remove-Itm -Path 'x'", "Remove-Itm"),
        ("function A { $c = 1 }\nA; Write-Host $c", "$c"),
    ] {
        let wrong = names::wrong(text);
        assert!(wrong.iter().any(|it| it.contains(told)), "{wrong:?}");
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "'",
        "''",
        "\"",
        "`",
        "$(Stop-Computer)",
        "$env:X",
        "\n",
        "\r\n",
        "'@\n",
        "@'\n",
        "#",
        "<#",
        "#>",
        "{{run}}",
        "}}",
        "}\n",
        "%",
        "&",
        ";",
        "|",
        "\u{1b}[31m",
        "\u{202e}",
        "\u{2018}",
        "\u{2019}\u{201b}'",
        "é",
        " ",
        "-Force",
        "--%",
        "\t",
        "\u{feff}",
    ]);
    prop::collection::vec(prop_oneof![nasty.prop_map(str::to_owned), "[ -~]{0,6}"], 0..12)
        .prop_map(|parts| parts.concat())
}

fn plan_of_the_example() -> &'static Plan {
    static PLAN: std::sync::OnceLock<Plan> = std::sync::OnceLock::new();
    PLAN.get_or_init(|| plan(&Site::new("")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a plan holds, the grammar reads back exactly its commands, and no other text.
    #[test]
    fn powershell_reads_back_every_command(run in hostile(), said in hostile()) {
        let mut plan = plan_of_the_example().clone();
        let upgrade = plan.steps.iter().find(|step| *step.id == *"core-01/worker/upgrade");
        let mut only = upgrade.unwrap().clone();
        let mut command = only.commands[0].clone();
        command.run.clone_from(&run);
        only.commands = [command].into();
        only.impact = said.as_str().into();
        only.id = said.as_str().into();
        only.way_back = None;
        plan.steps = vec![only];
        plan.asked.clear();
        plan.cluster.clone_from(&said);
        plan.release = said;
        let text = script(&plan, "core-01");
        prop_assert_eq!(faults(&text), Vec::<String>::new());
        let lists = words(&text, "Cmd");
        // The verb, the limit, what it does, then the text itself.
        prop_assert!(lists.iter().any(|words| words.get(3) == Some(&run)), "{:?}", lists.first());
        let names: Vec<&str> = ["Step", "Why", "Impact", "Elsewhere", "Needs", "Cmd", "Piece", "NoWayBack", "Health"].into();
        prop_assert_eq!(crate::syntax::others(steps(&text), &names), Vec::<String>::new());
    }
}
