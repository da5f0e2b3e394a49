mod commands;

use std::fs;

use camino::Utf8PathBuf;

use super::*;
use crate::diagnostic::Code;

fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<Utf8PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::create_dir_all(dir.path().join(name)).unwrap();
        fs::write(dir.path().join(name).join("component.toml"), text).unwrap();
    }
    let path = Utf8PathBuf::from_path_buf(dir.path().to_owned()).unwrap();
    (dir, vec![path])
}

fn codes_of(files: &[(&str, &str)]) -> Vec<Code> {
    let (_keep, dirs) = folder(files);
    let (catalog, mut found) = load(&dirs);
    found.extend(lint(&catalog));
    found.sorted().into_iter().map(|d| d.code).collect()
}

#[test]
fn the_embedded_catalog_is_complete_and_clean() {
    let (catalog, found) = load(&[]);
    assert_eq!(found.sorted(), []);
    assert_eq!(lint(&catalog).sorted(), []);
    let names: Vec<&str> = catalog.components().map(|c| c.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "api-gateway",
            "callback-service",
            "control-center",
            "file-storage",
            "identity-service",
            "md-core",
            "postgresql",
            "rabbitmq",
            "redis",
            "worker"
        ]
    );
}

/// The vendor's order of upgrading, and the need that crosses it.
#[test]
fn the_embedded_catalog_says_what_the_procedure_says() {
    let (catalog, _) = load(&[]);
    let mut order: Vec<_> =
        catalog.components().map(|c| (c.upgrade_order, c.stage, c.name.as_str())).collect();
    order.sort_unstable();
    let names: Vec<&str> = order.iter().map(|(_, _, name)| *name).collect();
    assert_eq!(names[..3], ["identity-service", "control-center", "worker"]);
    assert_eq!(names[6..], ["postgresql", "rabbitmq", "redis", "file-storage"]);
    assert!(order[..6].iter().all(|(_, stage, _)| *stage == Stage::Live));
    assert!(order[6..].iter().all(|(_, stage, _)| *stage == Stage::Critical));
    let core = catalog.component("md-core").unwrap();
    assert!(core.needs.iter().any(|need| need.component.as_str() == "file-storage"));
    assert!(core.needs.iter().any(|need| need.component.as_str() == "worker" && need.same_host));
    let singletons: Vec<&str> =
        catalog.components().filter(|c| c.singleton).map(|c| c.name.as_str()).collect();
    assert_eq!(singletons, ["control-center", "identity-service"]);
}

#[test]
fn a_folder_overrides_and_adds_without_rust() {
    let worker = embedded::COMPONENTS.iter().find(|(name, _)| *name == "worker").unwrap().1;
    let over = "at-once = 9\nhealth = { command = \"true\" }\nports = { extra = 1 }\n";
    let (_keep, dirs) = folder(&[("worker", over), ("my-agent", worker)]);
    let (catalog, found) = load(&dirs);
    assert_eq!(found.sorted(), []);
    let worker = catalog.component("worker").unwrap();
    assert_eq!(worker.at_once.to_string(), "9");
    assert_eq!(worker.health, Health::Command("true".into()));
    assert_eq!(worker.ports, BTreeMap::from([("main".into(), 8893), ("extra".into(), 1)]));
    assert_eq!(worker.title, "Worker");
    assert_eq!(catalog.component("my-agent").unwrap().name.as_str(), "my-agent");
}

#[test]
fn each_rule_of_the_lint_finds_its_fault() {
    for (name, text, code) in [
        ("worker", "health = { http = \"http://h:{{ports.man}}\" }", Code::Template),
        ("worker", "health = { http = \"http://h:{{#if x}}1{{/if}}\" }", Code::Template),
        ("worker", "sure = { titel = { guess = \"x\" } }", Code::Mark),
        ("redis", "optional = true", Code::Mark),
        ("redis", "upgrade-order = 60", Code::OrderClash),
        ("worker", "needs = [{ component = \"contrl-center\" }]", Code::UnknownNeed),
        ("identity-service", "at-once = 2", Code::SingletonAtOnce),
        ("redis", "package = { msi = \"x\" }", Code::FormatMissing),
        ("redis", "unit = { msi = \"x\" }", Code::FormatMissing),
        ("postgresql", "needs = [{ component = \"postgresql\" }]", Code::NeedCycle),
        ("redis", "needs = [{ component = \"control-center\" }]", Code::NeedCycle),
    ] {
        assert_eq!(codes_of(&[(name, text)]), [code], "{name}: {text}");
    }
}

#[test]
fn instances_may_share_a_place_in_the_order() {
    assert_eq!(codes_of(&[("worker", "upgrade-order = 40")]), []);
    assert_eq!(codes_of(&[("worker", "upgrade-order = 20")]), [Code::OrderClash]);
}

#[test]
fn what_is_wrong_in_a_folder_is_reported_and_left_out() {
    assert_eq!(codes_of(&[("workr", "at-once = 2")]), [Code::Incomplete]);
    assert_eq!(codes_of(&[("worker", "at-once = 0")]), [Code::OutOfRange]);
    assert_eq!(codes_of(&[("worker", "limits = { install = \"0s\" }")]), [Code::BadPeriod]);
    assert_eq!(codes_of(&[("-x", "at-once = 2")]), [Code::BadName]);
    assert_eq!(codes_of(&[("worker", "package = { exe = \"x\" }")]), [Code::UnknownKey]);
    let (_, found) = load(&["/nowhere".into()]);
    assert!(found.contains(Code::FileUnreadable));
}
