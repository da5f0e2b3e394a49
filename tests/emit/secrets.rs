//! Files with secrets, written by hand: never in the script, and as `mdc` would write them.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use mdc::value::Secret;
use serde_json::json;

use crate::bench::{Bench, command, step};

const CONTENT: &str =
    "user: mdc\npassword: \"<secret:password>\"\ntoken=<secret:token>\n# <secret:\n";

fn bench() -> Bench {
    let write = json!({ "write-file": {
        "path": "/etc/x.yml", "key": "k", "content": CONTENT, "mode": "0600", "owner": "root:root",
        "secrets": { "password": { "env": "PASSWORD" }, "token": { "file": "token" } } } });
    Bench::new(&[step("a", 1, &[command("cat >DIR/sent", &write)])])
}

fn secret(bench: &Bench, name: &str, value: &str) {
    let folder = bench.path("secrets");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), value).unwrap();
    fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_file_is_sent_as_mdc_sends_it() {
    let bench = bench();
    let hostile = "p\"a\\s's\n$w`o` & ä\tz";
    secret(&bench, "password", &format!("{hostile}\n"));
    secret(&bench, "token", "t'o\"k\\en");
    let folder = bench.path("secrets");
    let ran = bench.run(&["run", "1", "--secrets", folder.to_str().unwrap()]).ends(0);
    assert!(!ran.said.contains("t'o"), "{}", ran.said);
    let sent = bench.text("sent");
    let mut lines = sent.splitn(3, '\n');
    let (told, sizes, rest) = (lines.next().unwrap(), lines.next().unwrap(), lines.next().unwrap());
    let json = json!(hostile).to_string();
    let whole =
        CONTENT.replace("\"<secret:password>\"", &json).replace("<secret:token>", "t'o\"k\\en");
    assert_eq!(rest, format!("{CONTENT}{whole}"));
    assert_eq!(sizes, format!("{} {}", CONTENT.len(), whole.len()));
    for (part, (name, value)) in
        told.split(' ').zip([("password", hostile), ("token", "t'o\"k\\en")])
    {
        let (known, fingerprint) = part.split_once('=').unwrap();
        assert_eq!(known, name);
        assert!(Secret::new(value.to_owned()).has_fingerprint(fingerprint), "{told}");
    }
    let kept = bench.path("record");
    let mut command = std::process::Command::new("grep");
    let found = command.args(["-r", "-F", "-e", "t'o"]).arg(kept).output().unwrap();
    assert!(found.stdout.is_empty(), "a record holds the secret");
}

#[test]
fn without_a_secret_nothing_is_sent() {
    let bench = bench();
    bench.run(&["run", "1"]).ends(1).tells(&["the secret `password` has to be typed"]);
    secret(&bench, "password", "x");
    let folder = bench.path("secrets");
    let folder = folder.to_str().unwrap();
    bench.run(&["run", "1", "--secrets", folder]).ends(1).tells(&["secrets/token"]);
    secret(&bench, "token", "two\nlines");
    bench.run(&["run", "1", "--secrets", folder]).ends(1).tells(&["`token` has several lines"]);
    assert!(!bench.has("sent"));
}
