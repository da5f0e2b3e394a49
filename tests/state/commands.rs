//! The commands that read the record of runs and that ask whoever is at work, as their users run them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::server::Server;

/// A copy of the quickstart in a folder of its own.
pub(crate) struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    pub(crate) fn new(speed: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
        let status = Command::new("cp").arg("-r").arg(from).arg(folder.path()).status().unwrap();
        assert!(status.success());
        let site = Self { folder };
        let _ = fs::remove_dir_all(site.path(".mdc"));
        site.edit("speed = 20", &format!("speed = {speed}"));
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("quickstart").join(name)
    }

    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.path("mdc.toml")).unwrap();
        assert!(text.contains(from), "no {from:?}");
        fs::write(self.path("mdc.toml"), text.replacen(from, to, 1)).unwrap();
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mdc"));
        command.args(words).current_dir(self.path("")).stdin(Stdio::null());
        command
    }

    /// What a command says on both streams; it must end with `status`.
    #[track_caller]
    pub(crate) fn mdc(&self, words: &[&str], status: i32) -> String {
        let output = self.command(words).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert_eq!(output.status.code(), Some(status), "{words:?}: {said}");
        said
    }

    /// What a command that succeeds answers programs.
    #[track_caller]
    fn answer(&self, schema: &str, words: &[&str]) -> Value {
        let output = self.command(&[words, &["-o", "json"]].concat()).output().unwrap();
        assert!(output.status.success(), "{words:?}: {output:?}");
        valid(schema, str::from_utf8(&output.stdout).unwrap())
    }

    /// Sets what goes wrong on a simulated host.
    fn fault(&self, host: &str, fault: &Value) {
        self.mdc(&["observe"], 0);
        let path = self.path(&format!(".mdc/fleet/{host}.json"));
        let mut file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        file["faults"] = fault.clone();
        fs::write(path, file.to_string()).unwrap();
    }

    /// A run that failed once, was finished without one host, and then paid for that.
    fn with_a_run() -> Self {
        let site = Self::new(0);
        let says = "dpkg: error processing <script>alert(1)</script> | `x`\u{1b}[31m";
        let fault = json!({ "says": says, "times": 1 });
        site.fault(
            "control-01",
            &json!({ "fail": { "install:md-cluster-control-center": fault } }),
        );
        site.mdc(&["apply", "--yes"], 1);
        let rest = ["resume", "--yes", "--skip", "core-02", "--because", "its disk is full"];
        site.mdc(&rest, 1);
        site
    }

    /// What changed a simulated host, in order.
    pub(crate) fn log(&self, host: &str) -> Vec<String> {
        let file = fs::read(self.path(&format!(".mdc/fleet/{host}.json"))).unwrap();
        let file: Value = serde_json::from_slice(&file).unwrap();
        file["log"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
    }

    fn run(&self) -> String {
        let mut runs = fs::read_dir(self.path(".mdc/runs")).unwrap();
        runs.next().unwrap().unwrap().file_name().into_string().unwrap()
    }
}

#[track_caller]
pub(crate) fn holds(text: &str, words: &[&str]) {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(folded.contains(word), "{word:?} is not in:\n{text}");
    }
}

fn valid(schema: &str, text: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(schema);
    let schema: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let value: Value = serde_json::from_str(text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let problems: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
    assert_eq!(problems, Vec::<String>::new());
    value
}

#[test]
fn the_history_tells_runs_and_debts() {
    let site = Site::new(0);
    holds(&site.mdc(&["history"], 0), &["0 runs in .mdc"]);
    assert!(!site.path(".mdc").exists(), "looking leaves nothing behind");
    let site = Site::with_a_run();
    let run = site.run();
    let owed = "upgrade worker on core-02: its disk is full (--skip core-02)";
    holds(&site.mdc(&["history"], 0), &["1 run in", &run, "105 of 107", "but for debts", owed]);
    let history = valid("history.schema.json", &site.mdc(&["history", "--output", "json"], 0));
    assert_eq!(history["runs"][0]["debts"].as_object().unwrap().len(), 2);
    assert_eq!(history["runs"][0]["controllers"].as_array().unwrap().len(), 2);
    site.mdc(&["resume", "--debts", "--yes"], 0);
    let history = site.mdc(&["history"], 0);
    holds(&history, &["107 of 107", "✓ complete"]);
    assert!(!history.contains("owed"), "{history}");
}

#[test]
fn the_report_tells_all_in_every_form() {
    let site = Site::with_a_run();
    let run = site.run();
    let facts = [
        "change record of run",
        &run,
        "62 steps are left",
        "exit status 100",
        "dpkg: error processing",
        "its disk is full",
        "control-center control-01 2.8.0 2.9.0 ✓ 2.9.0",
        "apt-get install -y --no-remove",
        "✓ verifies",
    ];
    let text = site.mdc(&["report"], 0);
    holds(&text, &facts);
    assert!(!text.contains('\u{1b}'), "{text}");
    assert_eq!(site.mdc(&["report", &run[..15]], 0), text, "the beginning of an id will do");
    let markdown = site.mdc(&["report", "--format", "markdown"], 0);
    assert!(markdown.starts_with("# quickstart (staging): change record of run "), "{markdown}");

    let html = site.mdc(&["report", &run, "--format", "html"], 0);
    assert!(html.starts_with("<!DOCTYPE html>") && !html.contains("<script"), "{html}");
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    site.mdc(&["report", "--format", "html", "-o", "report.html"], 0);
    assert_eq!(fs::read_to_string(site.path("report.html")).unwrap(), html);
    holds(&site.mdc(&["report", "-o", "report.html"], 1), &["report.html", "isn't there yet"]);

    let json = site.mdc(&["report", "--format", "json"], 0);
    let record = valid("change-record.schema.json", &json);
    let steps = record["steps"].as_array().unwrap();
    let failed = steps.iter().find(|step| step["tries"].as_array().unwrap().len() == 2).unwrap();
    assert_eq!(failed["step"], "control-01/control-center/upgrade");
    assert!(failed["tries"][0]["outcome"]["failed"]["output"].is_array());
    assert_eq!(failed["tries"][1]["outcome"], "done");
    let command = failed["commands"][1]["run"].as_str().unwrap();
    assert!(command.contains("apt-get install"), "{command}");
    assert_eq!(record["journal"]["damage"], Value::Null);
    assert_eq!(record["attempts"].as_array().unwrap().len(), 2);
}

#[test]
fn what_there_is_not_is_not_reported() {
    let site = Site::new(0);
    holds(&site.mdc(&["report"], 1), &[".mdc has no run yet"]);
    let site = Site::with_a_run();
    holds(&site.mdc(&["report", "2000"], 1), &[".mdc has no run 2000", "mdc history"]);
    holds(&site.mdc(&["history", "--state", "nowhere"], 1), &["there is no such folder"]);
    fs::rename(site.path(".mdc"), site.path("old")).unwrap();
    holds(&site.mdc(&["history", "--state", "old"], 0), &["1 run in old"]);
    holds(&site.mdc(&["report", "--state", "old"], 0), &["✓ verifies"]);
}

#[test]
fn a_record_that_was_changed_is_told_apart() {
    let site = Site::with_a_run();
    let path = site.path(&format!(".mdc/runs/{}/journal.jsonl", site.run()));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"took\":\"", "\"took\":\"1h ", 1)).unwrap();
    let said = site.mdc(&["report"], 1);
    holds(&said, &["✗ does not verify", "is damaged at line", "the journal can't be trusted"]);
    holds(&site.mdc(&["history"], 1), &["it was changed: its digest doesn't fit"]);
    holds(&site.mdc(&["apply", "--yes"], 1), &["is damaged at line", "nothing was changed"]);
}

#[test]
fn a_journal_is_checked_without_mdc_as_the_documents_say() {
    let document = include_str!("../../docs/state.md");
    let (_, script) = document.split_once("<<'END'\n").unwrap();
    let (script, _) = script.split_once("END\n").unwrap();
    let site = Site::with_a_run();
    let path = site.path(&format!(".mdc/runs/{}/journal.jsonl", site.run()));
    let check = || {
        let words = ["-c", script, path.to_str().unwrap()];
        Command::new("python3").args(words).output().map(|output| output.status.success())
    };
    let Ok(verifies) = check() else {
        eprintln!("skipped: there is no python3");
        return;
    };
    assert!(verifies);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("control-01", "control-02", 1)).unwrap();
    assert!(!check().unwrap());
}

/// A run that goes on, with what it says.
pub(crate) struct Running {
    process: Child,
    says: std::io::Lines<BufReader<std::process::ChildStderr>>,
}

impl Running {
    pub(crate) fn start(site: &Site, words: &[&str]) -> Self {
        let mut command = site.command(words);
        let mut process = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let says = BufReader::new(process.stderr.take().unwrap()).lines();
        Self { process, says }
    }

    pub(crate) fn says(&mut self, word: &str) {
        let mut said = Vec::new();
        for line in self.says.by_ref() {
            said.push(line.unwrap());
            if said.last().unwrap().contains(word) {
                return;
            }
        }
        panic!("{word:?} is not in:\n{}", said.join("\n"));
    }

    /// What it said until its end.
    pub(crate) fn ends(mut self, status: i32) -> String {
        let rest: Vec<String> = self.says.by_ref().map(Result::unwrap).collect();
        let rest = rest.join("\n");
        assert_eq!(self.process.wait().unwrap().code(), Some(status), "{rest}");
        rest
    }
}

#[test]
fn a_run_is_paused_and_stopped_from_another_terminal() {
    let site = Site::new(15);
    let why = ["--because", "the phone rings"];
    for command in ["pause", "stop", "go-on"] {
        let said = site.mdc(&[&[command], &why[..]].concat(), 1);
        holds(&said, &["no mdc is at work on this cluster (.mdc)", "mdc history"]);
    }
    let mut running = Running::start(&site, &["apply", "--yes"]);
    running.says("upgrade identity-service");
    holds(&site.mdc(&["apply", "--yes"], 1), &["another mdc is at work", "`mdc apply mdc.toml`"]);
    let said = site.mdc(&[&["pause"], &why[..]].concat(), 0);
    holds(&said, &["Asked", "`mdc apply mdc.toml`", "mdc go-on"]);
    running.says("the phone rings");
    let asked = site.answer("asked.schema.json", &["go-on"]);
    assert_eq!((&asked["what"], &asked["because"]), (&"go-on".into(), &"the pause is over".into()));
    running.says("the pause is over");
    site.mdc(&["stop", "--because", "the window is over"], 0);
    running.says("the window is over");
    running.ends(1);
    holds(&site.mdc(&["history"], 0), &["✗ stopped", "the window is over"]);
    let record: Value =
        serde_json::from_str(&site.mdc(&["report", "--format", "json"], 0)).unwrap();
    let asked: Vec<_> =
        record["requests"].as_array().unwrap().iter().map(|it| it["what"].clone()).collect();
    assert_eq!(asked, ["pause", "go-on", "stop"]);
    site.edit("speed = 15", "speed = 0");
    site.mdc(&["resume", "--yes"], 0);
    holds(&site.mdc(&["history"], 0), &["107 of 107", "✓ complete"]);
}

#[test]
fn a_cluster_moves_from_a_folder_to_a_database() {
    let Some(server) = Server::shared() else { return };
    let site = Site::with_a_run();
    let run = site.run();
    holds(&site.mdc(&["adopt", ".mdc"], 1), &["there is nothing to take over from .mdc"]);
    let address = server.address("mdc");
    site.edit(
        "[cluster]",
        &format!("[cluster]\nstate = {{ postgres = {address:?}, site = \"moved\" }}"),
    );
    holds(&site.mdc(&["history"], 0), &["0 runs in PostgreSQL"]);
    let adopted = site.answer("adopted.schema.json", &["adopt", ".mdc"]);
    holds(adopted["into"].as_str().unwrap(), &["PostgreSQL 127.0.0.1", "site moved"]);
    assert_eq!(adopted["runs"], serde_json::json!([run]));
    holds(&site.mdc(&["report"], 0), &[&run, "✓ verifies", "its disk is full"]);
    holds(&site.mdc(&["resume", "--debts", "--yes"], 0), &["Complete"]);
    site.edit(&format!("{{ postgres = {address:?}, site = \"moved\" }}"), "\".mdc\"");
    let said = site.mdc(&["apply", "--yes"], 1);
    holds(&said, &["the runs of .mdc were taken over by PostgreSQL", "name the new place"]);
}

#[test]
fn a_cluster_is_upgraded_with_its_runs_in_a_database() {
    let Some(server) = Server::shared() else { return };
    let state = format!("[cluster]\nstate = {{ postgres = {:?} }}", server.address("mdc"));
    let site = Site::new(20);
    site.edit("[cluster]", &state);
    let mut running = Running::start(&site, &["apply", "--yes"]);
    running.says("upgrade identity-service");
    running.process.kill().unwrap();
    running.process.wait().unwrap();
    site.edit("speed = 20", "speed = 0");
    // Another controller: nothing but the manifest and the packages.
    let other = Site::new(0);
    other.edit("[cluster]", &state);
    let fleet = format!("folder = {:?}", site.path(".mdc/fleet").to_str().unwrap());
    other.edit("folder = \".mdc/fleet\"", &fleet);
    holds(&other.mdc(&["resume", "--yes"], 0), &["It is continued", "Complete"]);
    holds(&site.mdc(&["history"], 0), &["1 run in PostgreSQL 127.0.0.1", "107 of 107"]);
    holds(&site.mdc(&["report"], 0), &["site quickstart/staging", "✓ verifies"]);
    assert!(!other.path(".mdc/runs").exists() && !site.path(".mdc/runs").exists());
}
