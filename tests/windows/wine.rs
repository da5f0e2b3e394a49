//! Lines for cmd in Wine, whose cmd and Windows Installer others have written: packages that wixl makes are
//! really installed. Wine is not Windows: it says nothing of services, certutil or PowerShell. Left out
//! unless `MDC_WINE` is set, since making its folder takes a while.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use crate::plans::{Site, texts};

struct Wine(tempfile::TempDir);

impl Wine {
    /// What comes of the line, and with which status: a process here has eight bits of it, cmd has all.
    fn run(&self, line: &str) -> (i64, Output) {
        // The line is executed as it is: through Wine's own arguments it would be quoted anew.
        let script = self.0.path().join("line.bat");
        // In a script a mark of replacement is written twice; what runs a plan has none.
        let line = line.replace('%', "%%");
        fs::write(&script, format!("@{line}\r\n@echo status %errorlevel%\r\n")).unwrap();
        let script = format!("Z:{}", script.display()).replace('/', "\\");
        let output = self.wine(&["cmd", "/c", &script]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let status = said.rsplit("status ").next().unwrap().trim().parse().unwrap();
        (status, output)
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
fn wine_installs_by_the_lines_of_a_plan() {
    if std::env::var_os("MDC_WINE").is_none() {
        // Not by `eprintln!`, whose words the harness keeps to itself while a test goes well.
        let _ = writeln!(std::io::stderr(), "SKIPPED: MDC_WINE is not set");
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
    assert_ne!(wine.run(&line).0, 0);
    let name = path.rsplit('\\').next().unwrap();
    wine.put(&site.folder().join("packages").join(name), path.strip_prefix("C:\\").unwrap());
    let (status, done) = wine.run(&line);
    assert_eq!(status, 0, "{}", String::from_utf8_lossy(&done.stderr));
    let keys = r#"reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall" /s"#;
    let there = String::from_utf8_lossy(&wine.run(keys).1.stdout).into_owned();
    assert!(there.contains("MetaDefender Cluster Worker") && there.contains("2.9.0"), "{there}");
    // What msiexec says is what comes of it, but for the two that mean that it is done.
    let (before, after) = line.split_once("msiexec.exe").unwrap();
    let after = after.split_once("& set s=!errorlevel!").unwrap().1.replace("-n 30", "-n 1");
    // Wine has no findstr; its find knows no words but one, and no `/i`.
    let (ahead, behind) = after.split_once("findstr.exe ").unwrap();
    let behind = behind.split_once(" 1>&2& exit").unwrap().1;
    let after = format!("{ahead}find.exe \"eturn value 3\" 1>&2& exit{behind}");
    let log = "calm\r\nAction ended 10:00:00: InstallFinalize. Return value 3.\r\ncalm again\r\n";
    let written = wine.0.path().join("log");
    fs::write(&written, log).unwrap();
    wine.put(&written, &format!("{}.log", path.strip_prefix("C:\\").unwrap()));
    for (says, status, told) in [
        (3010, 0, "a reboot is due"),
        (1641, 0, "a reboot has begun"),
        (1618, 1618, "another"),
        (1603, 1603, "InstallFinalize. Return value 3."),
    ] {
        let exits = format!("{before}cmd.exe /c exit {says}& set s=!errorlevel!{after}");
        let (ended, output) = wine.run(&exits);
        assert_eq!(ended, status, "{says}");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains(told) && !said.contains("calm"), "{says}: {said}");
        assert_eq!(said.contains("Return value 3"), status == 1603, "{says}: {said}");
        // It is waited for its turn so often, and no more.
        let waits = said.matches("waiting for Windows Installer").count();
        assert_eq!(waits, if says == 1618 { 20 } else { 0 }, "{said}");
        let asked = wine.0.path().join("prefix/drive_c/ProgramData/mdc/reboot-asked");
        assert_eq!(fs::remove_file(asked).is_ok(), says == 3010, "the host remembers");
    }
    // Another one goes on at first only.
    let busy = "@if exist C:\\tried exit 0\r\n@echo x>C:\\tried\r\n@exit 1618\r\n";
    fs::write(wine.0.path().join("prefix/drive_c/busy.cmd"), busy).unwrap();
    let (ended, output) =
        wine.run(&format!("{before}cmd.exe /c C:\\busy.cmd& set s=!errorlevel!{after}"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(ended, 0, "{said}");
    assert_eq!(said.matches("waiting for Windows Installer").count(), 1, "{said}");
    assert!(!said.contains("another installation"), "{said}");
}
