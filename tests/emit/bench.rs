//! A plan made up of a few steps on one host, and its emitted script.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use mdc::emit::{Templates, emit};
use mdc::plan::Plan;
use serde_json::{Value, json};

pub(crate) const HOST: &str = "core-01";

/// Says what is not tried here, and why.
pub(crate) fn skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED {what}");
}

/// Whether the bench tries the script for Windows, by the reader: see `powershell.rs`.
pub(crate) fn is_powershell() -> bool {
    std::env::var_os(ENGINE).is_some()
}

/// The name of the script.
pub(crate) fn script_name() -> &'static str {
    if is_powershell() { "core-01.ps1" } else { "core-01.sh" }
}

/// The variable by which it does.
pub(crate) const ENGINE: &str = "MDC_EMIT_POWERSHELL";

/// The python that has the grammar: `tests/winrm/up` makes it.
pub(crate) fn python() -> OsString {
    let made = concat!(env!("CARGO_MANIFEST_DIR"), "/target/winrm/venv/bin/python");
    std::env::var_os("MDC_PYTHON").unwrap_or_else(|| made.into())
}

/// The committed plan of the quickstart.
pub(crate) fn quickstart() -> Plan {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/plans/quickstart.json");
    mdc::plan::read(path.as_ref()).unwrap()
}

/// A plan with these steps and nothing else.
pub(crate) fn plan(steps: &[Value]) -> Plan {
    plan_that_asks(steps, &json!({}))
}

/// A plan with these steps, whose `members`, `asked` and `checks` have these, too.
fn plan_that_asks(steps: &[Value], whom: &Value) -> Plan {
    let mut value: Value =
        serde_json::from_str(include_str!("../../plans/quickstart.json")).unwrap();
    value["steps"] = json!(steps);
    value["asked"] = json!({});
    for (table, entries) in whom.as_object().unwrap() {
        value[table].as_object_mut().unwrap().extend(entries.as_object().unwrap().clone());
    }
    let mut plan: Plan = serde_json::from_value(value).unwrap();
    plan.seal = plan.digest();
    plan
}

/// A command by its exact text and what it carries out.
pub(crate) fn command(run: &str, task: &Value) -> Value {
    json!({ "run": run, "account": "root", "within": "60s", "task": task })
}

/// What changes something.
pub(crate) fn start(run: &str) -> Value {
    command(run, &json!({ "start-unit": { "unit": "unit" } }))
}

/// What tells whether it is so.
pub(crate) fn check(run: &str) -> Value {
    command(run, &json!({ "check-unit": { "unit": "unit" } }))
}

pub(crate) fn step(component: &str, wave: u32, commands: &[Value]) -> Value {
    gate(component, "start", wave, commands)
}

pub(crate) fn gate(component: &str, action: &str, wave: u32, commands: &[Value]) -> Value {
    json!({
        "id": format!("{HOST}/{component}/{action}"), "host": HOST, "component": component,
        "action": action, "stage": "live", "wave": wave, "to": "2.9.0", "after": [],
        "reasons": [{ "unit-stopped": { "observed": "inactive" } }], "forecast": "1s",
        "commands": commands
    })
}

/// A step that makes a file and sees that it is there.
pub(crate) fn makes(name: &str, wave: u32) -> Value {
    step(
        name,
        wave,
        &[
            start(&format!("echo {name} >>DIR/log; touch DIR/{name}")),
            check(&format!("test -e DIR/{name}")),
        ],
    )
}

/// As Ctrl-C does.
pub(crate) fn interrupt(child: &Child) {
    let pid = child.id().to_string();
    // It may have ended meanwhile.
    let _ = Command::new("kill").args(["-INT", &pid]).output().unwrap();
}

/// A folder with the script, and one for what its steps do.
pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) said: String,
}

impl Bench {
    /// Steps may name the folder of the bench as `DIR`.
    pub(crate) fn new(steps: &[Value]) -> Self {
        Self::asking(steps, &json!({}))
    }

    /// One whose steps ask these: see [`plan_that_asks`].
    pub(crate) fn asking(steps: &[Value], whom: &Value) -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        bench.write(steps, whom);
        bench
    }

    /// Writes the script of these steps, instead of the one that is there.
    pub(crate) fn emit(&self, steps: &[Value]) {
        self.write(steps, &json!({}));
    }

    fn write(&self, steps: &[Value], whom: &Value) {
        let here = |value: &Value| -> Value {
            let text = value.to_string().replace("DIR", self.folder.path().to_str().unwrap());
            serde_json::from_str(&text).unwrap()
        };
        let steps: Vec<Value> = steps.iter().map(here).collect();
        let mut plan = plan_that_asks(&steps, &here(whom));
        if is_powershell() {
            plan.windows.insert(HOST.parse().unwrap());
            plan.seal = plan.digest();
        }
        let emitted = emit(&plan, &Templates::built_in()).unwrap();
        let script = &emitted.texts[&camino::Utf8Path::new("hosts/core-01").join(script_name())];
        fs::write(self.path(script_name()), script).unwrap();
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn recorded(&self) -> PathBuf {
        fs::read_dir(self.path("record")).unwrap().next().unwrap().unwrap().path()
    }

    /// The record of what was done.
    pub(crate) fn state(&self) -> String {
        fs::read_to_string(self.recorded().join("state")).unwrap()
    }

    /// All that was printed.
    pub(crate) fn log(&self) -> String {
        let inside = fs::read_dir(self.recorded()).unwrap().map(|entry| entry.unwrap().path());
        let logs = inside.filter_map(|path| fs::read_to_string(path.join("log")).ok());
        logs.collect()
    }

    /// Puts a stand-in for a program before those of the machine: see [`Bench::bash`].
    pub(crate) fn stand_in(&self, name: &str, script: &str) {
        fs::create_dir_all(self.path("bin")).unwrap();
        fs::write(self.path("bin").join(name), format!("#!/bin/sh\n{script}\n")).unwrap();
        let mode = Permissions::from_mode(0o755);
        fs::set_permissions(self.path("bin").join(name), mode).unwrap();
    }

    /// What runs the script, where the stand-ins come first.
    pub(crate) fn bash(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("sh");
        // Whoever runs the tests in the background has Ctrl-C ignored, which nothing begun by that could hear.
        let call = "PATH=$0:$PATH exec env --default-signal=INT \"$@\"";
        command.args(["-c", call]).arg(self.path("bin"));
        if is_powershell() {
            let reader = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/emit/reader/read.py");
            command.arg(python()).args(["-B", reader]);
        } else {
            command.arg("bash");
        }
        command.arg(self.path(script_name())).args(arguments);
        command.env("MDC_BY_HAND", self.path("record")).env("ProgramData", self.path("data"));
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.bash(arguments).args(["--this-is", HOST]).output().unwrap())
    }

    pub(crate) fn begin(&self, arguments: &[&str]) -> Child {
        let mut bash = self.bash(arguments);
        bash.args(["--this-is", HOST]).stdout(Stdio::piped()).stderr(Stdio::piped());
        bash.spawn().unwrap()
    }

    /// As `begin`; what it says comes into the file `said`.
    pub(crate) fn begin_aloud(&self, arguments: &[&str]) -> Child {
        let said = fs::File::create(self.path("said")).unwrap();
        let mut bash = self.bash(arguments);
        bash.args(["--this-is", HOST]).stdout(said.try_clone().unwrap()).stderr(said);
        bash.spawn().unwrap()
    }

    /// Ends the script at once, as a power cut would, and waits until nothing of it holds the record.
    pub(crate) fn cut_off(&self, child: &mut Child) {
        child.kill().unwrap();
        child.wait().unwrap();
        let lock = self.recorded().join("lock");
        let free = || Command::new("flock").arg("-n").arg(&lock).arg("true").status().unwrap();
        until("the end of the script", || free().success());
    }

    /// Waits until the file is there.
    pub(crate) fn comes(&self, name: &str) {
        until(name, || self.has(name));
    }
}

/// Waits until it is so.
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what} never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { status: output.status.code(), said: text(&output.stdout) + &text(&output.stderr) }
    }

    #[track_caller]
    pub(crate) fn ends(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{}", self.said);
        self
    }

    #[track_caller]
    pub(crate) fn tells(self, words: &[&str]) -> Self {
        for words in words {
            assert!(self.said.contains(words), "{words:?} is not in:\n{}", self.said);
        }
        self
    }

    #[track_caller]
    pub(crate) fn silent_of(self, words: &str) -> Self {
        assert!(!self.said.contains(words), "{words:?} is in:\n{}", self.said);
        self
    }
}
