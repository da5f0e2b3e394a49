//! Copies of the examples, for tests that run `mdc` on them.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the examples are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// A folder with all that is in it, but for what runs have left.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_name() == ".mdc" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Lets the simulated hosts of a manifest do everything at once.
#[allow(dead_code, reason = "not every program of tests runs what it copies")]
pub(crate) fn hurry(manifest: &Path) {
    let text = fs::read_to_string(manifest).unwrap();
    assert!(text.contains("speed = 20"), "{} simulates nothing", manifest.display());
    let text = text.replace("speed = 20", "speed = 0").replace("\"500ms\"", "\"1ms\"");
    fs::write(manifest, text).unwrap();
}
