//! The disk that the run is recorded on is full, earlier and later in the run.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::point;
use crate::site::Site;

/// What a file system hands out at once (tmpfs(5): a page).
const PAGE: usize = 4 << 10;

#[test]
fn a_run_that_can_not_be_recorded_stops_and_goes_on_when_there_is_room() {
    let Some(disk) = Disk::of("1m") else { return };
    let fresh = Site::new();
    let undisturbed = fresh.copy();
    undisturbed.mdc(&["apply", "--yes"]).ended(0);
    let steps = point::by_step(&fresh.copy().plan());
    let plan = fs::metadata(newest(&undisturbed.path(".mdc")).join("plan.json")).unwrap().len();
    let plan = usize::try_from(plan).unwrap().next_multiple_of(PAGE);
    let mut stopped = BTreeSet::new();
    // From a run that can't even begin to one that comes to its end.
    for pages in 1.. {
        let site = fresh.copy();
        let state = disk.folder.join("state");
        let _ = fs::remove_dir_all(&state);
        site.edit("[cluster]", &format!("[cluster]\nstate = {:?}", state.to_str().unwrap()));
        let ballast = disk.leave(plan + pages * PAGE);
        let ran = site.mdc(&["apply", "--yes"]);
        if ran.status == Some(0) {
            break;
        }
        assert_eq!(ran.status, Some(1), "{pages} pages: {}", ran.said);
        assert!(ran.said.contains("No space left on device"), "{pages} pages: {}", ran.said);
        let begun = begun(&state);
        for (step, points) in &steps {
            let did = points.iter().any(|it| site.log(&it.host).contains_key(&it.key));
            assert!(!did || begun.contains(step), "{pages} pages: {step} was not recorded");
        }
        if !begun.is_empty() {
            let word = "the run was stopped, since it could no longer be recorded";
            assert!(ran.said.contains(word), "{pages} pages: {}", ran.said);
            assert!(ran.said.contains("`mdc resume` goes on from there"), "{}", ran.said);
            stopped.insert(begun.len());
        }
        // Without room nothing can be gone on with, and nothing is changed.
        let states = site.state();
        let ran = site.mdc(&["resume", "--yes"]);
        assert!(ran.status == Some(1) || begun.is_empty(), "{pages} pages: {}", ran.said);
        assert_eq!(site.state(), states, "{pages} pages");
        fs::remove_file(ballast).unwrap();
        let go_on = if begun.is_empty() { "apply" } else { "resume" };
        let ran = site.mdc(&[go_on, "--yes"]);
        assert_eq!(ran.status, Some(0), "{pages} pages: {}", ran.said);
        site.is_as(&undisturbed, &format!("{pages} pages"));
        for host in site.state().keys() {
            let log = site.log(host);
            assert!(log.values().all(|times| *times == 1), "{pages} pages: {host}: {log:?}");
        }
    }
    assert!(stopped.len() >= 3, "it was stopped after {stopped:?} steps only");
}

/// The steps that the journal says were begun.
fn begun(state: &Path) -> BTreeSet<String> {
    if !state.join("runs").is_dir() || fs::read_dir(state.join("runs")).unwrap().count() == 0 {
        return BTreeSet::new();
    }
    let text = fs::read_to_string(newest(state).join("journal.jsonl")).unwrap();
    let entries = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    entries.filter_map(|line| Some(line["entry"]["intent"]["step"].as_str()?.to_owned())).collect()
}

/// The folder of the newest run.
fn newest(state: &Path) -> PathBuf {
    let runs = fs::read_dir(state.join("runs")).unwrap().map(|run| run.unwrap().path());
    runs.max().unwrap()
}

/// A small file system in memory; none without the right to mount.
struct Disk {
    folder: PathBuf,
}

impl Disk {
    fn of(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap().keep();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "mdc-test"]).arg(&folder);
        if mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
            return Some(Self { folder });
        }
        let _ = fs::remove_dir(&folder);
        let why = "SKIPPED a full disk: a small file system can't be mounted here";
        writeln!(std::io::stderr(), "{why}").unwrap();
        None
    }

    /// Fills the disk up to the last `bytes`, and returns the file that does so.
    fn leave(&self, bytes: usize) -> PathBuf {
        let path = self.folder.join("ballast");
        let mut file = fs::File::create(&path).unwrap();
        while file.write_all(&[0; PAGE]).is_ok() {}
        let full = file.metadata().unwrap().len();
        file.set_len(full - bytes as u64).unwrap();
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
        let _ = fs::remove_dir(&self.folder);
    }
}
