//! The same inputs in another order of writing make the same bytes.

use camino::Utf8Path;
use mdc::observe::Snapshot;
use mdc::{catalog, desired, diff, graph, manifest, plan};
use proptest::prelude::*;
use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The tables of a TOML file: what stands before the first one, and each with its keys.
fn tables(text: &str) -> (String, Vec<String>) {
    let mut tables: Vec<String> = vec![String::new()];
    for line in text.lines() {
        // A list of tables keeps its order: what it says first may come first.
        if line.starts_with('[') && !line.starts_with("[[") {
            tables.push(String::new());
        }
        let last = tables.last_mut().unwrap();
        *last += line;
        *last += "\n";
    }
    (tables.remove(0), tables)
}

/// The bytes of the plan of the air-gapped example from these texts.
fn bytes(manifest_text: &str, release_text: &str, snapshot: &str) -> Vec<u8> {
    let folder = Utf8Path::new(ROOT).join("examples/air-gapped");
    let (manifest, found) = manifest::parse("mdc.toml", manifest_text, &folder);
    assert!(manifest.is_some(), "{found:?}");
    let manifest = manifest.unwrap();
    let releases = folder.join(&manifest.cluster.release);
    let releases = releases.parent().unwrap();
    let (release, found) = manifest::release::parse("release.toml", release_text, releases);
    assert!(release.is_some(), "{found:?}");
    let release = release.unwrap();
    let (desired, found) = desired::resolve(&manifest, &release, &catalog::load(&[]).0);
    assert!(desired.is_some(), "{found:?}");
    let mut desired = desired.unwrap();
    if let Some((Some(previous), _)) = manifest.read_previous_release() {
        let _ = desired.come_from(&manifest, &previous, &release.folder);
    }
    let snapshot: Snapshot = serde_json::from_str(snapshot).unwrap();
    let comparison = diff::compare(&desired, &snapshot.observed);
    let graph = graph::build(&desired, &comparison).unwrap();
    let plan = plan::make(&desired, &comparison, &graph).unwrap();
    assert!(plan.steps.len() > 50, "{}", plan.steps.len());
    let mut bytes = Vec::new();
    plan::write(&plan, &mut bytes).unwrap();
    bytes
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Utf8Path::new(ROOT).join(path)).unwrap()
}

/// The object with its keys in the order of `order`, one number a key: hosts, and what is known of each.
fn shuffled(value: &Value, order: &[u32]) -> String {
    match value {
        Value::Object(keys) => {
            let mut keys: Vec<(u32, String)> = keys
                .iter()
                .enumerate()
                .map(|(place, (key, value))| {
                    let number =
                        order[place % order.len()].rotate_left(u32::try_from(place).unwrap());
                    (number, format!("{}:{}", Value::from(key.as_str()), shuffled(value, order)))
                })
                .collect();
            keys.sort();
            let keys: Vec<String> = keys.into_iter().map(|(_, key)| key).collect();
            format!("{{{}}}", keys.join(", "))
        }
        other => other.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn another_order_of_writing_makes_the_same_bytes(
        (manifest, release) in (
            Just(tables(&read("examples/air-gapped/mdc.toml")).1).prop_shuffle(),
            Just(tables(&read("examples/quickstart/release-b.toml")).1).prop_shuffle(),
        ),
        order in prop::collection::vec(any::<u32>(), 7),
    ) {
        let manifest_text = read("examples/air-gapped/mdc.toml");
        let release_text = read("examples/quickstart/release-b.toml");
        let snapshot = read("examples/air-gapped/snapshot.json");
        let head = |text: &str, tables: &[String]| self::tables(text).0 + &tables.concat();
        let value: Value = serde_json::from_str(&snapshot).unwrap();
        let first = bytes(&manifest_text, &release_text, &snapshot);
        let second = bytes(
            &head(&manifest_text, &manifest),
            &head(&release_text, &release),
            &shuffled(&value, &order),
        );
        prop_assert!(first == second, "the plan depends on the order of writing");
    }
}
