//! By a real shell on real files; the journal is a stand-in that prints what a file holds.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command as Process, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::*;

struct Bed {
    folder: tempfile::TempDir,
    logs: Logs,
}

impl Bed {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bed = Self { folder, logs: Logs::default() };
        let stand_in =
            "#!/bin/sh\necho \"$*\" >>\"$0.asked\"\ncat \"$0.log\" 2>/dev/null || exit 1\n";
        let path = bed.path("journalctl");
        fs::write(&path, stand_in).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        bed.write("journalctl.log", "");
        bed
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8Path::from_path(self.folder.path()).unwrap().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn append(&self, name: &str, text: &[u8]) {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(self.path(name));
        file.as_mut().unwrap().write_all(text).unwrap();
    }

    fn run(&self, text: &str, input: &str) -> (i32, String) {
        let text = format!("PATH={}:$PATH\n{text}", self.folder.path().display());
        let mut child = Process::new("sh")
            .args(["-c", &text])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8_lossy(&said).into_owned())
    }

    fn mark(&self) -> String {
        let (status, said) = self.run(&mark(&self.logs), "");
        assert_eq!(status, 0, "{said}");
        said
    }

    /// Failed migrations, errors, and the lines that are shown.
    fn read(&self, marked: &str) -> (u32, u32, Vec<String>) {
        let (status, said) = self.run(&read("the unit", &self.logs), marked);
        assert_eq!(status, 0, "{said}");
        let number = |key: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(key));
            line.unwrap_or_else(|| panic!("{said}")).trim().parse().unwrap()
        };
        let shown = said.lines().filter_map(|line| line.strip_prefix("line "));
        (number("failed-migrations "), number("errors "), shown.map(str::to_owned).collect())
    }
}

#[test]
fn lines_are_told_apart_by_the_patterns() {
    let bed = Bed::new();
    let marked = bed.mark();
    bed.write(
        "journalctl.log",
        "a ERROR: disk\nall well, 0 errors\nMigration of schema 41 failed: Error 5\nFATAL\n\
         error_log=/x\nmigrating schema 41 to 42\n",
    );
    let (migrations, errors, shown) = bed.read(&marked);
    assert_eq!((migrations, errors), (1, 2));
    assert_eq!(shown, ["Migration of schema 41 failed: Error 5", "a ERROR: disk", "FATAL"]);
    let asked = fs::read_to_string(bed.path("journalctl.asked")).unwrap();
    let since = marked.trim().strip_prefix("since ").unwrap();
    let wanted = format!("--quiet --no-pager -o short-iso --unit=the unit --since=@{since}\n");
    assert!(asked.contains(&wanted), "{asked}");
}

#[test]
fn what_is_ignored_is_not_counted() {
    let mut bed = Bed::new();
    bed.logs.ignore = vec!["it's (fine|ok)".to_owned(), "^b ".to_owned()];
    bed.write("journalctl.log", "a error, it's OK\nb error\nc error\n");
    let (migrations, errors, shown) = bed.read("since 1\n");
    assert_eq!((migrations, errors, shown), (0, 1, vec!["c error".to_owned()]));
    bed.logs.ignore = vec!["error".to_owned()];
    assert_eq!(bed.read("since 1\n"), (0, 0, vec![]));
}

#[test]
fn files_are_read_from_where_they_ended_also_when_they_were_put_aside() {
    let mut bed = Bed::new();
    bed.logs.files = vec![bed.path("*.log").to_string()];
    fs::remove_file(bed.path("journalctl.log")).unwrap();
    // The journal's stand-in says that it has none, unless there is a file.
    let (status, _) = bed.run(&read("u", &bed.logs), "since 1\n");
    assert_ne!(status, 0, "a journal that can't be read is no empty one");
    fs::write(bed.path("journalctl"), "#!/bin/sh\nexit 0\n").unwrap();
    for name in ["a.log", "b.log", "c.log", "b.log.1"] {
        bed.write(name, "error before\n");
    }
    let marked = bed.mark();
    assert_eq!(bed.read(&marked), (0, 0, vec![]), "nothing has come: {marked}");
    bed.append("a.log", b"error in a\n");
    bed.append("b.log", b"error in b, old\n");
    fs::rename(bed.path("b.log"), bed.path("b.log.1")).unwrap();
    bed.write("b.log", "error in b, new\n");
    bed.write("c.log", "error c\n");
    bed.write("d.log", "error in d\n");
    let (_, errors, shown) = bed.read(&marked);
    assert_eq!(errors, 5, "{shown:?}");
    let all = ["error in a", "error in b, old", "error in b, new", "error c", "error in d"];
    assert_eq!(shown, all);
}

#[test]
fn hostile_lines_are_bounded_and_forge_nothing() {
    let bed = Bed::new();
    let mut text = b"failed-migrations 7 error\nline \x1b[2J\xff\0error\n".to_vec();
    text.extend(vec![b'x'; 5000]);
    text.extend(b" error\n");
    text.extend(b"error ".repeat(60));
    text.push(b'\n');
    text.extend(b"error\n".repeat(20_000));
    text.extend(vec![b'y'; 400]);
    text.extend(b" migration 41 failed\n");
    fs::write(bed.path("journalctl.log"), text).unwrap();
    let (migrations, errors, shown) = bed.read("since 1\n");
    // What is far along a line, or behind many others, counts as well; only what is shown is cut.
    assert_eq!((migrations, errors, shown.len()), (2, 20_003, 7));
    assert!(shown.iter().all(|line| line.chars().count() <= 300), "{shown:?}");
    for marked in ["", "since x\n", "since 1;id\n", "file 1 2\n", "since 99999999999\n"] {
        let (status, said) = bed.run(&read("u", &bed.logs), marked);
        assert_eq!(status, 2, "{marked:?}: {said}");
    }
}
