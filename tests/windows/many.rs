//! A hundred Windows hosts at once, by the whole program: each has one login and one shell, and none is left.
//! All of them are one stand-in, which tells what the emulation of the facts says of an empty host.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mdc::value::Digest;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::stand_in::{StandIn, file, made};

const HOSTS: usize = 100;
/// So many can be closed within the time for that, with a new login each, by a stand-in that does one thing at a time.
const INTERRUPTED: usize = 25;
/// Nothing that a test waits for takes that long.
const LONGEST: Duration = Duration::from_secs(180);

struct Many {
    hosts: usize,
    stand_in: StandIn,
    folder: tempfile::TempDir,
}

impl Many {
    fn start(hosts: usize) -> Option<Self> {
        let python = made("venv/bin/python")?;
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("users"), ":alice:Password01\n").unwrap();
        let [(_, bootstrap), ..] = mdc::transport::windows_scripts();
        let digest = Digest::of(bootstrap.as_bytes()).to_string();
        let table = json!({ digest: [python, file("canned.py")] });
        fs::write(path("scripts.json"), table.to_string()).unwrap();
        let mut command = Command::new(&python);
        command
            .arg(file("host.py"))
            .args(["--address", "0.0.0.0", "--shells", "100", "--scripts", "scripts.json"])
            .current_dir(folder.path())
            .env("NTLM_USER_FILE", path("users"))
            .env("HOLD", path("hold"));
        let stand_in = StandIn::start(&mut command);
        let manifest = format!(
            "format-version = 1\n\n[cluster]\nname = \"many\"\nenvironment = \"test\"\nrelease = \"release.toml\"\n\n\
             [connections.windows.winrm]\nuser = \"alice\"\nhttps = false\nport = {}\n\
             password = {{ command = [\"printf\", \"%s\", \"Password01\"] }}\n\n\
             [hosts.\"win-[001..{hosts}]\"]\naddress = \"127.0.0.[1..{hosts}]\"\nos = \"windows-2022\"\n\
             connection = \"windows\"\ncomponents = [\"worker\"]\n\n\
             [components.control-center]\noptional = true\n",
            stand_in.port
        );
        fs::write(path("mdc.toml"), manifest).unwrap();
        let package = crate::wine_host::package(folder.path(), "2.9.0");
        let release = format!(
            "format-version = 1\nname = \"b\"\n\n[components.worker]\nversion = \"2.9.0\"\n\n\
             [components.worker.packages.msi]\nfile = \"worker-2.9.0.msi\"\nsha256 = \"{}\"\n",
            Digest::of(&fs::read(package).unwrap())
        );
        fs::write(path("release.toml"), release).unwrap();
        Some(Self { hosts, stand_in, folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Reads all of them at once.
    fn observes(&self) -> Child {
        let mut mdc = Command::new(env!("CARGO_BIN_EXE_mdc"));
        mdc.args(["observe", "--json", "--at-once", "100"]).current_dir(self.folder.path());
        mdc.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Each host had one shell, and none is left. What is under way when it is interrupted takes the connection, and so
    /// does a host that is slow to answer: then the shell is closed over another one.
    fn leaves_nothing(mut self) {
        self.stand_in.end();
        let said = self.stand_in.said();
        let count = |is: &dyn Fn(&Value) -> bool| said.iter().filter(|it| is(it)).count();
        let logins = count(&|it| it["event"] == "login");
        assert!((self.hosts..=2 * self.hosts).contains(&logins), "{logins}");
        assert_eq!(count(&|it| it["event"] == "request" && it["action"] == "Create"), self.hosts);
        assert_eq!(count(&|it| it["event"] == "bug" || it["event"] == "plaintext"), 0);
        assert_eq!(count(&|it| it["event"] == "end" && it["shells"] == 0), 1, "a shell is left");
    }
}

#[test]
fn a_hundred_hosts_have_a_shell_each_and_leave_none() {
    let Some(many) = Many::start(HOSTS) else { return };
    let output = many.observes().wait_with_output().unwrap();
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{complained}");
    let observed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let hosts = observed["observed"]["hosts"].as_object().unwrap();
    let known = hosts.values().filter(|host| host["known"]["os"] == "windows-2022").count();
    assert_eq!(known, HOSTS, "{complained}");
    many.leaves_nothing();
}

#[test]
fn many_hosts_have_no_shell_left_when_reading_them_is_interrupted() {
    let Some(many) = Many::start(INTERRUPTED) else { return };
    fs::write(many.path("hold"), "").unwrap();
    let controller = many.observes();
    let some_wait = |heard: &mut Vec<Value>| {
        heard.iter().filter(|it| it["action"] == "Command").count() < INTERRUPTED
    };
    let (heard, word) = &*many.stand_in.heard;
    let heard = heard.lock().unwrap();
    let waited = word.wait_timeout_while(heard, LONGEST, some_wait).unwrap().1;
    assert!(!waited.timed_out(), "not all of them were asked");
    let id = Pid::from_raw(i32::try_from(controller.id()).unwrap()).unwrap();
    kill_process(id, Signal::INT).unwrap();
    let ended = controller.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{}", String::from_utf8_lossy(&ended.stderr));
    fs::remove_file(many.path("hold")).unwrap();
    many.leaves_nothing();
}
