use std::io::Read;
use std::time::Duration;

use camino::Utf8Path;
use mdc::manifest::{self, LocalConnection, Sudo};
use mdc::transport::{Connection, Controller, Dialer, End, Problem, Target};

use crate::sshd::{command, is_gone, root_command, stdout, within};

fn open() -> Box<dyn Connection> {
    let host = "here".parse().unwrap();
    let connection = manifest::Connection::Local(LocalConnection { sudo: Sudo::None });
    let folder = Utf8Path::new(".");
    let target = Target {
        host: &host,
        address: "unused",
        format: mdc::catalog::Format::Deb,
        connection: &connection,
        folder,
    };
    Dialer::of(Controller::default()).connect(&target).unwrap()
}

#[test]
fn this_machine_is_a_host_like_any_other() {
    let mut host = open();
    assert_eq!(stdout(&mut *host, "echo \"it's\" $((1+1))"), "it's 2\n");
    for (run, end) in [
        ("exit 3", End::Exit(3)),
        ("kill -9 $$", End::Signal("KILL".into())),
        ("kill -9 $PPID", End::Signal("KILL".into())),
        ("kill -XCPU $PPID", End::Signal("24".into())),
    ] {
        assert_eq!(host.run(&root_command(run), None).unwrap().end, end, "{run}");
    }
}

#[test]
fn full_pipes_do_not_block_each_other() {
    let mut host = open();
    let mut input = std::io::repeat(b'x').take(8_000_000);
    let run = "head -c 8000000 /dev/zero >&2; cat; wc -c";
    let output = host.run(&command(run), Some(&mut input)).unwrap();
    assert_eq!(output.end, End::Exit(0));
    assert!(output.stdout.ends_with(b"xx0\n"));
    let mut input = std::io::repeat(b'x').take(8_000_000);
    let output = host.run(&command("exit 5"), Some(&mut input)).unwrap();
    assert_eq!(output.end, End::Exit(5));
}

#[test]
fn a_time_limit_ends_the_process() {
    let mut host = open();
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let run = format!("sleep 1000 & echo $! > {}; wait", pid.display());
    let failure = host.run(&within(command(&run), Duration::from_millis(500)), None).unwrap_err();
    assert!(matches!(failure.problem, Problem::TimedOut { .. }));
    assert!(failure.hint.starts_with("its processes on the host were ended"), "{}", failure.hint);
    let pid = std::fs::read_to_string(pid).unwrap();
    assert!(is_gone(pid.trim()), "{pid} still runs");
    assert_eq!(stdout(&mut *host, "echo still here"), "still here\n");
}
