//! What `docs/standby.md` shows of commands is what they say: each part of the page begins with a copy of
//! the example.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A command of a page, and what it shows; a line of three dots stands for any lines.
#[derive(Default)]
struct Shown {
    command: String,
    lines: Vec<String>,
}

/// The parts of a page that have commands.
fn parts(page: &str) -> Vec<(String, Vec<Shown>)> {
    let mut parts: Vec<(String, Vec<Shown>)> = Vec::new();
    let mut is_console = false;
    for line in page.lines() {
        match line {
            "```console" => is_console = true,
            "```" => is_console = false,
            _ if is_console => {
                let (_, shown) = parts.last_mut().expect("commands stand under a heading");
                match line.strip_prefix("$ ") {
                    Some(command) => {
                        shown.push(Shown { command: command.to_owned(), lines: Vec::new() });
                    }
                    None => shown.last_mut().unwrap().lines.push(line.to_owned()),
                }
            }
            _ => {
                let heading = line.strip_prefix("## ").or_else(|| line.strip_prefix("### "));
                if let Some(heading) = heading {
                    parts.push((heading.to_owned(), Vec::new()));
                }
            }
        }
    }
    parts.retain(|(_, shown)| !shown.is_empty());
    parts
}

fn said(folder: &Path, command: &str) -> String {
    let bin = Path::new(env!("CARGO_BIN_EXE_mdc")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let path = format!("{}:{}", bin.display(), path.display());
    let mut shell = Command::new("sh");
    shell.args(["-ec", &format!("exec 2>&1; {command}")]).env("PATH", path);
    let done = shell.current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{command}: {text}");
    text
}

/// Whether a line is as shown, where ` ... ` stands for what no two runs have in common.
fn is_as(shown: &str, line: &str) -> bool {
    let mut rest = line;
    let parts: Vec<&str> = shown.split("...").collect();
    parts.iter().enumerate().all(|(place, part)| match rest.find(part) {
        Some(at) if place > 0 || at == 0 => {
            rest = &rest[at + part.len()..];
            place + 1 < parts.len() || rest.is_empty()
        }
        _ => false,
    })
}

fn holds(command: &str, shown: &[String], text: &str) {
    let mut lines = text.lines();
    let mut may_skip = false;
    for wanted in shown {
        if wanted == "..." {
            may_skip = true;
            continue;
        }
        let found = if may_skip {
            lines.any(|line| is_as(wanted, line))
        } else {
            lines.next().is_some_and(|line| is_as(wanted, line))
        };
        assert!(found, "{command}: {wanted:?} is not shown in:\n{text}");
        may_skip = false;
    }
    assert!(may_skip || lines.next().is_none(), "{command} shows more:\n{text}");
}

#[test]
fn what_the_page_shows_is_what_commands_say() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/standby.md")).unwrap();
    let parts = parts(&page);
    let headings: Vec<&str> = parts.iter().map(|(heading, _)| heading.as_str()).collect();
    assert_eq!(
        headings,
        [
            "Setting a standby up",
            "A planned takeover",
            "Versions",
            "Emergency",
            "When the production instance is dead",
            "An offline site"
        ]
    );
    for (heading, shown) in &parts {
        let folder = example();
        for Shown { command, lines } in shown {
            holds(&format!("{heading}: {command}"), lines, &said(folder.path(), command));
        }
    }
}

fn example() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = Path::new(ROOT).join("examples/hot-backup");
    let done = Command::new("cp").arg("-r").arg(from.join(".")).arg(folder.path()).status();
    assert!(done.unwrap().success());
    let _ = fs::remove_dir_all(folder.path().join(".mdc"));
    folder
}
