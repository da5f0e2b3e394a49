//! The commands that copy package files, on a real server.

use std::fs;
use std::io::{Read, Seek as _, SeekFrom, Write as _};

use camino::Utf8PathBuf;
use mdc::desired::Source;
use mdc::step;
use mdc::transport::{Command, Connection, End, Output, Task};
use mdc::value::{Digest, RemotePath};

use crate::sshd::{Sshd, skips};

/// A file on its way to a server.
struct Copy {
    sshd: Sshd,
    content: Vec<u8>,
    find: Command,
    receive: Command,
    /// Where it goes.
    path: Utf8PathBuf,
}

impl Copy {
    fn new() -> Self {
        let sshd = Sshd::start();
        let content: Vec<u8> =
            (0..3_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let digest = Digest::of(&content);
        let path = sshd.folder.join("cache's own").join(digest.to_string()).join("core 1.deb");
        let remote: RemotePath = path.as_str().parse().unwrap();
        let source = Source::File {
            path: "core 1.deb".into(),
            digest,
            size: content.len() as u64,
            identity: None,
        };
        let [find, receive] = <[Command; 2]>::try_from(step::copy(&source, &remote)).unwrap();
        assert!(matches!(receive.task, Task::ReceiveFile { .. }));
        Self { sshd, content, find, receive, path }
    }

    fn part(&self) -> Utf8PathBuf {
        format!("{}.part", self.path).into()
    }

    fn look(&self, host: &mut dyn Connection) -> (End, String) {
        let Output { end, stdout, .. } = host.run(&self.find, None).unwrap();
        (end, String::from_utf8(stdout).unwrap().trim().to_owned())
    }

    /// Sends what follows the first `at` bytes.
    fn send(&self, host: &mut dyn Connection, at: usize) -> (End, String) {
        let mut rest = &self.content[at..];
        let Output { end, stderr, .. } = host.run(&self.receive, Some(&mut rest)).unwrap();
        (end, String::from_utf8(stderr).unwrap())
    }

    fn is_whole(&self, host: &mut dyn Connection) {
        assert_eq!(fs::read(&self.path).unwrap(), self.content);
        assert!(!self.part().exists());
        assert_eq!(self.look(host).0, End::Exit(0));
    }
}

#[test]
fn a_file_comes_whole_is_found_again_and_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    if skips("copies") {
        return;
    }
    let copy = Copy::new();
    let mut host = copy.sshd.open();
    assert_eq!(copy.look(&mut *host), (End::Exit(1), String::new()));
    assert_eq!(copy.send(&mut *host, 0), (End::Exit(0), String::new()));
    copy.is_whole(&mut *host);
    assert_eq!(fs::metadata(&copy.path).unwrap().permissions().mode() & 0o777, 0o600);
    let mut file = fs::OpenOptions::new().write(true).open(&copy.path).unwrap();
    file.seek(SeekFrom::Start(1_000)).unwrap();
    file.write_all(b"another").unwrap();
    assert_eq!(copy.look(&mut *host).0, End::Exit(1), "a file that was changed is not found");
}

/// An input that breaks after so many bytes.
struct Breaks<'a>(&'a [u8]);

impl Read for Breaks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(std::io::Error::other("the disk is gone")),
            count => Ok(count),
        }
    }
}

#[test]
fn a_copy_that_was_cut_off_goes_on_from_there() {
    if skips("cut copies") {
        return;
    }
    let copy = Copy::new();
    let mut host = copy.sshd.open();
    let mut broken = Breaks(&copy.content[..2_000_000]);
    host.run(&copy.receive, Some(&mut broken)).unwrap_err();
    // The command may have been ended before it had all that was sent.
    let mut host = copy.sshd.open();
    let (end, told) = copy.look(&mut *host);
    let there: usize = told.parse().unwrap();
    assert_eq!(end, End::Exit(1));
    assert!(there <= 2_000_000, "{there}");
    assert_eq!(fs::read(copy.part()).unwrap(), copy.content[..there]);
    assert_eq!(copy.send(&mut *host, there), (End::Exit(0), String::new()));
    copy.is_whole(&mut *host);
}

#[test]
fn an_input_that_ends_early_leaves_its_part_and_goes_on() {
    if skips("short copies") {
        return;
    }
    let copy = Copy::new();
    let mut host = copy.sshd.open();
    let mut short = &copy.content[..1_000_000];
    let output = host.run(&copy.receive, Some(&mut short)).unwrap();
    assert_eq!(output.end, End::Exit(1));
    assert_eq!(output.stderr, b"only a part of it came\n");
    assert!(!copy.path.exists());
    assert_eq!(copy.look(&mut *host), (End::Exit(1), "1000000".to_owned()));
    assert_eq!(copy.send(&mut *host, 1_000_000).0, End::Exit(0));
    copy.is_whole(&mut *host);
}

#[test]
fn a_part_of_something_else_goes_and_never_gets_the_name() {
    if skips("wrong parts") {
        return;
    }
    let copy = Copy::new();
    let mut host = copy.sshd.open();
    fs::create_dir_all(copy.path.parent().unwrap()).unwrap();
    fs::write(copy.part(), "something else").unwrap();
    assert_eq!(copy.look(&mut *host), (End::Exit(1), "14".to_owned()));
    let (end, said) = copy.send(&mut *host, 14);
    assert_eq!(
        (end, said.as_str()),
        (End::Exit(1), "what came is not the file that was reviewed\n")
    );
    assert!(!copy.path.exists() && !copy.part().exists());
    assert_eq!(copy.send(&mut *host, 0).0, End::Exit(0));
    copy.is_whole(&mut *host);
}

#[test]
fn hosts_without_openssl_check_with_what_every_host_has() {
    if skips("copies without openssl") {
        return;
    }
    let bin = tempfile::tempdir().unwrap();
    let tools = ["sh", "cat", "tee", "sha256sum", "mkdir", "mv", "rm", "wc", "echo", "printf"];
    for tool in tools {
        let found = ["/usr/bin", "/bin"].map(|folder| std::path::Path::new(folder).join(tool));
        let found = found.into_iter().find(|path| path.exists()).unwrap();
        std::os::unix::fs::symlink(found, bin.path().join(tool)).unwrap();
    }
    let mut copy = Copy::new();
    let mut host = copy.sshd.open();
    let poor = |run: &str| format!("PATH={}; {run}", bin.path().display());
    let openssl = crate::sshd::command(&poor("command -v openssl"));
    assert_ne!(host.run(&openssl, None).unwrap().end, End::Exit(0), "it is not there");
    copy.receive.run = poor(&copy.receive.run);
    assert_eq!(copy.send(&mut *host, 0), (End::Exit(0), String::new()));
    copy.is_whole(&mut *host);
}

#[test]
fn a_disk_without_room_is_told_and_leaves_no_file() {
    if skips("full disks") {
        return;
    }
    // A limit on the size of files stands for a full disk (ulimit counts in 512 bytes, POSIX).
    let copy = Copy::new();
    let mut host = copy.sshd.open();
    let run = format!("trap '' XFSZ; ulimit -f 2000; {}", copy.receive.run);
    let limited = Command { run, ..copy.receive.clone() };
    let output = host.run(&limited, Some(&mut copy.content.as_slice())).unwrap();
    assert_eq!(output.end, End::Exit(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("tee: ") && said.contains("only a part of it came"), "{said}");
    assert!(!copy.path.exists());
}
