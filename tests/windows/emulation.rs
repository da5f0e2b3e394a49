//! What the emulation of PowerShell does by itself, without a host around it. It was written after the scripts:
//! semantics not verified.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use mdc::value::Digest;

/// Said loudly.
fn lacks_python() -> bool {
    let is_there = Command::new("python3").arg("--version").output().is_ok();
    if !is_there {
        let _ = writeln!(std::io::stderr(), "SKIPPED: the emulation needs python3");
    }
    !is_there
}

/// Gives one order to the emulation, whose drive C is in `prefix`; what it says.
fn order(prefix: &Path, words: &[&str]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/winrm/emulation");
    let script = "import sys; sys.path.insert(0, sys.argv[1]); import job; \
                  job.order(print, sys.stdout.buffer.write, *sys.argv[2:])";
    let mut command = Command::new("python3");
    command.args(["-B", "-c", script]).arg(folder).args(["site", "1", "holder"]).args(words);
    let done = command.env("WINEPREFIX", prefix).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

fn other_process() -> Child {
    Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().unwrap()
}

/// After a reboot in the middle of an installation, its numbers belong to others.
#[test]
fn the_emulation_ends_no_process_that_has_a_number_of_the_jobs_by_now() {
    if lacks_python() {
        return;
    }
    let prefix = tempfile::tempdir().unwrap();
    fs::create_dir_all(prefix.path().join("model/tasks")).unwrap();
    let job = prefix.path().join("drive_c/ProgramData/mdc/site/jobs/run/job");
    fs::create_dir_all(&job).unwrap();
    let mut other = other_process();
    for (name, text) in [("began", String::new()), ("pid", format!("{} 1", other.id()))] {
        fs::write(job.join(name), text).unwrap();
    }
    for child in [format!("{} 1", other.id()), format!("{}", other.id())] {
        fs::write(job.join("child"), child).unwrap();
        let said = order(prefix.path(), &["cancel", "run", "job"]);
        let ended = other.try_wait().unwrap();
        assert!(ended.is_none(), "{said}");
    }
    fs::remove_file(job.join("child")).unwrap();
    assert_eq!(order(prefix.path(), &["cancel", "run", "job"]), "gone\n");
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn the_emulation_removes_package_files_by_their_content() {
    if lacks_python() {
        return;
    }
    let prefix = tempfile::tempdir().unwrap();
    let cache = prefix.path().join("drive_c/ProgramData/mdc/cache");
    let [one, other] = [b"one", b"two"].map(|it| Digest::of(it).to_string());
    for content in [&one, &other] {
        fs::create_dir_all(cache.join(content)).unwrap();
        fs::write(cache.join(content).join("a b.msi"), "twelve bytes").unwrap();
    }
    let said = order(prefix.path(), &["discard", "../x"]);
    assert_eq!(said, "cannot discard: remove ../x: it names no content\n");
    assert_eq!(order(prefix.path(), &["discard", &one]), "done\n");
    assert_eq!((cache.join(&one).exists(), cache.join(&other).exists()), (false, true));
}

/// Whoever was cut off may have sent secrets; the part of a package is gone on with.
#[test]
fn the_emulation_keeps_nothing_of_what_was_cut_off_but_packages() {
    if lacks_python() {
        return;
    }
    let prefix = tempfile::tempdir().unwrap();
    let encoded = |text: &str| format!("-{}\n", openssl::base64::encode_block(text.as_bytes()));
    for (name, stays) in [("word", false), (r"a.msi.part", true)] {
        let file = encoded(&format!(r"0 C:\ProgramData\mdc\received\{name}"));
        let letter = format!("-TOKEN\n{}{}{file}c2VjcmV0\n", encoded("script"), encoded("word"));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/winrm/emulated.py");
        let mut command = Command::new("python3");
        command.arg("-B").arg(script).env("WINEPREFIX", prefix.path());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(letter.as_bytes()).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(70));
        let there = prefix.path().join("drive_c/ProgramData/mdc/received").join(name).exists();
        assert_eq!(there, stays, "{name}");
    }
}
