//! Whatever a plan holds, bash reads back exactly its commands and runs nothing else.

use std::process::Command;

use mdc::emit::{Templates, emit};
use proptest::prelude::*;
use serde_json::json;

use crate::bench::{command, plan, step};

/// What stands before the engine: the steps as calls of functions.
fn data(script: &str) -> &str {
    script.split("# shellcheck shell=bash").next().unwrap()
}

/// Reads the steps with functions that only print: of each command its text.
const READER: &str = "
step() { :; }; why() { :; }; impact() { :; }; elsewhere() { :; }; needs() { :; }; no_way_back() { :; }
back() { :; }; health() { into=health; }; piece() { :; }; into=
cmd() { [ -n \"$into\" ] || printf '%s\\0' \"$4\"; }
steps
";

fn hostile() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "'",
        "\"",
        "\\",
        "$(touch /tmp/never)",
        "`id`",
        "\n",
        "\r",
        "EOF\n",
        "#",
        "{{run}}",
        "}}",
        "*",
        "~",
        "!",
        "&",
        ";",
        "|",
        "\u{1b}[31m",
        "\u{202e}",
        "é",
        " ",
        "-n",
        "%s",
        "'\\''",
        "done",
        "\t",
    ]);
    prop::collection::vec(prop_oneof![nasty.prop_map(str::to_owned), "[ -~]{0,6}"], 0..12)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bash_reads_back_every_command(runs in prop::collection::vec(hostile(), 1..4), words in hostile()) {
        let commands: Vec<_> = runs.iter().map(|run| {
            command(run, &json!({ "prepare": { "unit": words, "say": words } }))
        }).collect();
        let mut one = step("a", 1, &commands);
        one["impact"] = json!(words);
        one["id"] = json!(words);
        let mut plan = plan(&[one]);
        plan.cluster.clone_from(&words);
        plan.environment.clone_from(&words);
        plan.release.clone_from(&words);
        let emitted = emit(&plan, &Templates::built_in()).unwrap();
        let script = &emitted.texts[camino::Utf8Path::new("hosts/core-01/core-01.sh")];
        let steers = data(script).contains('\u{1b}');
        prop_assert!(!steers || runs.iter().any(|run| run.contains('\u{1b}')), "a word steers");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("script");
        std::fs::write(&file, script).unwrap();
        let parsed = Command::new("bash").arg("-n").arg(&file).output().unwrap();
        prop_assert!(parsed.status.success(), "{}", String::from_utf8_lossy(&parsed.stderr));
        std::fs::write(&file, format!("{}{READER}", data(script))).unwrap();
        let read = Command::new("bash").arg(&file).output().unwrap();
        prop_assert!(read.stderr.is_empty(), "{}", String::from_utf8_lossy(&read.stderr));
        let expected = runs.join("\0") + "\0";
        prop_assert_eq!(String::from_utf8(read.stdout).unwrap(), expected);
    }
}

#[test]
fn what_no_script_can_hold_is_refused() {
    let plan =
        plan(&[step("a", 1, &[command("echo \0", &json!({ "start-unit": { "unit": "u" } }))])]);
    let error = emit(&plan, &Templates::built_in()).unwrap_err();
    assert!(error.to_string().contains("core-01/a/start holds the character NUL"), "{error}");
}

#[test]
fn a_package_file_keeps_inside_of_its_folder() {
    let digest = "0".repeat(64);
    for name in ["..", ".", "a\nb", "a\\b"] {
        let request = json!({ "request": {
            "say": "give", "method": "POST", "path": "/x", "expect": [200],
            "upload": { "from": format!("x/{name}"), "digest": digest, "size": 1 } } });
        let plan = plan(&[step("a", 1, &[command("POST", &request)])]);
        let error = emit(&plan, &Templates::built_in()).unwrap_err();
        assert!(error.to_string().contains("which is no file's name"), "{error}");
    }
}
