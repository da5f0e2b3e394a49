//! Lines for cmd in Wine, whose cmd and Windows Installer others have written: packages that wixl makes are
//! really installed. Wine is not Windows: it says nothing of services, certutil or PowerShell. Left out
//! unless `MDC_WINE` is set, since making its folder takes a while.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::plans::{Site, texts};

struct Wine(tempfile::TempDir);

impl Wine {
    fn run(&self, line: &str) -> Output {
        // The line is executed as it is: through Wine's own arguments it would be quoted anew.
        let script = self.0.path().join("line.bat");
        fs::write(&script, format!("@{line}\r\n")).unwrap();
        let script = format!("Z:{}", script.display()).replace('/', "\\");
        self.wine(&["cmd", "/c", &script])
    }

    fn wine(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("wine");
        command.args(arguments).env("WINEPREFIX", self.0.path().join("prefix"));
        command.envs([("WINEDEBUG", "-all"), ("WINEARCH", "win64"), ("DISPLAY", "")]);
        command.output().unwrap()
    }

    fn put(&self, from: &Path, to: &str) {
        let to = self.0.path().join("prefix/drive_c").join(to.replace('\\', "/"));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is left out must be seen")]
fn wine_installs_by_the_lines_of_a_plan() {
    if std::env::var_os("MDC_WINE").is_none() {
        eprintln!("left out: MDC_WINE is not set");
        return;
    }
    let wine = Wine(tempfile::tempdir().unwrap());
    wine.wine(&["wineboot", "-i"]);
    let site = Site::new("");
    let texts = texts(&site.plan());
    let installs = |part: &str| {
        let mut lines = texts["install-file"].iter();
        lines.find(|text| text.contains(part)).unwrap().clone()
    };
    let line = installs("worker-2.9.0");
    let path = line.split('"').find(|part| part.contains(".msi")).unwrap();
    let missing = wine.run(&line);
    assert_ne!(missing.status.code(), Some(0));
    let name = path.rsplit('\\').next().unwrap();
    wine.put(&site.folder().join("packages").join(name), path.strip_prefix("C:\\").unwrap());
    let done = wine.run(&line);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let keys = r#"reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall" /s"#;
    let there = String::from_utf8_lossy(&wine.run(keys).stdout).into_owned();
    assert!(there.contains("MetaDefender Cluster Worker") && there.contains("2.9.0"), "{there}");
    // What msiexec says is what comes of it, but for the two that mean that it is done.
    let (before, after) = line.split_once("msiexec.exe").unwrap();
    let after = after.split_once("& set s=").unwrap().1;
    for (says, status, told) in [
        (3010, 0, "a reboot is due"),
        (1641, 0, "a reboot has begun"),
        (1618, 1618, "another"),
        (1603, 1603, ""),
    ] {
        let output = wine.run(&format!("{before}cmd.exe /c exit {says}& set s={after}"));
        // A process here has eight bits of it.
        assert_eq!(output.status.code(), Some(status & 255), "{says}");
        let said = [output.stdout, output.stderr].concat();
        assert!(String::from_utf8_lossy(&said).contains(told), "{says}");
    }
}
