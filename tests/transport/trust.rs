//! `mdc trust` against real servers: what is shown, what is written, and what never is.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command as Program, Output, Stdio};

use crate::jumps::hop;
use crate::sshd::{Sshd, fingerprint, keygen, keys, me, public, skipped, skips, stdout};

const MDC: &str = env!("CARGO_BIN_EXE_mdc");

/// A manifest beside the server's files, with `lines` in its connection.
fn manifest(sshd: &Sshd, lines: &str) {
    let text = format!(
        "format-version = 1\n[cluster]\nname = \"c\"\nenvironment = \"test\"\nrelease = \"r.toml\"\n\
         [connections.c.ssh]\nuser = \"{}\"\nport = {}\nkeys = \"{}\"\nagent = false\n\
         known-hosts = [\"trusted/known_hosts\", \"known_hosts\"]\n{lines}\n\
         [hosts.web-1]\naddress = \"127.0.0.1\"\nos = \"debian-12\"\nconnection = \"c\"\n\
         components = [\"redis\"]\n",
        me(),
        sshd.port,
        keys().join("user"),
    );
    fs::write(sshd.folder.join("mdc.toml"), text).unwrap();
    sshd.know("");
}

/// What the command printed, and whether all is trusted.
struct Ran(Output);

impl Ran {
    #[track_caller]
    fn says(self, status: i32, words: &[&str]) {
        let text = [&self.0.stdout[..], &self.0.stderr[..]].concat();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(self.0.status.code(), Some(status), "{text}");
        for word in words {
            assert!(text.contains(word), "{word:?} is not in:\n{text}");
        }
    }
}

fn trust(sshd: &Sshd, more: &[&str]) -> Ran {
    let mut program = Program::new(MDC);
    program.args(["trust", "mdc.toml"]).args(more).current_dir(&sshd.folder).stdin(Stdio::null());
    Ran(program.output().unwrap())
}

/// The same on a terminal (script(1)), where somebody answers.
fn asked(sshd: &Sshd, answer: &str) -> Ran {
    let mut child = Program::new("script")
        .args(["-qefc", &format!("stty -echo; umask 0; {MDC} trust mdc.toml"), "/dev/null"])
        .current_dir(&sshd.folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{answer}").unwrap();
    Ran(child.wait_with_output().unwrap())
}

fn expect(sshd: &Sshd, text: &str) -> Ran {
    fs::write(sshd.folder.join("expect"), text).unwrap();
    trust(sshd, &["--expect", "expect"])
}

fn written(sshd: &Sshd) -> String {
    fs::read_to_string(sshd.folder.join("trusted/known_hosts")).unwrap_or_default()
}

fn name(sshd: &Sshd) -> String {
    format!("[127.0.0.1]:{}", sshd.port)
}

#[test]
fn expected_keys_are_trusted_and_others_are_not() {
    if skips("mdc trust") {
        return;
    }
    let sshd = Sshd::start();
    manifest(&sshd, "");
    let (name, print, other) = (name(&sshd), fingerprint("host"), fingerprint("other"));
    let shown = format!("{name} {print} ED25519 unknown (web-1)");
    trust(&sshd, &[]).says(1, &[&shown, "there is no terminal to ask on; give --expect FILE"]);
    for (text, why) in [
        (String::new(), "expect has no line for"),
        (format!("web-2 {print}"), "expect has no line for"),
        (format!("web-1 {other}"), "expects SHA256:"),
        (format!("web-1 {print}\n{name} {other}"), "find out who answers in its place"),
        ("web-1 SHA256:x".to_owned(), "line 1 is not understood"),
    ] {
        expect(&sshd, &text).says(1, &[why]);
        assert_eq!(written(&sshd), "", "{text}");
    }
    expect(&sshd, &format!("# by phone\nweb-1 {other}\nweb-1 {print} from the console\n"))
        .says(0, &[&shown, "trusted from now on"]);
    assert_eq!(written(&sshd), format!("{name} {}\n", public("host")));
    // Once more: it is known, and nothing is added.
    trust(&sshd, &["web-1"]).says(0, &[&format!("{name} {print} ED25519 known (web-1)")]);
    assert_eq!(written(&sshd).lines().count(), 1);
    let known = [
        r#""judgement": "known""#,
        r#""trusted": true"#,
        &format!(r#""fingerprint": "ED25519 {print}""#),
    ];
    trust(&sshd, &["web-1", "--format", "json"]).says(0, &known);
    trust(&sshd, &["web-9"]).says(1, &["the manifest has no host `web-9`"]);
    // What was written is what other commands believe.
    let known = vec![sshd.folder.join("trusted/known_hosts")];
    let settings = mdc::manifest::SshConnection { known_hosts: known, ..sshd.settings() };
    assert_eq!(stdout(&mut *sshd.connect(settings).unwrap(), "echo in"), "in\n");
}

#[test]
fn somebody_at_a_terminal_is_asked() {
    if skips("mdc trust on a terminal") {
        return;
    }
    if Program::new("script").arg("--version").output().is_err() {
        return skipped("mdc trust on a terminal", "there is no script(1); install bsdutils");
    }
    let sshd = Sshd::start();
    manifest(&sshd, "");
    let (print, other) = (fingerprint("host"), fingerprint("other"));
    for (answer, told) in [
        ("no", "you did not agree"),
        ("y", "you did not agree"),
        (&other, "the fingerprints differ"),
    ] {
        asked(&sshd, answer).says(1, &[&print, told]);
        assert_eq!(written(&sshd), "");
    }
    for answer in ["yes", &print, &format!("ED25519 {print}")] {
        let _ = fs::remove_dir_all(sshd.folder.join("trusted"));
        asked(&sshd, answer).says(0, &["Compare it with", "trusted from now on"]);
        assert_eq!(written(&sshd).lines().count(), 1);
        // Whatever the umask: here it is 0.
        let mode = |path: &str| {
            fs::metadata(sshd.folder.join(path)).unwrap().permissions().mode() & 0o7777
        };
        assert_eq!((mode("trusted"), mode("trusted/known_hosts")), (0o700, 0o600));
    }
}

#[test]
fn a_changed_or_revoked_key_is_never_replaced() {
    if skips("mdc trust of changed keys") {
        return;
    }
    let sshd = Sshd::start();
    manifest(&sshd, "");
    let (name, print) = (name(&sshd), fingerprint("host"));
    for (text, told) in [
        (format!("{name} {}\n", public("host2")), "has changed"),
        (format!("127.0.0.1 {}\n", public("host2")), "has changed"),
        (format!("@revoked * {}\n", public("host")), "uses the revoked key"),
    ] {
        sshd.know(&text);
        expect(&sshd, &format!("web-1 {print}\n")).says(1, &["refused (web-1)", told]);
        assert_eq!(written(&sshd), "");
        assert_eq!(fs::read_to_string(sshd.folder.join("known_hosts")).unwrap(), text);
    }
}

#[test]
fn lines_are_written_as_the_file_has_them() {
    if skips("mdc trust in hashed files") {
        return;
    }
    let sshd = Sshd::start();
    manifest(&sshd, "");
    fs::create_dir(sshd.folder.join("trusted")).unwrap();
    let file = sshd.folder.join("trusted/known_hosts");
    // Its last line has no end, and its mode is its owner's matter.
    let hashed = format!("elsewhere {}", public("other"));
    fs::write(&file, &hashed).unwrap();
    keygen(&["-H", "-f", file.as_str()]);
    let before = written(&sshd).trim_end().to_owned();
    fs::write(&file, &before).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    expect(&sshd, &format!("web-1 {}\n", fingerprint("host"))).says(0, &["trusted from now on"]);
    let text = written(&sshd);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (2, &*before));
    assert!(lines[1].starts_with("|1|") && lines[1].ends_with(&public("host")), "{text}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
    // ssh-keygen finds it under its name.
    let found = Program::new("ssh-keygen").args(["-F", &name(&sshd), "-f", file.as_str()]).output();
    assert!(found.unwrap().status.success());
    trust(&sshd, &[]).says(0, &["known (web-1)"]);
}

#[test]
fn each_host_on_the_way_is_trusted_for_itself() {
    if skips("mdc trust through jump hosts") {
        return;
    }
    let lines = format!("HostKey {}\n", keys().join("host2"));
    let (one, last) = (Sshd::with(&lines), Sshd::start());
    manifest(&last, &format!("jump = [\"{}\"]", hop(&one)));
    let (jump, own) = (fingerprint("host2"), fingerprint("host"));
    // The host's name says nothing of the jump host, behind which nothing is seen until then.
    expect(&last, &format!("web-1 {jump}\nweb-1 {own}\n")).says(
        1,
        &[
            &format!("{} {jump} ED25519 unknown (on the way to web-1)", name(&one)),
            "has no line for",
        ],
    );
    assert_eq!(written(&last), "");
    expect(&last, &format!("{} {jump}\n", name(&one))).says(1, &[&own, "has no line for"]);
    assert_eq!(written(&last), format!("{} {}\n", name(&one), public("host2")));
    fs::remove_file(last.folder.join("trusted/known_hosts")).unwrap();
    expect(&last, &format!("{} {jump}\nweb-1 {own}\n", name(&one))).says(0, &[&jump, &own]);
    assert_eq!(written(&last).lines().count(), 2);
}
