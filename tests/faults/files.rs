//! Managed files: written where they differ, with a restart only for another content, kept for the way
//! back, and never with a secret in anything but the file itself.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mdc::transport::Task;
use mdc::value::SecretReference;
use serde_json::{Value, json};

use crate::site::Site;

const PATH: &str = "/etc/md-cluster/identity.yml";
const WRITE: &str = "write:/etc/md-cluster/identity.yml";
const RESTARTED: &str = "restarted:md-cluster-identity-service";
const SECRET: &str = "canary-7f31";
const OTHER: &str = "canary-b2c9";

/// The quickstart with its release installed, where Identity has a file with a secret in it.
fn site() -> Site {
    let site = Site::new();
    site.mdc(&["apply", "--yes"]).ended(0);
    secret(&site, SECRET);
    let text = fs::read_to_string(site.path("mdc.toml")).unwrap();
    let more = format!(
        r#"
[components.identity-service]
secrets = {{ password = {{ file = "password" }} }}
values = {{ level = "info" }}

[components.identity-service.files.settings]
path = "{PATH}"
content = """
level: {{{{values.level}}}}
database: {{{{json at.postgresql.address}}}}
password: {{{{json secrets.password}}}}
"""
"#
    );
    fs::write(site.path("mdc.toml"), text + &more).unwrap();
    site
}

fn secret(site: &Site, secret: &str) {
    fs::write(site.path("password"), secret).unwrap();
    fs::set_permissions(site.path("password"), fs::Permissions::from_mode(0o600)).unwrap();
}

/// A site where the file has been written.
fn written() -> Site {
    let site = site();
    site.mdc(&["apply", "--yes"]).ended(0);
    site
}

fn file(site: &Site) -> Value {
    site.host("identity-01")["managed"][PATH].clone()
}

fn times(site: &Site, key: &str) -> usize {
    site.log("identity-01").get(key).copied().unwrap_or_default()
}

/// Nothing below `folder` but the secret's own file holds `secret`.
fn assert_nowhere(folder: &Path, secret: &str) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_nowhere(&path, secret);
        } else if path.file_name().unwrap() != "password" {
            let bytes = fs::read(&path).unwrap();
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}

#[test]
fn a_file_is_written_once_and_its_service_restarted() {
    let site = site();
    let plan = site.mdc(&["plan"]).ended(0);
    let plan = plan.tells(&[
        "reconfigure",
        "isn't there",
        "+level: info",
        "+password: \"<secret:password>\"",
    ]);
    let ran = site.mdc(&["apply", "--yes"]).ended(0);
    assert_eq!(
        file(&site)["text"],
        "level: info\ndatabase: \"10.0.0.10\"\npassword: \"<secret:password>\"\n"
    );
    assert_eq!((times(&site, WRITE), times(&site, RESTARTED)), (1, 1));
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    for said in [&plan.said, &ran.said] {
        assert!(!said.contains(SECRET), "{said}");
    }
    assert_nowhere(&site.path("."), SECRET);
}

#[test]
fn a_plan_has_no_secrets_from_elsewhere() {
    let site = site();
    site.mdc(&["plan", "-o", "plan.json"]).ended(0);
    let path = site.path("plan.json");
    let mut plan = mdc::plan::parse(&fs::read(&path).unwrap()).unwrap();
    let elsewhere = SecretReference::Command(vec!["touch".into(), "was-run".into()]);
    for step in &mut plan.steps {
        let mut commands = step.commands.to_vec();
        for command in &mut commands {
            if let Task::WriteFile { secrets, .. } = &mut command.task {
                for from in secrets.values_mut() {
                    from.clone_from(&elsewhere);
                }
            }
        }
        step.commands = commands.into();
    }
    plan.seal = plan.digest();
    mdc::plan::write(&plan, &mut fs::File::create(&path).unwrap()).unwrap();
    site.mdc(&["show", "plan.json", "--detail", "commands"])
        .ended(0)
        .tells(&["with the secret password from the command `touch was-run`"]);
    site.mdc(&["apply", "plan.json", "--yes"])
        .ended(1)
        .tells(&["has secrets from where mdc.toml has none", "nothing was done"]);
    assert!(!site.path("was-run").exists());
    assert_eq!(times(&site, WRITE), 0);
}

#[test]
fn another_content_is_shown_line_by_line() {
    let site = written();
    site.edit("level = \"info\"", "level = \"debug\"");
    let lines = ["has other lines than it should", "-level: info", "+level: debug"];
    site.mdc(&["plan", "-o", "plan.json"]).ended(0).tells(&lines);
    let explain = ["explain", "plan.json", "identity-01/identity-service"];
    site.mdc(&explain).ended(0).tells(&lines);
    site.mdc(&["apply", "plan.json", "--yes"]).ended(0);
    assert_eq!((times(&site, WRITE), times(&site, RESTARTED)), (2, 2));
    assert!(file(&site)["text"].as_str().unwrap().contains("level: debug"));
}

#[test]
fn nothing_is_restarted_for_the_same_content() {
    let site = written();
    site.edit(
        "path = \"/etc/md-cluster/identity.yml\"",
        &format!("path = \"{PATH}\"\nmode = \"640\""),
    );
    let ran = site.mdc(&["apply", "--yes"]).ended(0);
    ran.tells(&["is 0600 root:root; 0640 root:root is desired"]);
    assert_eq!((times(&site, WRITE), times(&site, RESTARTED)), (2, 1));
    assert_eq!(file(&site)["mode"], "640");
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn another_secret_is_seen_and_not_shown() {
    let site = written();
    secret(&site, OTHER);
    let ran = site.mdc(&["apply", "--yes"]).ended(0);
    let ran = ran.tells(&["holds another secret `password` than it should"]);
    assert_eq!((times(&site, WRITE), times(&site, RESTARTED)), (2, 2));
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    for canary in [SECRET, OTHER] {
        assert!(!ran.said.contains(canary), "{}", ran.said);
        assert_nowhere(&site.path("."), canary);
    }
    fs::remove_file(site.path("password")).unwrap();
    let plan = site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    plan.tells(&[
        "warning[host::secret-unseen]",
        "nobody knows whether files still hold the right one",
    ]);
}

#[test]
fn a_file_without_its_secret_is_not_written() {
    let site = site();
    fs::remove_file(site.path("password")).unwrap();
    let ran = site.mdc(&["apply", "--yes"]).ended(1);
    ran.tells(&[
        "write /etc/md-cluster/identity.yml on identity-01",
        "password can't be read",
        "nothing was sent",
    ]);
    assert_eq!(file(&site), Value::Null);
    secret(&site, SECRET);
    site.mdc(&["resume", "--yes"]).ended(0);
    assert_eq!((times(&site, WRITE), times(&site, RESTARTED)), (1, 1));
}

#[test]
fn what_somebody_has_changed_is_set_right() {
    let site = written();
    let plan = site.mdc(&["plan", "-o", "old.json"]).ended(0);
    plan.tells(&["Nothing to do"]);
    site.edit("level = \"info\"", "level = \"debug\"");
    site.mdc(&["plan", "-o", "old.json"]).ended(0);
    let mut host = site.host("identity-01");
    host["managed"][PATH]["touched"] = json!(true);
    site.write("identity-01", &host);
    let stale = site.mdc(&["apply", "--yes", "old.json"]).ended(1);
    stale.tells(&["file", "settings", "changed since it was written"]);
    let ran = site.mdc(&["apply", "--yes"]).ended(0);
    ran.tells(&["was changed since mdc wrote it"]);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn the_way_back_brings_the_file_back() {
    let site = written();
    let before = file(&site);
    site.edit("level = \"info\"", "level = \"debug\"");
    site.mdc(&["apply", "--yes"]).ended(0);
    let ran = site.mdc(&["rollback", "--yes"]).ended(0);
    ran.tells(&["bring /etc/md-cluster/identity.yml back"]);
    assert_eq!(file(&site), before);
    assert_eq!(times(&site, RESTARTED), 3);
    // The file that wasn't there goes.
    let site = self::site();
    site.mdc(&["apply", "--yes"]).ended(0);
    site.mdc(&["rollback", "--yes"]).ended(0);
    assert_eq!(file(&site), Value::Null);
}

#[test]
fn a_cut_off_step_is_finished_and_restarts_once_more_at_most() {
    let undisturbed = written();
    for (key, fault) in [
        (WRITE, json!({ "says": "", "times": 1, "kill": "before" })),
        (WRITE, json!({ "says": "", "times": 1, "kill": "during" })),
        (WRITE, json!({ "says": "reset by peer", "times": 1, "lost": true })),
        (
            "restart:md-cluster-identity-service",
            json!({ "says": "", "times": 1, "kill": "before" }),
        ),
        (
            "restart:md-cluster-identity-service",
            json!({ "says": "", "times": 1, "kill": "during" }),
        ),
    ] {
        let site = site();
        site.fault("identity-01", key, &fault);
        let ran = site.mdc(&["apply", "--yes"]);
        if ran.status != Some(0) {
            site.mdc(&["resume", "--yes"]).ended(0);
        }
        assert_eq!(times(&site, RESTARTED), 1, "{key} {fault}");
        assert_eq!(file(&site)["text"], file(&undisturbed)["text"], "{key} {fault}");
        site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    }
}

/// The same without a secret in the file, so that hosts read it.
fn open_site() -> Site {
    let site = site();
    site.edit("password: {{json secrets.password}}\n", "");
    site
}

#[test]
fn a_cut_off_step_of_an_open_file_is_finished_too() {
    let start = "start:md-cluster-identity-service";
    let restart = "restart:md-cluster-identity-service";
    for (key, fault) in [
        (WRITE, json!({ "says": "", "times": 1, "kill": "before" })),
        (WRITE, json!({ "says": "", "times": 1, "kill": "during" })),
        (start, json!({ "says": "", "times": 1, "kill": "before" })),
        (start, json!({ "says": "no", "times": 1 })),
        (restart, json!({ "says": "no", "times": 1 })),
        (restart, json!({ "says": "", "times": 1, "kill": "before" })),
    ] {
        let site = open_site();
        site.fault("identity-01", key, &fault);
        assert_ne!(site.mdc(&["apply", "--yes"]).status, Some(0), "{key} {fault}");
        let given_up = site.copy();
        site.mdc(&["resume", "--yes"]).ended(0);
        assert_eq!(times(&site, RESTARTED), 1, "{key} {fault}");
        site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
        // A new plan does what is left, too.
        given_up.mdc(&["apply", "--yes", "--give-up", "planned anew"]).ended(0);
        assert_eq!(times(&given_up, RESTARTED), 1, "given up: {key} {fault}");
    }
}

#[test]
fn other_rights_alone_are_brought_and_taken_back() {
    let path = format!("path = \"{PATH}\"");
    for kill in [None, Some("before"), Some("during")] {
        let site = open_site();
        site.mdc(&["apply", "--yes"]).ended(0);
        site.edit("level = \"info\"", "level = \"debug\"");
        site.mdc(&["apply", "--yes"]).ended(0);
        let before = file(&site);
        site.edit(&path, &format!("{path}\nmode = \"640\""));
        if let Some(kill) = kill {
            let fault = json!({ "says": "", "times": 1, "kill": kill });
            site.fault("identity-01", WRITE, &fault);
            assert_eq!(site.mdc(&["apply", "--yes"]).status, None);
            site.mdc(&["resume", "--yes"]).ended(0);
        } else {
            site.mdc(&["apply", "--yes"]).ended(0);
        }
        assert_eq!(file(&site)["mode"], "640", "{kill:?}");
        assert_eq!(times(&site, RESTARTED), 2, "{kill:?}");
        // Not to what it was before the change before.
        site.mdc(&["rollback", "--yes"]).ended(0);
        assert_eq!(file(&site), before, "{kill:?}");
        assert_eq!(times(&site, RESTARTED), 2, "{kill:?}");
    }
}

#[test]
fn a_change_that_failed_before_it_began_takes_nothing_back() {
    let site = open_site();
    site.mdc(&["apply", "--yes"]).ended(0);
    site.edit("level = \"info\"", "level = \"debug\"");
    site.mdc(&["apply", "--yes"]).ended(0);
    let before = file(&site);
    site.edit("level = \"debug\"", "level = \"trace\"");
    site.fault("identity-01", WRITE, &json!({ "says": "read-only file system" }));
    site.mdc(&["apply", "--yes"]).ended(1);
    site.mend("identity-01");
    site.mdc(&["rollback", "--yes"]).ended(0);
    assert_eq!(file(&site), before);
    assert_eq!(times(&site, RESTARTED), 2);
}

#[test]
fn a_way_back_that_is_cut_off_is_finished() {
    let key = "restore-file:/etc/md-cluster/identity.yml";
    for fault in [
        json!({ "says": "no", "times": 1 }),
        json!({ "says": "", "times": 1, "kill": "before" }),
        json!({ "says": "", "times": 1, "kill": "during" }),
    ] {
        let site = open_site();
        site.mdc(&["apply", "--yes"]).ended(0);
        let before = file(&site);
        site.edit("level = \"info\"", "level = \"debug\"");
        site.mdc(&["apply", "--yes"]).ended(0);
        site.fault("identity-01", key, &fault);
        assert_ne!(site.mdc(&["rollback", "--yes"]).status, Some(0), "{fault}");
        site.mdc(&["resume", "--yes"]).ended(0);
        assert_eq!(file(&site), before, "{fault}");
        assert_eq!(times(&site, RESTARTED), 3, "{fault}");
    }
}

#[test]
fn a_secret_that_is_taken_out_is_not_shown() {
    let site = written();
    site.edit("password: {{json secrets.password}}\n", "");
    let ran = site.mdc(&["plan", "-o", "plan.json"]).ended(0);
    let ran = ran.tells(&["-password: \"<secret:password>\""]);
    assert!(!ran.said.contains(SECRET), "{}", ran.said);
    site.mdc(&["observe", "-o", "snapshot.json"]).ended(0);
    assert_nowhere(&site.path("."), SECRET);
    site.mdc(&["apply", "--yes"]).ended(0);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn an_ignition_file_is_there_before_the_first_start_and_left_alone_afterwards() {
    let site = Site::new();
    secret(&site, &format!("-----BEGIN\n{SECRET}\n-----END\n"));
    site.edit("identity-service = \"2.8.0\"\n", "");
    let mut host = site.host("identity-01");
    host["packages"] = json!({});
    host["units"] = json!({});
    site.write("identity-01", &host);
    let keys = ["connection-key", "private-key", "certificate", "database-password"];
    let keys = keys.map(|key| format!("{key} = {{ file = \"password\" }}")).join(", ");
    let text = fs::read_to_string(site.path("mdc.toml")).unwrap();
    let more = format!(
        "\n[components.identity-service]\nvalues = {{ database-user = \"identity\" }}\n\
         secrets = {{ {keys} }}\n\
         [components.identity-service.files.ignition]\nwrite = \"on-install\"\n"
    );
    fs::write(site.path("mdc.toml"), text + &more).unwrap();
    let plan = site.plan();
    let steps = plan["steps"].as_array().unwrap();
    let install =
        steps.iter().find(|it| it["id"] == "identity-01/identity-service/install").unwrap();
    let tasks = install["commands"].as_array().unwrap().iter();
    let tasks: Vec<&String> =
        tasks.map(|it| it["task"].as_object().unwrap().keys().next().unwrap()).collect();
    let place = |task: &str| tasks.iter().position(|it| *it == task).unwrap();
    assert!(place("write-file") < place("install-file"), "{tasks:?}");
    assert!(!tasks.iter().any(|it| *it == "restart-unit"), "{tasks:?}");
    site.mdc(&["apply", "--yes"]).ended(0);
    let path = "/etc/opswat/mddc_identity_service.yml";
    let text = site.host("identity-01")["managed"][path]["text"].clone();
    for line in
        ["  connection_key: \"<secret:connection-key>\"", "  host: \"10.0.0.10\"", "  port: 5432"]
    {
        assert!(text.as_str().unwrap().lines().any(|it| it == line), "{line}: {text}");
    }
    assert_nowhere(&site.path("."), SECRET);
    // What the service was first started with doesn't count any more.
    site.edit("database-user = \"identity\"", "database-user = \"other\"");
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}
