//! Command lines of the catalog in a real shell, with stand-ins for the programs that they ask.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use super::*;

/// Runs the command line with these programs first in the path.
fn run(line: &str, programs: &[(&str, &str)]) -> Output {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in programs {
        let path = dir.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:/usr/bin:/bin", dir.path().display());
    Command::new("sh").args(["-c", line]).env("PATH", path).output().unwrap()
}

fn said(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap().trim()
}

fn procedure(component: &str) -> Procedure {
    load(&[]).0.component(component).unwrap().procedure.clone()
}

#[test]
fn a_standby_of_postgresql_is_told_by_its_processes() {
    let ask = procedure("postgresql").role.unwrap().ask;
    for (process, role) in [
        ("postgres: 13/main: startup recovering 000000010000000000000004", "replica"),
        ("postgres: 13/main: startup waiting for 000000010000000000000004", "replica"),
        ("postgres: startup   recovering 000000010000000000000004", "replica"),
        ("postgres: 17/main: walwriter ", "primary"),
        ("postgres: 17/main: startup app 192.0.2.7(40404) idle", "primary"),
        ("grep postgres: startup recovering ", "primary"),
    ] {
        let output = run(&ask, &[("ps", &format!("echo '{process}'"))]);
        assert_eq!(said(&output), role, "{process}");
    }
}

/// The new leader of a quorum queue says 0 at first.
#[test]
fn a_queue_of_rabbitmq_is_asked_again_when_its_leader_may_not_have_counted() {
    let ask = &procedure("rabbitmq").keeps[0].ask;
    for (first, then, kept) in [
        ("kept quorum '' 0", "kept quorum '' 3", "/ kept 3"),
        ("kept stream '' 0", "kept stream '' 3", "/ kept 3"),
        ("kept quorum '' 2", "kept quorum '' 3", "/ kept 2"),
        ("two\\ words classic 0 9", "two\\ words classic 3 3", "/ two words 0"),
    ] {
        // It has counted once somebody has slept.
        let row = |row: &str| format!("printf '%s\\ttrue\\t%s\\t%s\\t%s\\n' {row}");
        let told = tempfile::tempdir().unwrap();
        let slept = told.path().join("slept");
        let slept = slept.display();
        let rabbitmqctl = format!(
            "case $* in *list_vhosts*) echo / ;; *) if [ -e {slept} ]; then {}; else {}; fi ;; esac",
            row(then),
            row(first)
        );
        let sleep = format!("touch {slept}");
        let output = run(ask, &[("rabbitmqctl", &rabbitmqctl), ("sleep", &sleep)]);
        assert_eq!(said(&output), kept, "{first}");
    }
    let none = run(ask, &[("rabbitmqctl", "case $* in *list_vhosts*) echo / ;; esac")]);
    assert_eq!(said(&none), "");
}

/// A broker of two virtual hosts, of which the second has three messages.
const BROKER: &str = r#"
case "$*" in
*list_vhosts*) echo /; echo 'two words' ;;
*'list_queues -p two words messages'*) printf '1\tone\n2\ttwo\n' ;;
*'list_queues -p / messages'*) printf '0\tnone\n' ;;
*'list_queues -p two words name'*) printf 'one\ttrue\tclassic\t1\t1\n' ;;
*list_exchanges*) printf '\tdirect\namq.topic\ttopic\n' ;;
*list_users*) printf 'guest\t[]\n' ;;
esac
"#;

fn idle_of_rabbitmq() -> String {
    load(&[]).0.component("rabbitmq").unwrap().idle.clone().unwrap()
}

#[test]
fn rabbitmq_is_idle_when_no_virtual_host_has_a_message() {
    let idle = idle_of_rabbitmq();
    for (broker, left) in [
        (BROKER, "3"),
        ("case \"$*\" in *list_vhosts*) echo /; echo b ;; *) printf '0\\ta\\n' ;; esac", "0"),
        ("case \"$*\" in *list_vhosts*) echo / ;; esac", "0"),
    ] {
        let output = run(&idle, &[("rabbitmqctl", broker)]);
        assert!(output.status.success() && said(&output) == left, "{broker}: {output:?}");
    }
    let untold = "case \"$*\" in *list_vhosts*) echo / ;; *) printf '0\\ta\\n\\tdown\\n' ;; esac";
    let output = run(&idle, &[("rabbitmqctl", untold)]);
    assert!(!output.status.success(), "a queue that doesn't tell is not empty: {output:?}");
    assert_eq!(said(&output), "no number of messages is told of the queue down");
}

/// Nothing is concluded from a broker that doesn't answer, whichever question it is.
#[test]
fn what_rabbitmq_does_not_tell_fails_the_question() {
    let keeps = procedure("rabbitmq").keeps;
    for line in [&idle_of_rabbitmq(), &keeps[0].ask, &keeps[1].ask] {
        let output = run(line, &[("rabbitmqctl", BROKER)]);
        assert!(output.status.success(), "{line}: {output:?}");
        for silent in ["*", "*list_vhosts*", "*'-p two words'*"] {
            let broker =
                format!("case \"$*\" in {silent}) echo down >&2; exit 69 ;; esac\n{BROKER}");
            let output = run(line, &[("rabbitmqctl", &broker)]);
            assert!(!output.status.success(), "{silent} of {line}: {output:?}");
            assert!(String::from_utf8_lossy(&output.stderr).contains("down"), "{output:?}");
        }
    }
}

#[test]
fn a_cookie_that_a_package_would_replace_is_refused_in_a_cluster() {
    let act = |it: &&Act| it.say.ends_with("cookie");
    let line = procedure("rabbitmq").prepare.iter().find(act).unwrap().run.clone();
    let (debian, other) = ("Debian OpenStack <a@b>", "RabbitMQ Team <c@d>");
    let (erlang, strong) = ("ABCDEFGHIJKLMNOPQRST", "c2VjcmV0IG9mIG5vYm9keQ==");
    let (one, two) = (r#"["rabbit@a"]"#, r#"["rabbit@a", "rabbit@b"]"#);
    for (cookie, maintainer, nodes, passes) in [
        (erlang, debian, two, false),
        (strong, debian, two, true),
        (erlang, other, two, true),
        (erlang, debian, one, true),
    ] {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(".erlang.cookie"), cookie).unwrap();
        let line = line.replace("/var/lib/rabbitmq", at(home.path()));
        let apt = format!(
            "case $1 in policy) echo '  Candidate: 3.10.8-1' ;; \
             show) [ $2 = rabbitmq-server=3.10.8-1 ] && echo 'Maintainer: {maintainer}' ;; esac"
        );
        let status =
            format!(r#"echo '{{"cluster_name":"rabbit@z","disk_nodes":{nodes},"ram_nodes":[]}}'"#);
        let output = run(&line, &[("apt-cache", &apt), ("rabbitmqctl", &status)]);
        assert_eq!(output.status.success(), passes, "{cookie}, {maintainer}, {nodes}");
    }
}

fn at(path: &Path) -> &str {
    path.to_str().unwrap()
}
