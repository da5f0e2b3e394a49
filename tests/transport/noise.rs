//! Servers that say something else than what is asked for: banners, start-up files, forced commands.

use std::fs;

use mdc::value::steers;

use crate::sshd::{Sshd, skips};

const NOISE: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{202e}gpj\u{2028}\r\n$(touch mark)\t\u{7f}";

#[test]
fn what_a_server_prints_instead_steers_nothing() {
    if skips("noise of servers") {
        return;
    }
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("noise");
    let many = NOISE.repeat(5000);
    fs::write(&file, &many).unwrap();
    let path = file.to_str().unwrap();
    for lines in [
        format!("Banner {path}\nForceCommand cat {path}; cat {path} >&2; exit 3\n"),
        format!("Banner {path}\nForceCommand cat {path} >&2; kill -9 $$\n"),
        format!("ForceCommand cat {path} {path}; cat {path} >&2; printf '\\377\\376'; exit 0\n"),
        format!("Banner {path}\nPasswordAuthentication yes\nAuthenticationMethods password\n"),
    ] {
        let sshd = Sshd::with(&lines);
        let failure = match sshd.connect(sshd.settings()) {
            Ok(mut host) => host.run(&crate::sshd::command("true"), None).unwrap_err(),
            Err(failure) => failure,
        };
        let said = format!("{failure} {}", failure.hint);
        assert!(!said.chars().any(steers), "{said:?}");
        assert!(said.len() < 4000, "{} bytes", said.len());
    }
}
