//! What holds for a folder in particular.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use mdc::state::{Claim, JournalError, StateError};

use crate::bed::{Bed, Place, begin, claim, done, hold, intent, records, started};
use crate::child::Child;

fn path(bed: &Bed) -> PathBuf {
    let Place::Folder(path) = &bed.place else { panic!() };
    path.into()
}

fn all(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(all(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn files_are_their_owners_alone_whatever_the_umask() {
    for umask in ["000", "077", "0177", "0777"] {
        let bed = Bed::folder();
        let mut child = Child::start_with_umask(&bed.place, umask);
        assert!(child.ask("hold").starts_with("held "));
        child.ask("begin");
        assert_eq!(child.ask("append a"), "kept");
        let stop = mdc::state::Asked {
            what: mdc::state::Request::Stop,
            by: "duty".to_owned(),
            reason: "now".to_owned(),
        };
        bed.store().ask(&stop).unwrap();
        let found = all(&path(&bed));
        assert!(found.len() >= 9, "{found:?}");
        for path in found {
            let mode = path.metadata().unwrap().permissions().mode() & 0o7777;
            let expected = if path.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode, expected, "umask {umask}: {mode:o} {}", path.display());
        }
        child.end();
    }
}

#[test]
fn a_folder_that_others_could_use_is_closed() {
    let bed = Bed::folder();
    fs::create_dir(path(&bed)).unwrap();
    fs::set_permissions(path(&bed), fs::Permissions::from_mode(0o777)).unwrap();
    let _lease = hold(&*bed.store());
    assert_eq!(path(&bed).metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_torn_last_line_is_cut_off() {
    let bed = Bed::folder();
    let store = bed.store();
    let lease = hold(&*store);
    let mut run = begin(&*store, &lease);
    run.record(started(&run)).unwrap();
    run.record(intent("a", 1)).unwrap();
    let (id, text) = (run.id.clone(), store.text(&run.id).unwrap());
    drop(run);
    bed.overwrite(&id, &text[..text.len() - 20]);
    let mut run = store.unfinished(&lease).unwrap().unwrap();
    assert!(run.progress.is_untouched("a"), "what the line was about to promise was never begun");
    run.record(intent("b", 1)).unwrap();
    run.record(done("b")).unwrap();
    assert_eq!(records(&*store, &id).len(), 4);
}

#[test]
fn a_run_that_was_not_whole_when_it_began_is_none() {
    let bed = Bed::folder();
    let store = bed.store();
    let lease = hold(&*store);
    let unborn = path(&bed).join("unborn");
    fs::create_dir(&unborn).unwrap();
    fs::write(unborn.join("plan.json"), "{").unwrap();
    assert_eq!(store.ids().unwrap(), Vec::<String>::new());
    let run = begin(&*store, &lease);
    assert_eq!(store.ids().unwrap(), [run.id]);
    assert!(!unborn.exists());
}

#[test]
fn a_run_without_a_journal_and_other_files_do_not_hide_the_rest() {
    let bed = Bed::folder();
    let store = bed.store();
    let lease = hold(&*store);
    let run = begin(&*store, &lease);
    let runs = path(&bed).join("runs");
    fs::write(runs.join("notes"), "mine").unwrap();
    fs::create_dir(runs.join("20200101T000000000Z-000000000000")).unwrap();
    let found = store.runs().unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].run, run.id);
    assert!(found[1].damage.as_ref().unwrap().contains("journal.jsonl"), "{found:?}");
}

#[test]
fn a_plan_that_was_swapped_is_refused() {
    let bed = Bed::folder();
    let store = bed.store();
    let lease = hold(&*store);
    let run = begin(&*store, &lease);
    let mut other = run.plan.clone();
    other.release = "another".to_owned();
    other.seal = other.digest();
    let mut text = Vec::new();
    mdc::plan::write(&other, &mut text).unwrap();
    let plan = path(&bed).join("runs").join(&run.id).join("plan.json");
    fs::write(&plan, &text).unwrap();
    let error = store.unfinished(&lease).unwrap_err().to_string();
    assert!(error.contains("line 1") && error.contains("it is of a plan with the seal"), "{error}");
    text[200] ^= 1;
    fs::write(&plan, &text).unwrap();
    assert!(matches!(store.unfinished(&lease), Err(StateError::Plan { .. })));
}

/// On a folder that machines share, the lock of another machine may not be seen here.
#[test]
fn a_holder_on_another_machine_counts_as_alive_until_it_was_silent_for_long() {
    let bed = Bed::folder();
    let store = bed.store();
    drop(hold(&*store));
    let lease = path(&bed).join("lease.json");
    let mut holder: serde_json::Value = serde_json::from_slice(&fs::read(&lease).unwrap()).unwrap();
    let fence = holder["fence"].as_u64().unwrap() + 5;
    holder["fence"] = fence.into();
    holder["process"]["boot"] = "another machine".into();
    holder["released"] = serde_json::Value::Null;
    fs::write(&lease, holder.to_string()).unwrap();
    assert!(matches!(store.acquire(&claim(), None), Err(StateError::Locked { .. })));

    let silent = |seconds: u64| {
        let then = std::time::SystemTime::from(jiff::Timestamp::now());
        let then = then - std::time::Duration::from_secs(seconds);
        fs::File::open(&lease).unwrap().set_modified(then).unwrap();
    };
    silent(80);
    assert!(matches!(store.acquire(&claim(), None), Err(StateError::Locked { .. })));
    silent(91);
    let lease = store.acquire(&Claim { user: "next".to_owned(), ..claim() }, None).unwrap();
    assert!(lease.fence() > fence);
}

#[test]
fn a_damaged_lease_says_so_and_can_be_forced() {
    let bed = Bed::folder();
    let store = bed.store();
    drop(hold(&*store));
    fs::write(path(&bed).join("lease.json"), "nonsense").unwrap();
    let error = store.acquire(&claim(), None).unwrap_err();
    assert!(error.to_string().contains("lease.json"), "{error}");
    // A newer mdc may say more; its fence counts all the same.
    fs::write(path(&bed).join("lease.json"), "{\"fence\":9999999999,\"new\":1}").unwrap();
    assert!(store.acquire(&claim(), None).is_err());
    let lease = store.acquire(&claim(), Some("seen to be alone")).unwrap();
    assert_eq!(lease.holder().forced.as_ref().unwrap().from, "nobody knows who");
    assert_eq!(lease.fence(), 10_000_000_000);
    assert_eq!(lease.beat(), Ok(None));
    fs::remove_file(path(&bed).join("lease.json")).unwrap();
    assert!(lease.beat().is_err());
}

#[test]
fn after_a_full_disk_the_journal_goes_on_whole() {
    let Some(mounted) = Mounted::new("160k") else { return };
    let place = Place::Folder(mounted.0.join("state").to_str().unwrap().to_owned());
    let store = place.store();
    let lease = hold(&*store);
    let filler = mounted.0.join("filler");
    fs::write(&filler, [b'x'; 8192]).unwrap();
    let mut small = crate::bed::plan();
    small.steps.truncate(1);
    small.seal = small.digest();
    let mut run = store.begin(&lease, small, (jiff::Timestamp::now(), &[])).unwrap();
    run.record(started(&run)).unwrap();
    let long = "x".repeat(3000);
    let kept = (0..100).take_while(|_| run.journal.append(intent(&long, 1)).is_ok()).count();
    assert!((1..100).contains(&kept), "{kept}");
    let error = run.journal.append(intent(&long, 1)).unwrap_err();
    assert!(matches!(error, JournalError::Io { .. }), "{error}");
    // Somebody makes room.
    fs::remove_file(filler).unwrap();
    run.record(intent("a", 1)).unwrap();
    assert_eq!(records(&*store, &run.id).len(), kept + 3);
}

/// A small file system in memory; none without the right to mount.
struct Mounted(PathBuf);

impl Mounted {
    fn new(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap().keep();
        let mount = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "mdc-test"])
            .arg(&folder)
            .stderr(std::process::Stdio::null())
            .status();
        if mount.is_ok_and(|status| status.success()) {
            return Some(Self(folder));
        }
        eprintln!("skipped: a small file system can't be mounted here");
        None
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
        let _ = fs::remove_dir(&self.0);
    }
}
