//! A copy of the quickstart, and what is left of it after a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

pub(crate) struct Site {
    folder: tempfile::TempDir,
}

/// How a command of `mdc` ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) said: String,
}

impl Site {
    /// The quickstart, without waiting, already read once so that its hosts are in their files.
    pub(crate) fn new() -> Self {
        // In memory: the suite writes some hundred thousand small files.
        let memory = Path::new("/dev/shm");
        let folder =
            if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let site = Self { folder: folder.unwrap() };
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
        copy(&from, site.folder.path());
        site.edit("speed = 20", "speed = 0");
        site.edit("every = \"500ms\"", "every = \"1ms\"");
        site.mdc(&["observe"]).ended(0);
        site
    }

    /// Another one in the same state.
    pub(crate) fn copy(&self) -> Self {
        let folder = tempfile::tempdir_in(self.folder.path().parent().unwrap()).unwrap();
        copy(self.folder.path(), folder.path());
        Self { folder }
    }

    /// Another controller's folder for the same hosts, without any record of runs.
    pub(crate) fn sharing(&self) -> Self {
        let other = self.copy();
        other.forget();
        let fleet = self.path(".mdc/fleet");
        other.edit("folder = \".mdc/fleet\"", &format!("folder = {:?}", fleet.to_str().unwrap()));
        other
    }

    /// Removes all records of runs, but not the hosts.
    pub(crate) fn forget(&self) {
        for entry in fs::read_dir(self.path(".mdc")).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap() == "fleet" {
                continue;
            }
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.path("mdc.toml")).unwrap();
        assert!(text.contains(from), "no {from:?}");
        fs::write(self.path("mdc.toml"), text.replace(from, to)).unwrap();
    }

    /// Cores are taken away without a look at the others, which would meet the faults of a health check
    /// before its step does.
    pub(crate) fn promise_nothing(&self) {
        self.edit("[components.md-core]", "[components.md-core]\nrolling = { min-healthy = 0 }");
    }

    pub(crate) fn host(&self, host: &str) -> Value {
        let text = fs::read(self.path(&format!(".mdc/fleet/{host}.json"))).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    /// Sets what goes wrong on a host.
    pub(crate) fn fault(&self, host: &str, key: &str, fault: &Value) {
        let mut file = self.host(host);
        file["faults"]["fail"][key] = fault.clone();
        self.write(host, &file);
    }

    /// Services of a host that run and aren't healthy.
    pub(crate) fn unhealthy(&self, host: &str, units: &[&str]) {
        let mut file = self.host(host);
        file["faults"]["unhealthy"] = json!(units);
        self.write(host, &file);
    }

    pub(crate) fn mend(&self, host: &str) {
        let mut file = self.host(host);
        file["faults"] = json!({});
        self.write(host, &file);
    }

    pub(crate) fn write(&self, host: &str, file: &Value) {
        fs::write(self.path(&format!(".mdc/fleet/{host}.json")), file.to_string()).unwrap();
    }

    pub(crate) fn mdc(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(arguments).output().unwrap())
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap()
    }

    /// Starts it without anybody who listens.
    pub(crate) fn start_quietly(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mdc"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// The plan of what is to be done.
    pub(crate) fn plan(&self) -> Value {
        self.mdc(&["plan", "-o", "plan.json"]).ended(0);
        serde_json::from_slice(&fs::read(self.path("plan.json")).unwrap()).unwrap()
    }

    /// The entries of all journals, oldest run first.
    pub(crate) fn journal(&self) -> Vec<Value> {
        self.lines().into_iter().map(|mut line| line["entry"].take()).collect()
    }

    /// The steps that were begun, in order.
    pub(crate) fn begun(&self) -> Vec<String> {
        let step = |entry: Value| Some(entry["intent"]["step"].as_str()?.to_owned());
        self.journal().into_iter().filter_map(step).collect()
    }

    /// When the entries were recorded, in seconds since 1970.
    pub(crate) fn times(&self) -> Vec<i64> {
        let time = |line: Value| line["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        self.lines().into_iter().map(|line| time(line).as_second()).collect()
    }

    fn lines(&self) -> Vec<Value> {
        let mut runs: Vec<PathBuf> =
            fs::read_dir(self.path(".mdc/runs")).unwrap().map(|run| run.unwrap().path()).collect();
        runs.sort();
        let texts = runs.iter().map(|run| fs::read_to_string(run.join("journal.jsonl")).unwrap());
        let lines: Vec<String> =
            texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What runs where, and what was done to bring it there: hosts without what is only about this
    /// run and its faults.
    pub(crate) fn state(&self) -> BTreeMap<String, Value> {
        let mut hosts = BTreeMap::new();
        for entry in fs::read_dir(self.path(".mdc/fleet")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let Some(host) = name.strip_suffix(".json") else { continue };
            let mut file = self.host(host);
            for key in ["lease", "faults", "log", "boot-id", "jobs"] {
                file.as_object_mut().unwrap().remove(key);
            }
            hosts.insert(host.to_owned(), file);
        }
        hosts
    }

    /// How often each host did what changes it.
    pub(crate) fn log(&self, host: &str) -> BTreeMap<String, usize> {
        let mut counted = BTreeMap::new();
        for key in self.host(host)["log"].as_array().into_iter().flatten() {
            *counted.entry(key.as_str().unwrap().to_owned()).or_default() += 1;
        }
        counted
    }

    /// Asserts that the cluster is as after a run that nothing disturbed.
    pub(crate) fn is_as(&self, undisturbed: &Self, what: &str) {
        let (state, wanted) = (self.state(), undisturbed.state());
        for (host, wanted) in &wanted {
            assert_eq!(&state[host], wanted, "{what}: {host}");
        }
        let again = self.mdc(&["plan", "--detailed-exitcode"]);
        assert_eq!(again.status, Some(0), "{what}: {}", again.said);
    }
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Self {
        let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        Self { status: output.status.code(), said: String::from_utf8(said).unwrap() }
    }

    #[track_caller]
    pub(crate) fn ended(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{}", self.said);
        self
    }

    /// Asserts that it said all of `words`, wherever its lines end.
    #[track_caller]
    pub(crate) fn tells(self, words: &[&str]) -> Self {
        let flat = self.flat();
        for word in words {
            assert!(flat.contains(word), "{word:?} is not in:\n{}", self.said);
        }
        self
    }

    /// What was said, without the lines that it was put on.
    pub(crate) fn flat(&self) -> String {
        self.said.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
