//! A Windows host of wine, cmd and Windows Installer for the tests of the whole program: the stand-in for
//! WinRM, with an emulation in the place of PowerShell (`emulated.py`, SEMANTICS NOT VERIFIED).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mdc::value::Digest;
use serde_json::{Value, json};

use crate::stand_in::{StandIn, file, made};

/// The user that the host lets in.
const USER: &str = "alice";
const PASSWORD: &str = "Password01";
/// Nothing that a test waits for takes that long.
const LONGEST: Duration = Duration::from_secs(180);
const PRODUCT: &str = "MetaDefender Cluster Worker";
const UNINSTALL: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";
/// What the packages run: nothing is there at first that holds them.
const HOLD: &str = "@echo off\r\necho x>>C:\\began\r\n:again\r\n\
    if not exist C:\\hold goto done\r\nping -n 2 127.0.0.1 >nul\r\ngoto again\r\n:done\r\n";

/// A Windows host with a Worker.
pub(crate) struct WineHost {
    stand_in: StandIn,
    address: String,
    folder: tempfile::TempDir,
}

impl WineHost {
    /// One that listens on `address`, where it can be had.
    pub(crate) fn start(address: &str) -> Option<Self> {
        let python = made("venv/bin/python")?;
        let ready = made("prefix/ready")?;
        // On the same disk as the prefix that is copied, most of which is shared.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let prefix = folder.path().join("prefix");
        copy_prefix(ready.parent().unwrap(), &prefix);
        let services = json!({"md-cluster-worker": {"product": PRODUCT, "running": true}});
        fs::create_dir_all(prefix.join("model/tasks")).unwrap();
        fs::write(prefix.join("model/services.json"), services.to_string()).unwrap();
        fs::write(prefix.join("drive_c/hold.cmd"), HOLD).unwrap();
        fs::write(folder.path().join("users"), users(PASSWORD)).unwrap();
        let [(_, bootstrap), ..] = mdc::transport::windows_scripts();
        let table =
            json!({Digest::of(bootstrap.as_bytes()).to_string(): [python, file("emulated.py")]});
        fs::write(folder.path().join("scripts.json"), table.to_string()).unwrap();
        let mut command = Command::new(&python);
        command
            .arg(file("host.py"))
            .args(["--address", address, "--idle", "5", "--scripts", "scripts.json"])
            .args(["--cut", "cut", "--wine"])
            .arg(folder.path())
            .current_dir(folder.path())
            .env("NTLM_USER_FILE", folder.path().join("users"))
            .envs(environment(&prefix));
        let stand_in = StandIn::start(&mut command);
        Some(Self { stand_in, address: address.to_owned(), folder })
    }

    /// What a manifest says of it: its connection, and the host.
    pub(crate) fn in_manifest(&self, password: &str) -> String {
        let (address, port) = (&self.address, self.stand_in.port);
        format!(
            "\n[connections.wine.winrm]\nuser = \"{USER}\"\nhttps = false\nport = {port}\n\
             password = {{ command = [\"printf\", \"%s\", \"{password}\"] }}\n\n\
             [hosts.win-01]\naddress = \"{address}\"\nos = \"windows-2022\"\nconnection = \"wine\"\n\
             components = [\"worker\"]\n"
        )
    }

    /// The right password.
    pub(crate) const fn password() -> &'static str {
        PASSWORD
    }

    /// A place on drive C.
    pub(crate) fn drive(&self, path: &str) -> PathBuf {
        self.folder.path().join("prefix/drive_c").join(path)
    }

    /// Runs one of wine's programs here, without `mdc`.
    fn wine(&self, arguments: &[&str]) -> String {
        let prefix = self.folder.path().join("prefix");
        let mut command = Command::new("wine");
        let done = command.args(arguments).envs(environment(&prefix)).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    /// Installs a package by hand.
    pub(crate) fn install(&self, package: &Path) {
        let place = format!("Z:{}", package.display()).replace('/', "\\");
        self.wine(&["msiexec", "/i", &place, "/qn"]);
    }

    /// The versions of the Worker that the registry tells.
    pub(crate) fn versions(&self) -> Vec<String> {
        let said = self.wine(&["reg", "query", UNINSTALL, "/s"]);
        let mut lines = said.lines().filter(|line| line.contains("Display"));
        let mut found = Vec::new();
        while let Some(line) = lines.next() {
            if line.contains(PRODUCT) {
                let version = lines.next().unwrap_or_default();
                found.push(version.split_whitespace().last().unwrap_or_default().to_owned());
            }
        }
        found
    }

    /// The scheduled tasks of the emulation's model.
    pub(crate) fn tasks(&self) -> Vec<String> {
        names(&self.folder.path().join("prefix/model/tasks"))
    }

    /// Waits until something was told that `is` accepts.
    pub(crate) fn awaits(&self, what: &str, is: impl Fn(&[Value]) -> bool) {
        let (heard, word) = &*self.stand_in.heard;
        let (heard, waited) =
            word.wait_timeout_while(heard.lock().unwrap(), LONGEST, |heard| !is(heard)).unwrap();
        assert!(!waited.timed_out(), "{what} did not happen: {heard:?}");
    }

    /// How often `event` was told.
    pub(crate) fn count(&self, is: impl Fn(&Value) -> bool) -> usize {
        self.stand_in.said().iter().filter(|it| is(it)).count()
    }

    /// Nothing of `mdc` is left: no shell, no task; and there was never more than one shell.
    pub(crate) fn is_left_clean(&self) {
        self.awaits("the end of the last shell", |heard| {
            heard.iter().rfind(|it| it["event"] == "shell").is_none_or(|it| it["open"] == 0)
        });
        assert_eq!(self.tasks(), [""; 0]);
        assert_eq!(self.count(|it| it["event"] == "shell" && it["open"].as_u64() > Some(1)), 0);
        assert_eq!(self.count(|it| it["event"] == "bug" || it["event"] == "plaintext"), 0);
        assert_eq!(names(&self.drive("ProgramData/mdc/received")), [""; 0]);
        assert_eq!(self.count(|it| it["known"] == false), 0);
    }
}

impl Drop for WineHost {
    /// First whoever carries jobs out, which would otherwise start wine again.
    fn drop(&mut self) {
        self.stand_in.end();
        end_runners(&self.drive("ProgramData/mdc"));
        let prefix = self.folder.path().join("prefix");
        let _ = Command::new("wineserver").arg("-k").envs(environment(&prefix)).status();
    }
}

/// Ends the emulated runners of the jobs below `folder`, each known by its number and when it began.
fn end_runners(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            end_runners(&path);
        } else if path.file_name().is_some_and(|name| name == "pid")
            && let Ok(text) = fs::read_to_string(&path)
            && let Some((id, began)) = text.split_once(' ')
            && let Ok(stat) = fs::read_to_string(format!("/proc/{id}/stat"))
            && stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(19)) == Some(began)
            && let Some(id) = id.parse().ok().and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
        }
    }
}

/// The file `users` of a host, as pyspnego takes it: who is let in from now on.
pub(crate) fn users(password: &str) -> String {
    format!(":{USER}:{password}\n")
}

fn environment(prefix: &Path) -> [(&'static str, String); 4] {
    [
        ("WINEPREFIX", prefix.to_str().unwrap().to_owned()),
        ("WINEDEBUG", "-all".to_owned()),
        ("WINEDLLOVERRIDES", "mscoree=;mshtml=".to_owned()),
        ("DISPLAY", String::new()),
    ]
}

/// Files are shared with the prefix that is copied, but for the registry, which wine writes in place.
fn copy_prefix(from: &Path, to: &Path) {
    let script = "cp -al \"$1\" \"$2\" && cp --remove-destination \"$1\"/*.reg \"$2\"/";
    let done = Command::new("sh").args(["-c", script, "sh"]).args([from, to]).status().unwrap();
    assert!(done.success());
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect()
}

/// A package of the Worker in `folder`, made by wixl. While `C:\hold` is there, its installation waits,
/// having added a line to `C:\began`.
pub(crate) fn package(folder: &Path, version: &str) -> PathBuf {
    let work = tempfile::tempdir().unwrap();
    let name = format!("worker-{version}.msi");
    let text = format!(
        r#"<?xml version="1.0"?><Wix xmlns="http://schemas.microsoft.com/wix/2006/wi"><Product Id="*"
        Name="{PRODUCT}" Version="{version}" Language="1033" Manufacturer="stand-in"
        UpgradeCode="00000000-0000-4000-8000-000000000004"><Package InstallerVersion="500"
        Compressed="yes" InstallScope="perMachine"/><MajorUpgrade DowngradeErrorMessage="newer"/>
        <MediaTemplate EmbedCab="yes"/><Directory Id="TARGETDIR" Name="SourceDir">
        <Directory Id="ProgramFiles64Folder"><Directory Id="PLACE" Name="Worker">
        <Component Id="C" Guid="*"><File Id="F" Name="version.txt" Source="version.txt" KeyPath="yes"/>
        </Component></Directory></Directory></Directory><Feature Id="M" Level="1"><ComponentRef Id="C"/>
        </Feature><InstallExecuteSequence><Custom Action="Hold" After="InstallInitialize">NOT Installed</Custom>
        </InstallExecuteSequence></Product></Wix>"#
    );
    fs::write(work.path().join("version.txt"), version).unwrap();
    fs::write(work.path().join("it.wxs"), text).unwrap();
    // 98: a command line in a folder, whatever its status; wixl has no words for that.
    let action = r"INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) \
        VALUES ('Hold', 98, 'TARGETDIR', 'cmd.exe /c C:\hold.cmd')"
        .replace("\\\n", "");
    let made = Command::new("sh")
        .args([
            "-c",
            "wixl -a x64 -o \"$1\" it.wxs && msibuild \"$1\" -q \"$2\"",
            "sh",
            &name,
            &action,
        ])
        .current_dir(work.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let path = folder.join(name);
    fs::copy(work.path().join(path.file_name().unwrap()), &path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    path
}
