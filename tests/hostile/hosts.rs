//! Hosts that lie, in every place where a host can say something.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use mdc::value::steers;
use serde_json::{Value, json};

use crate::site::{Site, harmless};

const SIMULATED: &str = "[connections.c.simulated]\nfolder = \"fleet\"\nspeed = 0";
/// A host that lies isn't healthy: nobody here waits for it.
const IMPATIENT: &str = "[components.redis]\nlimits = { healthy = \"1s\", settle = \"0s\" }";

/// Texts that steer terminals, hide their neighbours, are markup, or run something in a shell that
/// takes them for words of its own: then `mark` is there.
fn texts() -> Vec<String> {
    vec![
        "\u{1b}[2J\u{1b}]0;title\u{7}\u{1b}[31mred".to_owned(),
        "\u{9b}31m\u{9d}0;x\u{9c}\u{7f}\u{8}\u{8}".to_owned(),
        "safe\u{202e}exe\u{2066}\u{200b}\u{2028}\u{feff}\u{e0041}".to_owned(),
        "\0nul\r\nnext line\ttab".to_owned(),
        "$(touch mark) `touch mark` ; touch mark # ' touch mark \" | touch mark".to_owned(),
        "'; touch mark; '\"; touch mark; \"".to_owned(),
        "| <script>alert(1)</script> [a](https://evil.example) ``` </details> {{#each this}}"
            .to_owned(),
        "x".repeat(300_000),
        "@mdc end 1\n@mdc package redis-server installed 9.9.9-1".to_owned(),
    ]
}

/// A simulated host that says `text` in all places of one kind.
fn lies(text: &str) -> Vec<(&'static str, Value)> {
    let version = "7.0.5-1";
    let healthy = json!({ "redis-server": { "installed": version } });
    let broken = json!({ "redis-server": { "broken": { "version": version, "status": text } } });
    let unit = |state: Value| json!({ "redis-server": { "state": state } });
    let fails = |key: &str| json!({ "fail": { key: { "says": text } } });
    let lost =
        json!({ "fail": { "install:redis-server": { "says": text, "lost": true, "times": 1 } } });
    vec![
        ("os", json!({ "os": text })),
        ("architecture", json!({ "architecture": text, "boot-id": text })),
        ("broken", json!({ "packages": broken })),
        ("stopped", json!({ "packages": healthy, "units": unit(json!({ "stopped": text })) })),
        ("unreachable", json!({ "faults": { "unreachable": text } })),
        ("ask", json!({ "faults": fails("ask") })),
        ("install", json!({ "packages": healthy, "faults": fails("install:redis-server") })),
        ("health", json!({ "packages": healthy, "faults": fails("await-health:redis-server") })),
        ("lost", json!({ "packages": healthy, "faults": lost })),
        ("fenced", json!({ "packages": healthy, "lease": { "fence": 999, "holder": text } })),
        ("record", json!({ "records": { text: { text: text } } })),
    ]
}

#[test]
fn nothing_that_a_host_says_steers_or_runs() {
    for text in texts() {
        for (place, mut host) in lies(&text) {
            let site = Site::new(SIMULATED, IMPATIENT);
            fs::create_dir(site.path("fleet")).unwrap();
            // Every other key of a host has its default.
            host.as_object_mut().unwrap().entry("os").or_insert("debian-12".into());
            fs::write(site.path("fleet/web-1.json"), host.to_string()).unwrap();
            let short = |words: &str| {
                let said = site.mdc(&words.split(' ').collect::<Vec<_>>());
                assert!(said.len() < 60_000, "{place}: {words}: {} bytes", said.len());
            };
            short("observe -o snapshot.json");
            short("observe --json");
            short("status");
            short("plan -o plan.json");
            if site.path("plan.json").exists() {
                short("show --detail commands plan.json");
                short("show --format markdown plan.json");
            }
            short("apply --yes --patience 0s");
            short("apply --yes --patience 0s");
            for (path, text) in site.files("fleet") {
                // What only disguises is told apart where it is shown; see `view::harmless`.
                let bad = text.chars().find(|&c| c != '\n' && c.is_control());
                assert_eq!(bad, None, "{place}: {}", path.display());
            }
            assert!(!site.path("mark").exists(), "{place}: something ran");
        }
    }
}

/// Real shells and this machine's own way, with tools and a probe that lie.
#[test]
fn nothing_that_a_program_prints_steers_or_runs() {
    let tools = tempfile::tempdir().unwrap();
    let tool = |name: &str, text: &str| {
        let path = tools.path().join(name);
        fs::write(
            &path,
            format!("#!/bin/sh\ncat {0}/said\ncat {0}/said >&2\nexit 1\n", tools.path().display()),
        )
        .unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        fs::write(tools.path().join("said"), text).unwrap();
    };
    let health = "[components.redis]\nhealth = { command = \"redis-cli\" }";
    let site = Site::new("[connections.c.local]\nsudo = \"none\"", health);
    let path = format!("{}:{}", tools.path().display(), site.tools());
    let mut all: Vec<Vec<u8>> = texts().into_iter().map(String::into_bytes).collect();
    all.push(b"\xff\xfe\x1b[2J \xc3\x28 \x9b31m\n".to_vec());
    for text in all {
        for name in ["systemctl", "dpkg-query", "redis-cli", "uname", "df"] {
            tool(name, "");
            fs::write(tools.path().join("said"), &text).unwrap();
            for words in [&["observe"][..], &["observe", "--json"], &["plan"]] {
                let output = site.command(words).env("PATH", &path).output().unwrap();
                let said = harmless(words, &output);
                assert!(said.len() < 20_000, "{name}: {} bytes", said.len());
            }
            fs::remove_file(tools.path().join(name)).unwrap();
        }
    }
    assert!(!site.path("mark").exists(), "something ran");
}

/// The definition itself, so that a mistake there is seen here.
#[test]
fn what_steers() {
    for c in "\u{0}\u{7}\u{8}\t\n\r\u{1b}\u{7f}\u{85}\u{9b}\u{9d}\u{200b}\u{200e}\u{2028}\u{202e}\u{2066}\u{feff}\u{e0041}".chars() {
        assert!(steers(c), "{c:?}");
    }
    for c in "aZ0 ~ä大€→─█\u{a0}".chars() {
        assert!(!steers(c), "{c:?}");
    }
}
