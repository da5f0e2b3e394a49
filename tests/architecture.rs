//! The shape of the house: which folder may use which, and how large a file may grow.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of `src/`, lowest first: a file may use its own folder and those before it. This is
/// the table of `src/lib.rs`, written as one order, so that no two folders can use each other.
const ORDER: [&str; 33] = [
    "value",
    "address",
    "standby",
    "diagnostic",
    "source",
    "signature",
    "catalog",
    "package",
    "manifest",
    "desired",
    "fact",
    "transport",
    "scan",
    "center",
    "cores",
    "notice",
    "observe",
    "diff",
    "preflight",
    "step",
    "graph",
    "plan",
    "review",
    "policy",
    "approval",
    "state",
    "evidence",
    "apply",
    "report",
    "rehearsal",
    "view",
    "emit",
    "cli",
];

/// Lines of a file without its tests.
const LONGEST: usize = 400;

fn sources() -> Vec<PathBuf> {
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The top folder of `src/` that a file lies in; none for `lib.rs` and `main.rs`.
fn folder(path: &Path) -> Option<String> {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let mut parts = inside.components();
    let first = parts.next()?.as_os_str().to_str()?.to_owned();
    parts.next().map(|_| first)
}

fn rank(folder: &str) -> usize {
    ORDER.iter().position(|name| *name == folder).unwrap_or_else(|| {
        panic!("src/{folder} has no place in the order of tests/architecture.rs")
    })
}

/// The folders that a text names by `crate::…`, outside comments.
fn used(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for rest in line.split("crate::").skip(1) {
            let word: String =
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if word.starts_with(|c: char| c.is_ascii_lowercase()) {
                found.insert(word);
            } else if rest.starts_with('{') {
                panic!("`use crate::{{…}}` hides what is used: name each folder on its own line");
            }
        }
    }
    found
}

#[test]
fn no_folder_uses_a_higher_one() {
    for path in sources() {
        let Some(own) = folder(&path) else { continue };
        // Tests may hold a layer against one above it.
        if path.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        for target in used(&fs::read_to_string(&path).unwrap()) {
            assert!(
                rank(&target) <= rank(&own),
                "{} is in `{own}` and uses `{target}`, which stands above it",
                path.display()
            );
        }
    }
}

#[test]
fn every_folder_has_a_place_in_the_order() {
    let found: BTreeSet<String> = sources().iter().filter_map(|path| folder(path)).collect();
    let listed: BTreeSet<String> = ORDER.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(found, listed);
}

#[test]
fn only_the_folders_that_may_touch_hosts_do() {
    for path in sources() {
        let Some(own) = folder(&path) else { continue };
        let text = fs::read_to_string(&path).unwrap();
        let touches = text.contains(".run(command") || text.contains("transport::connect");
        assert!(
            !touches || ["transport", "observe", "apply", "cli"].contains(&own.as_str()),
            "{} touches hosts",
            path.display()
        );
    }
}

#[test]
fn files_are_short_enough_to_read() {
    for path in sources() {
        if path.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let own = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = own.lines().count();
        assert!(
            lines <= LONGEST,
            "{} has {lines} lines: is there a second noun in it?",
            path.display()
        );
    }
}

#[test]
fn the_order_is_read_from_real_imports() {
    assert_eq!(
        used("use crate::plan::Plan;\n// crate::cli\nlet x = crate::diff::Action::Copy;").len(),
        2
    );
}
