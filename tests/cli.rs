//! The commands as their users run them, on the simulated quickstart.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod examples;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// A copy of the quickstart in a folder of its own.
struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        let site = Self::unhurried();
        examples::hurry(&site.path("mdc.toml"));
        site
    }

    /// The example as it is.
    fn unhurried() -> Self {
        let folder = tempfile::tempdir().unwrap();
        examples::copy(&examples::folder().join("quickstart"), folder.path());
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}");
        fs::write(self.path(file), text.replace(from, to)).unwrap();
    }

    /// Sets what goes wrong on a simulated host, which must have been read before.
    fn fault(&self, host: &str, faults: &Value) {
        self.simulated(host, |file| file["faults"] = faults.clone());
    }

    /// Edits a simulated host, which must have been read before.
    fn simulated(&self, host: &str, edit: impl FnOnce(&mut Value)) {
        let path = self.path(&format!(".mdc/fleet/{host}.json"));
        let mut file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        edit(&mut file);
        fs::write(path, file.to_string()).unwrap();
    }

    fn mdc(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mdc"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        Ran(command.output().unwrap())
    }

    /// The entries of the newest run's journal.
    fn journal(&self) -> Vec<Value> {
        let mut runs: Vec<PathBuf> =
            fs::read_dir(self.path(".mdc/runs")).unwrap().map(|run| run.unwrap().path()).collect();
        runs.sort();
        let text = fs::read_to_string(runs.last().unwrap().join("journal.jsonl")).unwrap();
        let entry = |line: &str| serde_json::from_str::<Value>(line).unwrap()["entry"].clone();
        text.lines().map(entry).collect()
    }
}

struct Ran(Output);

impl Ran {
    #[track_caller]
    fn exits(self, status: i32) -> Self {
        assert_eq!(self.0.status.code(), Some(status), "{}\n{}", self.out(), self.err());
        self
    }

    #[track_caller]
    fn says(self, words: &str) -> Self {
        let all = self.out() + &self.err();
        let folded = all.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(folded.contains(words), "{words:?} is not in:\n{all}");
        self
    }

    fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }
}

#[test]
fn the_quickstart_goes_from_a_to_b_and_then_has_nothing_to_do() {
    let site = Site::new();
    site.mdc(&["validate"]).exits(0).says("12 hosts, 20 resources, release B");
    site.mdc(&["plan", "--detailed-exitcode"]).exits(2);
    site.mdc(&["apply", "--yes"]).exits(0).says("Complete").says("107 of 107 steps done");
    site.mdc(&["plan", "--detailed-exitcode"])
        .exits(0)
        .says("Nothing to do: 20 resources on 12 hosts are as desired.");
    site.mdc(&["apply", "--yes"]).exits(0).says("Nothing to do");
    site.mdc(&["status"]).exits(0).says("20 of 20 resources as desired");
}

#[test]
fn a_saved_plan_is_applied_from_anywhere_once() {
    let site = Site::new();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    let elsewhere = tempfile::tempdir().unwrap();
    let plan = site.path("plan.json");
    let apply = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mdc"));
        command.args(["apply", "--yes"]).arg(&plan).current_dir(elsewhere.path());
        Ran(command.stdin(Stdio::null()).output().unwrap())
    };
    apply().exits(0).says("Complete");
    apply().exits(1).says("this plan was carried out before, by the run");
    // Also where nobody knows of that run.
    fs::remove_dir_all(site.path(".mdc/runs")).unwrap();
    apply().exits(1).says("the plan is stale").says("package was 2.8.0-1, is 2.9.0-1");
}

#[test]
fn a_plan_file_has_the_promised_keys_and_shows_as_itself() {
    let site = Site::new();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    let text = fs::read_to_string(site.path("plan.json")).unwrap();
    let plan: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&plan["format"], &plan["version"]), (&json!("mdc/plan"), &json!(1)));
    for step in plan["steps"].as_array().unwrap() {
        for key in ["id", "host", "component", "action", "stage", "after", "commands", "reasons"] {
            assert!(!step[key].is_null(), "{key} of {step}");
        }
        assert!(["live", "critical"].contains(&step["stage"].as_str().unwrap()));
    }
    assert_eq!(site.mdc(&["show", "plan.json", "--format", "json"]).exits(0).out(), text);
    assert_eq!(site.mdc(&["plan", "--format", "json"]).exits(0).out(), text);
    site.mdc(&["show", "plan.json", "--format", "markdown"])
        .exits(0)
        .says("<!-- mdc:plan quickstart/staging -->");
}

#[test]
fn a_plan_that_was_changed_after_it_was_made_is_refused() {
    let site = Site::new();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    site.edit("plan.json", "apt-get install -y", "apt-get install  -y");
    site.mdc(&["apply", "plan.json", "--yes"]).exits(1).says("its seal doesn't fit its content");
    site.edit("plan.json", "\"version\": 1,", "\"version\": 2,");
    site.mdc(&["show", "plan.json"]).exits(1).says("this mdc reads `mdc/plan` version 1");
    site.mdc(&["show", "mdc.toml"]).exits(1).says("it is not a plan");
}

#[test]
fn a_manifest_that_changed_since_makes_a_plan_stale() {
    let site = Site::new();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    site.edit("mdc.toml", "at-once = 2", "at-once = 3");
    site.mdc(&["apply", "plan.json", "--yes"]).exits(1).says("the plan is stale");
}

#[test]
fn equal_inputs_give_equal_bytes_in_any_order_of_writing() {
    let (site, shuffled) = (Site::new(), Site::new());
    let text = fs::read_to_string(shuffled.path("mdc.toml")).unwrap();
    let (head, hosts) = text.split_once("[hosts.").unwrap();
    let mut tables: Vec<String> =
        format!("[hosts.{hosts}").split("\n\n").map(str::to_owned).collect();
    tables.reverse();
    let head = head.replace("[\"postgresql\"]", "[ \"postgresql\" ]");
    fs::write(shuffled.path("mdc.toml"), head + &tables.join("\n\n") + "\n").unwrap();
    let plan = |site: &Site| site.mdc(&["plan", "--format", "json"]).exits(0).out();
    assert_eq!(plan(&site), plan(&shuffled));
}

#[test]
fn a_snapshot_plans_the_same_without_hosts() {
    let site = Site::new();
    site.mdc(&["observe", "-o", "snapshot.json"]).exits(0);
    let live = site.mdc(&["plan", "--format", "json"]).exits(0).out();
    fs::remove_dir_all(site.path(".mdc/fleet")).unwrap();
    let stored = site.mdc(&["plan", "--snapshot", "snapshot.json", "--format", "json"]);
    // It says what it was made from, and its seal is taken of that too.
    let meaning = |text: &str| {
        let mut plan: Value = serde_json::from_str(text).unwrap();
        let taken = plan["basis"].as_object_mut().unwrap().remove("snapshot");
        plan["seal"].take();
        (plan, taken.is_some())
    };
    let (stored, live) = (meaning(&stored.exits(0).out()), meaning(&live));
    assert_eq!((stored.0, stored.1, live.1), (live.0, true, false));
    assert!(!site.path(".mdc/fleet").exists(), "no host was asked");
    site.edit("mdc.toml", "name = \"quickstart\"", "name = \"other\"");
    site.mdc(&["plan", "--snapshot", "snapshot.json"]).exits(1).says("of the cluster quickstart");
}

#[test]
fn a_failure_stops_what_depends_on_it_and_apply_goes_on_where_it_was() {
    let site = Site::new();
    site.mdc(&["observe"]).exits(0);
    let says = "dpkg: error processing package md-cluster-control-center (--configure)";
    let fail =
        json!({ "fail": { "install:md-cluster-control-center": { "says": says, "times": 1 } } });
    site.fault("control-01", &fail);
    site.mdc(&["apply", "--yes"])
        .exits(1)
        .says("control-01")
        .says("exit status 100")
        .says("apt-get install")
        .says("error processing package")
        .says("mdc apply mdc.toml");
    let begun = |site: &Site, step: &str| {
        let entries = site.journal();
        entries.iter().filter(|entry| entry["intent"]["step"] == *step).count()
    };
    assert_eq!(begun(&site, "core-01/worker/upgrade"), 0, "nothing after the failure began");
    site.mdc(&["status"]).exits(0).says("is unfinished");
    site.mdc(&["apply", "--yes"]).exits(0).says("It is continued").says("Complete");
    assert_eq!(begun(&site, "identity-01/identity-service/upgrade"), 1, "what is done stays done");
    assert_eq!(begun(&site, "control-01/control-center/upgrade"), 2);
    site.mdc(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn an_unfinished_run_is_finished_or_given_up_before_another_begins() {
    let site = Site::new();
    site.mdc(&["observe"]).exits(0);
    let fault = json!({ "says": "no space left on device" });
    site.fault("db-01", &json!({ "fail": { "install:postgresql-16": fault } }));
    site.mdc(&["apply", "--yes"]).exits(1).says("no space left on device");
    site.edit("mdc.toml", "address = \"10.0.0.10\"", "address = \"10.0.0.9\"");
    site.mdc(&["apply", "--yes"]).exits(1).says("was written anew").says("10.0.0.10, is 10.0.0.9");
    site.fault("db-01", &json!({}));
    site.mdc(&["apply", "--yes", "--give-up", "the manifest was corrected"])
        .exits(0)
        .says("is given up: the manifest was corrected")
        .says("Complete");
}

#[test]
fn a_host_that_cant_be_read_is_unknown_and_what_follows_it_is_withheld() {
    let site = Site::new();
    site.mdc(&["observe"]).exits(0);
    site.fault("control-01", &json!({ "unreachable": "connection refused" }));
    site.mdc(&["plan"])
        .exits(0)
        .says("connection refused")
        .says("comes after control-center, which can't be seen on control-01");
    site.mdc(&["apply", "--yes"])
        .exits(1)
        .says("Not complete: 1 host unknown")
        .says("not as desired yet: control-01 could not be read");
    site.fault("control-01", &json!({}));
    site.mdc(&["apply", "--yes"]).exits(0).says("Complete");
    site.mdc(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn an_older_release_is_refused_unless_the_manifest_allows_it() {
    let site = Site::new();
    site.mdc(&["apply", "--yes"]).exits(0);
    site.edit("mdc.toml", "release-b.toml", "release-a.toml");
    site.mdc(&["plan"]).exits(1).says("plan::downgrade").says("allow-downgrade = true");
    site.edit("mdc.toml", "[cluster]", "[cluster]\nallow-downgrade = true");
    // What has no way back doesn't go back in place, whatever is allowed.
    let why = "may not read what a newer one";
    site.mdc(&["plan"])
        .exits(1)
        .says("preflight::downgrade")
        .says(why)
        .says("release redis 7.2.11");
    let waiver = "[[waivers]]\ncheck = \"preflight::downgrade\"\nreason = \"tried in a test\"\n\
                  until = \"2999-12-31\"\n\n[components.md-core]";
    site.edit("mdc.toml", "[components.md-core]", waiver);
    site.mdc(&["plan", "--detailed-exitcode"])
        .exits(2)
        .says("tried in a test")
        .says("go back to older versions in the order of an upgrade")
        .says("(plan::goes-back)");
    site.mdc(&["apply", "--yes"]).exits(0).says("Complete");
}

#[test]
fn nobody_is_asked_where_nobody_can_answer() {
    let site = Site::new();
    site.mdc(&["apply"]).exits(1).says("give --yes");
    assert!(!site.path(".mdc/runs").exists(), "no run was begun");
}

#[test]
fn wrong_calls_and_wrong_files_are_errors() {
    let site = Site::new();
    site.mdc(&["plan", "--no-such-option"]).exits(1);
    site.mdc(&["plan", "nowhere.toml"]).exits(1).says("file::unreadable");
    site.edit("mdc.toml", "environment", "enviroment");
    site.mdc(&["validate"]).exits(1).says("toml::unknown-key").says("environment");
    site.mdc(&["explain", "toml::unknown-key"]).exits(0).says("toml::unknown-key");
    site.mdc(&["explain", "no::such"]).exits(1);
    for call in [&["plan", "-o", "-"][..], &["apply", "--yes", "--events", "-"]] {
        site.mdc(call).exits(1).says("not standard output: say another one, or `./-`");
        assert!(!site.path("-").exists());
    }
    fs::write(site.path("report.json"), r#"{"format":"mdc/report","version":1}"#).unwrap();
    site.mdc(&["show", "report.json"]).exits(1).says("what a run did is shown by `mdc report`");
}

#[test]
fn schemas_in_the_repository_are_those_that_are_generated() {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let site = Site::new();
    let check = ["generate", "schemas", schemas.to_str().unwrap(), "--check"];
    site.mdc(&check).exits(0);
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    let read =
        |path: PathBuf| -> Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
    let validator = jsonschema::validator_for(&read(schemas.join("plan.schema.json"))).unwrap();
    let plan = read(site.path("plan.json"));
    let problems: Vec<String> = validator.iter_errors(&plan).map(|e| e.to_string()).collect();
    assert_eq!(problems, Vec::<String>::new());
}

/// The examples whose plans are kept in `plans/`, with what their hosts are seen by.
const EXAMPLES: [(&str, &[&str]); 7] = [
    ("quickstart", &[]),
    ("staging", &[]),
    ("production", &[]),
    ("fresh-install", &[]),
    ("air-gapped", &["--snapshot", "snapshot.json"]),
    ("hot-backup", &[]),
    ("control-center", &[]),
];

/// Files for pipelines, and the hosts of the tests: neither is a site of its own.
const NO_EXAMPLES: [&str; 2] = ["ci", "fleet"];

#[test]
fn every_example_is_whole_and_has_its_reference_plan() {
    for entry in fs::read_dir(examples::folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if NO_EXAMPLES.contains(&name.as_str()) {
            continue;
        }
        assert!(examples::folder().join(&name).join("mdc.toml").is_file(), "{name}");
        assert!(EXAMPLES.iter().any(|(known, _)| *known == name), "{name} has no reference plan");
    }
}

/// Each key that a file or an answer may have is described, for editors and for people.
#[test]
fn every_property_of_every_schema_has_a_description() {
    fn missing(schema: &Value, path: &str, found: &mut Vec<String>) {
        if let Some(own) = schema["properties"].as_object() {
            let bare = own.iter().filter(|(_, it)| it["description"].as_str().is_none());
            found.extend(bare.map(|(key, _)| format!("{path}/{key}")));
            // All keys are written in one way.
            let odd =
                own.keys().filter(|key| key.contains('_') || key.contains(char::is_uppercase));
            found.extend(odd.map(|key| format!("{path}/{key}: its name")));
        }
        match schema {
            Value::Object(keys) => {
                keys.iter().for_each(|(key, it)| missing(it, &format!("{path}/{key}"), found));
            }
            Value::Array(items) => {
                let numbered = items.iter().enumerate();
                numbered.for_each(|(place, it)| missing(it, &format!("{path}/{place}"), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")).unwrap() {
        let path = entry.unwrap().path();
        let schema: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        missing(&schema, path.file_name().unwrap().to_str().unwrap(), &mut found);
    }
    assert_eq!(found, Vec::<String>::new());
}

/// Programs tell answers apart by their first keys.
#[test]
fn every_answer_for_programs_names_its_format_and_version() {
    let site = Site::new();
    site.mdc(&["observe", "-o", "snapshot.json"]).exits(0);
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    let step = "core-02/md-core/upgrade";
    let asked: [(&[&str], &str); 33] = [
        (&["validate", "--format", "json"], "mdc/validation"),
        (&["observe", "--json"], "mdc/snapshot"),
        (&["observe", "-o", "again.json", "-o", "json"], "mdc/snapshot"),
        (&["doctor", "core-01", "--output", "json"], "mdc/doctor"),
        (&["notify", "--test", "-o", "json"], "mdc/notices-tested"),
        (&["emit", "plan.json", "-o", "by-hand", "--format", "json"], "mdc/emit"),
        (&["approve", "--check", "plan.json", "-o", "json"], "mdc/approvals"),
        (&["approve", "--print", "plan.json", "-o", "json"], "mdc/approval"),
        (&["generate", "host-gate", "-o", "json"], "mdc/generated"),
        (&["generate", "man", "man", "-o", "json"], "mdc/generated"),
        (&["backup", "-o", "json"], "mdc/report"),
        (&["resume", "--format", "json"], "mdc/report"),
        (&["finalise", "-o", "final.json", "-o", "json"], "mdc/plan"),
        (&["plan", "--format", "json"], "mdc/plan"),
        (&["show", "plan.json", "--format", "json"], "mdc/plan"),
        (&["diff", "plan.json", "plan.json", "--format", "json"], "mdc/differences"),
        (&["check", "plan.json", "--format", "json"], "mdc/differences"),
        (&["explain", "--format", "json"], "mdc/codes"),
        (&["explain", "plan::stale", "--format", "json"], "mdc/code"),
        (&["explain", "plan.json", step, "--format", "json"], "mdc/why"),
        (&["why-not", "plan.json", "core-04", "--format", "json"], "mdc/why-not"),
        (&["what-if", "--window", "90m", "--format", "json"], "mdc/what-if"),
        (&["status", "--format", "json"], "mdc/status"),
        (&["stage", "--yes", "--format", "json"], "mdc/report"),
        (&["stage", "--list", "-o", "json"], "mdc/staged-files"),
        (&["apply", "plan.json", "--yes", "--format", "json"], "mdc/report"),
        (&["apply", "-o", "json"], "mdc/report"),
        (&["rollback", "-o", "back.json", "-o", "json"], "mdc/plan"),
        (&["rehearse", "--of", "newest", "-o", "proof.json", "--output=json"], "mdc/evidence"),
        (&["history", "--format", "json"], "mdc/history"),
        (&["history", "--durations"], "mdc/durations"),
        (&["report", "--format", "json"], "mdc/change-record"),
        (&["report", "-o", "record.json", "-o", "json"], "mdc/change-record"),
    ];
    for (arguments, format) in asked {
        let answer: Value = serde_json::from_str(&site.mdc(arguments).exits(0).out()).unwrap();
        assert_eq!(
            (&answer["format"], &answer["version"]),
            (&json!(format), &json!(1)),
            "{arguments:?}"
        );
        assert_eq!(wrong(&answer, format), Vec::<String>::new(), "{arguments:?}");
    }
}

/// What of `answer` its schema refuses.
fn wrong(answer: &Value, format: &str) -> Vec<String> {
    let schema = schema(&format!("{}.schema.json", format.trim_start_matches("mdc/")));
    schema.iter_errors(answer).map(|it| it.to_string()).collect()
}

/// As other tools do: `head` has what it wants, and what is shown on the way to work holds it not up.
#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let site = Site::new();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    let unread = |arguments: &[&str]| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_mdc"));
        command.args(arguments).current_dir(site.folder.path()).stdin(Stdio::null());
        Ran(command
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap())
    };
    assert_eq!(unread(&["show", "plan.json", "--detail", "commands"]).exits(0).err(), "");
    assert!(!unread(&["apply", "plan.json", "--yes"]).exits(0).err().contains("error["));
    site.mdc(&["status"]).exits(0).says("20 of 20 resources as desired");
}

/// What was only put on hosts is recorded too, and is nothing to take back.
#[test]
fn packages_alone_are_no_run_to_take_back() {
    let site = Site::new();
    site.mdc(&["rollback", "--yes"]).exits(1).says("no run is recorded in");
    site.mdc(&["stage", "--yes"]).exits(0);
    site.mdc(&["rollback", "--yes"]).exits(1).says("no run that changed anything is recorded in");
}

/// Nobody knows that anything moved: the plan is as good as it was, and a host is told once.
#[test]
fn hosts_that_cannot_be_read_make_no_plan_stale() {
    let site = Site::new();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    let plan: Value = serde_json::from_slice(&fs::read(site.path("plan.json")).unwrap()).unwrap();
    // Who only looks rests on nothing but what it sees.
    let steps = plan["steps"].as_array().unwrap().iter().filter(|it| it["action"] == "upgrade");
    let hosts: BTreeSet<&str> = steps.map(|step| step["host"].as_str().unwrap()).collect();
    site.fault("core-01", &json!({ "unreachable": "no route to host" }));
    let part = site.mdc(&["apply", "plan.json", "--yes"]).exits(1);
    let said = part.says("in part the plan can't be carried out now").err();
    assert_eq!(said.matches("core-01: host can't be read").count(), 1, "{said}");
    assert!(!said.contains("plan::stale"), "{said}");
    let site = Site::new();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    for host in &hosts {
        site.fault(host, &json!({ "unreachable": "no route to host" }));
    }
    let refused = site.mdc(&["apply", "plan.json", "--yes"]).exits(1);
    let said = refused.says("host::unreachable").says("the plan is still good").err();
    assert!(said.contains("mdc doctor ") && !said.contains("make the plan again"), "{said}");
    for host in hosts {
        let told = format!("{host}: host can't be read: could not connect: no route to host");
        assert_eq!(said.matches(&told).count(), 1, "{told}: {said}");
    }
    // Who keeps records can't be asked either, and that is told, not waited for in silence.
    assert!(said.contains("can't ask for runs that were begun elsewhere: core-01: "), "{said}");
}

/// Of the manifest nothing moved: what was written of steps that are not needed any more still is.
#[test]
fn check_blames_a_host_that_moved_and_not_the_manifest() {
    let site = Site::new();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    site.simulated("core-02", |host| host["packages"]["md-core"]["installed"] = "5.19.0-1".into());
    let check = || site.mdc(&["check", "plan.json"]).exits(2);
    let said = check().says("No longer done").says("upgrade md-core on core-02").out();
    assert!(!said.contains("manifest, release or catalog"), "{said}");
    site.edit("mdc.toml", "at-once = 2", "at-once = 1");
    check().says("other manifest, release or catalog").says("- `at-once` of component md-core: 2");
}

#[test]
fn a_window_that_moved_is_told_by_the_keys_that_did() {
    let site = Site::new();
    let window = "[gates.window]\nzone = \"UTC\"\nopen = [\"Sat 22:00-04:00\"]\n\n[gates.idle]\n";
    site.edit("mdc.toml", "[gates.idle]\n", window);
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    site.edit("mdc.toml", "Sat 22:00-04:00", "Sun 22:00-04:00");
    site.mdc(&["plan", "-o", "other.json"]).exits(0);
    for arguments in [&["diff", "plan.json", "other.json"][..], &["check", "plan.json"]] {
        let said = site.mdc(arguments).exits(2).out();
        let lines: Vec<&str> = said.lines().map(str::trim).collect();
        let open = ["- open: Sat 22:00-04:00", "+ open: Sun 22:00-04:00"];
        assert!(lines.windows(2).any(|pair| pair == open), "{said}");
        assert!(!said.contains("zone: UTC") && !said.contains('{'), "{said}");
    }
}

/// Steps that differ in one thing have empty lists of the rest, which are there all the same.
#[test]
fn answers_with_differences_are_as_their_schemas_say() {
    let site = Site::new();
    site.mdc(&["observe", "-o", "snapshot.json"]).exits(0);
    site.mdc(&["plan", "--snapshot", "snapshot.json", "-o", "plan.json"]).exits(0);
    site.edit("mdc.toml", "at-once = 2", "at-once = 1");
    site.mdc(&["plan", "--snapshot", "snapshot.json", "-o", "slower.json"]).exits(0);
    let asked: [(&[&str], i32, &str); 3] = [
        (&["diff", "plan.json", "slower.json"], 2, "mdc/differences"),
        (&["check", "plan.json", "--snapshot", "snapshot.json"], 2, "mdc/differences"),
        (&["what-if", "--snapshot", "snapshot.json", "--batch", "3"], 0, "mdc/what-if"),
    ];
    for (arguments, status, format) in asked {
        let ran = site.mdc(&[arguments, &["-o", "json"]].concat()).exits(status);
        let answer: Value = serde_json::from_str(&ran.out()).unwrap();
        let found = answer.get("differences").unwrap_or(&answer);
        let changed = found["changed"].as_array().unwrap();
        let has_empty = |list: &str| changed.iter().any(|step| step[list] == json!([]));
        assert!(has_empty("no-longer-after") && has_empty("now-after"), "{arguments:?}: {found:#}");
        assert_eq!(wrong(&answer, format), Vec::<String>::new(), "{arguments:?}");
    }
}

/// Also when it is interrupted: here while it waits for a plan that nobody writes.
#[test]
fn programs_have_their_document_also_of_a_command_that_is_interrupted() {
    let site = Site::new();
    let pipe = site.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (signal, for_programs) in [("INT", true), ("TERM", true), ("HUP", false)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mdc"));
        command.args(["show", "pipe"]).args(for_programs.then_some("--format=json"));
        command.current_dir(site.folder.path()).stdin(Stdio::null());
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It is there when `mdc` reads.
        let _writer = fs::File::options().write(true).open(&pipe).unwrap();
        let id = command.id().to_string();
        let kill = Command::new("kill").args(["-s", signal, &id]).status().unwrap();
        assert!(kill.success());
        let ran = Ran(command.wait_with_output().unwrap()).exits(130);
        if for_programs {
            let answer: Value = serde_json::from_str(&ran.out()).unwrap();
            assert!(schema("problems.schema.json").is_valid(&answer), "{answer}");
            assert_eq!(answer["problems"][0]["code"], "cli::interrupted");
        } else {
            assert_eq!(ran.out(), "");
        }
    }
}

/// A debt is told with the command that does it, and each does what it says.
#[test]
fn what_is_owed_is_told_with_the_command_that_does_it() {
    let site = Site::new();
    site.mdc(&["stage", "--yes", "--only", "core-01"]).exits(1);
    let stage = "still owes what was left out of it; `mdc stage mdc.toml` does it:";
    site.mdc(&["status"]).exits(0).says(stage).says("core-02/md-core/copy");
    site.mdc(&["resume", "--debts"]).exits(0).says("No run owes anything");
    site.mdc(&["stage", "--yes"]).exits(0);
    assert!(!site.mdc(&["status"]).exits(0).err().contains("still owes"));
    site.mdc(&["stage", "--yes", "--only", "core-01"]).exits(1);
    site.mdc(&["apply", "--yes", "--skip", "core-02"]).exits(1);
    let debts = "still owes what was left out of it; `mdc resume --debts mdc.toml` does it:";
    site.mdc(&["status"]).exits(0).says(debts).says("core-02/md-core/upgrade");
    site.mdc(&["resume", "--debts", "--yes"]).exits(0).says("Complete");
    assert!(!site.mdc(&["status"]).exits(0).err().contains("still owes"));
}

/// No command is left that people alone can ask, and none that gives programs something else than one
/// document, whatever becomes of it.
#[test]
fn every_command_takes_the_form_for_programs() {
    let site = Site::new();
    let help = site.mdc(&["help"]).exits(0).out();
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let names = commands.lines().filter_map(|line| line.split_whitespace().next());
    let names: Vec<&str> = names.filter(|name| *name != "help").collect();
    assert!(names.len() >= 31, "{names:?}");
    let problems = schema("problems.schema.json");
    for name in names {
        let help = site.mdc(&[name, "--help"]).exits(0).out();
        let ragged = help.lines().filter(|line| !line.starts_with(' ')).find(|l| l.contains("  "));
        assert_eq!(ragged, None, "{name}");
        assert!(help.contains("--format <FORMAT>"), "{name}");
        let refused = site.mdc(&[name, "--no-such-option", "-o", "json"]).exits(1);
        let answer: Value = serde_json::from_str(&refused.out()).unwrap();
        assert!(problems.is_valid(&answer), "{name}: {answer}");
        assert_eq!(answer["problems"][0]["code"], "cli::usage");
    }
}

#[test]
fn programs_are_told_why_a_command_failed() {
    let site = Site::new();
    let problems = schema("problems.schema.json");
    let asked: [(&[&str], &str); 6] = [
        (&["show", "none.json"], "plan::unusable"),
        (&["pause", "--because", "a storm"], "run::missing"),
        (&["adopt", ".mdc"], "run::missing"),
        (&["failover", "--to", "core-01"], "cli::unknown-name"),
        (&["apply"], "cli::no-terminal"),
        (&["status", "other.toml"], "file::unreadable"),
    ];
    for (arguments, code) in asked {
        let ran = site.mdc(&[arguments, &["-o", "json"]].concat()).exits(1).says(code);
        let answer: Value = serde_json::from_str(&ran.out()).unwrap();
        assert!(problems.is_valid(&answer), "{arguments:?}: {answer}");
        assert_eq!(answer["problems"][0]["code"], code, "{arguments:?}");
    }
}

/// An error without a code can't be looked up.
#[test]
fn errors_of_commands_have_codes_that_explain_knows() {
    let site = Site::new();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    fs::write(site.path("broken.json"), "{}").unwrap();
    let asked: [(&[&str], &str); 9] = [
        (&["explain", "no::such"], "cli::unknown-name"),
        (&["why-not", "plan.json", "core-99"], "cli::unknown-name"),
        (&["explain", "plan.json", "core-02"], "cli::ambiguous"),
        (&["show", "broken.json"], "plan::unusable"),
        (&["plan", "--snapshot", "broken.json"], "snapshot::unusable"),
        (&["apply", "plan.json"], "cli::no-terminal"),
        (&["report"], "run::missing"),
        (&["rollback", "--yes"], "run::missing"),
        (&["plan", "--no-such-option"], "cli::usage"),
    ];
    for (arguments, code) in asked {
        site.mdc(arguments).exits(1).says(code);
        site.mdc(&["explain", code]).exits(0);
    }
}

#[test]
fn the_reference_plans_are_those_that_are_made_now() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // All of them: examples name the quickstart's releases.
    let copies = tempfile::tempdir().unwrap();
    examples::copy(&examples::folder(), copies.path());
    for (example, basis) in EXAMPLES {
        // They are the same on machines with one processor and with many.
        for (format, ending, processors) in
            [("json", "json", "1"), ("markdown", "md", "3"), ("html", "html", "8")]
        {
            let mut command = Command::new(env!("CARGO_BIN_EXE_mdc"));
            command.args(["plan", "--format", format]).args(basis);
            command.env("RAYON_NUM_THREADS", processors);
            let output = command.current_dir(copies.path().join(example)).output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(0), "{example}: {said}");
            let made = String::from_utf8(output.stdout).unwrap();
            let path = root.join("plans").join(format!("{example}.{ending}"));
            if std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
                fs::write(&path, &made).unwrap();
            }
            let kept = fs::read_to_string(&path).unwrap();
            assert!(
                kept == made,
                "{} differs: run with SNAPSHOTS=overwrite and review",
                path.display()
            );
        }
    }
}

#[test]
fn simulated_examples_come_to_their_end() {
    let copies = tempfile::tempdir().unwrap();
    examples::copy(&examples::folder(), copies.path());
    for example in ["staging", "fresh-install", "hot-backup"] {
        let folder = copies.path().join(example);
        examples::hurry(&folder.join("mdc.toml"));
        fs::create_dir(folder.join("secrets")).unwrap();
        for name in ["connection-key", "encryption-key", "identity.key", "identity.pem"] {
            let path = folder.join("secrets").join(name);
            fs::write(&path, "abcdefghijklmnopqrstuvwxyz012345").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        let saved = ["plan", "-o", "plan.json"];
        let apply = ["apply", "plan.json", "--yes"];
        for arguments in [saved.as_slice(), &apply, &["plan", "--detailed-exitcode"]] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_mdc"));
            command.args(arguments).env("DATABASE_PASSWORD", "canary").current_dir(&folder);
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{example} {arguments:?}: {said}");
        }
    }
}

#[test]
fn a_saved_plan_brings_up_a_database_that_is_down() {
    let site = Site::new();
    site.mdc(&["apply", "--yes"]).exits(0);
    let path = site.path(".mdc/fleet/db-01.json");
    let mut host: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    host["units"]["postgresql"]["state"] = json!({ "stopped": "failed" });
    fs::write(&path, host.to_string()).unwrap();
    site.mdc(&["plan", "-o", "plan.json"]).exits(0);
    site.mdc(&["apply", "plan.json", "--yes"]).exits(0).says("Complete");
    site.mdc(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn events_are_lines_of_json_as_the_schema_says() {
    let site = Site::new();
    let nowhere = ["apply", "--yes", "--events", "no/such/folder/events"];
    site.mdc(&nowhere).exits(1);
    assert!(!site.path(".mdc/runs").exists(), "nothing was begun");
    site.mdc(&["apply", "--yes", "--events", "events.jsonl"]).exits(0);
    let text = fs::read_to_string(site.path("events.jsonl")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/event.schema.json");
    let schema: Value = serde_json::from_slice(&fs::read(schema).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for line in &lines {
        assert!(schema.is_valid(line), "{line}: {:?}", schema.iter_errors(line).next());
    }
    let finished = lines.iter().filter(|line| line["event"]["step-finished"].is_object()).count();
    let steps = lines[0]["event"]["run-started"]["steps"].as_u64().unwrap();
    assert_eq!(finished as u64, steps);
    assert_eq!(lines.last().unwrap()["event"], "run-finished");
}

fn schema(name: &str) -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name);
    let schema: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn problems_have_their_places_for_programs() {
    let site = Site::new();
    let ask = |status: i32| -> Value {
        let ran = site.mdc(&["validate", "--format", "json"]).exits(status);
        let said: Value = serde_json::from_str(&ran.out()).unwrap();
        let schema = schema("validation.schema.json");
        assert!(schema.is_valid(&said), "{:?}", schema.iter_errors(&said).next());
        said
    };
    let good = ask(0);
    assert_eq!((&good["valid"], &good["describes"]["hosts"]), (&json!(true), &json!(12)));
    site.edit("mdc.toml", "components = [", "components = [\"nothing-like-it\", ");
    let bad = ask(1);
    assert_eq!((&bad["valid"], &bad["describes"]), (&json!(false), &Value::Null));
    let problem = &bad["problems"][0];
    assert_eq!(
        (&problem["code"], &problem["severity"]),
        (&json!("desired::unknown-component"), &json!("error"))
    );
    let place = &problem["places"][0];
    let text = fs::read_to_string(site.path("mdc.toml")).unwrap();
    let number = |key: &str| usize::try_from(place[key].as_u64().unwrap()).unwrap();
    let line = text.lines().nth(number("line") - 1).unwrap();
    let there: String = line.chars().skip(number("column") - 1).collect();
    assert!(there.starts_with("\"nothing-like-it\""), "{there}");
}

#[test]
fn a_form_is_not_taken_for_the_name_of_a_file() {
    let site = Site::new();
    for command in ["plan", "observe"] {
        let answer = site.mdc(&[command, "--output", "json"]).exits(0).out();
        assert!(serde_json::from_str::<Value>(&answer).is_ok(), "{command}");
        site.mdc(&[command, "-ojson"]).exits(1).says("--format json");
        assert!(!site.path("json").exists(), "{command}");
    }
    site.mdc(&["plan", "-o", "./json"]).exits(0);
    assert!(site.path("json").exists());
    let code = site.mdc(&["explain", "preflight::disk", "--output", "json"]).exits(0);
    let code: Value = serde_json::from_str(&code.out()).unwrap();
    assert_eq!((&code["severity"], &code["waivable"]), (&json!("error"), &json!(true)));
}

#[test]
fn files_that_people_write_name_their_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("examples"), root.join("src/catalog/components")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = entry.file_name().unwrap().to_str().unwrap();
            if entry.is_dir() && !name.starts_with('.') {
                folders.push(entry);
            } else if name == "mdc.toml" || name == "component.toml" || name.starts_with("release")
            {
                let text = fs::read_to_string(&entry).unwrap();
                let line = text.lines().find_map(|line| line.strip_prefix("#:schema "));
                let line = line.unwrap_or_else(|| panic!("{} has none", entry.display()));
                assert!(folder.join(line).is_file(), "{}: {line}", entry.display());
                seen += 1;
            }
        }
    }
    assert!(seen >= 15, "{seen}");
}

#[test]
fn a_run_is_reported_for_programs_too() {
    let site = Site::new();
    site.mdc(&["observe"]).exits(0);
    site.fault("core-01", &json!({ "unreachable": "no route to host" }));
    for status in [1, 0] {
        let ran = site.mdc(&["apply", "--yes", "--format", "json"]).exits(status);
        let report: Value = serde_json::from_str(&ran.out()).unwrap();
        let schema = schema("report.schema.json");
        assert!(schema.is_valid(&report), "{:?}", schema.iter_errors(&report).next());
        assert!(report["run"].is_string(), "{report}");
        assert!(ran.err().contains("plan to release B"), "people still see the plan");
        site.fault("core-01", &json!({}));
    }
}

#[test]
fn the_status_is_there_for_programs_too() {
    let site = Site::new();
    site.mdc(&["observe"]).exits(0);
    site.fault("core-01", &json!({ "unreachable": "no route to host" }));
    let ran = site.mdc(&["status", "--output", "json"]).exits(1);
    let status: Value = serde_json::from_str(&ran.out()).unwrap();
    let schema = schema("status.schema.json");
    assert!(schema.is_valid(&status), "{:?}", schema.iter_errors(&status).next());
    let of = |host: &str, component: &str| {
        let all = status["resources"].as_array().unwrap();
        all.iter().find(|it| it["host"] == host && it["component"] == component).unwrap().clone()
    };
    assert_eq!(of("core-01", "worker")["state"], "unknown");
    assert_eq!(of("core-02", "worker")["state"], "differs");
    assert_eq!(of("core-04", "worker")["state"], "as-desired");
    let reason = status["unknown"]["core-01"]["reason"].as_str().unwrap();
    assert!(reason.contains("no route to host"), "{reason}");
}

#[test]
fn a_plan_is_rehearsed_on_a_twin_without_any_host() {
    let site = Site::new();
    site.mdc(&["observe", "-o", "snapshot.json"]).exits(0);
    fs::remove_dir_all(site.path(".mdc")).unwrap();
    let rehearse = ["rehearse", "--twin", "snapshot.json", "--drills", "kinds", "-o", "twin.json"];
    let ran = site.mdc(&rehearse).exits(0);
    assert!(ran.out().contains("it comes to its end"), "{}", ran.out());
    assert!(ran.out().contains("no way back"), "{}", ran.out());
    assert!(!site.path(".mdc").exists(), "no host and no record of runs was touched");
    let evidence: Value =
        serde_json::from_slice(&fs::read(site.path("twin.json")).unwrap()).unwrap();
    assert_eq!((&evidence["simulated"], &evidence["unfinished"]), (&true.into(), &Value::Null));
    let drills = evidence["drills"].as_array().unwrap();
    let recovered = drills.iter().filter(|drill| drill["resumed"]["completes"] == true).count();
    assert!(recovered > 10, "{recovered} of {}", drills.len());
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/evidence.schema.json");
    let schema: Value = serde_json::from_slice(&fs::read(schema).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    assert!(schema.is_valid(&evidence), "{:?}", schema.iter_errors(&evidence).next());
}

#[test]
fn completions_and_man_pages_are_written() {
    let site = Site::new();
    site.mdc(&["generate", "completions", "bash"]).exits(0).says("_mdc()");
    fs::create_dir(site.path("man")).unwrap();
    fs::write(site.path("man/mdc-of-before.1"), "").unwrap();
    let answer = site.mdc(&["generate", "man", "man", "--format", "json"]).exits(0).out();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let written: Vec<&str> =
        answer["files"].as_array().unwrap().iter().map(|file| file.as_str().unwrap()).collect();
    for file in ["man/mdc.1", "man/mdc-apply.1", "man/mdc-generate-man.1"] {
        assert!(written.contains(&file), "{written:?}");
    }
    // All that it has written, and nothing else.
    let there = fs::read_dir(site.path("man")).unwrap().count();
    assert_eq!((written.contains(&"man/mdc-of-before.1"), written.len() + 1), (false, there));
    assert!(fs::read_to_string(site.path("man/mdc-apply.1")).unwrap().contains("give\\-up"));
}

#[test]
fn the_readme_shows_what_is_really_printed() {
    let readme = include_str!("../README.md");
    let (_, after) = readme.split_once("$ mdc plan --detail summary\n").unwrap();
    let (shown, _) = after.split_once("\n```").unwrap();
    // The example as it is: its seal is the one that a reader gets.
    let site = Site::unhurried();
    assert_eq!(site.mdc(&["plan", "--detail", "summary"]).exits(0).out().trim_end(), shown);
}
