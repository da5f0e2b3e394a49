use std::io::Write;
use std::process::{Command, Stdio};

use super::*;

/// Runs a script of the gate's kind with `input`.
fn sh(shell: &[&str], script: &str, input: &str) -> String {
    let mut child = Command::new(shell[0])
        .args(&shell[1..])
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn every_shell_reads_back_the_words() {
    let words = [
        "",
        "a b",
        "it's",
        "\\0101 \\c x",
        "$(id) `id` %s \"q\"",
        "line\n\n",
        "ä€ * ?",
        "\u{1}\t{}",
    ];
    let words: Vec<String> = words.map(str::to_owned).into();
    let from = GATE.find("    set -f\n").unwrap();
    let to = GATE.find("    check \"$@\"").unwrap();
    let decode = format!("newline='\n'; text=$(cat)\n{}\nprintf '<%s>' \"$@\"", &GATE[from..to]);
    let expected = format!("<{}>", words.join("><"));
    for shell in [&["sh"][..], &["dash"], &["bash"], &["busybox", "sh"]] {
        if Command::new(shell[0]).arg("--help").output().is_err() {
            continue;
        }
        assert_eq!(sh(shell, &decode, &encoded(&words)), expected, "{shell:?}");
    }
}

#[test]
fn rules_hold_names_and_nothing_else() {
    let gate: RemotePath = GATE_PATH.parse().unwrap();
    let rule = sudoers("ops", &gate).unwrap();
    assert!(rule.ends_with("\nops ALL=(root) NOPASSWD: NOSETENV: /usr/local/libexec/mdc-gate\n"));
    for user in ["", "ALL", "root", "%wheel", "ops ALL", "#0", "ops\nx", "o,p", "-x"] {
        assert!(sudoers(user, &gate).is_err(), "{user}");
    }
    for path in ["/a b", "/a*", "/a,/bin/sh", "/a:/b", "/a\\"] {
        assert!(sudoers("ops", &path.parse().unwrap()).is_err(), "{path}");
    }
}

#[test]
fn a_line_of_the_list_is_one_line() {
    let line = allowed("echo x\n", "echo x\nnext\u{1b}");
    assert_eq!(line, format!("{} echo x next \n", Digest::of(b"echo x")));
}

#[test]
fn the_gate_is_whole() {
    let gate = host_gate();
    for place in ["@DIGEST@", "@HOST@", "@STOP@"] {
        assert!(!gate.contains(place), "{place}");
    }
    let checked = Command::new("sh").args(["-n", "-c", &gate]).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
