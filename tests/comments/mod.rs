//! The comments of a pull request and the notes of a merge request, which the scripts in examples/ci keep
//! current: run as they stand there, with a `gh` and a `curl` that tell what they are asked for.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{for_ci, inside, repository};

/// Where a plan is reviewed.
#[derive(Debug, Clone, Copy)]
enum Service {
    GitHub,
    GitLab,
}

const SERVICES: [Service; 2] = [Service::GitHub, Service::GitLab];
/// What the files for CI call their cluster.
const MARK: &str = "production";

/// Both programs: each says whether something is to be added, changed or removed, and finds what is known.
/// GitLab is asked page by page.
const PROGRAM: &str = r#"#!/bin/sh
for word; do
  case $word in
    POST) what=add ;;
    PATCH | PUT) what=change ;;
    DELETE) what=remove ;;
    */comments/[0-9]* | */notes/[0-9]*) id=" ${word##*/}" ;;
    */user) echo '{"id": 5}'; exit ;;
    *\&page=2) cat second.json; exit ;;
    *\&page=[3-9]) echo '[]'; exit ;;
  esac
done
[ -n "$what" ] || exec cat known.json
echo "$what$id" >> asked
[ "$what" = remove ] || cat body.md >> sent
"#;

impl Service {
    /// The script, without what YAML has before its lines.
    fn script(self) -> String {
        let (file, begins, indent) = match self {
            Self::GitHub => ("github.yml", "- name: Keep the comments current\n", 10),
            Self::GitLab => ("gitlab-ci.yml", "  after_script:\n    - |\n", 6),
        };
        let (text, _) = for_ci(file);
        let (_, step) = text.split_once(begins).unwrap();
        let script = match self {
            Self::GitHub => step.split_once("run: |\n").unwrap().1,
            Self::GitLab => step,
        };
        let indent = " ".repeat(indent);
        let own = script.lines().take_while(|line| line.is_empty() || line.starts_with(&indent));
        own.map(|line| line.trim_start_matches(&indent)).collect::<Vec<_>>().join("\n")
    }

    /// Runs the script in `folder`, where `known` is what others and it have said before; gives what it asks
    /// for and what it sends.
    fn keeps_current(self, folder: &Path, ended: &str, known: [&Value; 2]) -> (String, String) {
        for program in ["gh", "curl"] {
            fs::write(folder.join(program), PROGRAM).unwrap();
            fs::set_permissions(folder.join(program), PermissionsExt::from_mode(0o755)).unwrap();
        }
        let [first, second] = known.map(ToString::to_string);
        let (first, second) = match self {
            Self::GitHub => ([first, second].concat(), String::new()),
            Self::GitLab => (first, second),
        };
        fs::write(folder.join("known.json"), first).unwrap();
        fs::write(folder.join("second.json"), second).unwrap();
        let _ = fs::remove_file(folder.join("sent"));
        let _ = fs::remove_file(folder.join("asked"));
        let script = format!("PATH=$PWD:$PATH\n{}", self.script());
        let mut shell = Command::new("sh");
        shell.args(["-e", "-c", &script]).current_dir(folder).env("MARK", MARK);
        match self {
            Self::GitHub => shell.envs([
                ("GITHUB_REPOSITORY", "o/r"),
                ("PULL", "7"),
                ("COMMIT", "c0ffee"),
                ("RUN", "https://ci.example.com/1"),
                ("ENDED", ended),
            ]),
            Self::GitLab => shell.envs([
                ("MDC_TOKEN", "t"),
                ("CI_MERGE_REQUEST_IID", "7"),
                ("CI_API_V4_URL", "https://ci.example.com/api/v4"),
                ("CI_PROJECT_ID", "1"),
                ("CI_COMMIT_SHA", "c0ffee"),
                ("CI_JOB_URL", "https://ci.example.com/1"),
                ("CI_JOB_STATUS", ended),
            ]),
        };
        let output = shell.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{self:?}: {said}");
        ["asked", "sent"].map(|file| fs::read_to_string(folder.join(file)).unwrap()).into()
    }
}

/// What somebody has said before.
fn comment(id: u32, by: (&str, u32), body: &str) -> Value {
    json!({ "id": id, "user": { "login": by.0 }, "author": { "id": by.1 }, "body": body })
}

const BOT: (&str, u32) = ("github-actions[bot]", 5);

fn part(mark: &str, part: usize, of: usize) -> String {
    format!("<!-- mdc:plan {mark} part {part} of {of} -->\n# The plan\n")
}

#[test]
fn comments_are_kept_current_and_say_when_the_checks_have_failed() {
    let cases: [(usize, &str, &[u32], &[&str]); 5] = [
        (1, "success", &[], &["add"]),
        (1, "failure", &[31], &["change 31", "add"]),
        (0, "failure", &[31], &["change 31", "add"]),
        (3, "success", &[31, 32], &["change 31", "change 32", "add"]),
        (1, "success", &[31, 32, 33], &["change 31", "remove 32", "remove 33"]),
    ];
    for (service, (parts, ended, known, wanted)) in
        SERVICES.into_iter().flat_map(|it| cases.map(|case| (it, case)))
    {
        let folder = tempfile::tempdir().unwrap();
        let comments = folder.path().join("comments");
        fs::create_dir(&comments).unwrap();
        for place in 1..=parts {
            fs::write(comments.join(format!("comment-0{place}.md")), part(MARK, place, parts))
                .unwrap();
        }
        // What the checks have printed, much of it.
        fs::write(folder.path().join("policy.md"), format!("why ü{}", "ü".repeat(40_000))).unwrap();
        // Of another cluster of the repository, and of somebody else.
        let others = json!([
            comment(41, BOT, &part("production-2", 1, 1)),
            comment(42, ("mallory", 6), &part(MARK, 1, 1)),
        ]);
        let own: Value = known.iter().map(|&id| comment(id, BOT, &part(MARK, 1, 1))).collect();
        let (asked, sent) = service.keeps_current(folder.path(), ended, [&others, &own]);
        assert_eq!(asked.lines().collect::<Vec<_>>(), wanted, "{service:?}");
        assert!(sent.starts_with("<!-- mdc:plan "), "{service:?}: {sent}");
        let failed =
            sent.contains("Not to be merged: [the checks](https://ci.example.com/1) of c0ffee");
        assert_eq!(failed, ended != "success", "{service:?}: {sent}");
        // Why stands in the first, which is not longer than a comment may be.
        let first = sent.split("<!-- ").nth(1).unwrap();
        assert_eq!(first.contains("why ü"), failed, "{service:?}: {first}");
        assert!(first.chars().count() < 31_000, "{service:?}");
        let what = if parts == 0 { "no plan to show" } else { "# The plan" };
        assert!(sent.contains(what), "{service:?}: {sent}");
        let all = (1..=parts).all(|part| sent.contains(&format!("part {part} of")));
        assert!(all, "{service:?}: {sent}");
    }
}

/// Whatever people wrote, what `mdc` writes into the folder is found again: also when there is no plan any
/// more, and however its name is written.
#[test]
fn comments_that_mdc_has_written_are_found_again() {
    let folder = repository();
    let show = ["show", "plans/next.json", "--comments", "comments", "--mark", MARK];
    for service in SERVICES {
        let mut known = Vec::new();
        for (plan, status) in [(Some("plans/next.json"), Some(0)), (None, Some(1))] {
            if plan.is_none() {
                fs::rename(folder.path().join("plans/next.json"), folder.path().join("kept"))
                    .unwrap();
            }
            let (ended, said) = inside(&folder, &show);
            assert_eq!(ended, status, "{said}");
            let all = Value::from(known.clone());
            let (asked, sent) = service.keeps_current(folder.path(), "failed", [&all, &json!([])]);
            assert_eq!(asked.contains("change 31"), !known.is_empty(), "{service:?}: {asked}");
            assert_eq!(asked.starts_with("add"), known.is_empty(), "{service:?}: {asked}");
            let what = if plan.is_some() { "upgrade" } else { "There is no plan to show" };
            assert!(sent.contains(what), "{service:?}: {sent}");
            known.push(comment(31, BOT, &sent));
        }
        fs::rename(folder.path().join("kept"), folder.path().join("plans/next.json")).unwrap();
    }
}

/// Two clusters of one name, and one whose name another's begins with, have marks of their own.
#[test]
fn a_mark_is_of_one_cluster_and_its_environment() {
    let folder = repository();
    let path = folder.path().join("mdc.toml");
    let written = fs::read_to_string(&path).unwrap();
    let mark = |environment: &str| {
        let from = "environment = \"staging\"";
        assert!(written.contains(from));
        let manifest = written.replace(from, &format!("environment = \"{environment}\""));
        fs::write(&path, manifest).unwrap();
        let made = ["plan", "--comments", "comments"];
        assert_eq!(inside(&folder, &made).0, Some(0));
        let comment = fs::read_to_string(folder.path().join("comments/comment-01.md")).unwrap();
        comment.split_once(" part ").unwrap().0.to_owned()
    };
    assert_eq!(mark("staging"), "<!-- mdc:plan quickstart/staging");
    assert_eq!(mark("production"), "<!-- mdc:plan quickstart/production");
    // Where there is no plan, it says so in one comment, and none is left of the plan before.
    fs::write(folder.path().join("comments/comment-02.md"), "<!-- mdc:plan x -->").unwrap();
    fs::write(&path, "[cluster\n").unwrap();
    let (status, said) = inside(&folder, &["plan", "--comments", "comments"]);
    assert_eq!(status, Some(1), "{said}");
    let comment = fs::read_to_string(folder.path().join("comments/comment-01.md")).unwrap();
    assert!(comment.contains("There is no plan to show"), "{comment}");
    assert!(!folder.path().join("comments/comment-02.md").exists());
    for wrong in ["a--b", "", "a b", "-->"] {
        let mark = format!("--mark={wrong}");
        let (_, said) = inside(&folder, &["plan", "--comments", "comments", &mark]);
        assert!(said.contains("use letters, digits"), "{wrong}: {said}");
    }
}
