//! What plans render for Windows hosts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::examples;
use crate::syntax::faults;

/// What makes a plan of the example have a text of every kind, but those of reboots.
pub(crate) const MORE: &str = r#"
[components.identity-service.secrets]
extra-password = { file = "password" }

[components.identity-service.files.extra]
path = "C:\\ProgramData\\it's\\extra.yml"
content = '''
password: {{json secrets.extra-password}}
'''

[components.control-center.windows]
health = { command = "if (-not (Test-Path 'C:\\ready')) { throw 'it is not ready' }" }

[components.md-core.windows.drain]
isolate = "Invoke-RestMethod -Method Post -Uri 'http://127.0.0.1:{{ports.main}}/isolate'"
restore = "cmd.exe /d /s /c \"del C:\\isolated\""

[gates.confirm.control-center]
text = "the load balancer knows of the window"
verify = "Test-Path 'C:\\confirmed'"
"#;

const REBOOTS: &str = "\n[components.worker]\nreboot = { when = \"when-asked\" }\n";

pub(crate) struct Site(tempfile::TempDir);

impl Site {
    /// The example, with `more` and its hosts at full speed.
    pub(crate) fn new(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for example in ["production", "quickstart"] {
            examples::copy(&examples::folder().join(example), &folder.path().join(example));
        }
        let manifest = folder.path().join("production/mdc.toml");
        examples::hurry(&manifest);
        let text = fs::read_to_string(&manifest).unwrap();
        let text = text.replace(
            "newest = 'D:\\backups\\file-storage\\*.zip'\n",
            "newest = 'D:\\backups\\file-storage\\*.zip'\ntake = \"in-plan\"\ntake-by = 'Compress-Archive C:\\x $args[0]'\nprobe = 'Test-Path $args[0]'\n",
        );
        let text = text.replacen(
            "components = [\"worker\", \"md-core\"]",
            "components = [\"worker\", \"md-core\"]\nremoved = [\"callback-service\"]",
            1,
        );
        let text =
            text.replace("[defaults]\n", "\"core-01/callback-service\" = \"2.8.0\"\n[defaults]\n");
        fs::write(&manifest, text + more).unwrap();
        let secret = folder.path().join("production/password");
        fs::write(&secret, "it's").unwrap();
        fs::set_permissions(secret, fs::Permissions::from_mode(0o600)).unwrap();
        Self(folder)
    }

    pub(crate) fn folder(&self) -> std::path::PathBuf {
        self.0.path().join("production")
    }

    pub(crate) fn mdc(&self, arguments: &[&str]) -> String {
        self.ends(arguments, 0)
    }

    fn ends(&self, arguments: &[&str], status: i32) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mdc"));
        let output = command.args(arguments).current_dir(self.folder()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The status of `mdc` and what it said.
    pub(crate) fn says(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mdc"));
        let output = command.args(arguments).current_dir(self.folder()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    pub(crate) fn plan(&self) -> Value {
        self.mdc(&["plan", "-o", "plan.json"]);
        read(&self.folder().join("plan.json"))
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

pub(crate) const WINDOWS: [&str; 5] =
    ["storage-01", "identity-01", "control-01", "core-01", "core-02"];

/// The texts that Windows hosts run, by what they carry out.
pub(crate) fn texts(plan: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let is_windows = |host: &Value| WINDOWS.contains(&host.as_str().unwrap_or_default());
    let mut take = |commands: &Value| {
        for command in commands.as_array().into_iter().flatten() {
            let task = command["task"].as_object().unwrap().keys().next().unwrap().clone();
            let run = command["run"].as_str().unwrap();
            // Some ask others, or the controller.
            if !run.is_empty() {
                texts.entry(task).or_default().insert(run.to_owned());
            }
        }
    };
    for step in plan["steps"].as_array().unwrap().iter().filter(|step| is_windows(&step["host"])) {
        take(&step["commands"]);
        for way in ["package", "files"] {
            take(&step["way-back"][way]["commands"]);
        }
    }
    let members = ["members", "asked"].into_iter().filter_map(|key| plan[key].as_object());
    for (member, check) in
        members.flat_map(|all| all.values()).filter_map(Value::as_object).flatten()
    {
        if WINDOWS.contains(&member.split('/').next().unwrap()) {
            take(&plan["checks"][check.as_str().unwrap()]);
        }
    }
    texts
}

#[test]
fn every_text_that_a_plan_renders_can_be_read() {
    let texts = texts(&Site::new(&[MORE, REBOOTS].concat()).plan());
    let expected = [
        "await-boot",
        "await-health",
        "await-idle",
        "back-up",
        "check-file",
        "check-removed",
        "check-unit",
        "check-version",
        "check-written",
        "confirm",
        "find-file",
        "install-file",
        "isolate",
        "mark-log",
        "note-boot",
        "prove-backup",
        "read-log",
        "reboot",
        "reboot-due",
        "receive-file",
        "remove-package",
        "restart-unit",
        "restore",
        "restore-file",
        "start-unit",
        "try-port",
        "write-file",
    ];
    let there: Vec<&str> = texts.keys().map(String::as_str).collect();
    assert_eq!(there, expected, "a kind of step that nobody has looked at");
    for (task, texts) in &texts {
        for text in texts {
            if let Some(line) = text.strip_prefix("cmd.exe ") {
                // One pair of quotes around the whole, and nothing that cmd would replace.
                assert!(line.contains(" /s /c \"") && line.ends_with('"'), "{task}: {text}");
                // The counter of a loop, which is alone: there is no second mark to pair it with.
                let line = line.replacen("%i", "", 1);
                assert!(!line.contains(['%', '\n']) && text.len() < 8000, "{task}: {text}");
            } else {
                assert_eq!(faults(text), Vec::<String>::new(), "{task}: {text}");
            }
            for posix in ["systemctl", "dpkg", "/dev/null", "/var/", "sh -c", "2>&1"] {
                assert!(!text.contains(posix), "{task} has `{posix}`: {text}");
            }
        }
    }
}

#[test]
fn a_plan_with_all_of_it_comes_to_its_end_and_back() {
    let site = Site::new(&[MORE, REBOOTS].concat());
    let confirmed = ["--confirm", "control-center", "--confirm", "api-gateway"];
    site.mdc(&[&["apply", "--yes"], &confirmed[..]].concat());
    site.mdc(&["plan", "--detailed-exitcode"]);
    // What has no way back stays, and is told.
    let report = site.ends(&["rollback", "--yes"], 1);
    assert!(report.contains("✗ Not complete: "), "{report}");
    assert!(report.contains("not taken back") && report.contains("stays as it is"), "{report}");
    let kept = site.mdc(&["report"]);
    assert!(kept.contains("not taken back"), "{kept}");
    let observed: Value = serde_json::from_str(&site.mdc(&["observe", "--json"])).unwrap();
    let version = |host: &str, component: &str| {
        let known = &observed["observed"]["hosts"][host]["known"];
        known["components"][component]["package"]["installed"].clone()
    };
    assert_eq!(version("core-01", "md-core"), "5.18.1");
    assert_eq!(version("identity-01", "identity-service"), "2.8.0");
    let host = &observed["observed"]["hosts"]["core-01"]["known"];
    assert_eq!(
        (&host["os"], &host["file-systems"]["C:\\"]),
        (&"windows-2022".into(), &host["free-disk"])
    );
}
